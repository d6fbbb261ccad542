"""Pane 7: what is wrong now, since when, and what to do; many findings of one rule in one row."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.fold import Fold, folded
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_remedy
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.table import Column, Content, PaneView, Row, pane_lines

DO_CELLS = 32
COLUMNS = (
    Column("state", "state", 9),
    Column("since", "since", 5),
    Column("for", "for", 5, right=True, gap=2, needs=92),
    Column("about", "about", 11, gap=2),
    Column("evidence", "evidence", 47, gap=2, wide=72),
    Column("do", "do", DO_CELLS, gap=2, needs=120, wide=40),
    Column("rule", "rule", 22, gap=2, needs=180),
    Column("seen", "seen", 4, right=True, gap=2, needs=186),
    Column("closed", "closed", 8, gap=2, needs=196),
)
# The overview's: no header, no `for`, one blank before the evidence.
NARROW = (
    Column("state", "state", 9),
    Column("since", "since", 5),
    Column("about", "about", 11, gap=2),
    Column("evidence", "evidence", 49),
)


def alarm_row(fold: Fold, utc: float) -> Row:
    """An alarm; or several, since the first of them, with the evidence of the newest."""
    alarm, since = fold.newest, fold.since
    end = utc if alarm.closed is None else alarm.closed
    verdict = Verdict(alarm.level, alarm.word)
    if not alarm.open:
        verdict = Verdict(Level.NONE, SafeText("closed"))
    return Row(
        key=fold.key,
        verdict=verdict,
        role=Role.TEXT if alarm.open else Role.MUTED,
        name=fold.about,
        newest=alarm.since,
        search=" ".join((alarm.rule, alarm.kind.value, *(f"{one.about} {one.evidence}" for one in fold.alarms))),
        cells={
            "since": fmt.clock_at(since),
            "for": fmt.age(max(0.0, end - since)),
            "about": fold.about or fmt.NONE,
            "evidence": fold.said(utc) or fmt.NONE,
            "do": _to_do(fold, utc),
            "rule": alarm.rule,
            "seen": fmt.number(sum(one.seen for one in fold.alarms), 4),
            "closed": fmt.NONE if alarm.closed is None else fmt.clock_at(alarm.closed, with_seconds=True),
        },
    )


def _to_do(fold: Fold, utc: float) -> str:
    if fold.several:
        return "Enter: each of them"
    if fold.newest.past(utc):
        return in_remedy("a: acknowledge it, if it is over")
    remedy = str(fold.newest.remedy)
    if len(remedy) > DO_CELLS:  # an error's own: its first step, the others stand in the alarm
        remedy = remedy.partition("; ")[0]
    return in_remedy(remedy) or fmt.NONE


def fold_of(snapshot: Snapshot, key: str | None) -> Fold | None:
    """The alarms of the row with this key."""
    return next((fold for fold in folded(snapshot.alarms) if fold.key == key), None)


def content(snapshot: Snapshot, width: int) -> Content:
    utc = snapshot.utc.timestamp()
    rows = [alarm_row(fold, utc) for fold in folded(snapshot.alarms)]
    columns = COLUMNS if width >= 120 else narrow(width)
    return Content(Pane.ALARMS, snapshot.panes[Pane.ALARMS], columns, rows)


def narrow(width: int) -> tuple[Column, ...]:
    """Without room for what to do, the evidence takes what is left."""
    return tuple(replace(c, width=max(20, width - 31)) if c.key == "evidence" else c for c in NARROW)


def build(snapshot: Snapshot, width: int, height: int, view: PaneView) -> list[Line]:
    return pane_lines(content(snapshot, width), width, height, snapshot.now, view)
