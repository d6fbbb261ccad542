"""Faults of the coordinator's HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.fault import Fault, number_of
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.options import APRILS, AUGUST
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

_JOBS = "/v1/admin/jobs"
_STATS = "/v1/admin/stats"
_HEALTH = ("/v1/health", "/health")
_HUB_POOL = ("/rpc/mempool",)  # 2026-08: what waits is in the same database, and without it no block is made


def _gate(devnet: Devnet) -> Gate:
    return devnet.parts.gates["coordinator"]


async def _broken(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).broken = True


async def _mended(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).broken = False


async def _slow(devnet: Devnet, value: str | None) -> None:
    _gate(devnet).slow_s = float(number_of("coordinator-slow", value, 3))


async def _quick(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).slow_s = 0.0


async def _stats_500(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).failing.add(_STATS)


async def _stats_ok(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).failing.discard(_STATS)


def _garbage_place(devnet: Devnet, value: str | None) -> tuple[Gate, str]:
    if value is None or value == "coordinator":
        return _gate(devnet), _JOBS
    found = devnet.net.node(value)
    if found is None:
        raise ConfigError(f"garbage-json={value}: give coordinator or the name of a node")
    return found.gate, "/rpc/head"


async def _garbage(devnet: Devnet, value: str | None) -> None:
    gate, path = _garbage_place(devnet, value)
    gate.garbage.add(path)


async def _no_garbage(devnet: Devnet, value: str | None) -> None:
    gate, path = _garbage_place(devnet, value)
    gate.garbage.discard(path)


async def _huge(devnet: Devnet, value: str | None) -> None:
    _gate(devnet).huge[_JOBS] = number_of("huge-json", value, 32) * 1024 * 1024


async def _not_huge(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).huge.pop(_JOBS, None)


async def _dies(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).every = 3


async def _lives(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).every = 0


async def _database_gone(devnet: Devnet, _: str | None) -> None:
    gate = _gate(devnet)
    gate.broken = True
    gate.spared.update(_HEALTH)
    if devnet.options.generation == AUGUST:
        devnet.net.genesis.gate.failing.update(_HUB_POOL)
        devnet.net.producer.producing = False


async def _database_back(devnet: Devnet, _: str | None) -> None:
    gate = _gate(devnet)
    gate.broken = False
    gate.spared.clear()
    if devnet.options.generation == AUGUST:
        devnet.net.genesis.gate.failing.difference_update(_HUB_POOL)
        devnet.net.producer.producing = True


async def _stranger(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).stranger = True


async def _itself(devnet: Devnet, _: str | None) -> None:
    _gate(devnet).stranger = False


async def _error_inside(devnet: Devnet, value: str | None) -> None:
    gate, path = _garbage_place(devnet, value)
    gate.wrapped.add(path)


async def _no_error_inside(devnet: Devnet, value: str | None) -> None:
    gate, path = _garbage_place(devnet, value)
    gate.wrapped.discard(path)


def _role(value: str | None) -> str:
    role = value or "admin"
    if role not in ("admin", "client"):
        raise ConfigError(f"refused={role}: known are admin, client")
    return role


async def _other_keys(devnet: Devnet, value: str | None) -> None:
    _gate(devnet).refusing.add(_role(value))


async def _same_keys(devnet: Devnet, value: str | None) -> None:
    _gate(devnet).refusing.discard(_role(value))


FAULTS = (
    Fault(
        "coordinator-500",
        "every answer of the coordinator is 500 Internal Server Error in plain text",
        "500 from everything, health included; jobs, miners and receipts go stale, nodes stay fresh",
        _broken,
        _mended,
    ),
    Fault(
        "coordinator-slow",
        "every answer of the coordinator takes seconds longer",
        "round trip shown; no second request while one is under way",
        _slow,
        _quick,
        value="SECONDS",
    ),
    Fault(
        "stats-500",
        "/v1/admin/stats is a 500, as it nearly always is upstream",
        "nothing: miners and jobs are counted from their lists",
        _stats_500,
        _stats_ok,
        tolerated=True,
        only=APRILS,
    ),
    Fault(
        "garbage-json",
        "a 200 whose body is cut off and full of terminal escapes (admin jobs, or a node's head)",
        "broken answer from that source; nothing of it reaches the terminal",
        _garbage,
        _no_garbage,
        value="coordinator|NODE",
    ),
    Fault(
        "huge-json",
        "the list of jobs is far larger than any real one",
        "answer larger than the limit; the rest goes on",
        _huge,
        _not_huge,
        value="MEBIBYTES",
    ),
    Fault(
        "dies-after-500",
        "every third answer is a 500 that kills its connection without saying so",
        "some answers are 500, between good ones; no figure is lost to the dead connections",
        _dies,
        _lives,
        only=APRILS,
    ),
    Fault(
        "db-down",
        "the coordinator's database is gone: everything that reads it is a 500, its health says ok; in 2026-08 it is "
        "the hub's, too: its mempool is a 500, its head stands, its health says ok",
        "all lists are 500 while health answers ok; at the hub, the head is read and the mempool is not",
        _database_gone,
        _database_back,
    ),
    Fault(
        "wrong-service",
        "another service listens on the coordinator's port",
        "every route of a coordinator is absent there",
        _stranger,
        _itself,
    ),
    Fault(
        "error-in-200",
        "a 200 with an error inside (admin jobs, or a node's head)",
        "answered 200 with an error inside, in the server's words",
        _error_inside,
        _no_error_inside,
        value="coordinator|NODE",
    ),
    Fault(
        "refused",
        "the coordinator takes the keys of one role no longer, as after a change of ADMIN_API_KEYS (admin, or client)",
        "which role is refused, that its key was accepted before; what it fed is stale at once, the rest goes on",
        _other_keys,
        _same_keys,
        value="ROLE",
        only=APRILS,
    ),
)
