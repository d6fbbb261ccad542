"""Searching for transactions over every node: one field, and under it where each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.state.transactions import Search
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.tx_lines import build_search
from aitbc_tui.ui.screens.typing_field import place_field, typing_hints


@runtime_checkable
class Searching(Protocol):
    """A backend that can look for transactions."""

    def find_transactions(self, text: str) -> Future[Search]:
        """Everything that the text names, and an address's account."""


class TxScreen(DetailScreen):
    """The field has the focus until something was searched for; then keys scroll, and `/` types again."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("slash", "type", show=False),
        Binding("r", "again", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self._found: Search | None = None
        self._trouble = ""

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Input(value=self._text, id="filter", compact=True)

    def on_mount(self) -> None:
        field = self.query_one("#filter", Input)
        field.cursor_blink = False
        super().on_mount()
        if self._text:
            self.action_again()
        else:
            self.action_type()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        return build_search(self._text, self._found, self._trouble, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if self.query_one("#filter", Input).display:
            return typing_hints("searches", width)
        return [
            ("Esc", "back"),
            ("/", "another"),
            ("r", "search again"),
            ("y", "copy hash"),
            (":", "command"),
            ("?", "help"),
        ]

    def action_type(self) -> None:
        field = self.query_one("#filter", Input)
        place_field(field, self.size)
        self.show_hints()

    def _end_typing(self) -> None:
        self.query_one("#filter", Input).display = False
        self.set_focus(self.body)
        self.show_hints()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._text = event.value.strip()
        self._end_typing()
        if self._text:
            self.action_again()

    def action_back(self) -> None:
        if isinstance(self.focused, Input) and self._found is not None:
            self._end_typing()
            return
        super().action_back()

    def action_again(self) -> None:
        backend = self.aitbc.backend
        if not isinstance(backend, Searching):
            self._trouble = "this session cannot ask the nodes"
        elif self._text:
            self._found, self._trouble = None, ""
            self.run_worker(self._search(backend, self._text), name="search", exclusive=True)
        self.on_snapshot(self.aitbc.current)

    async def _search(self, backend: Searching, text: str) -> None:
        try:
            self._found = await outcome(backend.find_transactions(text))
        except AitbcError as error:
            self._trouble = str(words(error))
        self.on_snapshot(self.aitbc.current)

    def action_copy(self) -> None:
        if self._found is not None and self._found.pictures:
            self.aitbc.copy(str(self._found.pictures[0].tx_hash))
