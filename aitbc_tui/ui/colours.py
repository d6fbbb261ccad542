"""The colours of each role as numbers, and which of them a terminal gets; nothing of a toolkit here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from aitbc_tui.ui.paint import Role


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """A theme of 24-bit colours, each `#rrggbb`; `roles` holds those that are no bold or reversed other role."""

    name: str
    dark: bool
    background: str
    selection: str  # behind the selected row
    roles: Mapping[Role, str]


_DARK = {
    Role.TEXT: "#d5dae1",
    Role.MUTED: "#97a1ad",
    Role.RULE: "#3d4753",
    Role.OK: "#7cc08c",
    Role.WARN: "#e6b450",
    Role.BAD: "#ff7a70",
    Role.UNKNOWN: "#b9a3f5",
    Role.STALE: "#c9a98a",
    Role.ACCENT: "#6fb6ff",
}
_LIGHT = {
    Role.TEXT: "#1d2329",
    Role.MUTED: "#5a636d",
    Role.RULE: "#b9c0c8",
    Role.OK: "#1b6f35",
    Role.WARN: "#7d5200",
    Role.BAD: "#b3211b",
    Role.UNKNOWN: "#6a3fb5",
    Role.STALE: "#76552f",
    Role.ACCENT: "#0a57b8",
}
PALETTES = {
    "dark": Palette("dark", True, "#0f1317", "#1b2c3f", _DARK),
    "light": Palette("light", False, "#fbfbf9", "#d6e6f7", _LIGHT),
}
# Numbers of the terminal's own 16 colours. On a dark background 1, 4, 8 and 12 never carry text, on a light one
# 2, 3, 6 and 9 to 14 never do; where a role has no colour left, place and case alone tell its rank.
ANSI_DARK = {
    Role.TEXT: 7,
    Role.MUTED: 7,
    Role.RULE: 8,
    Role.OK: 2,
    Role.WARN: 11,
    Role.BAD: 9,
    Role.UNKNOWN: 13,
    Role.STALE: 6,
    Role.ACCENT: 14,
}
ANSI_LIGHT = {
    Role.TEXT: 0,
    Role.MUTED: 0,
    Role.RULE: 7,
    Role.OK: 0,
    Role.WARN: 0,
    Role.BAD: 1,
    Role.UNKNOWN: 5,
    Role.STALE: 0,
    Role.ACCENT: 4,
}


def choose(theme: str, environ: Mapping[str, str] = os.environ, *, slow_link: bool = False) -> str:
    """The look for a wish (`auto` or a name) in this environment. The 16 colours take half the bytes.

    COLORFGBG is how some terminals say that their background is light; without it a dark one is taken for granted.
    """
    if "NO_COLOR" in environ:
        return "mono"
    if theme != "auto":
        return theme
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    if slow_link or not _many(environ):
        return "ansi-light" if light else "ansi"
    return "light" if light else "dark"


def as_deep(look: str, own: Palette | None, environ: Mapping[str, str]) -> str:
    """The same look, or that of the 16 colours where there are no more: an approximation would lose its contrast."""
    palette = own if own is not None and own.name == look else PALETTES.get(look)
    if palette is None or _many(environ):
        return look
    return "ansi" if palette.dark else "ansi-light"


def _many(environ: Mapping[str, str]) -> bool:
    """More than 16 colours: as the toolkit judges it."""
    depth = environ.get("COLORTERM", "").strip().lower()
    term = environ.get("TERM", "")
    return depth in ("truecolor", "24bit") or term.endswith(("256color", "kitty"))


def wants_ascii(environ: Mapping[str, str], encoding: str) -> bool:
    """The Linux console has no discs, and a locale that is not UTF-8 has no rules."""
    return environ.get("TERM") == "linux" or encoding.lower().replace("-", "") != "utf8"
