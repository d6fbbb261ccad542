"""Tables of fixed columns, titles and pane bodies: how every pane turns its rows into lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size

from aitbc_tui.domain.snapshot import Pane, PaneSummary
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.panes.rows import Rows
from aitbc_tui.ui.panes.title import NAMES, pane_age, title_line


@dataclass(frozen=True, slots=True)
class PaneView:
    """What the reader has chosen for a pane: focus, selected thing, filter, order, columns moved into view."""

    focused: bool = False
    cursor: str | None = None
    filter: str = ""
    sort: str = ""
    hscroll: int = 0
    frozen_s: float | None = None
    held: tuple[str, ...] = ()  # the order that is kept while the pane has the focus


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its width in cells, the blanks before it, and the pane width from which it is shown.

    `wide` and `wide_gap` hold in a pane of at least `WIDE` columns.
    """

    key: str
    header: str
    width: int
    right: bool = False
    gap: int = 1
    needs: int = 0
    wide: int = 0
    wide_gap: int = 0
    wide_header: str = ""


WIDE = 198
VERY_OLD_S = 600.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. Without a role it is painted as its row is."""

    text: str
    role: Role | None = None
    glyph: str = ""  # painted before the text in `glyph_role`
    glyph_role: Role | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of a pane. `role` paints the whole row where it is old, finished or sound without end."""

    key: str
    verdict: Verdict
    cells: Mapping[str, Cell | str]
    word: str = ""  # the state word; else the verdict's
    role: Role = Role.TEXT
    name: str = ""  # for sorting
    newest: float = 0.0
    search: str = ""

    def matches(self, text: str) -> bool:
        wanted = text.casefold()
        parts = [self.search, self.word or self.verdict.word]
        parts += [cell if isinstance(cell, str) else cell.text for cell in self.cells.values()]
        return any(wanted in part.casefold() for part in parts)


@dataclass(frozen=True, slots=True)
class Content:
    """A pane's rows and columns at one width."""

    pane: Pane
    summary: PaneSummary
    columns: Sequence[Column]
    rows: Sequence[Row]
    extra: Mapping[str, str] = field(default_factory=dict)  # headers that change, by column key


def pane_title(content: Content, width: int, now: float, view: PaneView, *, short: bool = False) -> Line:
    summary, pane = content.summary, content.pane
    marks = []
    if view.filter:
        marks.append(f"/{view.filter} {len(visible(content, view))} of {len(content.rows)}")
    if view.sort:
        marks.append(f"by {view.sort}")
    if view.frozen_s is not None and pane is not Pane.ALARMS:
        marks.append(f"FROZEN {fmt.age(view.frozen_s)}")
    counts = str(summary.counts)
    if short and counts.count(", ") > 1:
        counts = counts.rpartition(", ")[0]
    return title_line(
        str(pane.value),
        NAMES[pane],
        summary.verdict,
        counts,
        width,
        focused=view.focused,
        age=pane_age(summary, pane, now),
        marks=" ".join(marks),
    )


def visible(content: Content, view: PaneView) -> Rows:
    """The rows that pass the filter, in the chosen order; the held order stays while the pane has the focus."""
    rows = Rows.of(content.rows)
    if view.filter:
        rows = rows.ordered(at for at, row in enumerate(rows) if row.matches(view.filter))
    if view.sort == "worst":
        levels = [severity(verdict.level) for _, verdict in rows.verdicts()]
        rows = rows.ordered(sorted(range(len(rows)), key=levels.__getitem__))
    elif view.sort == "newest":
        rows = rows.ordered(sorted(range(len(rows)), key=lambda at: -rows[at].newest))
    elif view.sort == "name":
        rows = rows.ordered(sorted(range(len(rows)), key=lambda at: rows[at].name))
    return rows.held(view.held) if view.held else rows


def selected_key(rows: Sequence[Row], view: PaneView) -> str | None:
    """The chosen thing; as long as nothing was chosen, the worst."""
    lazy = Rows.of(rows)
    if not lazy:
        return None
    if view.cursor is not None and lazy.find(view.cursor) is not None:
        return view.cursor
    bad = [(severity(one.level), key) for key, one in lazy.verdicts() if one.level in (Level.BAD, Level.WARN)]
    return min(bad, key=lambda pair: pair[0])[1] if bad else lazy.keys[0]


def shown_columns(columns: Sequence[Column], width: int, hscroll: int = 0) -> list[Column]:
    """The columns for this width; `hscroll` leaves out as many after the first two, so that others come into view."""
    if not hscroll:
        return [column for column in columns if column.needs <= width]
    kept = [*columns[:2], *columns[2 + min(hscroll, len(columns) - 3) :]]
    out, used = [], 0
    for column in kept:
        used += column.gap + column.width
        if used > width:
            break
        out.append(column)
    return out


def _width(column: Column, wide: bool) -> tuple[int, int]:
    return (column.wide or column.width, column.wide_gap or column.gap) if wide else (column.width, column.gap)


def header_line(columns: Sequence[Column], width: int, extra: Mapping[str, str]) -> Line:
    wide = width >= WIDE
    text = ""
    for index, column in enumerate(columns):
        cells, gap = _width(column, wide)
        header = extra.get(column.key, column.wide_header if wide and column.wide_header else column.header)
        gap = 1 if index == 0 else gap
        text += " " * gap + (header.rjust(cells) if column.right else set_cell_size(header, cells))
    return Line((Run(text, Role.MUTED),)).fit(width)


