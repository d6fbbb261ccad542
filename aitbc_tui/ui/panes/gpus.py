"""Pane 5: the cards, what they do and what they earn."""

from __future__ import annotations

from aitbc_tui.domain.snapshot import GpuRow, Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.table import Cell, Column, Content, PaneView, Row, pane_lines

COLUMNS = (
    Column("state", "state", 9),
    Column("gpu", "gpu", 7),
    Column("util", "util%", 5, right=True, gap=2),
    Column("power", "W", 4, right=True, gap=2),
    Column("temperature", "°C", 4, right=True),
    Column("memory", "mem GB", 10, right=True, gap=2),
    Column("earned", "AITBC/h", 8, right=True, gap=2),
    Column("card", "card", 8, gap=2, needs=69),
    Column("job", "job", 8, gap=2, needs=78),
    # One blank here: with two the spark would end one cell outside a pane of 99.
    Column("spark", "util, 20 minutes", 20, needs=99),
)


def works(row: GpuRow) -> bool:
    """Whether it computes now, for whatever."""
    return row.verdict.word == "works"


def card_name(name: str) -> str:
    """`NVIDIA GeForce RTX 4090` as `RTX 4090`."""
    for prefix in ("NVIDIA ", "GeForce "):
        name = name.removeprefix(prefix)
    return name


def _whole(value: float | None, mark: str) -> str:
    return fmt.NONE if value is None else f"{mark}{value:.0f}"


def gpu_row(row: GpuRow, now: float) -> Row:
    reading, level = row.reading, row.verdict.level
    stale = level is Level.STALE or now - row.observed_at > row.limit_s
    mark = "~" if stale else ""
    memory = fmt.NONE
    if reading.memory_used is not None and reading.memory_total is not None:
        memory = f"{mark}{fmt.gigabytes(reading.memory_used)}/{fmt.gigabytes(reading.memory_total)}"
    role = Role.STALE if stale else Role.MUTED if level in (Level.WAITS, Level.NONE) else Role.TEXT
    return Row(
        key=row.name,
        verdict=row.verdict,
        role=role,
        name=row.name,
        newest=row.observed_at,
        search=f"{row.host} {reading.name} {reading.uuid} {row.miner or ''}",
        cells={
            "gpu": row.name,
            "util": _whole(reading.utilisation, mark),
            "power": _whole(reading.power, mark),
            "temperature": _whole(reading.temperature, mark),
            "memory": memory,
            "earned": fmt.UNKNOWN if row.earned_per_hour is None else fmt.decimal(row.earned_per_hour, 2, 8),
            "card": card_name(reading.name) or fmt.UNKNOWN,
            "job": fmt.job_id(row.job) if row.job is not None else fmt.UNKNOWN if works(row) else fmt.NONE,
            "spark": Cell(fmt.spark(row.history, 20, 112.0) or fmt.UNKNOWN, Role.MUTED),
        },
    )


def content(snapshot: Snapshot, width: int) -> Content:
    rows = [gpu_row(row, snapshot.now) for row in snapshot.gpus]
    return Content(Pane.GPUS, snapshot.panes[Pane.GPUS], COLUMNS, rows)


def build(snapshot: Snapshot, width: int, height: int, view: PaneView) -> list[Line]:
    return pane_lines(content(snapshot, width), width, height, snapshot.now, view)
