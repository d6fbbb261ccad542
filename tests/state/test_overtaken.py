"""Which running jobs their miner left behind: the same as comparing every two of them, for lists of any length."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from aitbc_tui.state.overtaken import Taken, overtaken

BEGIN = datetime(2026, 4, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 4).map(float)


@st.composite
def taken(draw: st.DrawFn) -> list[Taken]:
    """Few moments and many ties: that is where an order goes wrong."""
    jobs = []
    for number in range(draw(st.integers(0, 8))):
        running_at = draw(st.none() | MOMENTS)
        seen_at = draw(MOMENTS)
        asked = draw(st.none() | st.integers(0, 3))
        requested_at = None if asked is None else BEGIN + timedelta(seconds=asked)
        jobs.append(Taken(f"{number}", draw(st.booleans()), running_at, seen_at, requested_at))
    return jobs


def taken_after(ours: Taken, other: Taken) -> bool:
    """The definition, for two jobs of one miner of which `ours` runs."""
    if ours.running_at is None:
        return False
    later = ours.requested_at is not None and other.requested_at is not None and other.requested_at > ours.requested_at
    if other.running:
        theirs = ours.running_at if other.running_at is None else other.running_at
        return theirs > ours.running_at or (theirs == ours.running_at and later)
    return later and other.seen_at > ours.running_at


@settings(max_examples=600, deadline=None)
@given(taken())
def test_it_is_what_comparing_every_two_finds(jobs: list[Taken]) -> None:
    slowly = {job.job_id for job in jobs if job.running and any(taken_after(job, other) for other in jobs)}
    assert overtaken(jobs) == slowly


def test_what_was_known_in_the_look_that_saw_it_run_was_not_taken_later() -> None:
    runs = Taken("runs", True, 2.0, 1.0, BEGIN)
    over = Taken("over", False, None, 2.0, BEGIN + timedelta(seconds=1))
    assert overtaken([runs, over]) == set()
    assert overtaken([runs, replace(over, seen_at=3.0)]) == {"runs"}


def test_ten_thousand_jobs_of_one_miner_are_no_hundred_million_comparisons() -> None:
    jobs = [
        Taken(f"{number}", number % 2 == 0, float(number), float(number), BEGIN + timedelta(seconds=number))
        for number in range(10_000)
    ]
    began = time.process_time()
    assert len(overtaken(jobs)) == 4999 + 1  # the last one is over, and was asked for last
    assert time.process_time() - began < 2.0  # pairwise: half a minute
