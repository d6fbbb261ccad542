"""A miner's unit waits for its own job where it is known which miner it is; else for every miner of the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitbc_tui.collect import service_run
from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.plans import make_plan
from aitbc_tui.collect.service_run import running_jobs
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.operation import Verb, Wish
from aitbc_tui.operations import service
from aitbc_tui.operations.service import Running

HOSTS = ("genesis", "gpu-1")  # of the coordinator, and of the miners
FIRST, SECOND = "aitbc-host-gpu-miner", "aitbc-host-gpu-miner-1"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, an answer comes."""
    monkeypatch.setattr(service_run, "JOBS_S", 60.0)


@pytest.mark.parametrize(
    ("generation", "first", "second", "said"),
    [
        ("2026-08", Running(0, True), Running(1, True), "0 jobs of miner-0 now"),
        ("2026-04", Running(1, False), Running(1, False), "1 job of every miner of gpu-1 now"),
    ],
)
async def test_whose_jobs_are_waited_for(
    generation: str, first: Running, second: Running, said: str, tmp_path: Path
) -> None:
    """In August a miner is called at the coordinator as in the configuration; in April by a masked key."""
    options = DevnetOptions(seed=4711, generation=generation, job_every_s=600.0, history_jobs=2)
    async with Devnet.start(options) as devnet:
        settings = load(Flags(config=str(devnet.config_path)), {})
        setup = Setup(settings.environment, settings.trust.store(), tmp_path / "l.sqlite3", demo=True, ssh_config="")
        async with Collector(setup) as collector:
            for name in HOSTS:
                await collector.hosts[name].ensure(30.0)
            for miner, inflight in zip(devnet.miners, (0, 1), strict=True):
                miner.kill()  # no heartbeat says otherwise
                devnet.store.miners[miner.key].inflight = inflight
            for unit, wanted in ((FIRST, first), (SECOND, second)):
                named = service.find(settings.environment, unit, None)
                assert await running_jobs(collector, named)() == wanted
            collector.hub.publish()
            plan = await make_plan(collector, Wish(Verb.SERVICE, "gpu-1", action="stop", unit=FIRST))
            assert said in {str(step.text) for step in plan.steps}
            why = "which of them is miner-0 the coordinator does not tell: all have to be free"
            assert (why in {str(note) for note in plan.notes}) is not first.surely


async def test_an_old_list_says_nothing_of_what_runs_now(tmp_path: Path) -> None:
    async with Devnet.start(DevnetOptions(seed=4711, job_every_s=600.0, history_jobs=2)) as devnet:
        settings = load(Flags(config=str(devnet.config_path)), {})
        setup = Setup(settings.environment, settings.trust.store(), tmp_path / "l.sqlite3", demo=True, ssh_config="")
        async with Collector(setup) as collector:
            for name in HOSTS:
                await collector.hosts[name].ensure(30.0)
            ask = running_jobs(collector, service.find(settings.environment, FIRST, None))
            assert await ask() is not None
            await devnet.fault_on("coordinator-500")
            assert await ask() is None and collector.hub.newest.miners, "the last list is kept, and is no answer"
