"""Pane 2: what waits in each node's mempool, and whether it drains."""

from __future__ import annotations

from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import MempoolRow, Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.rows import Rows, spine
from aitbc_tui.ui.panes.table import Cell, Column, Content, PaneView, Row, pane_lines

COLUMNS = (
    Column("state", "state", 11),
    Column("node", "node", 11),
    Column("pending", "pending", 8, right=True),
    Column("in", "in/min", 7, right=True),
    Column("out", "out/min", 8, right=True),
    Column("oldest", "oldest", 7, right=True),
    Column("fee_min", "fee min", 7, right=True, gap=2, needs=68),
    Column("fee_median", "median", 7, right=True, needs=76),
    Column("fee_max", "max", 6, right=True, needs=83),
    Column("spark", "20 minutes", 15, gap=2, needs=99),
)


def _rate(value: float | None, stale: bool, capped: bool) -> str:
    if stale:
        return "~"
    return fmt.UNKNOWN if value is None else fmt.number(round(value), 6) + ("+" if capped else "")


def _cells(row: MempoolRow, now: float) -> dict[str, Cell | str]:
    reading = row.reading.value
    freshness = row.reading.freshness(now)
    stale = row.verdict.level is Level.STALE or freshness is Freshness.STALE
    if reading is None:
        none = fmt.NONE if freshness is Freshness.ABSENT else fmt.UNKNOWN
        return {"node": row.name, **{column.key: none for column in COLUMNS[2:]}}
    pending = ("~" if stale else "") + fmt.number(reading.count, 7) + ("+" if reading.capped else "")
    oldest = fmt.UNKNOWN if row.oldest_since is None else fmt.age(now - row.oldest_since)
    if row.oldest_since is None and reading.count == 0:
        oldest = fmt.NONE
    fees = (row.fee_min, row.fee_median, row.fee_max)
    fee_texts = [fmt.NONE if fee is None else fmt.number(fee, 6) for fee in fees] if row.drains else [fmt.NONE] * 3
    top = max((value for value in row.history if value is not None), default=0)
    history = fmt.spark(tuple(float(value) for value in row.history), 15, max(7.0, float(top)))
    return {
        "node": row.name,
        "pending": pending,
        "in": _rate(row.in_per_min, stale, row.rates_capped),
        "out": _rate(row.out_per_min, stale, row.rates_capped) if row.drains else fmt.NONE,
        "oldest": ("~" if stale and row.drains else "") + oldest if row.drains else fmt.NONE,
        "fee_min": fee_texts[0],
        "fee_median": fee_texts[1],
        "fee_max": fee_texts[2],
        "spark": Cell((history or fmt.UNKNOWN) if row.drains else "never drains", Role.MUTED),
    }


def mempool_row(row: MempoolRow, now: float) -> Row:
    level = row.verdict.level
    role = Role.STALE if level is Level.STALE else Role.MUTED if level is Level.NONE else Role.TEXT
    pending = float(row.reading.value.count) if row.reading.value else -1.0
    return Row(row.name, row.verdict, _cells(row, now), role=role, name=row.name, newest=pending)


def content(snapshot: Snapshot, width: int) -> Content:
    rows = Rows(
        spine("mempools", snapshot.mempools, lambda row: row.name),
        lambda row: mempool_row(row, snapshot.now),
        lambda row: row.verdict,
    )
    return Content(Pane.MEMPOOL, snapshot.panes[Pane.MEMPOOL], COLUMNS, rows)


def build(snapshot: Snapshot, width: int, height: int, view: PaneView) -> list[Line]:
    return pane_lines(content(snapshot, width), width, height, snapshot.now, view)
