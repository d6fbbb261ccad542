"""The figures of one program on a terminal of 120x40, taken the same way of every program."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.benchmarks.measure import first_frame, idle, key_to_paint, median
from tests.fixtures.terminal import Terminal

SIZE = (120, 40)


@dataclass(frozen=True, slots=True)
class Figures:
    """`keys_s` from a key to the first byte it paints, sorted."""

    bytes_per_s: float
    cpu_pct: float
    private_mib: float
    keys_s: Sequence[float]

    def key_ms(self, share: float) -> float:
        return percentile(self.keys_s, share) * 1000


def percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def figures(
    command: Sequence[str],
    keys: Sequence[str],
    env: Mapping[str, str],
    *,
    idle_s: float,
    presses: int,
    shows: str | None = None,
) -> Figures:
    """Start it, wait until it `shows` that (or for a few seconds), leave it alone, press keys, end it."""
    with Terminal(command, size=SIZE, env=env) as one:
        if shows is None:
            one.read(4.0)
        else:
            one.until(shows, 40)
            one.read(6.0)  # what fills in after the first picture
        left = idle(one, idle_s)
        memory = private_mib(one.child.pid)
        paints = sorted(key_to_paint(one, keys, presses))
        one.child.send_signal(signal.SIGTERM)
        with suppress(AssertionError):
            one.wait(5)
    return Figures(left.bytes_per_s, left.cpu_pct, memory, paints)


def starts(commands: Mapping[str, Sequence[str]], env: Mapping[str, str], count: int) -> Mapping[str, float]:
    """Seconds from exec to the first frame: in turn, so that a busy moment of the machine hits all of them."""
    took: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(count):
        for name, command in commands.items():
            took[name].append(first_frame(command, SIZE, env))
    return {name: median(seconds) for name, seconds in took.items()}


def private_mib(pid: int) -> float:
    """Private memory: the pages (USS) that no other process has, of the program and of all that it started."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        for process in (top := psutil.Process(pid), *top.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
                total += process.memory_full_info().uss / 2**20
    return total


@dataclass(frozen=True, slots=True)
class Command:
    """What a command took until it ended."""

    seconds: float
    private_mib: float
    code: int


def run_command(command: Sequence[str], env: Mapping[str, str]) -> Command:
    """Run it to its end; the most private memory it had, looked at every few milliseconds."""
    most, began = 0.0, time.perf_counter()
    with subprocess.Popen(
        command,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        while child.poll() is None:
            most = max(most, private_mib(child.pid))
            time.sleep(0.005)
        return Command(time.perf_counter() - began, most, child.returncode)
