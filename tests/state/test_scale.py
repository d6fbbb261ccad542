"""The work of one picture grows with what there is to see, not with its square."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from tests.state.story import Story, frame

STATES = ("COMPLETED", "RUNNING", "QUEUED", "FAILED")


def work(jobs: int, waiting: int, nodes: int) -> int:
    """Calls of Python functions, generators' turns among them, that a picture of so much takes."""
    story = Story(frame(["genesis", "follower", *(f"node-{number}" for number in range(nodes))]))
    story.well()
    story.pool("genesis", [f"{number:064x}" for number in range(waiting)])
    story.jobs(*(story.job(f"{number:04x}", STATES[number % 4], 60.0, "3f9a") for number in range(jobs)))
    story.picture()
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        story.picture()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(("what", "most"), [("jobs", 6), ("waiting", 6), ("nodes", 12)])
def test_more_to_see_is_as_much_more_work(what: str, most: int) -> None:
    """From 8 to 32 times as much: 31 / 7 is 4.4, a square would be 21. Nodes are compared pair by pair."""
    few = {"jobs": 100, "waiting": 100, "nodes": 4}
    little = work(**few)
    grown, further = (work(**{**few, what: few[what] * times}) - little for times in (8, 32))
    assert 0 < further < most * grown
