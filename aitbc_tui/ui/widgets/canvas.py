"""Widgets that paint lines of runs: only the cells that changed are painted again, and markup is never parsed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.theme import CHIPS, Look, look

_BLANK = Line()


def changed_cells(old: Line, new: Line, width: int) -> tuple[int, int] | None:
    """The first and the last-plus-one cell in which two lines differ; None when they look the same."""
    if old == new:
        return None
    if old.selected != new.selected:
        return 0, width
    before, after = _cells(old, width), _cells(new, width)
    first = next((x for x, (a, b) in enumerate(zip(before, after, strict=True)) if a != b), None)
    if first is None:
        return None
    last = next(x for x in range(width - 1, -1, -1) if before[x] != after[x])
    return first, last + 1


def _cells(line: Line, width: int) -> list[tuple[str, Role]]:
    cells: list[tuple[str, Role]] = []
    for run in line.fit(width).runs:
        # A blank looks the same in every role but a chip's.
        role, blank = run.role, run.role if run.role in CHIPS else Role.TEXT
        if run.text.isascii() or all(cell_len(char) == 1 for char in set(run.text)):
            cells.extend((char, blank if char == " " else role) for char in run.text)
            continue
        for char in run.text:
            cells.extend([(char, blank if char == " " else role)] * cell_len(char))
    return (cells + [(" ", Role.TEXT)] * width)[:width]


class Canvas(Widget):
    """A rectangle of lines."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """A cell of this canvas was clicked."""

        def __init__(self, canvas: Canvas, x: int, y: int) -> None:
            super().__init__()
            self.canvas = canvas
            self.x = x
            self.y = y

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self.repaints = 0  # regions asked to be painted again since the start; 0 while nothing changes

    @property
    def look(self) -> Look:
        found = getattr(self.app, "look", None)
        return found if isinstance(found, Look) else look()

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from now on; paints what differs from the ones before."""
        new = tuple(lines)
        if new == self._lines:
            return
        old, self._lines = self._lines, new
        width, height = self.size
        regions: list[Region] = []
        for y, (before, after) in enumerate(zip_longest(old, new, fillvalue=_BLANK)):
            if y >= height:
                break
            if before is after:
                continue
            span = changed_cells(before, after, width)
            if span is not None:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.repaints += len(regions)
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        source = self._line_at(y)
        paint = self.look
        if paint.ascii:
            source = Line(tuple(type(run)(paint.text(run.text), run.role) for run in source.runs), source.selected)
        fitted = source.fit(width)
        segments = [Segment(run.text, paint.style(run.role, fitted.selected)) for run in fitted.runs]
        return Strip(segments, width)

    def _line_at(self, y: int) -> Line:
        return self._lines[y] if y < len(self._lines) else _BLANK

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Clicked(self, event.x, event.y))


class ScrollCanvas(Canvas, can_focus=True):
    """More lines than rows: shows those from `top` on; keys and the wheel move it."""

    BINDINGS = [
        Binding("down,j", "down", show=False),
        Binding("up,k", "up", show=False),
        Binding("pagedown,ctrl+d", "page_down", show=False),
        Binding("pageup,ctrl+u", "page_up", show=False),
        Binding("g,home", "first", show=False),
        Binding("G,end", "last", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._all: tuple[Line, ...] = ()
        self.top = 0

    @property
    def content(self) -> tuple[Line, ...]:
        """Every line, those outside the window too."""
        return self._all

    def show(self, lines: Sequence[Line]) -> None:
        self._all = tuple(lines)
        self._window()

    def reveal(self, row: int) -> None:
        """Scroll as little as needed to have this row in the window."""
        height = max(1, self.size.height)
        if row < self.top:
            self.top = row
        elif row >= self.top + height:
            self.top = row - height + 1
        self._window()

    def scroll_by(self, rows: int) -> None:
        self.top += rows
        self._window()

    def _window(self) -> None:
        height = max(1, self.size.height)
        self.top = max(0, min(self.top, len(self._all) - height))
        super().show(self._all[self.top : self.top + height])

    def on_resize(self) -> None:
        self._window()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_by(-3)

    def action_down(self) -> None:
        self.scroll_by(1)

    def action_up(self) -> None:
        self.scroll_by(-1)

    def action_page_down(self) -> None:
        self.scroll_by(max(1, self.size.height // 2))

    def action_page_up(self) -> None:
        self.scroll_by(-max(1, self.size.height // 2))

    def action_first(self) -> None:
        self.top = 0
        self._window()

    def action_last(self) -> None:
        self.top = len(self._all)
        self._window()