def row_line(row: Row, columns: Sequence[Column], width: int, *, selected: bool) -> Line:
    """One row: gutter, glyph and state word, then the cells."""
    wide = width >= WIDE
    level = row.verdict.level
    word = row.word or str(row.verdict.word)
    whole = row.role
    stale = level is Level.STALE
    runs = [Run("▌", Role.ACCENT) if selected else Run(" ", whole)]
    state_width = _width(columns[0], wide)[0]
    state = fmt.shorten(word, state_width - 2).ljust(state_width - 2)
    word_role = whole
    if level is Level.BAD:
        word_role = Role.BAD_STRONG
    elif level in (Level.STALE, Level.UNKNOWN, Level.COMING, Level.REFUSED):
        word_role = level_role(level)
    runs += [Run(glyph(level), level_role(level)), Run(f" {state}", word_role)]
    for column in columns[1:]:
        cells, gap = _width(column, wide)
        runs += _cell_runs(row.cells.get(column.key, fmt.UNKNOWN), cells, gap, column.right, whole, stale)
    return Line(tuple(runs), selected).fit(width)


def _cell_runs(value: Cell | str, cells: int, gap: int, right: bool, whole: Role, stale: bool) -> list[Run]:
    cell = Cell(value) if isinstance(value, str) else value
    text = cell.text
    role = cell.role or whole
    if not stale and cell.role is None and (text in (fmt.NONE, fmt.UNKNOWN) or text.startswith("? ")):
        role = Role.MUTED  # "there is none" and "not learnt" step back behind what is known
    before = Run(" " * gap, whole)
    if cell.glyph:
        room = cells - cell_len(cell.glyph) - 1
        fitted = fmt.shorten(text, room)
        return [before, Run(cell.glyph, cell.glyph_role or role), Run(f" {fitted.ljust(room)}", role)]
    fitted = text if cell_len(text) <= cells else fmt.shorten(text, cells)
    blank = Run(" " * (cells - cell_len(fitted)), whole)
    return [before, blank, Run(fitted, role)] if right else [before, Run(fitted, role), blank]


def note_line(summary: PaneSummary, width: int) -> Line:
    """The evidence line under the rows; loud only where something is wrong."""
    level = summary.verdict.level
    role = Role.TEXT if level in (Level.BAD, Level.WARN) else Role.MUTED
    return Line((Run(" "), Run(fmt.parts(str(summary.note), width - 1), role))).fit(width)


def window(rows: Sequence[Row], chosen: str | None, height: int) -> Sequence[Row]:
    """As many rows as there is room for, with the chosen one among them."""
    if len(rows) <= height:
        return rows
    index = Rows.of(rows).find(chosen) or 0
    top = max(0, min(index - height + 1, len(rows) - height)) if index >= height else 0
    return rows[top : top + height]


def body_lines(content: Content, width: int, height: int, view: PaneView, *, note: bool = True) -> list[Line]:
    """Header, rows and note; or which nothing there is to show."""
    rows = visible(content, view)
    summary = content.summary
    if not content.rows:
        texts = summary.empty or (summary.note,)
        pieces = [piece for text in texts for piece in _wrapped(str(text), width - 1)]
        return [Line(), *(Line((Run(" "), *_empty_runs(piece))).fit(width) for piece in pieces)][:height]
    columns = shown_columns(content.columns, width, view.hscroll)
    chosen = selected_key(rows, view) if view.focused else None
    notes = [note_line(summary, width)] if note and summary.note and height > 2 else []
    room = height - 1 - len(notes)
    lines = [header_line(columns, width, content.extra)]
    shown = window(rows, chosen, room)  # without the focus a pane shows its worst rows, wherever the reader was
    lines += [row_line(row, columns, width, selected=row.key == chosen) for row in shown]
    if not rows:
        lines.append(Line((Run(f" no row contains {view.filter!r}: Esc clears the filter", Role.MUTED),)))
    return (lines + notes)[:height]


def _wrapped(text: str, width: int) -> list[str]:
    """Reasons are read in full: what does not fit goes on in the next row, under its first word."""
    start = len(text) - len(text.lstrip(" □–?▲…"))
    first, *rest = fmt.wrap(text[start:], max(1, width - start))
    return [text[:start] + first, *(" " * start + piece for piece in rest)]


def _empty_runs(text: str) -> list[Run]:
    """The glyph of a reason (`□`, `–`, `?`, `▲`) has the colour of its level."""
    level = next((level for level in Level if text.startswith(f"{glyph(level)} ")), None)
    if level is None:
        return [Run(text, Role.MUTED)]
    return [Run(text[0], level_role(level)), Run(text[1:])]


def old_line(content: Content, now: float) -> list[Line]:
    """Over rows of which none was heard for ten minutes: all of this is old."""
    oldest = content.summary.oldest_at
    if oldest is None or now - oldest < VERY_OLD_S or not content.rows:
        return []
    if any(verdict.level is not Level.STALE for _, verdict in Rows.of(content.rows).verdicts()):
        return []
    return [Line((Run(f" ~ all of this is {fmt.age(now - oldest)} old", Role.STALE),))]


def pane_lines(content: Content, width: int, height: int, now: float, view: PaneView) -> list[Line]:
    """Title and body, exactly `height` lines of exactly `width` cells."""
    old = old_line(content, now)
    body = body_lines(content, width, height - 1 - len(old), view)
    lines = [pane_title(content, width, now, view), *old, *body]
    lines = lines[:height] + [Line()] * (height - len(lines))
    return [line.fit(width) for line in lines]
