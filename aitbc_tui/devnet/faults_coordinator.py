"""Faults of the coordinator: its HTTP, its jobs and its receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.fault import Fault, Switch, number_of
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.receipts import Signing
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

_JOBS = "/v1/admin/jobs"
_STATS = "/v1/admin/stats"


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


async def _fails(devnet: Devnet, _: str | None) -> None:
    for ollama in devnet.ollamas:
        ollama.failing = True


async def _works(devnet: Devnet, _: str | None) -> None:
    for ollama in devnet.ollamas:
        ollama.failing = False


async def _missing_model(devnet: Devnet, _: str | None) -> None:
    devnet.clients.ask_for_missing_model = True


async def _held_model(devnet: Devnet, _: str | None) -> None:
    devnet.clients.ask_for_missing_model = False


def _signing(how: Signing) -> Switch:
    async def switch(devnet: Devnet, _: str | None) -> None:
        devnet.store.signing = how

    return switch


_GOOD = _signing(Signing.GOOD)

FAULTS = (
    Fault(
        "coordinator-500",
        "every answer of the coordinator is 500 Internal Server Error in plain text",
        "coordinator broken: 500; jobs, miners and receipts go stale, nodes stay fresh",
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
        "job-fails-completed",
        "Ollama runs out of memory; the miner posts a failed result, the job is COMPLETED, signed and priced",
        "FAILED inside, billed as COMPLETED",
        _fails,
        _works,
    ),
    Fault(
        "model-substituted",
        "the second client asks for a model that no miner holds",
        "asked for one model, another one was used",
        _missing_model,
        _held_model,
    ),
    Fault(
        "receipt-unsigned",
        "new receipts carry no signature",
        "receipt unsigned",
        _signing(Signing.UNSIGNED),
        _GOOD,
    ),
    Fault(
        "receipt-bad",
        "the price of new receipts is changed after signing",
        "receipt invalid",
        _signing(Signing.BAD),
        _GOOD,
    ),
    Fault(
        "receipt-attacker-key",
        "new receipts are signed with a key that nobody pinned",
        "receipt untrusted-key",
        _signing(Signing.ATTACKER),
        _GOOD,
    ),
)
