"""What a collector could bring in: 10,000 jobs, 100,000 waiting transactions, 200 nodes; and eight hours of it."""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from aitbc_tui.collect.collector import PUBLISH_S
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.options import Clock, DashboardOptions
from tests.state.story import Story, frame
from tests.ui.backends import StillBackend

NODES, JOBS, WAITING = 200, 10_000, 100_000
HOURS, STEP_S = 8, 2.0


def mib() -> float:
    """Memory of this process that it shares with none."""
    gc.collect()
    return float(psutil.Process().memory_full_info().uss) / 2**20


def large() -> Story:
    """A network larger than any: every list at a hundred times its usual length."""
    names = ["genesis", "follower", *(f"node-{number}" for number in range(NODES - 2))]
    story = Story(frame(names))
    story.well()
    story.pool("genesis", [f"{number:064x}" for number in range(WAITING)])
    states = ("COMPLETED", "RUNNING", "QUEUED", "FAILED")
    story.jobs(*(story.job(f"{number:04x}", states[number % 4], 60.0, "3f9a") for number in range(JOBS)))
    return story


@contextmanager
def collecting(story: Story) -> Iterator[list[float]]:
    """The collector's thread draws its picture once a second meanwhile; yields how long each took."""
    took: list[float] = []
    over = threading.Event()

    def draw() -> None:
        while not over.wait(PUBLISH_S):
            story.now += PUBLISH_S
            began = time.perf_counter()
            story.picture()
            took.append(time.perf_counter() - began)

    thread = threading.Thread(target=draw, name="collector", daemon=True)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()


async def press_keys(snapshot: Snapshot, presses: int = 120, apart_s: float = 0.03) -> list[float]:
    """Seconds from each key press until its frame has been composed, on 120x40; keys come as one that is held down."""
    clock = Clock(lambda: snapshot.now, lambda: snapshot.utc)
    app = AitbcApp(StillBackend(snapshot), DashboardOptions(theme="dark", clock=clock))
    took = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        for number in range(presses):
            began = time.perf_counter()
            app.dashboard.action_move(8 if number % 5 == 4 else 1)
            app.screen._compositor.render_update(full=False)
            took.append(time.perf_counter() - began)
            await asyncio.sleep(apart_s)
    return took


def hours(count: float = HOURS) -> tuple[float, float]:
    """Memory after the first half hour of a sound network and after so many hours, in simulated time."""
    story = Story()
    story.well()
    height, turn = 100, 0

    def watch(until: float) -> None:
        nonlocal height, turn
        while story.now < until:
            turn += 1
            height = story.go_on(STEP_S, height)
            # A new job every ten seconds, as the coordinator lists them: never more than the last hundred.
            newest = turn // 5
            told = [
                story.job(f"{number:04x}"[-4:], "RUNNING" if number == newest else "COMPLETED", newest - number + 1.0)
                for number in range(max(0, newest - 99), newest + 1)
            ]
            story.jobs(*told)
            story.picture()

    begun = story.now
    watch(begun + 1800)
    first = mib()
    watch(begun + count * 3600)
    return first, mib()


def main() -> None:
    """One JSON object; `large` or `hours N`."""
    if sys.argv[1] == "hours":
        first, last = hours(float(sys.argv[2]))
        print(json.dumps({"first_mib": first, "last_mib": last}))
        return
    before = mib()
    story = large()
    snapshot = story.picture()
    with collecting(story) as drawn:
        took = sorted(asyncio.run(press_keys(snapshot)))
    p95 = took[int(0.95 * len(took))] * 1000
    figures = {
        "picture_ms": statistics.median(drawn) * 1000,
        "key_p50_ms": statistics.median(took) * 1000,
        "key_p95_ms": p95,
    }
    print(json.dumps({**figures, "jobs_shown": len(snapshot.jobs), "mib": mib(), "start_mib": before}))


if __name__ == "__main__":
    main()
