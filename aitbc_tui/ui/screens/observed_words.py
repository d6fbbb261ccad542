"""An observed value in words: which nothing it is where there is none, and how old it is. Pure."""

from __future__ import annotations

from typing import TypeVar

from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import cut

T = TypeVar("T")


def why_not(seen: Observed[T], now: float) -> str:
    """Which nothing it is (screens 1.8)."""
    reason = f": {str(seen.trouble.detail).removeprefix('broken: ')}" if seen.trouble is not None else ""
    return {
        Freshness.CONNECTING: "… not heard yet",
        Freshness.UNREACHABLE: "? not learnt",
        Freshness.REFUSED: "□ refused",
        Freshness.ABSENT: "– not in this version",
        Freshness.BROKEN: "▲ broken",
        Freshness.LIMITED: "▲ asked too often",
        Freshness.STALE: f"~ last heard {fmt.age(seen.age(now))} ago",
        Freshness.FRESH: "heard",
    }[seen.freshness(now)] + reason


def age_of(seen: Observed[T], now: float, bound: float) -> str:
    """The age for a title: as fresh as its poll allows, or old and marked."""
    age = seen.age(now)
    if age is None:
        return "never"
    return f"~{fmt.age(age)}" if seen.freshness(now) is Freshness.STALE else fmt.age(age, bound)


def unknown_line(text: str, width: int) -> Line:
    """The one row of a panel of which nothing is known, and why."""
    return Line((Run(" " + cut(text, width - 2), Role.UNKNOWN),))
