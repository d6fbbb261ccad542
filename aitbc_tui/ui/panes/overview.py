"""Small screens: seven verdicts in seven lines with the two worst panes, one pane with its detail, too small."""

from __future__ import annotations

from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.panes import alarms
from aitbc_tui.ui.panes.builders import content_of, guarded
from aitbc_tui.ui.panes.detail import detail_lines
from aitbc_tui.ui.panes.status import environment_runs, heads_runs, hints_line, verdict_line
from aitbc_tui.ui.panes.table import (
    PaneView,
    body_lines,
    pane_title,
    row_line,
    selected_key,
    visible,
    window,
)
from aitbc_tui.ui.panes.title import NAMES, pane_age, title_line

_TIES = (Pane.ALARMS, Pane.JOBS)  # which of equally bad panes is shown first
_STRIP = {Pane.MEMPOOL: "Pool", Pane.RECEIPTS: "Rcpt"}


def two_worst(snapshot: Snapshot) -> tuple[Pane, Pane]:
    """Chosen when the overview opens, never under the reader's eyes."""
    order = [*_TIES, *(pane for pane in Pane if pane not in _TIES)]
    ranked = sorted(order, key=lambda pane: severity(snapshot.panes[pane].verdict.level))
    return ranked[0], ranked[1]


def _worst_verdict(snapshot: Snapshot) -> Verdict:
    return snapshot.panes[Pane.ALARMS].verdict


def overview_lines(snapshot: Snapshot, width: int, selected: Pane, focused: bool = True) -> list[Line]:
    """Seven lines instead of seven titles: the same words in the same order."""
    ages = {pane: pane_age(snapshot.panes[pane], pane, snapshot.now) for pane in Pane}
    known = {pane: s.oldest_at for pane, s in snapshot.panes.items() if s.oldest_at is not None}
    oldest = ages[min(known, key=known.__getitem__)] if known and "never" not in ages.values() else "never"
    title = title_line("", "Overview", _worst_verdict(snapshot), "1-7 opens a pane", width, focused=focused, age=oldest)
    lines = [title]
    for pane in Pane:
        summary = snapshot.panes[pane]
        verdict = summary.verdict
        age = ages[pane] or fmt.NONE
        text = fmt.parts(str(summary.short or summary.counts), width - 36, ", ")
        state = fmt.shorten(f"{glyph(verdict.level)} {verdict.word}", 15)
        age_role = Role.STALE if age.startswith("~") else Role.MUTED
        runs = (
            Run("▌", Role.ACCENT) if pane is selected else Run(" "),
            Run(str(pane.value), Role.ACCENT_STRONG),
            Run(f" {NAMES[pane]:<10}", Role.STRONG),
            Run(f"{state:<16}", level_role(verdict.level)),
            Run(text + " " * (width - 35 - len(text))),
            Run(f"{age:>5}", age_role),
        )
        lines.append(Line(runs, pane is selected).fit(width))
    return lines


def overview_pane(snapshot: Snapshot, pane: Pane, width: int, height: int, view: PaneView) -> list[Line]:
    """One of the two panes under the overview: shorter counts, no note; Alarms without a header."""
    return guarded(pane, width, height, lambda: _overview_pane(snapshot, pane, width, height, view))


def _overview_pane(snapshot: Snapshot, pane: Pane, width: int, height: int, view: PaneView) -> list[Line]:
    content = content_of(snapshot, pane, width)
    if pane is Pane.ALARMS and width < 120:
        columns = alarms.narrow(width)
        shown = window(visible(content, view), None, height - 1)
        rows = [row_line(row, columns, width, selected=False) for row in shown]
        if not content.rows:
            rows = body_lines(content, width, height - 1, view)
    else:
        rows = body_lines(content, width, height - 1, view, note=False)
    lines = [pane_title(content, width, snapshot.now, view, short=True), *rows]
    return [line.fit(width) for line in (lines + [Line()] * height)[:height]]


def strip_line(snapshot: Snapshot, width: int) -> Line:
    """All seven verdicts in one row above a single pane."""
    runs: list[Run] = []
    for pane in Pane:
        level = snapshot.panes[pane].verdict.level
        runs += [
            Run("  " if runs else " "),
            Run(str(pane.value), Role.ACCENT_STRONG),
            Run(f" {_STRIP.get(pane, NAMES[pane])} "),
            Run(glyph(level), level_role(level)),
        ]
    return Line(tuple(runs)).fit(width)


def one_pane(snapshot: Snapshot, pane: Pane, width: int, height: int, view: PaneView) -> list[Line]:
    """A pane on its own; under it the detail of the selected row, three lines of it where rows need the room."""
    return guarded(pane, width, height, lambda: _one_pane(snapshot, pane, width, height, view))


def _one_pane(snapshot: Snapshot, pane: Pane, width: int, height: int, view: PaneView) -> list[Line]:
    content = content_of(snapshot, pane, width)
    rows = visible(content, view)
    key = selected_key(rows, view)
    detail = detail_lines(snapshot, pane, key, width) if key is not None else []
    fits = len(rows) <= max(4, height // 2 - 3)
    if not detail:
        table = height - 1
    elif fits:
        table = 1 + len(rows)
    else:
        detail = detail[:4]
        table = height - 1 - 1 - len(detail)
    lines = [
        pane_title(content, width, snapshot.now, view),
        *body_lines(content, width, table, view, note=not detail),
        Line(),
        *detail,
    ]
    return [line.fit(width) for line in (lines + [Line()] * height)[:height]]


def too_small(snapshot: Snapshot, width: int, height: int) -> list[Line]:
    """The verdict even here; below 20x4 nothing but row 0."""
    first = verdict_line(snapshot, width)
    if width < 20 or height < 4:
        return [first]
    alarms_open = snapshot.totals.alarms
    count = "? alarms" if alarms_open is None else f"{alarms_open} alarm{'' if alarms_open == 1 else 's'}"
    missing = []
    if width < 80:
        missing.append(f"{80 - width} column{'' if width == 79 else 's'}")
    if height < 24:
        missing.append(f"{24 - height} row{'' if height == 23 else 's'}")
    needs = _wrapped(f"The panes need 80 x 24: {' and '.join(missing)} more.", width - 11)
    lines = [
        first,
        Line((Run(f" {count} "), Run("·", Role.MUTED), Run(" "), *heads_runs(snapshot))),
        Line((Run(" "), *environment_runs(snapshot))),
        Line(),
        Line((Run(" "), Run(glyph(Level.WARN), Role.WARN), Run(f" This window is {width} x {height}."))),
        *(Line((Run(f"   {text}"),)) for text in needs),
        Line(),
        Line((Run("   Everything goes on being watched."),)),
    ]
    hints = hints_line([("7", "alarms"), (":", "command"), ("?", "help"), ("q", "quit")], width)
    lines = [line.fit(width) for line in (lines + [Line()] * height)[: height - 1]]
    return [*lines, hints]


def _wrapped(text: str, width: int) -> list[str]:
    """Break our own sentence at blanks."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
