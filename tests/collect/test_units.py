"""What the units do is known to be as young as the last probe, although systemd is asked once in 72 seconds.

One host's poll is driven step by step on a clock moved by hand: no step waits for a moment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.hosts import HostPoll
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.host_files import HostFiles
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Observed
from tests.fixtures.handclock import HandClock

NODE, P2P, FOLLOWER = "aitbc-blockchain-node", "aitbc-blockchain-p2p", "follower"
PROBE_S, SHOW_S = 10.0, 72.0


@dataclass
class Watched:
    """The follower's units as the collector knows them, and its files."""

    collector: Collector
    poll: HostPoll
    files: HostFiles
    clock: HandClock

    @property
    def seen(self) -> Observed[tuple[Unit, ...]]:
        return self.collector.hub.world.units[FOLLOWER]

    @property
    def shows(self) -> int:
        return sum(line.startswith("systemctl") for line in self.files.calls())

    @property
    def started(self) -> list[float]:
        return [(self.seen.at or 0.0) - (unit.uptime_s or 0.0) for unit in self.seen.value or ()]

    async def probe(self) -> None:
        """The next probe, when it is due; and what is due with it."""
        self.clock.now += PROBE_S
        await self.poll.figures()
        await self.poll._units_when_due()


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    async with Devnet.start(DevnetOptions(seed=7, history_jobs=2, job_every_s=600.0)) as devnet:
        settings = load(Flags(config=str(devnet.config_path)), {})
        setup = Setup(settings.environment, settings.trust.store(), folder / "l.sqlite3", demo=True, ssh_config="")
        clock = HandClock()
        async with Collector(setup, clock=clock) as collector:
            await collector.hosts[FOLLOWER].ensure(10.0)
            poll = next(poll for poll in collector.host_polls if poll.host == FOLLOWER)
            one = Watched(collector, poll, devnet.machine(FOLLOWER).files, clock)
            await poll.figures()
            await poll.units()
            yield one


async def test_the_probe_confirms_the_units_and_reads_their_memory(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        asked, since = one.seen.at or 0.0, one.started
        assert one.shows == 1 and one.seen.confirmed is None
        for _ in range(6):
            await one.probe()
            by = one.seen.confirmed
            assert by is not None and (by.asked_at, one.seen.age(one.clock.now)) == (asked, 0.0)
            assert one.started == pytest.approx(since), "they run on, since the same moment"
        assert one.shows == 1, "no process for it"
        assert one.seen.asked(one.clock.now) == (
            "systemctl show at follower 1 m ago, since then the same processes in their cgroups"
        )
        one.files.units[NODE].memory = 1_950_000_000
        one.files.write_unit(one.files.units[NODE])
        await one.probe()
        assert [unit.memory_bytes for unit in one.seen.value or ()][0] == 1_950_000_000
        assert one.shows == 1, "a unit near its limit needs no closer look by a process"
        await one.probe()
        assert one.shows == 2 and one.seen.confirmed is None, "asked anew when it is due"


async def test_another_process_or_no_answer_confirms_nothing(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.probe()
        assert one.seen.confirmed is not None
        one.files.restart_unit(P2P)
        await one.probe()
        assert one.shows == 2 and one.seen.confirmed is None, "asked at once"
        await one.probe()
        assert one.shows == 2 and one.seen.confirmed is not None
        one.files.set_unit(P2P, UnitState.DEAD)
        for _ in range(3):
            await one.probe()
            assert one.seen.confirmed is None, "one does not run: of the others nothing is said either"
        one.files.restart_unit(P2P)
        await one.probe()
        await one.probe()
        assert one.seen.confirmed is not None
        at = one.seen.at
        await one.collector.hosts[FOLLOWER].close()
        await one.probe()
        assert one.seen.at == at, "a probe that failed is none"
