"""What the units do is known to be as young as the last probe, although systemd is asked once in 72 seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Observed
from tests.fixtures.simulated import Bench, bench, simulate

NODE, P2P = "aitbc-blockchain-node", "aitbc-blockchain-p2p"
PROBE_S = 10.0
SHOW_S = 72.0


def seen(one: Bench) -> Observed[tuple[Unit, ...]]:
    return one.collector.hub.world.units["follower"]


def shows(one: Bench) -> int:
    return sum(line.startswith("systemctl") for line in one.devnet.machine("follower").files.calls())


def started(one: Bench) -> list[float]:
    return [(seen(one).at or 0.0) - (unit.uptime_s or 0.0) for unit in seen(one).value or ()]


async def ages(one: Bench, seconds: float) -> float:
    """The greatest age that the units' reading had."""
    most, end = 0.0, one.now + seconds
    while one.now < end:
        await one.wait(1.0)
        most = max(most, seen(one).age(one.now) or 0.0)
    return most


def test_the_probe_confirms_the_units_and_reads_their_memory(tmp_path: Path) -> None:
    async def watch() -> None:
        async with bench(tmp_path, DevnetOptions(seed=7)) as one:
            assert await one.until(lambda s: seen(one).confirmed is not None, 30) is not None
            asked, since = shows(one), started(one)
            assert await ages(one, SHOW_S - 20) <= PROBE_S + 1
            assert shows(one) == asked, "no process for it"
            assert started(one) == pytest.approx(since), "they run on, since the same moment"
            files = one.devnet.machine("follower").files
            files.units[NODE].memory = 1_950_000_000
            files.write_unit(files.units[NODE])
            await one.wait(PROBE_S + 1)
            assert [unit.memory_bytes for unit in seen(one).value or ()][0] == 1_950_000_000
            asked = shows(one)
            await one.wait(40.0)
            assert shows(one) <= asked + 1, "a unit near its limit needs no closer look by a process"
            by = seen(one).confirmed
            assert by is not None and seen(one).asked(by.asked_at + 65.0) == (
                "systemctl show at follower 1 m ago, since then the same processes in their cgroups"
            )

    simulate(watch)


def test_another_process_or_no_answer_confirms_nothing(tmp_path: Path) -> None:
    async def watch() -> None:
        async with bench(tmp_path, DevnetOptions(seed=7)) as one:
            assert await one.until(lambda s: seen(one).confirmed is not None, 30) is not None
            asked, files = shows(one), one.devnet.machine("follower").files
            files.restart_unit(P2P)
            assert await one.until(lambda s: shows(one) > asked, PROBE_S + 1) is not None, "asked at once"
            assert await one.until(lambda s: seen(one).confirmed is not None, 2 * PROBE_S) is not None
            files.set_unit(P2P, UnitState.DEAD)
            assert await one.until(lambda s: seen(one).confirmed is None, PROBE_S + 1) is not None
            assert await one.until(lambda s: seen(one).confirmed is not None, 3 * PROBE_S) is None, "one does not run"
            files.restart_unit(P2P)
            assert await one.until(lambda s: seen(one).confirmed is not None, 3 * PROBE_S) is not None
            await one.devnet.fault_on("ssh-drop")
            at = seen(one).at
            assert await ages(one, 3 * PROBE_S) >= 2 * PROBE_S and (seen(one).at or 0) - (at or 0) <= PROBE_S

    simulate(watch)
