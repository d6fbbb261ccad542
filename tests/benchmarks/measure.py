"""Measures one program on a pty: when its first frame stands, what it writes and burns while nobody touches it."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.fixtures.terminal import KEYS, Terminal

FRAME_CELLS = 40  # a screen with fewer words than that is not a frame yet
QUIET_S = 0.02
Command = Sequence[str]
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Idle:
    """A program that is left alone."""

    bytes_per_s: float
    cpu_pct: float
    rss_mib: float


def first_frame(command: Command, size: Size, env: Mapping[str, str] | None = None) -> float:
    """Seconds from exec until the first frame has arrived; the bytes are looked at only afterwards."""
    with Terminal(command, size=size, env=env) as one:
        ends = one.elapsed + 20
        while one.elapsed < ends:
            came = one.read_once(0.3, emulate=False)
            if not came and len(one.raw) > 500:
                break
        for at, data in one.arrivals:
            one.feed(data)
            if len("".join(one.text.split())) >= FRAME_CELLS:
                return at
        raise AssertionError(f"no frame within 20 s:\n{one.text}")


def first_answer(command: Command, size: Size, key: str, shows: str, env: Mapping[str, str] | None = None) -> float:
    """Seconds from exec until a key that was pressed as soon as anything was seen has been answered."""
    with Terminal(command, size=size, env=env) as one:
        while not one.read_once(1.0):
            assert one.elapsed < 20, "nothing was painted"
        os.write(one.master, key.encode())
        one.until(shows, 20)
        return one.arrivals[-1][0]


def idle(one: Terminal, seconds: float) -> Idle:
    """Hands off for so long. The processor time is that of the program and all it started."""
    before, began = _cpu(one), time.perf_counter()
    count = one.read(seconds)
    took = time.perf_counter() - began
    rss = sum(_number(lambda process=process: process.memory_info().rss) for process in one.processes())
    return Idle(count / took, (_cpu(one) - before) / took * 100, rss / 2**20)


def key_to_paint(one: Terminal, keys: Sequence[str], presses: int) -> list[float]:
    """Seconds from a key press to the first byte of what it changed, pressed in quiet moments."""
    found = []
    for number in range(presses):
        while one.read_once(QUIET_S):
            pass
        began = time.perf_counter()
        name = keys[number % len(keys)]
        os.write(one.master, KEYS.get(name, name.encode()))
        if one.read_once(1.0, emulate=False):
            found.append(time.perf_counter() - began)
            one.feed(one.arrivals[-1][1])
    return found


def wall(command: Command, runs: int, env: Mapping[str, str]) -> list[float]:
    """Seconds from start to exit of a command that must succeed."""
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, timeout=60, env={**os.environ, **env}, check=False)
        found.append(time.perf_counter() - began)
        assert done.returncode == 0, done.stderr.decode()
    return found


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _cpu(one: Terminal) -> float:
    return sum(_number(lambda process=process: sum(process.cpu_times()[:2])) for process in one.processes())


def _number(read: object) -> float:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return float(read())  # type: ignore[operator]
    return 0.0
