"""A one-line text field in the screens' own cells: typed characters, backspace, ctrl+u. Never parsed as markup."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events

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
