"""A journal line in the order in which it is read: time, level, message, the rest. Text was cleaned before."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import cut

# 2026-11-22T12:01:44+0000 host unit[123]: text (journalctl -o short-iso)
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:?\d\d|Z)?) \S+ ([^\s:]+): ?(.*)")
# Nov 22 12:01:44 host unit[123]: text (journalctl -o short)
_SHORT = re.compile(r"[A-Z][a-z]{2} [ \d]\d (\d\d:\d\d:\d\d) \S+ ([^\s:]+): ?(.*)")
_LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b:?")
_FIRST = ("message", "level", "timestamp", "logger")
_LEVEL_ROLES = {
    "WARNING": Role.WARN,
    "WARN": Role.WARN,
    "ERROR": Role.BAD,
    "CRITICAL": Role.BAD,
    "FATAL": Role.BAD,
    "DEBUG": Role.MUTED,
}


def _utc(stamp: str) -> str:
    """`12:01:44` in UTC."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp[11:19]
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).strftime("%H:%M:%S")


def parts(line: str) -> tuple[str, str, str]:
    """Time, level, text of one line; what has no time or level has blanks there."""
    at, text = "", line
    if (found := _ISO.match(line)) is not None:
        at, text = _utc(found[1]), found[3]
    elif (found := _SHORT.match(line)) is not None:
        at, text = found[1], found[3]
    if text.startswith("{"):
        inner = _structured(text)
        if inner is not None:
            return at or inner[0], inner[1], inner[2]
    level = _LEVEL.match(text)
    if level is not None:
        return at, level[1], text[level.end() :].lstrip(" :")
    return at, "", text


def _structured(text: str) -> tuple[str, str, str] | None:
    """The nodes log JSON: time, level, message and the rest as name=value."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("message"), str):
        return None
    rest = [f"{key}={value}" for key, value in found.items() if key not in _FIRST and not isinstance(value, dict)]
    stamp = found.get("timestamp")
    at = _utc(stamp) if isinstance(stamp, str) else ""
    return clean(at, 8), clean(str(found.get("level", "")), 8), clean(" ".join([found["message"], *rest]), 1000)


def log_line(text: SafeText, width: int, mark: str = "") -> Line:
    """One row of cells; `mark` is what was searched for, shown where it stands."""
    at, level, message = parts(text)
    role = _LEVEL_ROLES.get(level.upper(), Role.TEXT)
    head = f" {at:<8} {level:<7} " if at or level else " "
    shown = cut(message, width - len(head))
    runs = [Run(head, Role.MUTED if role is Role.TEXT else role)]
    where = shown.casefold().find(mark.casefold()) if mark else -1
    if where < 0:
        return Line((*runs, Run(shown, role)))
    end = where + len(mark)
    return Line((*runs, Run(shown[:where], role), Run(shown[where:end], Role.CHIP_ACCENT), Run(shown[end:], role)))
