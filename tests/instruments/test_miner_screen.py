"""A miner's screen: heartbeats over time, its service, what its own log says it can do; pictures at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.hardware import miner_log
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import Child
from aitbc_tui.domain.errors import CommandError
from aitbc_tui.domain.identity import Role
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.snapshot import MinerRow, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import Miner, MinerList, MinerLog, MinerSaid
from aitbc_tui.protocol.minerlog import parse_miner_log
from aitbc_tui.state.events import Answered, Kind, Source
from aitbc_tui.state.facts import World, begin
from aitbc_tui.state.miners import miner_rows
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.topology import MinerFrame
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.miner_lines import Logs, declared_words
from tests.fixtures import details
from tests.receipts.vectors import MASK
from tests.state.story import frame, utc
from tests.ui.screens.promises import PromisingBackend, app_on, text_of, until

SIZES = [(80, 24), (120, 40), (200, 60)]
LABEL = "miner·a07c"
STARTED = (
    "2026-11-22T11:00:01+0000 gpu-1 miner[1]: GPU detected: NVIDIA GeForce RTX 4090 (24564MB)",
    "2026-11-22T11:00:01+0000 gpu-1 miner[1]: Ollama models available: llama3.2:latest, mistral:latest",
)


def unit(name: str = "aitbc-host-gpu-miner", active: str = "active") -> Unit:
    words = (SafeText("loaded"), SafeText(active), SafeText("running" if active == "active" else "failed"))
    return Unit(SafeText(name), *words, SafeText("success"), 2, None, 7_200.0)


# --- what its log says


def test_the_newest_start_counts() -> None:
    said = parse_miner_log(
        ["x GPU detected: Old Card (8000MB)", *STARTED, "job 1 started", "Ollama running with models: ['a:1', 'b']"]
    )
    assert (said.gpu, said.memory_mb) == ("NVIDIA GeForce RTX 4090", 24564)
    assert said.models == ("a:1", "b")
    assert parse_miner_log(["GPU detected:", "Ollama models available", ""]) == MinerSaid()


def test_hostile_lines_are_cleaned_and_bounded() -> None:
    said = parse_miner_log(["GPU detected: \x1b[2Jx (1MB)", "Ollama models available: " + ", ".join(["m"] * 5000)])
    assert "\x1b" not in said.gpu and len(said.models) <= 200


# --- heartbeats, minute by minute


def _heard(world: World, at: float, age: float | None) -> World:
    made: datetime = utc(at)
    who = MASK(Role.MINER, "key-1")
    beat = None if age is None else made - timedelta(seconds=age)
    listed = (Miner(who, SafeText("ONLINE"), 0, 1, None, beat, None, None, None, None),) if age is not None else ()
    event = Answered(Source(Kind.MINERS, "coordinator"), MinerList(listed, made), at, made.timestamp(), 1.0)
    return reduce(world, event)


def test_the_oldest_of_each_minute_is_kept_and_a_miner_that_is_not_listed_leaves_a_gap() -> None:
    world = begin(replace(frame(), miners=(MinerFrame(SafeText("m"), "genesis", "u"),)))
    for at, age in ((60.0, 3.0), (70.0, 12.0), (80.0, 5.0), (121.0, 7.0), (181.0, None), (241.0, 31.0)):
        world = _heard(world, at, age)
    (row,) = miner_rows(world, 242.0)
    assert row.beats == (12.0, 7.0, None, 31.0)
    world = _heard(world, 421.0, 4.0)
    assert miner_rows(world, 422.0)[0].beats[-4:] == (31.0, None, None, 4.0), "two minutes without any list"
    for minute in range(8, 90):
        world = _heard(world, 60.0 * minute, 1.0)
    assert len(miner_rows(world, 5400.0)[0].beats) == 60


def test_whoever_left_long_ago_is_forgotten() -> None:
    world = _heard(begin(frame()), 60.0, 3.0)
    for minute in range(2, 70):
        assert len(world.beats) == (1 if minute <= 61 else 0), minute
        world = _heard(world, 60.0 * minute, None)


# --- the screen


def pictured(units: tuple[Unit, ...] = (unit(),)) -> Snapshot:
    base = details.bad_network()
    beats = tuple(None if n == 20 else 4.0 + 9 * (n % 4) for n in range(44))

    def changed(row: MinerRow) -> MinerRow:
        return replace(row, beats=beats, units=units) if row.miner.identity.label == LABEL else row

    return replace(base, miners=tuple(changed(row) for row in base.miners))


class Reading(PromisingBackend):
    """Reads logs, or does not."""

    said = parse_miner_log(STARTED)
    error: CommandError | None = None

    def miner_log(self, host: str, unit: str) -> Future[MinerLog]:
        self.asked.append(f"log {host} {unit}")
        done: Future[MinerLog] = Future()
        if self.error is not None:
            done.set_exception(self.error)
        else:
            done.set_result(MinerLog(SafeText(unit), self.said, tuple(SafeText(line) for line in STARTED), 812))
        return done


async def _shows(pilot: Pilot[int], words: str) -> str:
    app = pilot.app
    assert isinstance(app, AitbcApp)
    await until(lambda: words in text_of(app), 10)
    return text_of(app)


async def test_what_it_declared_is_known_by_its_log_alone() -> None:
    backend = Reading(pictured())
    app = app_on(backend)
    async with app.run_test(size=(200, 60)) as pilot:
        registry.open_miner(app, LABEL)
        text = await _shows(pilot, "by its log: NVIDIA GeForce RTX 4090, 24,564 MB; llama3.2:latest, mistral:latest")
        assert backend.asked.count("log gpu-1 aitbc-host-gpu-miner") == 1
        assert "aitbc-host-gpu-miner active (running), up " in text and "restarts 2" in text
        assert "most 31 s, over its limit in 0 minutes" in text
        assert "Log of aitbc-host-gpu-miner" in text and "RTX 4090 (24564MB)" in text
        backend.said = MinerSaid()
        await pilot.press("r")
        await _shows(pilot, "no API returns what it declared, nor do 812 lines of its log")
        backend.error = CommandError("permission denied", host="gpu-1")
        await pilot.press("r")
        await _shows(pilot, "▲ aitbc-host-gpu-miner: gpu-1: permission denied")


async def test_of_two_units_on_one_host_none_is_called_its_own() -> None:
    backend = Reading(pictured((unit(), unit("aitbc-host-gpu-miner-1", "failed"))))
    app = app_on(backend)
    async with app.run_test(size=(200, 60)) as pilot:
        registry.open_miner(app, LABEL)
        text = await _shows(pilot, "by its log: aitbc-host-gpu-miner: ")
        assert "■ aitbc-host-gpu-miner-1 failed (failed)" in text
    read = tuple(MinerLog(SafeText(name), backend.said, (), 5) for name in ("a", "b"))
    assert "which of these units is its own is not told" in declared_words(Logs(read))


async def test_the_log_of_a_devnets_miner_says_what_the_shipped_one_says(devnet_child: Child, tmp_path: Path) -> None:
    loaded = load(Flags(config=str(devnet_child.config_path)), {})
    async with Collector(Setup(loaded.environment, loaded.trust.store(), tmp_path / "l.sqlite3")) as collector:
        await collector.hosts["gpu-1"].ensure(10)
        read = await miner_log(collector, "gpu-1", "aitbc-host-gpu-miner")
    assert "RTX 4090" in read.said.gpu and "mistral:latest" in read.said.models and read.tail


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app = app_on(Reading(pictured()))

    async def before(pilot: Pilot[int]) -> None:
        registry.open_miner(app, LABEL)
        await _shows(pilot, "by its log")

    assert snap_compare(app, terminal_size=size, run_before=before)
