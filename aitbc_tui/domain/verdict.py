"""A verdict: how bad, in which word, with which evidence. The words are those of the screens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from aitbc_tui.domain.text import SafeText

_EMPTY = SafeText("")


class Level(Enum):
    """The state of a row or pane; each has one glyph, one ASCII glyph and one colour role on the screen."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    RUNNING = "running"  # under way
    WAITS = "waits"  # waits its turn
    STALE = "stale"  # old, marked with ~
    UNKNOWN = "unknown"  # never learnt, ?
    COMING = "coming"  # connecting
    REFUSED = "refused"  # a credential or access level is missing
    NONE = "none"  # not in this version, not applicable, finished


_SEVERITY = {
    Level.BAD: 0,
    Level.WARN: 1,
    Level.STALE: 2,
    Level.REFUSED: 3,
    Level.COMING: 4,
    Level.UNKNOWN: 5,
    Level.RUNNING: 6,
    Level.WAITS: 7,
    Level.GOOD: 8,
    Level.NONE: 9,
}


def severity(level: Level) -> int:
    """0 is the worst; for sorting."""
    return _SEVERITY[level]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`word` as it stands in the state column; `text` the evidence or the next step; `since` UTC seconds."""

    level: Level
    word: SafeText
    text: SafeText = _EMPTY
    since: float | None = None
