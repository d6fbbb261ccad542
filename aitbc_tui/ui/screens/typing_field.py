"""A one-line text field in the screens' own cells: typed characters, backspace, ctrl+u. Never parsed as markup."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.geometry import Size
from textual.widgets import Input

from aitbc_tui.domain.text import clean
from aitbc_tui.ui.paint import Role, Run

LONGEST = 400


def typed(value: str, event: events.Key) -> str | None:
    """The value after this key; None when the key is no text."""
    if event.key == "backspace":
        return value[:-1]
    if event.key == "ctrl+u":
        return ""
    character = event.character
    if character is None or not event.is_printable or len(value) >= LONGEST:
        return None
    return value + character


def field_run(value: str, width: int, focused: bool = True) -> Run:
    """`[follower              ]`, its end in sight."""
    shown = str(clean(value, LONGEST + 1))
    while cell_len(shown) > width - 1:
        shown = shown[1:]
    cursor = "_" if focused and cell_len(shown) < width else ""
    blank = " " * (width - cell_len(shown) - len(cursor))
    return Run(f"[{shown}{cursor}{blank}]", Role.ACCENT_STRONG if focused else Role.TEXT)


BESIDE = 40  # cells of the last row that say what the keys do while a field is typed in


def place_field(field: Input, screen: Size) -> None:
    """The field in the last row, after its `/`; it has the focus."""
    field.styles.offset = (2, screen.height - 1)
    field.styles.width = screen.width - BESIDE - 2
    field.display = True
    field.focus()


def typing_hints(does: str, width: int) -> list[tuple[str, str]]:
    """`/`, the room of the field, and at its right what Enter and Esc do."""
    return [("/", " " * (width - BESIDE - 3)), ("Enter", does), ("Esc", "leaves it")]
