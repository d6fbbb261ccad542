"""Every change of a verdict, as a screen: what happened while nobody looked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from aitbc_tui.domain.alarm import Happening
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.alarms_looks import looks
from aitbc_tui.ui.screens.events_lines import build_events, evidence_under, shown_events
from aitbc_tui.ui.screens.filtering import FilterScreen
from aitbc_tui.ui.screens.goto import go_about

HEADER = 1


class EventsScreen(FilterScreen):
    """Selection follows the event: newer ones come in above it."""

    BINDINGS = [
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("ctrl+d,pagedown", "move(10)", show=False, priority=True),
        Binding("ctrl+u,pageup", "move(-10)", show=False, priority=True),
        Binding("g,home", "move(-100000)", show=False, priority=True),
        Binding("G,end", "move(100000)", show=False, priority=True),
        Binding("enter", "go", show=False),
        Binding("slash", "filter", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._selected: Happening | None = None
        self._filter = ""

    def _events(self) -> list[Happening]:
        return shown_events(self.aitbc.current, self._filter)

    def _index(self, shown: Sequence[Happening]) -> int:
        return shown.index(self._selected) if self._selected in shown else 0

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        shown = shown_events(snapshot, self._filter)
        index = self._index(shown)
        lines = build_events(snapshot, shown, index, self._filter, looks(self.app).looked_at, width)
        at = HEADER + 1 + index
        if shown and len(shown[index].evidence) > width - 60:
            lines[at + 1 : at + 1] = evidence_under(shown[index], width)
        return lines

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if self._typing is not None:
            return self.typing_hints()
        keys = [("Esc", "back"), ("j/k", "event"), ("Enter", "go there"), ("/", "filter"), ("y", "copy")]
        return [*keys, (":", "command"), ("?", "help")]

    def apply_filter(self, text: str) -> None:
        self._filter = text

    def action_move(self, step: int) -> None:
        shown = self._events()
        if shown:
            index = max(0, min(len(shown) - 1, self._index(shown) + step))
            self._selected = shown[index]
            self.on_snapshot(self.aitbc.current)
            self.body.reveal(index + HEADER)

    def action_filter(self) -> None:
        self.type_filter(self._filter)

    def action_back(self) -> None:
        if self._filter:
            self._filter = ""
            self.on_snapshot(self.aitbc.current)
        else:
            super().action_back()

    def _chosen(self) -> Happening | None:
        shown = self._events()
        return shown[self._index(shown)] if shown else None

    def action_go(self) -> None:
        event = self._chosen()
        if event is not None and not go_about(self.aitbc, str(event.about)):
            self.toast(f"{event.about or 'this'} has no screen of its own")

    def action_copy(self) -> None:
        event = self._chosen()
        if event is not None:
            self.aitbc.copy(f"{event.word} {event.about}: {event.evidence}")
