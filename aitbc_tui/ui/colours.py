"""The colours of each role as numbers, and which of them a terminal gets; nothing of a toolkit here."""

from __future__ import annotations

import os
from collections.abc import Mapping

from aitbc_tui.ui.paint import Role

BACKGROUND = {"dark": "#0f1317", "light": "#fbfbf9"}

DARK = {
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
LIGHT = {
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
    """The look for a wish (`auto` or a name) in this environment. The 16 colours take half the bytes."""
    if "NO_COLOR" in environ:
        return "mono"
    if theme != "auto":
        return theme
    if slow_link:
        return "ansi"
    depth = environ.get("COLORTERM", "").lower()
    many = depth in ("truecolor", "24bit") or environ.get("TERM", "").endswith("256color")
    return "dark" if many else "ansi"


def wants_ascii(environ: Mapping[str, str], encoding: str) -> bool:
    """The Linux console has no discs, and a locale that is not UTF-8 has no rules."""
    return environ.get("TERM") == "linux" or encoding.lower().replace("-", "") != "utf8"
