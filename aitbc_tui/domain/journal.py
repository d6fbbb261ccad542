"""The log of one unit on one host, as a screen or a command reads it: which, and the lines as they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aitbc_tui.domain.text import SafeText


@dataclass(frozen=True, slots=True)
class LogTarget:
    """A unit's journal. `about` is what the operator asked for (a node, a miner), for titles."""

    host: str
    unit: str
    about: str = ""
    lines: int = 200  # of the past, before following
    follow: bool = True


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Lines that arrived together, cleaned; or why there are none. `trouble` ends the reading."""

    lines: tuple[SafeText, ...] = ()
    trouble: SafeText = SafeText("")
    remedy: SafeText = SafeText("")


Told = Callable[[LogChunk], None]
