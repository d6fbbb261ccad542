"""The editor of a prompt of many lines. What is typed is kept byte for byte; what is shown is made safe."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import TextArea

from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import section
from aitbc_tui.ui.widgets.canvas import Canvas


class PromptArea(TextArea):
    """A text area that never sends an escape sequence of the text to the terminal."""

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        shown = "\t".join(clean(part, 1_000_000) for part in line.plain.split("\t"))
        return Text(shown, end="", no_wrap=True)


class PromptEditor(Screen[str]):
    """Takes a prompt, gives it back on Esc or ctrl+e; there is no way to leave that loses text."""

    AUTO_FOCUS = "#prompt"
    CSS = """
    PromptEditor #prompt { border: none; padding: 0 1; height: 1fr; background: $background; color: $foreground; }
    PromptEditor Canvas { height: 1; }
    """
    BINDINGS = [
        Binding("escape", "done", show=False, priority=True),
        Binding("ctrl+e", "done", show=False, priority=True),
    ]

    def __init__(self, prompt: str) -> None:
        super().__init__()
        self._prompt = prompt

    def compose(self) -> ComposeResult:
        yield Canvas(id="heading")
        area = PromptArea(self._prompt, id="prompt", soft_wrap=True, show_line_numbers=False, tab_behavior="indent")
        area.cursor_blink = False
        yield area
        yield Canvas(id="hints")

    def on_mount(self) -> None:
        area = self.query_one("#prompt", PromptArea)
        area.move_cursor(area.document.end)
        self._show()

    def on_resize(self) -> None:
        self._show()

    def on_text_area_changed(self) -> None:
        self._show()

    def _show(self) -> None:
        text = self.query_one("#prompt", PromptArea).text
        mark = (Level.GOOD, f"{len(text):,} characters") if text.strip() else (Level.BAD, "a prompt is needed")
        title = section("Prompt", self.size.width, mark=mark, text="sent byte for byte, never logged", heavy=True)
        self.query_one("#heading", Canvas).show([title])
        hints = Line(
            (
                Run(" Esc", Role.ACCENT),
                Run(" or "),
                Run(in_words("`ctrl+e`"), Role.ACCENT),
                Run(" back to the form, text kept"),
            )
        )
        self.query_one("#hints", Canvas).show([hints])

    def action_done(self) -> None:
        self.dismiss(self.query_one("#prompt", PromptArea).text)
