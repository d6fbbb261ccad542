"""The connections as a screen: one row a link, the selected one explained."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.connections_lines import Terminal, build_connections

_COLOURS = {"dark": "24 bit", "light": "24 bit", "ansi": "16", "ansi-light": "16", "mono": "none (NO_COLOR)"}


class ConnectionsScreen(ReadingScreen):
    """Selection follows the host, not the row."""

    BINDINGS = [
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("y", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._host: str | None = None

    def _index(self, snapshot: Snapshot) -> int:
        hosts = [str(link.host) for link in snapshot.links]
        return hosts.index(self._host) if self._host in hosts else 0

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        app = self.aitbc
        terminal = Terminal(
            app.painted, _COLOURS.get(app.look.name, "24 bit"), "ASCII" if app.look.ascii else "unicode"
        )
        return build_connections(snapshot, self._index(snapshot), terminal, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        return [("Esc", "back"), ("j/k", "host"), ("r", "try now"), ("y", "copy"), (":", "command"), ("?", "help")]

    def action_move(self, step: int) -> None:
        snapshot = self.aitbc.current
        if not snapshot.links:
            return
        index = max(0, min(len(snapshot.links) - 1, self._index(snapshot) + step))
        self._host = str(snapshot.links[index].host)
        self.on_snapshot(snapshot)
        self.body.reveal(index + 1)

    def action_copy(self) -> None:
        links = self.aitbc.current.links
        if links:
            link = links[self._index(self.aitbc.current)]
            self.aitbc.copy(" ".join(part for part in (link.host, link.way, link.fingerprint, link.detail) if part))
