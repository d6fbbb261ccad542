"""Snapshots in which every remote text is what an attacker would like to see on the operator's terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText, clean

NASTY = (
    "\x1b]52;c;cm0gLXJmIC8=\x07",  # the clipboard
    "\x1b]0;owned\x07\x1b[2J\x1b[H\x9b31m\x9d0;x\x9c",  # title, clear, C1
    "[@click=app.leave(0)]x[/]",
    "[/nope]",
    "[link=http://evil]",
    "\u202egnp.exe\u202c\u2066\u200b\u200d\ufeff\u2028",
    "a\x00b\x7fc\x08\x08d\r\ne\tf",
    "e" + "\u0301" * 40,
    "日本語👩‍👩‍👧‍👦🇩🇪❤️",
    "\ud800\udfff\ufffe",
    "{0.__class__} %s %n $(reboot) `id`",
    "\x1bP+q544e\x1b\\\x1b_Gq\x1b\\\x1b^x\x1b\\",
)


def soiled(snapshot: Snapshot, text: Callable[[], str]) -> Snapshot:
    """The same with every SafeText replaced by a cleaned one of `text`; identities and enumerations stay."""
    return _soil(snapshot, text)  # type: ignore[return-value]


def _soil(value: object, text: Callable[[], str]) -> object:
    if isinstance(value, SafeText):
        return clean(text())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _soil(getattr(value, field.name), text) for field in dataclasses.fields(value) if field.init
        }
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_soil(item, text) for item in value)
    if isinstance(value, Mapping):
        return {key: _soil(item, text) for key, item in value.items()}
    return value
