"""Which requests share a limit on the server, and how much of it one dashboard takes (contract platform 2.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.capability import Generation

OURS = 0.6  # of a limit; the rest is for other operators behind the same address
CHAIN_OURS = 60  # at most one chain request a second and node: its followers drink from the same bucket
_ID = re.compile(r"/(?:[0-9a-f]{32}|0x[0-9a-fA-F]+|\d+)(?=/|$)")
_CHAIN = frozenset({"/rpc/head", "/rpc/height", "/rpc/info", "/rpc/status", "/rpc/blocks-range"})
_UNLIMITED = frozenset({"/health", "/metrics"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """`limit` and `ours` are requests a minute; `limit` None: no limit is known before the server names one."""

    name: str
    limit: int | None = None
    ours: int | None = None


EVERYTHING = Bucket("everything")


def route(ask: Ask) -> str:
    """The request's path with ids as `{id}`: what a server counts, and what is remembered of an endpoint."""
    return _ID.sub("/{id}", ask.path)


def bucket(generation: Generation, ask: Ask) -> Bucket:
    """Until 2026-04 one window counts every request; 2026-08 counts each handler by itself, chain reads together."""
    if generation is not Generation.AUGUST:
        return EVERYTHING
    path = route(ask)
    if path in _UNLIMITED:
        return Bucket("unlimited")
    if path in _CHAIN:
        return Bucket("chain reads", 200, CHAIN_OURS)
    return _own(f"{ask.method} {path}", _limit(ask.method, path))


def _limit(method: str, path: str) -> int:
    if path.startswith("/rpc/state/"):
        return 10
    if path.startswith("/v1/jobs"):
        return 200 if method == "GET" else 50
    if path.startswith(("/v1/admin/", "/v1/explorer/")):
        return 100
    if path.startswith("/rpc/"):
        return 200
    return 100  # not read anywhere: the lowest that was seen on a route that is polled


def _own(name: str, limit: int) -> Bucket:
    return Bucket(name, limit, max(1, int(limit * OURS)))
