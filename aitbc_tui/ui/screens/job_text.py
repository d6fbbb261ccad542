"""The sentence of a job: what, since when, what follows; and what to do. From what was observed, nothing else."""

from __future__ import annotations

from aitbc_tui.domain.receipt import ReceiptVerdict, RemarkKind
from aitbc_tui.domain.snapshot import Access, JobRow, MinerRow, Snapshot, Step, TraceStep
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.screens.layout import clock

CANCELABLE = ("QUEUED", "RUNNING")


def miner_of(snapshot: Snapshot, row: JobRow) -> MinerRow | None:
    """The miner that has the job, when the miner list is known."""
    if row.job.miner is None:
        return None
    return next((miner for miner in snapshot.miners if miner.miner.identity == row.job.miner), None)


def step_of(row: JobRow, step: Step) -> TraceStep | None:
    return next((one for one in row.steps if one.step is step), None)


def silent(miner: MinerRow | None) -> bool:
    return miner is not None and miner.verdict.level is Level.BAD


def expiry(row: JobRow) -> str:
    """`It expires at 12:14:10`, or that only the owner's key shows it."""
    if row.job.expires_at is None:
        return "When it expires only its owner's key shows"
    return f"It expires at {clock(row.job.expires_at)}"


def headline(snapshot: Snapshot, row: JobRow) -> str:
    """The title's text: for a stuck job the whole reason, else the verdict's own."""
    if row.verdict.level is Level.BAD and row.job.state == "RUNNING" and silent(miner_of(snapshot, row)):
        return "no result, and the miner that has it is silent"
    return str(row.verdict.text) if row.verdict.text not in ("", fmt.NONE) else f"the coordinator says {row.job.state}"


def _since(row: JobRow, step: Step) -> str:
    one = step_of(row, step)
    return clock(one.at) if one is not None and one.at is not None else ""


def _running(snapshot: Snapshot, row: JobRow) -> str:
    who = row.job.miner.label if row.job.miner is not None else "A miner"
    miner = miner_of(snapshot, row)
    at = _since(row, Step.ACQUIRED)
    took = f"{who} took the job at {at}" if at else f"{who} has the job"
    if silent(miner) and miner is not None:
        return f"{took} and is not heard since {clock(miner.miner.last_heartbeat)}. {expiry(row)}; nobody re-offers it."
    if row.verdict.level is Level.BAD:
        return f"{took}: {row.verdict.text}. {expiry(row)}; nobody re-offers it."
    return f"{took}: {row.verdict.text or 'no result yet'}. {expiry(row)}."


def _completed(row: JobRow) -> str:
    who = row.job.miner.label if row.job.miner is not None else "a miner it does not name"
    receipt = row.receipt
    if receipt is not None and receipt.has(RemarkKind.FAILED_INSIDE):
        billed = f", and billed {fmt.price(receipt.facts.price)}" if receipt.facts.price is not None else ""
        why = f": {receipt.facts.error}" if receipt.facts.error else ""
        return f"The coordinator calls it COMPLETED{billed}; the result inside says {receipt.facts.result_status}{why}."
    run = f" after {fmt.units(row.run_s)} s" if row.run_s is not None else ""
    if receipt is None:
        return f"Done by {who}{run}. No receipt is known here."
    if receipt.valid:
        return (
            f"Done by {who}{run}. Its receipt is valid under the pinned keys: {fmt.price(receipt.facts.price)} AITBC."
        )
    return f"Done by {who}{run}. Its receipt is {receipt.verdict.value}: {receipt.reason}"


def sentence(snapshot: Snapshot, row: JobRow) -> str:
    """What, since when, what follows."""
    state = row.job.state
    if state == "RUNNING":
        return _running(snapshot, row)
    if state == "QUEUED":
        waits = f"Waits for a miner since {clock(row.job.requested_at)}"
        return f"{waits}: {row.verdict.text or 'a miner polls every 3 s'}. {expiry(row)}."
    if state == "COMPLETED":
        return _completed(row)
    late = "A late result can still turn it into COMPLETED."
    if state == "CANCELED":
        return f"Canceled{f' ({row.job.error})' if row.job.error else ''}: the miner is not told. {late}"
    if state == "EXPIRED":
        return f"Nobody finished it in time. {late}"
    if state == "FAILED":
        return f"The miner reported a failure: {row.job.error or 'it gave no reason'}. {late}"
    return f'The coordinator calls its state "{state}", a word this program does not know.'


def _may_cancel(snapshot: Snapshot, row: JobRow) -> str:
    if not row.ours or row.job.state not in CANCELABLE:
        return ""
    if snapshot.environment.access is Access.OBSERVE:
        return "or cancel and submit again (access submit)"
    return "or c cancel it and n submit again"


def to_do(snapshot: Snapshot, row: JobRow) -> list[str]:
    """What an operator can do, most useful first; parts of one line."""
    receipt = row.receipt
    if row.job.state == "RUNNING" and row.verdict.level is Level.BAD:
        miner = miner_of(snapshot, row)
        host = f" on {miner.host}" if miner is not None and miner.host else ""
        return [
            part
            for part in (f"read the miner's log{host}", "then restart its unit", _may_cancel(snapshot, row))
            if part
        ]
    if row.job.state == "QUEUED" and row.verdict.level in (Level.WARN, Level.BAD):
        return [part for part in ("start a miner that holds its model", _may_cancel(snapshot, row)) if part]
    if receipt is not None and receipt.verdict is ReceiptVerdict.UNTRUSTED_KEY:
        return ["Enter its receipt: compare the key before you pin it"]
    if receipt is not None and (not receipt.valid or receipt.remarks):
        return ["Enter its receipt: what was checked, and what it says"]
    if receipt is not None:
        return ["nothing; Enter opens its receipt"]
    if row.job.state in CANCELABLE:
        cancel = (
            in_words("`c` cancels it")
            if _may_cancel(snapshot, row) and snapshot.environment.access is not Access.OBSERVE
            else ""
        )
        return [part for part in ("nothing; it is being followed", cancel) if part]
    again, another = in_words("`v` asks for its receipt again"), in_words("nothing; `n` submits another")
    return [again if row.job.state == "COMPLETED" else another]
