"""Following submitted jobs to their end for `submit --wait`: states, the verdict on the receipt, what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aitbc_tui.cli.job import whole_json
from aitbc_tui.cli.listing import Json
from aitbc_tui.cli.receiptlist import sum_text
from aitbc_tui.domain.errors import AitbcError, CommandError, TrustError
from aitbc_tui.domain.receipt import RemarkKind, VerifiedReceipt
from aitbc_tui.domain.snapshot import JobRow

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

POLL_S = 2.0
RECEIPT_TRIES = 5  # a coordinator without a signing key never makes one
# What a receipt may say of its content without the content being other than what was asked for.
_ONLY_ODD = (RemarkKind.TIME_ZONE_OFF, RemarkKind.TIMES_ODD, RemarkKind.NOT_COMPARABLE)


class Outcome(StrEnum):
    """How a followed job ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    FAILED_INSIDE = "failed-inside"  # COMPLETED on the wire, and the result says failed
    CONTENT = "content"  # completed, and its receipt says something else than was asked for
    NOT_VALID = "receipt-not-valid"
    UNFINISHED = "unfinished"


@dataclass(slots=True)
class Followed:
    """One job under way. `row` is None until the coordinator has spoken of it."""

    job_id: str
    row: JobRow | None = None
    now: float = 0.0
    tries: int = 0
    ended: bool = False

    @property
    def state(self) -> str:
        return str(self.row.job.state) if self.row is not None else ""


async def follow(
    collector: Collector,
    ids: Sequence[str],
    followed: MutableMapping[str, Followed],
    timeout_s: float | None,
    say: Callable[[str], object],
) -> None:
    """Read each job until it has ended, or the time is over; `followed` holds what is known at any moment."""
    followed.update({job_id: Followed(job_id) for job_id in ids})
    try:
        async with asyncio.timeout(timeout_s):
            while pending := [job for job in followed.values() if not job.ended]:
                for job in pending:
                    await _look(collector, job, say)
                if not all(job.ended for job in followed.values()):
                    await collector.clock.sleep(_interval(collector))
    except TimeoutError:
        return


def _interval(collector: Collector) -> float:
    """Slower on a server that limits requests: its budget is everybody's."""
    slowest = (budget.queue_interval(POLL_S) for budget in collector.asker.budgets.values())
    return max(slowest, default=POLL_S)


async def _look(collector: Collector, job: Followed, say: Callable[[str], object]) -> None:
    assert collector.coordinator is not None
    await collector.coordinator.own.read(job.job_id)
    snapshot = collector.hub.publish()
    row, before = snapshot.job(job.job_id), job.state
    if row is None:
        return
    job.row, job.now = row, snapshot.now
    if job.state != before:
        say(f"{job.job_id} {row.verdict.word}")
    if job.state == "COMPLETED":
        job.tries += 1
        job.ended = row.receipt is not None or job.tries >= RECEIPT_TRIES
    else:
        job.ended = job.state in ("FAILED", "CANCELED", "EXPIRED")


def outcome(job: Followed) -> Outcome:
    """The worst thing to be said of it; what is wrong with the receipt counts more than what it says."""
    row = job.row
    if row is None or not job.ended:
        return Outcome.UNFINISHED
    if job.state != "COMPLETED":
        return Outcome(job.state.lower())
    if row.receipt is None or not row.receipt.valid:
        return Outcome.NOT_VALID
    if _failed_inside(row):
        return Outcome.FAILED_INSIDE
    return Outcome.CONTENT if _other_content(row.receipt) else Outcome.COMPLETED


def _failed_inside(row: JobRow) -> bool:
    said = (row.result_status or "").lower()
    by_receipt = row.receipt is not None and row.receipt.has(RemarkKind.FAILED_INSIDE)
    return by_receipt or said in ("failed", "error")


def _other_content(receipt: VerifiedReceipt) -> list[str]:
    return [str(remark.detail) for remark in receipt.remarks if remark.kind not in _ONLY_ODD]


def trouble_of(job: Followed, host: str) -> AitbcError | None:
    """The failure that decides the exit code; None for a job that ended well."""
    row, job_id = job.row, job.job_id
    match outcome(job):
        case Outcome.COMPLETED:
            return None
        case Outcome.UNFINISHED:
            return CommandError(
                f"{job_id} is {job.state or 'not seen yet'} and not finished in the time given; it lives on",
                host=host,
                remedy=f"aitbc-tui job {job_id}",
                timed_out=True,
            )
        case Outcome.NOT_VALID:
            receipt = row.receipt if row is not None else None
            why = "there is no receipt" if receipt is None else f"{receipt.verdict.value}: {receipt.reason}"
            return TrustError(f"{job_id} completed, but {why}", host=host, remedy="aitbc-tui trust list")
        case Outcome.FAILED_INSIDE:
            return CommandError(
                f"{job_id} is COMPLETED, and failed inside: {row.verdict.text if row else ''}",
                host=host,
                remedy=f"aitbc-tui job {job_id}",
            )
        case Outcome.CONTENT:
            said = _other_content(row.receipt) if row is not None and row.receipt is not None else []
            return CommandError(f"{job_id}: {'; '.join(said)}", host=host, remedy=f"aitbc-tui job {job_id}")
        case ended:
            why = f": {row.job.error}" if row is not None and row.job.error else ""
            return CommandError(f"{job_id} {ended.value}{why}", host=host, remedy=f"aitbc-tui job {job_id}")


def followed_line(job: Followed) -> str:
    """`ID completed, receipt valid, 6.123 × 0.02 = 0.12246 AITBC`, and whether nothing was paid that should be."""
    from aitbc_tui.state.settlement import not_held

    said = not_held(job.row) if job.row is not None else ""
    unpaid = f"; {said}" if said else ""
    receipt = job.row.receipt if job.row is not None else None
    if receipt is None:
        return f"{job.job_id} {outcome(job).value}{unpaid}"
    remarks = "".join(f"; {remark.detail}" for remark in receipt.remarks)
    priced = f"receipt {receipt.verdict.value}, {sum_text(receipt)} AITBC"
    return f"{job.job_id} {outcome(job).value}, {priced}{remarks}{unpaid}"


def followed_json(job: Followed) -> Json:
    return {
        "outcome": outcome(job).value,
        "job": None if job.row is None else whole_json(job.row, job.now, False),
    }
