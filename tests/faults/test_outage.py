"""Outages of 10 s, 60 s and for good: the dashboard stays up, says so, keeps the last figures, and recovers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.verdict import Level
from tests.faults.test_table import SEED, begin, sound
from tests.fixtures.simulated import Bench, bench, simulate


def kept(live: Bench, name: str) -> None:
    """The last figures are there, marked; and they take part in no verdict."""
    row = next(row for row in live.snapshot.nodes if row.name == name)
    assert row.head.value is not None and row.head.freshness(live.snapshot.now) is Freshness.STALE
    assert row.verdict.level is Level.STALE and str(row.verdict.word).startswith("stale")
    assert row.lag is None and live.snapshot.chain.compared == 1
    others = [row for row in live.snapshot.nodes if row.name != name]
    assert all(row.head.freshness(live.snapshot.now) is Freshness.FRESH for row in others)


@pytest.mark.parametrize("seconds", [10.0, 60.0])
def test_an_outage_ends_by_itself(seconds: float, tmp_path: Path) -> None:
    async def watch() -> None:
        async with bench(tmp_path, DevnetOptions(seed=SEED)) as live:
            await begin(live)
            await live.devnet.fault_on("ssh-drop", "follower")
            await live.wait(seconds)
            kept(live, "follower")
            assert live.rules() == {"ssh-drop"}
            await live.devnet.fault_off("ssh-drop")
            assert await live.until(sound, 75.0) is not None, live.snapshot.headline  # the longest pause is 60 s
            assert [h.rule for h in live.snapshot.events if h.rule] == ["ssh-drop", "ssh-drop"], "opened and closed"

    simulate(watch)


def test_a_host_that_never_comes_back_spoils_nothing_else(tmp_path: Path) -> None:
    async def watch() -> None:
        async with bench(tmp_path, DevnetOptions(seed=SEED)) as live:
            await begin(live)
            await live.devnet.fault_on("ssh-drop", "follower")
            await live.wait(300.0)
            kept(live, "follower")
            assert live.rules() == {"ssh-drop"}
            assert live.snapshot.headline.word == "link"
            tries = live.collector.hosts["follower"].report()
            assert tries.next_try_at is not None and tries.next_try_at - live.now <= 60.0

    simulate(watch)


def test_a_coordinator_that_is_away_for_a_minute_leaves_no_false_alarm_behind(tmp_path: Path) -> None:
    """Heartbeats and jobs are judged by what was heard, not by how long nothing was."""

    async def watch() -> None:
        async with bench(tmp_path, DevnetOptions(seed=SEED)) as live:
            await begin(live)
            await live.devnet.fault_on("coordinator-500")
            seen: set[str] = set()
            await live.until(lambda s: bool(seen.update(live.rules())), 100.0)
            await live.devnet.fault_off("coordinator-500")
            await live.until(lambda s: bool(seen.update(live.rules())), 60.0)
            assert seen == {"coordinator-500"}
            assert live.snapshot.headline.word == "sound"

    simulate(watch)
