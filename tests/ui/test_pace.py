"""Frames: at most one a second, fewer on a slow link, and none while the terminal is behind."""

from __future__ import annotations

from queue import Queue
from types import SimpleNamespace

import pytest

from aitbc_tui.ui.driver import CountingDriver
from aitbc_tui.ui.pace import Pace


@pytest.mark.parametrize(
    ("rtt_ms", "slow_link", "wait"),
    [(40.0, False, 0.9), (None, False, 0.9), (301.0, False, 4.9), (1200.0, False, 14.9), (40.0, True, 7.4)],
)
def test_the_period_follows_the_link(rtt_ms: float | None, slow_link: bool, wait: float) -> None:
    pace = Pace(slow_link=slow_link, painted_at=100.0)
    assert pace.wait(100.1, rtt_ms) == pytest.approx(wait)
    assert pace.wait(200.0, rtt_ms) == 0.0


def test_the_first_frame_does_not_wait() -> None:
    assert Pace().wait(5.0, 2000.0) == 0.0


def test_a_terminal_that_lags_is_painted_slower_for_a_while() -> None:
    pace = Pace()
    pace.skip(100.0)
    assert pace.slow(40.0) and pace.wait(100.0, 40.0) == pytest.approx(5.0)
    pace.painted_at = 131.0
    assert not pace.slow(40.0) and pace.wait(131.0, 40.0) == pytest.approx(1.0)


def test_a_terminal_that_does_not_read_is_behind() -> None:
    queue: Queue[str | None] = Queue()
    driver = CountingDriver.__new__(CountingDriver)
    driver._writer_thread = SimpleNamespace(_queue=queue)  # type: ignore[assignment]
    assert not driver.behind
    for _ in range(3):
        queue.put("frame")
    assert driver.behind
