"""Was it paid, and can it be shown? Job, payment, receipt, chain: each step with what was seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.snapshot import JobRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.domain.work import EscrowSeen
from aitbc_tui.state.transactions import TxPicture
from aitbc_tui.state.tx_checks import NodeView
from aitbc_tui.state.tx_sightings import Place

NOT_RECORDED = "this chain records no receipts"
_HELD = ("escrowed", "pending", "funded")
_SETTLED = ("released", "refunded")
_NEVER_RAN = ("CANCELED", "EXPIRED", "FAILED")


class PaidStep(StrEnum):
    """The steps from a job to its money on chain."""

    JOB = "job"
    PAYMENT = "payment"
    ESCROW = "escrow on chain"
    RECEIPT = "receipt"
    TRANSFER = "transfer on chain"
    RECORD = "receipt on chain"


class State(StrEnum):
    """For scripts; the sentence is in the verdict's text."""

    DONE = "done"
    MISSING = "missing"
    ABSENT = "absent"  # there is no such thing, by design or by choice
    WAITS = "waits"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Paid:
    """One step: what is so, and what that was seen by."""

    step: PaidStep
    state: State
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ChainLook:
    """What a search of the nodes brought: the payment's transaction, and transactions that name job or receipt."""

    transfer: TxPicture | None = None
    naming: Sequence[TxPicture] = ()
    views: Sequence[NodeView] = ()
    escrow: EscrowSeen | Trouble | None = None  # of versions that keep one; why it could not be read


def settlement(row: JobRow, look: ChainLook | None = None) -> tuple[Paid, ...]:
    """The chain of one job; without a look at the nodes its last steps are unknown."""
    held = () if look is None or look.escrow is None else (_escrow(row, look.escrow),)
    return (_job(row), _payment(row), *held, _receipt(row), _transfer(row, look), _record(row, look))


def _escrow(row: JobRow, escrow: EscrowSeen | Trouble) -> Paid:
    """Held for a job that is over is wrong, whatever the payment says; a release names no transaction."""
    if isinstance(escrow, Trouble):
        return _step(PaidStep.ESCROW, State.UNKNOWN, Level.UNKNOWN, "unknown", f"not read: {escrow.detail}")
    amount = "" if escrow.amount is None else f" {escrow.amount:g} held"
    seen = (
        f"{escrow.node} says {escrow.state}:{amount}, {_of(escrow.released)} released, {_of(escrow.refunded)} refunded"
    )
    over = str(row.job.state) in ("COMPLETED", *_NEVER_RAN)
    if escrow.state == "created" and over:
        return _step(PaidStep.ESCROW, State.MISSING, Level.BAD, "still held", f"{seen}, after {row.job.state}")
    if escrow.state == "created":
        return _step(PaidStep.ESCROW, State.WAITS, Level.WAITS, "held", seen)
    return _step(PaidStep.ESCROW, State.DONE, Level.GOOD, str(escrow.state), seen)


def _of(amount: float | None) -> str:
    return "?" if amount is None else f"{amount:g}"


def findings(steps: Sequence[Paid]) -> list[SafeText]:
    """What is wrong, by name: `paid, not settled` and `settled, not receipted` among them."""
    return [SafeText(f"{one.verdict.word}: {one.verdict.text}") for one in steps if one.verdict.level is Level.BAD]


def not_held(row: JobRow) -> str:
    """Why a payment that was ordered pays for nothing, as `payment failed: nothing was held…`; empty: it may pay."""
    verdict = _payment(row).verdict
    if verdict.word not in ("skipped", "failed"):
        return ""
    return f"payment {verdict.word}: {verdict.text.partition(': ')[2]}"


def _step(step: PaidStep, state: State, level: Level, word: str, text: str) -> Paid:
    return Paid(step, state, Verdict(level, SafeText(word), SafeText(text)))


def _job(row: JobRow) -> Paid:
    state = str(row.job.state)
    if state != "COMPLETED":
        under_way = state in ("QUEUED", "RUNNING")
        level, what = (Level.RUNNING, State.WAITS) if under_way else (Level.NONE, State.DONE)
        return _step(PaidStep.JOB, what, level, state.lower(), f"the coordinator says {state}")
    failed = (row.result_status or "").lower() in ("failed", "error")
    if failed:
        return _step(PaidStep.JOB, State.DONE, Level.WARN, "failed inside", "COMPLETED, and its result says failed")
    return _step(PaidStep.JOB, State.DONE, Level.GOOD, "completed", f"result {row.result_status or '? not read'}")


def _status(row: JobRow) -> str | None:
    """What the payment itself says; the job's own view keeps its first word for ever."""
    if row.payment is not None:
        return str(row.payment.status)
    return str(row.job.payment_status) if row.job.payment_status else None


