"""Faults of the miners: their processes, and what becomes of the jobs they held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.fault import Fault, number_of
from aitbc_tui.devnet.miner import Miner
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

FLAP_S = 6.0  # between two deaths of a flapping miner
REST_S = 2.0  # systemd's pause before it starts it again


def miner_of(devnet: Devnet, name: str, value: str | None) -> Miner:
    number = number_of(name, value, 0)
    if number >= len(devnet.miners):
        raise ConfigError(f"{name}={number}: this devnet has miners 0 to {len(devnet.miners) - 1}")
    return devnet.miners[number]


async def _gone(devnet: Devnet, value: str | None) -> None:
    miner = miner_of(devnet, "miner-gone", value)
    miner.kill()
    devnet.machine(miner.host).files.set_unit(miner.unit, UnitState.FAILED)


async def _back(devnet: Devnet, value: str | None) -> None:
    miner = miner_of(devnet, "miner-gone", value)
    devnet.machine(miner.host).files.restart_unit(miner.unit)
    miner.alive = True


async def _flap(devnet: Devnet, value: str | None) -> None:
    miner = miner_of(devnet, "miner-flapping", value)
    files = devnet.machine(miner.host).files

    async def flapping() -> None:
        while True:
            miner.kill()
            await devnet.clock.sleep(REST_S)
            files.units[miner.unit].restarts += 1
            files.restart_unit(miner.unit)
            miner.alive = True
            await devnet.clock.sleep(FLAP_S - REST_S)

    devnet.flapping[miner.name] = devnet.spawn(flapping())


async def _settle(devnet: Devnet, value: str | None) -> None:
    miner = miner_of(devnet, "miner-flapping", value)
    task = devnet.flapping.pop(miner.name, None)
    if task is not None:
        task.cancel()
    miner.alive = True


async def _stuck(devnet: Devnet, value: str | None) -> None:
    miner_of(devnet, "job-stuck", value).forget_next = True


async def _not_stuck(devnet: Devnet, value: str | None) -> None:
    """The owner cancels what is stuck; nothing else ends it before its TTL."""
    miner = miner_of(devnet, "job-stuck", value)
    miner.forget_next = False
    for job in devnet.store.jobs.values():
        if job.job_id in miner.forgotten and job.state == "RUNNING":
            devnet.store.cancel(job.client_id, job.job_id)


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


FAULTS = (
    Fault(
        "miner-gone",
        "a miner's process is killed; what it was running stays RUNNING",
        "no heartbeat for 20 s while free, 90 s while busy; the job it held is named",
        _gone,
        _back,
        value="MINER",
        leaves=("job-stuck",),
    ),
    Fault(
        "miner-flapping",
        "a miner's process dies every few seconds and is started again; each time it forgets its job",
        "its service was restarted again and again, while it looks alive each time it is asked for",
        _flap,
        _settle,
        value="MINER",
        leaves=("job-stuck",),
    ),
    Fault(
        "job-stuck",
        "the next job of a miner is forgotten: the miner restarts in the middle and goes on with others",
        "running past its due step while its miner works on something else",
        _stuck,
        _not_stuck,
        value="MINER",
    ),
    Fault(
        "job-fails-completed",
        "Ollama runs out of memory; the miner posts a failed result, the job is COMPLETED, signed and priced",
        "failed inside, billed as COMPLETED",
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
)
