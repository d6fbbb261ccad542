"""The money beside a receipt: what was paid is another question than what was signed. Pure."""

from __future__ import annotations

from aitbc_tui.domain.receipt import RemarkKind, VerifiedReceipt
from aitbc_tui.domain.snapshot import ReceiptRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import pairs, section

VALUE_AT = 18
# What the words of the coordinator are worth, as observed: none of them proves that money moved.
_PAYMENTS = {
    "released": (Level.WARN, '"released", a word of the coordinator: no transaction was seen here'),
    "escrowed": (Level.WARN, '"escrowed": this word stays even after a release or a refund'),
    "failed": (Level.WARN, '"failed": nothing was paid, and the job ran all the same'),
    "pending": (Level.WARN, '"pending": the exchange refused; nothing was paid so far'),
    "refunded": (Level.WARN, '"refunded", a word of the coordinator: no transaction was seen here'),
}


def _payment(snapshot: Snapshot, receipt: VerifiedReceipt) -> tuple[Level, str]:
    row = snapshot.job(receipt.facts.job_id)
    if row is None or not (row.ours or row.job.owner_view):
        return Level.UNKNOWN, "not ours: only the owner's key shows it"
    status = row.job.payment_status
    if status is None:
        return Level.NONE, "none: the job was sent without one"
    return _PAYMENTS.get(str(status), (Level.WARN, f'"{status}", a word this program does not know'))


def _same_job(snapshot: Snapshot, receipt: VerifiedReceipt, row: ReceiptRow | None) -> Run:
    ids = {
        str(one.receipt.facts.receipt_id)
        for one in snapshot.receipts
        if one.receipt.facts.job_id == receipt.facts.job_id
    }
    duplicate = receipt.has(RemarkKind.DUPLICATE) or (row is not None and row.duplicate) or len(ids) > 1
    if duplicate:
        return Run(
            f"▲ duplicate: {max(2, len(ids))} receipts name this job; the coordinator shows the latest", Role.WARN
        )
    return Run("1 receipt. Two valid receipts for one job would show here as ▲ duplicate")


def money(snapshot: Snapshot, receipt: VerifiedReceipt, row: ReceiptRow | None, width: int, age: str) -> list[Line]:
    """Payment, duplicates, and the file itself."""
    same = _same_job(snapshot, receipt, row)
    level, words = _payment(snapshot, receipt)
    kept = f"{len(receipt.body):,} bytes as received, {receipt.canonical_bytes_len:,} of them in canonical form"
    return [
        section("Money", width, text="what was paid is another question than what was signed", age=age),
        *pairs("payment", f"{glyph(level)} {words}", width, at=VALUE_AT, role=level_role(level)),
        *pairs("same job", same.text, width, at=VALUE_AT, role=same.role),
        *pairs("file", kept, width, at=VALUE_AT),
    ]
