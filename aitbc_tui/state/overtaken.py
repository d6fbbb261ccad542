"""Jobs that their miner left behind: it runs one at a time, and has taken another one since.

Lists are as long as a coordinator makes them: what a miner took is sorted once and looked up, not compared pairwise.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """One job of one miner. Monotonic moments at which it was first seen: `running_at` as RUNNING, `seen_at` at all."""

    job_id: str
    running: bool  # in its newest view
    running_at: float | None
    seen_at: float
    requested_at: datetime | None  # by the coordinator's clock


def overtaken(jobs: Iterable[Taken]) -> set[str]:
    """Ids of the running jobs of one miner after which it took another, or is done with another already.

    It took `other` later if that runs since later, or since the same look and was asked for later; or if that is over,
    was asked for later, and was not known before the first was seen to run.
    """
    jobs = list(jobs)
    begun = [job for job in jobs if job.running]
    over = sorted((job for job in jobs if not job.running and job.requested_at is not None), key=lambda j: j.seen_at)
    latest_begin = max((job.running_at for job in begun if job.running_at is not None), default=float("-inf"))
    asked = _latest_asked(begun)
    seen = [job.seen_at for job in over]
    asked_from = _latest_from(over)

    def left_behind(job: Taken) -> bool:
        if job.running_at is None:
            return False
        if latest_begin > job.running_at:
            return True
        if job.requested_at is None:
            return False
        rivals = [asked.get(job.running_at), asked.get(None), asked_from[bisect_right(seen, job.running_at)]]
        return any(rival is not None and rival > job.requested_at for rival in rivals)

    return {job.job_id for job in begun if left_behind(job)}


def _latest_asked(begun: Iterable[Taken]) -> dict[float | None, datetime]:
    """When the newest of those was asked for that were first seen to run at the same moment."""
    by_moment: dict[float | None, list[datetime]] = defaultdict(list)
    for job in begun:
        if job.requested_at is not None:
            by_moment[job.running_at].append(job.requested_at)
    return {moment: max(asked) for moment, asked in by_moment.items()}


def _latest_from(over: list[Taken]) -> list[datetime | None]:
    """For each place in the list: when the newest from there on was asked for; None behind the last."""
    latest: list[datetime | None] = [None]
    for job in reversed(over):
        before = latest[-1]
        latest.append(job.requested_at if before is None or job.requested_at is None else max(before, job.requested_at))
    return latest[::-1]