def _payment(row: JobRow) -> Paid:
    status, state = _status(row), str(row.job.state)
    if status is None and row.job.payment_id is None:
        if not row.job.owner_view:
            words = "not ours: only its owner's key shows the payment"
            return _step(PaidStep.PAYMENT, State.UNKNOWN, Level.UNKNOWN, "unknown", words)
        return _step(PaidStep.PAYMENT, State.ABSENT, Level.NONE, "none", "no payment was ordered with this job")
    source = f"the payment says {status}" if row.payment is not None else f"the job says {status}"
    if row.payment is None and status in _HELD:
        words = f"{source}, and goes on saying so; the payment itself was not read"
        return _step(PaidStep.PAYMENT, State.UNKNOWN, Level.UNKNOWN, "unknown", words)
    if status == "skipped":  # contract platform-2026-08 §2.1: a failure is swallowed, the addresses may be missing
        words = f"{source}: nothing was held, and no reason is given; this version wants both parties' addresses"
        return _step(PaidStep.PAYMENT, State.MISSING, Level.WARN, "skipped", words)
    if status == "failed":
        words = f"{source}: nothing was held, and the job ran all the same"
        return _step(PaidStep.PAYMENT, State.MISSING, Level.WARN, "failed", words)
    if status in _HELD and state == "COMPLETED":
        words = f"{source} after COMPLETED: held, and not paid out"
        return _step(PaidStep.PAYMENT, State.MISSING, Level.BAD, "paid, not settled", words)
    if status in _HELD and state in _NEVER_RAN:
        words = f"{source} after {state}: neither released nor refunded, and nobody does it by himself"
        return _step(PaidStep.PAYMENT, State.MISSING, Level.BAD, "held", words)
    if status in _HELD:
        return _step(PaidStep.PAYMENT, State.WAITS, Level.WAITS, "held", f"{source}; it is due when the job completes")
    if status in _SETTLED:
        return _settled(row, status, source)
    return _step(PaidStep.PAYMENT, State.UNKNOWN, Level.WARN, "unknown", f"{source}: a word this program does not know")


def _settled(row: JobRow, status: str, source: str) -> Paid:
    payment = row.payment
    if status == "released" and payment is not None and payment.transaction_hash is None:
        words = f"{source}, and no transaction stands behind it"
        return _step(PaidStep.PAYMENT, State.MISSING, Level.BAD, "released unpaid", words)
    amount = "" if payment is None or payment.amount is None else f", {payment.amount:g} {payment.currency}"
    return _step(PaidStep.PAYMENT, State.DONE, Level.GOOD, status, f"{source}{amount}")


def _receipt(row: JobRow) -> Paid:
    receipt = row.receipt
    if receipt is None:
        if row.job.state != "COMPLETED":
            return _step(PaidStep.RECEIPT, State.WAITS, Level.WAITS, "not yet", "there is none before COMPLETED")
        if _status(row) == "released":
            words = "the payment was released, and no receipt says for what"
            return _step(PaidStep.RECEIPT, State.MISSING, Level.BAD, "settled, not receipted", words)
        return _step(PaidStep.RECEIPT, State.MISSING, Level.WARN, "none", "COMPLETED, and no receipt was seen")
    if not receipt.valid:
        return _step(PaidStep.RECEIPT, State.MISSING, Level.BAD, receipt.verdict.value, str(receipt.reason))
    words = f"price {receipt.facts.price_text or '?'}{_compared(row)}"
    return _step(PaidStep.RECEIPT, State.DONE, Level.GOOD, "valid", words)


def _compared(row: JobRow) -> str:
    """What was held and what was charged need not be the same: nothing in this version compares them."""
    payment, receipt = row.payment, row.receipt
    if payment is None or payment.amount is None or receipt is None or receipt.facts.price is None:
        return ""
    if abs(payment.amount - receipt.facts.price) < 1e-6:
        return ", the same as was paid"
    return f", while {payment.amount:g} was paid: this version compares the two nowhere"


def _transfer(row: JobRow, look: ChainLook | None) -> Paid:
    payment = row.payment
    if payment is None or payment.transaction_hash is None:
        return _step(PaidStep.TRANSFER, State.ABSENT, Level.NONE, "none", "no transaction is named by the payment")
    digits = f"{payment.transaction_hash[:14]}…"
    if look is None or look.transfer is None:
        return _step(
            PaidStep.TRANSFER, State.UNKNOWN, Level.UNKNOWN, "not looked", f"{digits}: the nodes were not asked"
        )
    verdict = look.transfer.verdict
    if verdict.word == "included":
        return _step(PaidStep.TRANSFER, State.DONE, Level.GOOD, "on chain", f"{digits}: {verdict.text}")
    if verdict.word == "pending":
        return _step(PaidStep.TRANSFER, State.WAITS, Level.WAITS, "pending", f"{digits}: {verdict.text}")
    if verdict.level is Level.UNKNOWN:
        return _step(PaidStep.TRANSFER, State.UNKNOWN, Level.UNKNOWN, "unknown", f"{digits}: {verdict.text}")
    return _step(PaidStep.TRANSFER, State.MISSING, Level.BAD, str(verdict.word), f"{digits}: {verdict.text}")


def _record(row: JobRow, look: ChainLook | None) -> Paid:
    """April's chain has no receipts; only a transaction's payload could name one."""
    if look is None or not any(view.searched_from is not None for view in look.views):
        words = f"{NOT_RECORDED}; payloads were not searched"
        return _step(PaidStep.RECORD, State.ABSENT, Level.NONE, "absent", words)
    for picture in look.naming:
        block = next((s for s in picture.sightings if s.place is Place.BLOCK), None)
        if block is not None:
            words = f"{NOT_RECORDED}, but the payload of {picture.tx_hash[:14]}… in block {block.height:,} names it"
            return _step(PaidStep.RECORD, State.DONE, Level.GOOD, "named", words)
    searched = next(view for view in look.views if view.searched_from is not None)
    span = f"blocks {searched.searched_from:,} to {searched.head or 0:,} of {searched.name}"
    return _step(PaidStep.RECORD, State.ABSENT, Level.NONE, "absent", f"{NOT_RECORDED}; no payload in {span} names it")
