"""Pane 6: the receipts, whether they are what was signed, and whether the sum is right."""

from __future__ import annotations

from aitbc_tui.domain.snapshot import Pane, ReceiptRow, Snapshot
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.rows import Rows, spine
from aitbc_tui.ui.panes.table import Cell, Column, Content, PaneView, Row, pane_lines

COLUMNS = (
    Column("verdict", "verdict", 21),
    Column("job", "job", 8),
    Column("units", "units s", 7, right=True),
    Column("price", "price", 9, right=True),
    Column("sum", "sum", 3),
    Column("age", "age", 4, right=True),
    Column("receipt", "receipt", 8, gap=2, needs=69),
    Column("result", "result", 9, gap=2, needs=80),
    Column("miner", "miner", 10, gap=2, needs=92),
)

_SUM_ROLES = {"≠": Role.WARN, "?": Role.MUTED}


def receipt_key(row: ReceiptRow) -> str:
    facts = row.receipt.facts
    return facts.receipt_id or f"{facts.job_id}/{row.receipt.canonical_sha256[:16]}"


def receipt_row(row: ReceiptRow, now: float) -> Row:
    facts = row.receipt.facts
    age = None if row.age_s is None else row.age_s + max(0.0, now - row.seen_at)
    return Row(
        key=receipt_key(row),
        verdict=row.verdict,
        name=facts.job_id,
        newest=-(age if age is not None else 1e12),
        search=f"{facts.receipt_id} {facts.job_id} {facts.model_used}",
        cells={
            "job": fmt.job_id(facts.job_id) or fmt.UNKNOWN,
            "units": fmt.units(facts.units)
            if facts.units is None or facts.units < 1000
            else fmt.number(facts.units, 7),
            "price": fmt.price(facts.price),
            "sum": Cell(row.sum_mark, _SUM_ROLES.get(row.sum_mark)),
            "age": fmt.age(age),
            "receipt": facts.receipt_id[:8] or fmt.NONE,
            "result": facts.result_status or fmt.UNKNOWN,
            "miner": facts.provider.label if facts.provider else fmt.UNKNOWN,
        },
    )


def content(snapshot: Snapshot, width: int) -> Content:
    rows = Rows(
        spine("receipts", snapshot.receipts, receipt_key),
        lambda row: receipt_row(row, snapshot.now),
        lambda row: row.verdict,
    )
    return Content(Pane.RECEIPTS, snapshot.panes[Pane.RECEIPTS], COLUMNS, rows)


def build(snapshot: Snapshot, width: int, height: int, view: PaneView) -> list[Line]:
    return pane_lines(content(snapshot, width), width, height, snapshot.now, view)
