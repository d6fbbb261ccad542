"""A screen with a filter or a search: `/` begins it, Enter applies it, Esc leaves it; meanwhile every key is text."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from aitbc_tui.domain.text import clean
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.typing_field import typed


class FilterScreen(ReadingScreen):
    """`_typing` is what is typed so far; None: nothing is being typed, and the keys act."""

    def __init__(self) -> None:
        super().__init__()
        self._typing: str | None = None

    def apply_filter(self, text: str) -> None:
        """Show what matches from now on; empty: everything."""
        raise NotImplementedError

    def type_filter(self, text: str) -> None:
        """Begin to type, from the filter that counts now."""
        self._typing = text
        self.show_hints()

    def typing_hints(self, verb: str = "apply") -> Sequence[tuple[str, str]]:
        """What is typed so far, and how it ends."""
        return [("/", f"{clean(self._typing or '', 60)}_"), ("Enter", verb), ("Esc", "leave it")]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key of this screen acts while something is typed."""
        return self._typing is None

    def on_key(self, event: events.Key) -> None:
        if self._typing is None:
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            text, self._typing = self._typing.strip(), None
            self.apply_filter(text)
        elif event.key == "escape":
            self._typing = None
        else:
            self._typing = self._typing if (value := typed(self._typing, event)) is None else value
        self.on_snapshot(self.aitbc.current)
