"""Pane 4: the jobs; the column that counts is what each one waits for."""

from __future__ import annotations

from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.snapshot import JobRow, Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, glyph, level_role
from aitbc_tui.ui.panes.rows import Rows, spine
from aitbc_tui.ui.panes.table import WIDE, Cell, Column, Content, PaneView, Row, pane_lines

NOT_OURS = "? not ours"

COLUMNS = (
    Column("state", "state", 10),
    Column("job", "job", 8, wide=12),
    Column("age", "age", 5, right=True, wide_gap=2),
    Column("left", "left", 5, right=True),
    Column("next", "next step, or what is wrong", 33, gap=2, wide=37),
    Column("model", "model", 15, needs=96, wide=17, wide_gap=2, wide_header="model asked"),
    Column("used", "used", 7, needs=142, wide_gap=2),
    Column("miner", "miner", 10, needs=80, wide_gap=2),
    Column("client", "client", 11, gap=2, needs=196),
    Column("wait", "wait s", 6, right=True, needs=172, wide_gap=2),
    Column("run", "run s", 6, right=True, needs=164, wide_gap=2),
    Column("pay", "pay", 8, needs=120, wide_gap=2),
    Column("result", "result", 9, needs=152, wide_gap=2),
    Column("receipt", "receipt", 15, needs=112, wide=19, wide_gap=2),
    Column("price", "price", 8, right=True, needs=132, wide_gap=2),
)
# The overview has no room for a full table: two blanks before the miner.
NARROW = tuple(Column("miner", "miner", 10, gap=2) if column.key == "miner" else column for column in COLUMNS)

_RECEIPT_LEVELS = {ReceiptVerdict.VALID: Level.GOOD, ReceiptVerdict.UNSIGNED: Level.WARN}


def receipt_cell(row: JobRow) -> Cell:
    if row.receipt is None:
        return Cell(fmt.NONE, Role.MUTED)
    verdict = row.receipt.verdict
    level = _RECEIPT_LEVELS.get(verdict, Level.BAD)
    return Cell(verdict.value, glyph=glyph(level), glyph_role=level_role(level))


def _pay(row: JobRow) -> str:
    if row.job.payment_status:
        return row.job.payment_status
    return "none" if row.ours or row.job.owner_view else fmt.UNKNOWN


def _model_used(row: JobRow) -> Cell | str:
    if row.model_used is None:
        return fmt.NONE
    if row.model_asked is not None and row.model_used == row.model_asked:
        return "same"
    return Cell(row.model_used, glyph=glyph(Level.WARN), glyph_role=Role.WARN)


def job_age(row: JobRow, now: float) -> float | None:
    return None if row.age_s is None else row.age_s + max(0.0, now - row.seen_at)


def _over(row: JobRow) -> bool:
    return row.job.state not in ("QUEUED", "RUNNING")


def _left(row: JobRow, now: float) -> str:
    if _over(row):
        return fmt.NONE
    return fmt.UNKNOWN if row.left_s is None else fmt.left(row.left_s - max(0.0, now - row.seen_at))


def _role(row: JobRow) -> Role:
    """Finished and sound steps back, so that what is alive stands out."""
    level = row.verdict.level
    if level is Level.STALE:
        return Role.STALE
    if level is Level.NONE:
        return Role.MUTED
    sound = row.receipt is None or row.receipt.verdict is ReceiptVerdict.VALID
    return Role.MUTED if level is Level.GOOD and _over(row) and sound else Role.TEXT


def job_row(row: JobRow, now: float, wide: bool) -> Row:
    job = row.job
    age = job_age(row, now)
    return Row(
        key=job.job_id,
        verdict=row.verdict,
        role=_role(row),
        name=job.job_id,
        newest=-(age if age is not None else 1e12),
        search=f"{job.job_id} {row.model_asked or ''} {job.client or ''} {job.state}",
        cells={
            "job": fmt.job_id(job.job_id, 12 if wide else 8),
            "age": fmt.age(age),
            "left": _left(row, now),
            "next": row.verdict.text or fmt.NONE,
            "model": row.model_asked or (fmt.UNKNOWN if row.ours else NOT_OURS),
            "used": _model_used(row),
            "miner": job.miner.label if job.miner else fmt.NONE,
            "client": job.client.label if job.client else fmt.UNKNOWN,
            "wait": fmt.NONE if row.wait_s is None else fmt.decimal(row.wait_s, 1, 6),
            "run": fmt.NONE if row.run_s is None else fmt.decimal(row.run_s, 1, 6),
            "pay": _pay(row),
            "result": row.result_status or fmt.NONE,
            "receipt": receipt_cell(row),
            "price": fmt.price_text(row.price_text, 8),
        },
    )


def content(snapshot: Snapshot, width: int) -> Content:
    rows = Rows(
        spine("jobs", snapshot.jobs, lambda row: row.job.job_id),
        lambda row: job_row(row, snapshot.now, width >= WIDE),
        lambda row: row.verdict,
    )
    columns = NARROW if width < 96 else COLUMNS
    return Content(Pane.JOBS, snapshot.panes[Pane.JOBS], columns, rows)


def build(snapshot: Snapshot, width: int, height: int, view: PaneView) -> list[Line]:
    return pane_lines(content(snapshot, width), width, height, snapshot.now, view)
