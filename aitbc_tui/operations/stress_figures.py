"""From job rows to the figures of a stress test: what became of each, percentiles, cost. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from aitbc_tui.domain.receipt import ReceiptVerdict, RemarkKind, VerifiedReceipt
from aitbc_tui.domain.snapshot import JobRow
from aitbc_tui.domain.stress import Spread, StressFigures, StressJob
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.state.totals import decimal_of

COMPLETED = SafeText("completed")
_BY_MINERS = ("COMPLETED", "FAILED")
_ENDED_BADLY = ("FAILED", "CANCELED", "EXPIRED")
# What a receipt may say without the content being other than what was asked for.
_ONLY_ODD = (RemarkKind.TIME_ZONE_OFF, RemarkKind.TIMES_ODD, RemarkKind.NOT_COMPARABLE)


def advanced(job: StressJob, row: JobRow, now_utc: float, *, no_receipt: bool = False) -> StressJob:
    """The job with what is known of it now. `no_receipt`: it was asked for often enough, there is none."""
    cause = _cause(row, no_receipt)
    receipt = row.receipt
    run_s = row.run_s if row.run_s is not None else job.run_s
    return replace(
        job,
        state=row.job.state,
        wait_s=_wait(row, receipt),
        run_s=run_s,
        tokens=receipt.facts.tokens if receipt else job.tokens,
        price=receipt.facts.price_text if receipt else job.price,
        receipt=SafeText(receipt.verdict.value) if receipt else job.receipt,
        payment=row.job.payment_status or job.payment,
        miner=row.job.miner.label if row.job.miner else job.miner,
        cause=cause,
        ended_at=(job.ended_at or now_utc) if cause else None,
    )


def _wait(row: JobRow, receipt: VerifiedReceipt | None) -> float | None:
    if receipt is not None and receipt.facts.duration_ms is not None and receipt.facts.execution_time is not None:
        wait = receipt.facts.duration_ms / 1000.0 - receipt.facts.execution_time
        if wait >= 0:
            return wait
    return row.wait_s


def _cause(row: JobRow, no_receipt: bool) -> SafeText:
    """Empty while it is under way; `completed`, or why it does not count as that."""
    state, receipt = str(row.job.state), row.receipt
    if state in _ENDED_BADLY:
        why = f": {row.job.error}" if row.job.error and state == "FAILED" else ""
        return clean(f"{state.lower()}{why}", 80)
    if state != "COMPLETED":
        return SafeText("")
    said = (row.result_status or "").lower()
    if receipt is None:
        if said in ("failed", "error"):
            return SafeText("failed inside")
        return SafeText("no receipt") if no_receipt else SafeText("")
    if receipt.verdict is not ReceiptVerdict.VALID:
        return SafeText(f"receipt {receipt.verdict.value}")
    if receipt.has(RemarkKind.FAILED_INSIDE) or said in ("failed", "error"):
        return clean(f"failed inside, billed: {receipt.facts.error or 'no reason given'}", 80)
    other = [remark.kind.value for remark in receipt.remarks if remark.kind not in _ONLY_ODD]
    return SafeText(", ".join(other)) if other else COMPLETED


def figures(jobs: Sequence[StressJob], elapsed_s: float) -> StressFigures:
    """Everything at once, from the jobs alone."""
    ended = [job for job in jobs if job.ended]
    good = [job for job in ended if job.cause == COMPLETED]
    ran = [(job.tokens, job.run_s) for job in ended if job.tokens is not None and job.run_s]
    causes = Counter(job.cause for job in ended if job.cause != COMPLETED)
    ran_s = sum(run for _, run in ran)
    valid = [job for job in jobs if job.receipt == ReceiptVerdict.VALID.value]
    others = [job for job in jobs if job.receipt and job.receipt != ReceiptVerdict.VALID.value]
    return StressFigures(
        planned=len(jobs),
        accepted=sum(1 for job in jobs if job.job_id),
        queued=sum(1 for job in jobs if job.under_way and job.state == "QUEUED"),
        running=sum(1 for job in jobs if job.under_way and job.state != "QUEUED"),
        completed=len(good),
        failed=len(ended) - len(good),
        elapsed_s=elapsed_s,
        per_minute=_rate(ended, jobs),
        wait=spread([job.wait_s for job in ended if job.wait_s is not None]),
        run=spread([job.run_s for job in ended if job.run_s is not None]),
        tokens_per_s=sum(tokens for tokens, _ in ran) / ran_s if ran_s > 0 else None,
        tokens=sum(job.tokens or 0 for job in ended),
        cost=_sum(valid),
        unverified=_sum(others),
        receipts_valid=len(valid),
        receipts=len(valid) + len(others),
        causes=tuple(sorted(causes.items(), key=lambda item: (-item[1], item[0]))),
    )


def _rate(ended: Sequence[StressJob], jobs: Sequence[StressJob]) -> float | None:
    """Jobs that miners ended, a minute, from the first sending to the last end."""
    ends = [job.ended_at for job in ended if job.ended_at is not None and job.state in _BY_MINERS]
    begins = [job.sent_at for job in jobs if job.sent_at is not None]
    if not ends or not begins:
        return None
    span = max(ends) - min(begins)
    return len(ends) * 60.0 / span if span > 0 else None


def _sum(jobs: Sequence[StressJob]) -> Decimal:
    return sum((decimal_of(job.price) or Decimal(0) for job in jobs), Decimal(0))


def spread(values: Sequence[float]) -> Spread | None:
    """Nearest-rank percentiles: always values that were measured."""
    if not values:
        return None
    ordered = sorted(values)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Spread(rank(0.5), rank(0.95), len(ordered))
