"""Pane 3: the miners; alive is who beats and works, not who is called active."""

from __future__ import annotations

from aitbc_tui.domain.snapshot import MinerRow, Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.rows import Rows, spine
from aitbc_tui.ui.panes.table import Cell, Column, Content, PaneView, Row, pane_lines

_ROOMY = 64  # from this pane width on two blanks stand before "avg s"
COLUMNS = (
    Column("state", "state", 8),
    Column("miner", "miner", 10),
    Column("beat", "beat", 5, right=True, gap=2),
    Column("load", "load", 4, right=True, gap=2),
    Column("done", "done", 5, right=True, gap=2),
    Column("fail", "fail", 4, right=True),
    Column("avg", "avg s", 5, right=True),
    Column("runs", "runs", 6, gap=2),
    Column("host", "host", 6, gap=2, needs=67),
    Column("region", "region", 9, gap=2, needs=78),
    Column("last", "last", 8, gap=2, needs=88),
    Column("hourly", "jobs/h", 6, right=True, gap=2, needs=96),
)
_WIDER = tuple(Column("avg", "avg s", 5, right=True, gap=2) if c.key == "avg" else c for c in COLUMNS)

BEAT_BOUND_S = 20.0  # a shipped miner beats every 15 s


def beat_age(row: MinerRow, now: float) -> float | None:
    return None if row.beat_age_s is None else row.beat_age_s + max(0.0, now - row.seen_at)


def miner_row(row: MinerRow, now: float) -> Row:
    miner, level = row.miner, row.verdict.level
    age = beat_age(row, now)
    stale = level is Level.STALE
    beat = (
        fmt.NONE if age is None and miner.last_heartbeat is None else fmt.age(age, min(BEAT_BOUND_S, row.beat_limit_s))
    )
    proof = Role.BAD if level is Level.BAD else None
    average = None if miner.average_duration_ms is None else miner.average_duration_ms / 1000
    return Row(
        key=miner.identity.label,
        verdict=row.verdict,
        role=Role.STALE if stale else Role.TEXT,
        name=miner.identity.label,
        newest=-(age if age is not None else 1e9),
        cells={
            "miner": miner.identity.label,
            "beat": Cell(("~" if stale else "") + beat, proof),
            "load": fmt.share(miner.inflight, miner.concurrency),
            "done": fmt.number(miner.jobs_completed, 5),
            "fail": fmt.number(miner.jobs_failed, 4),
            "avg": fmt.decimal(average, 1, 5),
            "runs": _runs(row),
            "host": row.host or fmt.UNKNOWN,
            "region": miner.region or fmt.NONE,
            "last": fmt.NONE if row.last_job is None else fmt.job_id(row.last_job),
            "hourly": fmt.UNKNOWN if row.jobs_per_hour is None else fmt.number(row.jobs_per_hour, 6),
        },
    )


def _runs(row: MinerRow) -> str:
    """Of the models in the queue, how many its Ollama holds; with an empty queue there is nothing to hold."""
    if row.runs is None:
        return fmt.UNKNOWN
    held, wanted = row.runs
    return f"{held} of {wanted}" if wanted else fmt.NONE


def content(snapshot: Snapshot, width: int) -> Content:
    rows = Rows(
        spine("miners", snapshot.miners, lambda row: row.miner.identity.label),
        lambda row: miner_row(row, snapshot.now),
        lambda row: row.verdict,
    )
    columns = _WIDER if width >= _ROOMY else COLUMNS
    return Content(Pane.MINERS, snapshot.panes[Pane.MINERS], columns, rows)


def build(snapshot: Snapshot, width: int, height: int, view: PaneView) -> list[Line]:
    return pane_lines(content(snapshot, width), width, height, snapshot.now, view)
