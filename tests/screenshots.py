"""Makes the pictures of the README: `python -m tests.screenshots [FOLDER]`.

Two devnets with a fixed seed and a clock that is moved by hand are watched by the real collector, one sound and one
where several things are broken; the real screens then show what it saw, and are saved as SVG.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from aitbc_tui.collect.masking import SALT_BYTES
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.state.events import Watching
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from tests.fixtures.simulated import bench, simulate
from tests.ui.backends import app_for

FOLDER = Path(__file__).resolve().parents[1] / "screenshots"
SEED = 7
# Not 2.0 s: blocks that keep step with the questions would always be seen at the same moment.
OPTIONS = DevnetOptions(seed=SEED, block_time_s=2.1, tx_every_s=0.8)
BROKEN = (
    (130.0, "+miner-gone"),
    (90.0, "+fork"),
    (45.0, "+job-fails-completed"),
    (37.0, "-job-fails-completed"),
    (20.0, "+receipt-attacker-key"),
    (12.0, "-receipt-attacker-key"),
)
MODEL, PROMPT = "llama3.2:latest", "Explain in one sentence why the sky is blue."
_REMOTE_FONT = re.compile(r',\s*url\("https?:[^"]*"\) format\("\w+"\)')
WATCHED_S = 240.0
JOB_S = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the collector saw: the last snapshot of each network, and the id of the job that was submitted."""

    sound: Snapshot
    broken: Snapshot
    job_id: str


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: of which snapshot, at which size, and how one gets there from the dashboard."""

    name: str
    title: str
    snapshot: Callable[[Seen], Snapshot]
    open: Callable[[Pilot[int], Seen], Awaitable[None]]
    size: tuple[int, int] = (120, 40)


async def _stay(pilot: Pilot[int], seen: Seen) -> None:
    await pilot.pause()


async def _form(pilot: Pilot[int], seen: Seen) -> None:
    await pilot.press("n", *MODEL, "tab", *PROMPT)


async def _help(pilot: Pilot[int], seen: Seen) -> None:
    await pilot.press("question_mark")


async def _job(pilot: Pilot[int], seen: Seen) -> None:
    registry.open_job(_app(pilot), seen.job_id)


async def _bad_receipt(pilot: Pilot[int], seen: Seen) -> None:
    rows = [row.receipt for row in seen.broken.receipts if not row.receipt.valid]
    registry.open_receipt(_app(pilot), rows[0])


def _app(pilot: Pilot[int]) -> AitbcApp:
    assert isinstance(pilot.app, AitbcApp)
    return pilot.app


SHOTS = (
    Shot("dashboard-120x40", "a sound network", lambda seen: seen.sound, _stay),
    Shot("dashboard-bad-120x40", "bad news", lambda seen: seen.broken, _stay),
    Shot("dashboard-80x24", "bad news in 80 columns", lambda seen: seen.broken, _stay, (80, 24)),
    Shot("submit-120x40", "submit a job", lambda seen: seen.sound, _form),
    Shot("job-120x40", "a job and its receipt", lambda seen: seen.sound, _job),
    Shot("receipt-bad-120x40", "a receipt nobody should believe", lambda seen: seen.broken, _bad_receipt),
    Shot("help-120x40", "help", lambda seen: seen.sound, _help),
)


def see() -> Seen:
    with tempfile.TemporaryDirectory(prefix="aitbc-tui-pictures-") as folder:
        sound, job_id = simulate(lambda: _sound(_private(Path(folder) / "sound")))
        broken = simulate(lambda: _broken(_private(Path(folder) / "broken")))
    return Seen(sound, broken, job_id)


def _private(folder: Path) -> Path:
    """A state folder whose masks are the same every time."""
    folder.mkdir(mode=0o700)
    salt = folder / "mask.salt"
    salt.write_bytes(bytes(SALT_BYTES))
    salt.chmod(0o600)
    return folder


async def _sound(folder: Path) -> tuple[Snapshot, str]:
    """Watch, submit a job as the form does, and follow it to its receipt."""
    async with bench(folder, OPTIONS) as network:
        await network.wait(WATCHED_S)
        sent = await network.collector.must_write().submit(JobOrder(MODEL, PROMPT))
        assert sent.job_id is not None
        job_id = str(sent.job_id)
        network.collector.hub.emit(Watching(job_id, network.now))
        assert await network.until(lambda snapshot: _verified(snapshot, job_id), JOB_S) is not None
        await network.wait(5.0)
        return network.snapshot, job_id


def _verified(snapshot: Snapshot, job_id: str) -> bool:
    return any(row.receipt.facts.job_id == job_id and row.receipt.valid for row in snapshot.receipts)


async def _broken(folder: Path) -> Snapshot:
    """One thing after the other breaks; each so many seconds before the picture."""
    async with bench(folder, OPTIONS) as network:
        ends = network.now + WATCHED_S
        for before, fault in BROKEN:
            await network.wait(ends - before - network.now)
            if fault[0] == "+":
                await network.devnet.fault_on(fault[1:], None)
            else:
                await network.devnet.fault_off(fault[1:])
        await network.wait(ends - network.now)
        return network.snapshot


async def save(seen: Seen, folder: Path) -> list[Path]:
    return [await _save(shot, seen, folder) for shot in SHOTS]


async def _save(shot: Shot, seen: Seen, folder: Path) -> Path:
    app = app_for(shot.snapshot(seen))
    async with app.run_test(size=shot.size, tooltips=False, notifications=False) as pilot:
        await shot.open(pilot, seen)
        await pilot.pause(0.2)
        target = folder / f"{shot.name}.svg"
        target.write_text(_local(app.export_screenshot(title=f"aitbc-tui: {shot.title}")), encoding="utf-8")
    return target


def _local(svg: str) -> str:
    """Whoever opens a picture should not ask another server for its font."""
    return _REMOTE_FONT.sub("", svg)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in asyncio.run(save(see(), folder)):
        print(path)


if __name__ == "__main__":
    main()
