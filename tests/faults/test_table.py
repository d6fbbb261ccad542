"""The fault table, row by row, on a simulated clock: the alarm of the fault's name, no other, and true evidence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aitbc_tui.devnet.fault import table
from aitbc_tui.devnet.options import GENERATIONS, DevnetOptions
from aitbc_tui.domain.alarm import AlarmKind
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.state.rulebook import RULES
from tests.faults.rows import ROWS, Row
from tests.fixtures.simulated import Bench, bench, simulate

SEED = 4711
SETTLES_S = 14.0  # until everything was read once or twice
TYPED = re.compile(r"(ssh|aitbc-tui|date) \S")  # none goes to a port of this machine when another one is meant
TOLERATED = [fault.name for fault in table().values() if fault.tolerated]


def sound(snapshot: Snapshot) -> bool:
    return snapshot.headline.word == "sound"


def options(generation: str = "2026-04", job_every_s: float = 5.0) -> DevnetOptions:
    return DevnetOptions(seed=SEED, generation=generation, job_every_s=job_every_s)


async def begin(live: Bench) -> None:
    assert await live.until(sound, 30) is not None, live.snapshot.headline
    await live.wait(SETTLES_S)
    assert live.rules() == set()


def test_every_fault_has_a_row() -> None:
    assert {row.name for row in ROWS} | set(TOLERATED) == set(table())
    assert {fault.answers for fault in table().values() if not fault.tolerated} <= set(RULES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}{'-' + row.value if row.value else ''}")
def test_row(row: Row, tmp_path: Path) -> None:
    simulate(lambda: check(row, tmp_path))


async def check(row: Row, folder: Path) -> None:
    fault = table()[row.name]
    wanted = fault.answers
    async with bench(folder, options(row.generation, row.job_every_s)) as live:
        await begin(live)
        await live.devnet.fault_on(row.name, row.value)
        others: set[str] = set()

        def there(snapshot: Snapshot) -> bool:
            others.update(live.rules() - {wanted})
            return wanted in live.rules()

        took = await live.until(there, row.within_s)
        assert took is not None, f"not within {row.within_s} s; {others}, {live.snapshot.nodes[1].verdict}"
        alarms = [alarm for alarm in live.snapshot.alarms if alarm.open and alarm.rule == wanted]
        for alarm in alarms:
            assert row.later or row.proof(live, alarm), alarm
            assert alarm.remedy and TYPED.match(alarm.check), "not to be typed by hand, or not from here"
        if row.about is not None:
            assert {str(alarm.about) for alarm in alarms} == {row.about}
        assert await live.until(lambda s: bool(live.rules() - {wanted}), row.longer_s) is None, opened(live)
        for alarm in live.snapshot.alarms:
            assert alarm.rule != wanted or not row.later or row.proof(live, alarm), alarm
        assert others == set(), f"other alarms with it: {others}"
        await live.devnet.fault_off(row.name)
        await mended(live, wanted, fault.leaves, row.clears_s)


def opened(live: Bench) -> list[str]:
    return [f"{alarm.rule} {alarm.about}: {alarm.evidence}" for alarm in live.snapshot.alarms if alarm.open]


async def mended(live: Bench, wanted: str, leaves: tuple[str, ...], within_s: float) -> None:
    """A condition is gone in time, and nothing came that the fault does not leave behind."""
    if RULES[wanted].kind is AlarmKind.FINDING:
        await live.wait(10.0)
        assert wanted in live.rules(), "a finding stays until somebody acknowledges it"
    else:
        took = await live.until(lambda s: wanted not in live.rules(), within_s)
        assert took is not None, [alarm.evidence for alarm in live.snapshot.alarms if alarm.open]
    assert live.rules() - {wanted} <= set(leaves)


@pytest.mark.parametrize("name", TOLERATED)
def test_tolerated(name: str, tmp_path: Path) -> None:
    async def watch() -> None:
        async with bench(tmp_path, options()) as live:
            await begin(live)
            await live.devnet.fault_on(name)
            alarmed = await live.until(lambda s: bool(live.rules()), 60.0)
            assert alarmed is None, live.snapshot.alarms[0]
            assert live.snapshot.headline.word == "sound"

    simulate(watch)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_sound_network_raises_no_alarm(generation: str, tmp_path: Path) -> None:
    """Ten minutes of it, with everything that a sound network does: queueing, idle moments, busy miners."""

    async def watch() -> None:
        async with bench(tmp_path, options(generation)) as live:
            assert await live.until(sound, 30) is not None
            alarmed = await live.until(lambda s: bool(live.rules()), 600.0)
            assert alarmed is None, (alarmed, [a for a in live.snapshot.alarms if a.open])
            assert live.snapshot.headline.word == "sound"
            assert not live.snapshot.alarms, "none came and went either"

    simulate(watch)
