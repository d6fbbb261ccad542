"""More figures of what watching costs: slow link, keys, memory, the end, and inputs larger than any network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import psutil

from tests.benchmarks.measure import idle, key_to_paint, median
from tests.fixtures.terminal import Terminal

if TYPE_CHECKING:
    from tests.benchmarks.run import Effort, Row

SIZE = (120, 40)
HTOP_AT_LEAST = 600.0


def light_rows(dashboard: Sequence[str], env: Mapping[str, str], effort: Effort) -> Iterator[Row]:
    from tests.benchmarks.run import Row

    htop = _htop(effort) if effort.others else None
    with Terminal(dashboard, size=SIZE, env=env) as one:
        one.until(" ● sound ", 30)
        one.read(effort.idle_s / 2)
        process = psutil.Process(one.child.pid)
        before, began = sum(process.cpu_times()[:2]), time.perf_counter()
        living = idle(one, effort.idle_s)
        cpu = (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began) * 100
        paints = sorted(key_to_paint(one, ("down", "up"), effort.presses))
        private = process.memory_full_info().uss / 2**20
        began = time.perf_counter()
        one.child.send_signal(signal.SIGTERM)
        assert one.wait() == 143
        ended = time.perf_counter() - began
    limit = max(HTOP_AT_LEAST, htop or 0.0)
    beside = "–" if htop is None else f"{htop:.0f} B/s, htop"
    ratio = None if not htop else living.bytes_per_s / htop
    yield _row(Row, "painted, normal rhythm", living.bytes_per_s, "B/s", limit, beside, ratio)
    p95 = paints[int(0.95 * len(paints))] * 1000
    yield _row(Row, "key to repaint, p50", median(paints) * 1000, "ms", 10)
    yield _row(Row, "key to repaint, p95", p95, "ms", 25)
    yield _row(Row, "processor of the dashboard alone", cpu, "%", 2, digits=1)
    yield _row(Row, "private memory of the dashboard", private, "MiB", 70)
    yield _row(Row, "SIGTERM to the end", ended, "s", 3, digits=1)
    with Terminal([*dashboard, "--slow-link"], size=SIZE, env=env) as one:
        one.until(" ● sound ", 40)
        one.read(effort.idle_s / 2)
        slow = idle(one, 2 * effort.idle_s)
        one.press("q")
        one.wait()
    yield _row(Row, "painted, --slow-link", slow.bytes_per_s, "B/s", 150)
    yield _row(Row, "private memory of `status`", _peak([*dashboard, "status", "--json"], env), "MiB", 50)
    if effort.others:
        yield from _simulated(Row)


def _simulated(row: type[Row]) -> Iterator[Row]:
    large = _json("large")
    what = "10,000 jobs, 100,000 waiting, 200 nodes: "
    yield _row(row, f"{what}key, p95", large["key_p95_ms"], "ms", 30)
    yield _row(row, f"{what}memory", large["mib"], "MiB", 200)
    hours = _json("hours", "8")
    yield _row(row, "growth in eight simulated hours", hours["last_mib"] - hours["first_mib"], "MiB", 5, digits=1)


def _json(*words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.simulated_input", *words]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=600, check=True).stdout)
    assert isinstance(found, dict)
    return found


def _peak(command: Sequence[str], env: Mapping[str, str]) -> float:
    """The most private memory the command ever had, looked at every few milliseconds."""
    most = 0.0
    with subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL) as child:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            try:
                most = max(most, process.memory_full_info().uss / 2**20)
            except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
                break  # it has just ended
            time.sleep(0.005)
    return most


def _htop(effort: Effort) -> float | None:
    if shutil.which("htop") is None:
        return None
    with Terminal(["htop"], size=SIZE) as one:
        one.read(3.0)
        return idle(one, effort.idle_s).bytes_per_s


def _row(
    row: type[Row],
    what: str,
    value: float,
    unit: str,
    limit: float,
    beside: str = "–",
    ratio: float | None = None,
    digits: int = 0,
) -> Row:
    return row(what, f"{value:.{digits}f} {unit}", beside, ratio, f"at most {limit:g} {unit}", value <= limit)
