"""One cause, one alarm: a sign that another one explains is not called as well. What it was comes back if it stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.alarms import Sign

LOST_WAYS = frozenset({"ssh-drop", "ssh-freeze", "reconnect-storm", "ssh-hostkey-changed", "host-key", "login"})
_NO_BLOCKS = frozenset({"stall", "producer-dead", "not-producing", "producer-down"})
_NO_LISTS = frozenset(
    {
        "coordinator-500",
        "coordinator-down",
        "coordinator-slow",
        "db-down",
        "wrong-service",
        "garbage-json",
        "huge-json",
        "error-in-200",
        "rate-limit",
        "refused",
    }
)
BY_FULL_DISK = frozenset(  # on the same host only
    {"wedge", "redis-down", "lag", "stall", "not-producing", "producer-dead", "importer-dead", "unit-down"}
    | {"unit-crashloop", "rpc-500"}
)
_WAITS = frozenset({"job-waits"})
# cause -> what it explains, wherever that shows
EXPLAINS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_NO_BLOCKS, frozenset({"mempool-stuck", "mempool-flood", "unit-down", "rpc-down"})),
    **dict.fromkeys(_NO_LISTS, frozenset({"job-waits", "job-overdue"})),
    "mempool-flood": frozenset({"mempool-stuck"}),
    "unit-crashloop": frozenset({"p2p-partition", "miner-flapping"}),
    "follower-down": frozenset({"p2p-partition"}),
    "unit-down": frozenset({"p2p-partition"}),
    "importer-dead": frozenset({"p2p-partition"}),
    "miner-gone": _WAITS,
    "miner-flapping": frozenset({"job-waits", "job-stuck", "miner-gone"}),
    "ollama-down": frozenset({"job-waits", "job-fails-completed"}),
    "genesis-mismatch": frozenset({"fork"}),
    "height-back": frozenset({"lag", "wedge", "redis-down"}),
}


def root_causes(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    """The signs that no other one of the same moment explains."""
    found = list(signs)
    ways = {s.host for s in found if s.rule in LOST_WAYS}
    explained = {rule for s in found for rule in EXPLAINS.get(s.rule, ())}
    full = {s.host for s in found if s.rule == "disk-full"}
    kept = [
        s
        for s in found
        if s.rule not in explained
        and (s.host not in ways or s.rule in LOST_WAYS or not s.host)
        and (s.host not in full or s.rule not in BY_FULL_DISK)
    ]
    billed = [s for s in found if s.rule == "job-fails-completed" and "job-fails-completed" in explained]
    return tuple(_with_bill(s, len(billed)) if billed and s.rule == "ollama-down" else s for s in kept)


def _with_bill(sign: Sign, jobs: int) -> Sign:
    return replace(sign, evidence=SafeText(f"{sign.evidence}; {jobs} failed job{'s' if jobs > 1 else ''} billed"))
