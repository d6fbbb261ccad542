"""The help as a screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.help_lines import build_help


class HelpScreen(ReadingScreen):
    """`?` closes it again."""

    BINDINGS = [Binding("question_mark,f1", "back", show=False, priority=True)]

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        return build_help(width, self.aitbc.options.keys)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        return [("Esc", "back"), ("j/k", "scroll"), ("ctrl+d ctrl+u", "page"), (":", "command"), ("q", "quit")]
