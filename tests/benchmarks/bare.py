"""The smallest Textual program: what any dashboard made with it pays before it shows a word."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static


class Bare(App[None]):
    """One line of text."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit"), ("question_mark", "answer", "answer")]

    def compose(self) -> ComposeResult:
        yield Static("a bare program: one line of text, no colours, no network, nothing else")

    def action_answer(self) -> None:
        self.query_one(Static).update("answered")


if __name__ == "__main__":
    Bare().run()
