"""The figures of the README, measured anew: `python -m tests.benchmarks.run` prints them as a table.

Everything runs on this machine in one sitting, so only the ratios mean anything elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tests.benchmarks.light import light_rows
from tests.benchmarks.measure import Idle, first_answer, first_frame, idle, key_to_paint, median, wall
from tests.benchmarks.network import Network, network
from tests.fixtures.terminal import Terminal

OURS = [sys.executable, "-m", "aitbc_tui"]
BARE = [sys.executable, "-m", "tests.benchmarks.bare"]
STILL = [sys.executable, "-m", "tests.ui.pty_child"]
SIZE = (120, 40)
OTHERS = {"htop": ["htop"], "top": ["top"]}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `ratio` is ours divided by what stands beside it."""

    what: str
    ours: str
    beside: str
    ratio: float | None
    goal: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look."""

    starts: int
    runs: int
    idle_s: float
    presses: int
    others: bool


FULL = Effort(starts=9, runs=5, idle_s=20.0, presses=40, others=True)
QUICK = Effort(starts=1, runs=1, idle_s=4.0, presses=4, others=False)


def measure(effort: Effort) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as home, network() as net:
        env = {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
        dashboard = [*OURS, "--config", str(net.config)]
        yield start_row(dashboard, env, effort)
        yield answer_row(dashboard, env, effort)
        yield status_row(net, env, effort)
        yield still_row(effort)
        yield from living_rows(dashboard, env, effort)
        yield from light_rows(dashboard, env, effort)


def start_row(dashboard: list[str], env: dict[str, str], effort: Effort) -> Row:
    ours, bare = [], []
    for _ in range(effort.starts):  # in turn, so that a busy moment of the machine hits both
        ours.append(first_frame(dashboard, SIZE, env))
        bare.append(first_frame(BARE, SIZE, env))
    mine, theirs = median(ours), median(bare)
    beside = f"{theirs * 1000:.0f} ms, a bare Textual program"
    ratio = mine / theirs
    return Row("start to first frame", f"{mine * 1000:.0f} ms", beside, ratio, "at most 1.3 ×", ratio <= 1.3)


def answer_row(dashboard: list[str], env: dict[str, str], effort: Effort) -> Row:
    """The first frame may stand before the keys are read: this says when they are."""
    ours, bare = [], []
    for _ in range(effort.starts):
        ours.append(first_answer(dashboard, SIZE, "?", "Everywhere", env))
        bare.append(first_answer(BARE, SIZE, "?", "answered"))
    mine, theirs = median(ours), median(bare)
    return Row(
        "start to first key answered", f"{mine * 1000:.0f} ms", f"{theirs * 1000:.0f} ms, the same", mine / theirs
    )


def status_row(net: Network, env: dict[str, str], effort: Effort) -> Row:
    command = [*OURS, "--config", str(net.config), "status", "--target", "all", "--json"]
    took = median(wall(command, effort.runs, env))
    nothing = median(wall([sys.executable, "-c", "import asyncssh"], effort.runs, env))
    what = f"`status --json`, two nodes over {net.ssh}"
    beside = f"{nothing * 1000:.0f} ms, Python that only imports asyncssh"
    return Row(what, f"{took:.2f} s", beside, took / nothing, "under 1.5 s", took < 1.5)


def still_row(effort: Effort) -> Row:
    """Ten times a second a snapshot that is new and equal."""
    with Terminal(STILL, size=SIZE) as one:
        one.until("5 open")
        one.read(2.0)
        quiet = idle(one, min(effort.idle_s, 10.0))
        one.press("q")
        one.wait()
    met = quiet.bytes_per_s == 0
    return Row("painted when nothing changed", f"{quiet.bytes_per_s:.0f} B/s", "–", None, "0 B/s", met)


def living_rows(dashboard: list[str], env: dict[str, str], effort: Effort) -> Iterator[Row]:
    """The dashboard on the devnet at its normal rhythm, beside programs that repaint a screen of figures."""
    with Terminal(dashboard, size=SIZE, env=env) as one:
        one.until(" ● sound ", 30)
        one.read(6.0)  # the first picture, and what fills in after it
        living = idle(one, effort.idle_s)
        paints = key_to_paint(one, ("down", "up"), effort.presses)
        one.press("q")
        assert one.wait() == 0
    found = OTHERS if effort.others else {}
    others = {name: beside(command, effort) for name, command in found.items() if shutil.which(name)}
    for name, other in others.items():
        against = f"{other.bytes_per_s:.0f} B/s, {name} at its own rhythm"
        ratio = living.bytes_per_s / other.bytes_per_s
        yield Row("written on a living network", f"{living.bytes_per_s:.0f} B/s", against, ratio)
    if not others:
        yield Row("written on a living network", f"{living.bytes_per_s:.0f} B/s", "–", None)
    yield Row("processor, of one core", f"{living.cpu_pct:.1f} %", "–", None)
    yield Row("resident memory", f"{living.rss_mib:.0f} MiB", "–", None)
    yield Row("key press to first byte", f"{median(paints) * 1000:.0f} ms", "–", None)


def beside(command: list[str], effort: Effort) -> Idle:
    with Terminal(command, size=SIZE) as one:
        one.read(3.0)
        return idle(one, effort.idle_s)


def table(rows: list[Row]) -> str:
    lines = ["| what | aitbc-tui | beside | ratio | goal |", "|---|---|---|---|---|"]
    for row in rows:
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f} ×"
        goal = row.goal if row.met is None else f"{row.goal}: {'met' if row.met else 'MISSED'}"
        lines.append(f"| {row.what} | {row.ours} | {row.beside} | {ratio} | {goal or '–'} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one look at each: good for nothing but seeing it run")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    for row in measure(QUICK if args.quick else FULL):
        rows.append(row)
        print(f"{row.what}: {row.ours}", file=sys.stderr)
    if args.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores\n")
    print(table(rows))


if __name__ == "__main__":
    main()
