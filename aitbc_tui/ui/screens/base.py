"""What every screen opened from the dashboard shares: rows 0 and 1, a scrolling body, the hints, messages, Esc."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.timer import Timer

from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.panes.builders import broken_line, report
from aitbc_tui.ui.panes.status import figures_line, hints_line, link_line, message_line, verdict_line
from aitbc_tui.ui.widgets.canvas import Canvas, ScrollCanvas

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp

TOAST_S = 4.0


class StatusScreen(Screen[None]):
    """Rows 0 and 1 and the last row; subclasses yield `top()` first and `bottom()` last in `compose`."""

    AUTO_FOCUS = ""
    BINDINGS = [Binding("escape", "back", show=False)]

    _message: Line | None = None
    _message_timer: Timer | None = None
    _link_at: tuple[int, int] | None = None

    @property
    def aitbc(self) -> AitbcApp:
        """The app with its own type: `.backend`, `.current`, `.look`."""
        return cast("AitbcApp", self.app)

    def top(self) -> ComposeResult:
        yield Canvas(id="verdict")
        yield Canvas(id="figures")
        yield Canvas(id="link")

    def bottom(self) -> ComposeResult:
        yield Canvas(id="hints")

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        """Pairs of key and word for the last row, most useful first; `? help` is added at the end."""
        return [("Esc", "back")]

    def build_hints(self, width: int) -> Line:
        keys = self.aitbc.keys_here
        return hints_line([(keys.shown(key), word) for key, word in self.hints(width)], width)

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """A newer snapshot, or the same one later. Subclasses call this first."""
        width = self.size.width
        self.query_one("#verdict", Canvas).show([verdict_line(snapshot, width)])
        link = link_line(snapshot, width, self.aitbc.painted, self.aitbc.slow)
        self.query_one("#figures", Canvas).show([figures_line(snapshot, width - link.width, width)])
        self._place_link(link.width)
        self.query_one("#link", Canvas).show([link])
        self.show_hints()

    def _place_link(self, width: int) -> None:
        """The link stands at the right end; the figures have the rest."""
        screen = self.size.width
        if self._link_at != (screen, width):
            self._link_at = (screen, width)
            styles = self.query_one("#link", Canvas).styles
            styles.offset, styles.width = (screen - width, 1), width
            self.query_one("#figures", Canvas).styles.width = screen - width

    def show_hints(self) -> None:
        self.query_one("#hints", Canvas).show([self._message or self.build_hints(self.size.width)])

    def toast(self, text: str, level: Level = Level.NONE) -> None:
        """A message takes the hints' row for 4 s; nothing else on the screen moves."""
        self._message = message_line(text, level, self.size.width)
        self.show_hints()
        if self._message_timer is not None:
            self._message_timer.stop()
        self._message_timer = self.set_timer(TOAST_S, self._end_message)

    def _end_message(self) -> None:
        self._message = None
        self.show_hints()

    def on_mount(self) -> None:
        self.on_snapshot(self.aitbc.current)

    def on_screen_resume(self) -> None:
        self.on_snapshot(self.aitbc.current)

    def on_resize(self) -> None:
        self.on_snapshot(self.aitbc.current)

    def action_back(self) -> None:
        self.aitbc.back()


class DetailScreen(StatusScreen):
    """A screen of lines. `build` makes them; its first line is the title and stays, the others scroll."""

    AUTO_FOCUS = "#body"
    _body_at: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        yield from self.top()
        yield Canvas(id="title")
        yield ScrollCanvas(id="body")
        yield from self.bottom()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        """The title line and the lines under it, from what is known; pure. `height` is that of both together."""
        return []

    @property
    def body(self) -> ScrollCanvas:
        return self.query_one("#body", ScrollCanvas)

    def on_snapshot(self, snapshot: Snapshot) -> None:
        super().on_snapshot(snapshot)
        width, height = self.size
        spacer = 1 if width >= 120 else 0  # narrow screens have no row to spare
        self._place_body(width, height, 2 + spacer)
        try:
            lines = list(self.build(snapshot, width, height - 3 - spacer))
        except Exception as fault:  # one screen's fault must not end the dashboard
            report(type(self).__name__, fault)
            lines = [Line(), Line(), broken_line(fault)]
        self.query_one("#title", Canvas).show(lines[:1])
        self.body.show(lines[1:])

    def _place_body(self, width: int, height: int, top: int) -> None:
        if self._body_at == (width, height):
            return
        self._body_at = (width, height)
        title, body = self.query_one("#title", Canvas), self.body
        title.styles.offset, title.styles.width = (0, top), width
        body.styles.offset, body.styles.width = (0, top + 1), width
        body.styles.height = max(1, height - top - 2)


class ReadingScreen(DetailScreen):
    """One on which nothing is typed or under way: 1 to 7 and 0 lead home from it at once."""

    BINDINGS = [
        *(Binding(str(pane.value), f"home({pane.value})", show=False, id=f"pane-{pane.value}") for pane in Pane),
        Binding("0", "home(0)", show=False, id="overview"),
    ]

    def action_home(self, number: int) -> None:
        """To that pane of the dashboard; 0: to its overview."""
        self.aitbc.home(Pane(number) if number else None)
        if not number:
            self.aitbc.dashboard.action_overview()
