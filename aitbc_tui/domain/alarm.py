"""Alarms: conditions that clear themselves and findings that stay until acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level


class AlarmKind(StrEnum):
    """A condition ends by itself; a finding stays until somebody acknowledges it."""

    CONDITION = "condition"
    FINDING = "finding"


STILL_S = 5.0  # a finding that was true so lately is so still
OVER_S = 15.0  # longer ago than that, it may be over


@dataclass(frozen=True, slots=True)
class Alarm:
    """One open or closed alarm. Times are UTC seconds of the dashboard's clock; `word` is the state column's."""

    rule: str
    kind: AlarmKind
    level: Level
    word: SafeText
    about: SafeText
    evidence: SafeText
    remedy: SafeText
    since: float
    check: SafeText = SafeText("")
    closed: float | None = None
    seen: int = 1
    quiet_until: float | None = None  # hidden from row 0 until then, never from the list
    quiet_why: SafeText = SafeText("")
    last_true: float | None = None  # UTC; a finding may be open long after it was true
    many: SafeText = SafeText("")  # what several of its rule are called, as `jobs`; empty: they never share a row

    @property
    def open(self) -> bool:
        return self.closed is None

    def past(self, utc: float) -> bool:
        """A finding about a state, open and not seen so lately: it may be over, or unheard. What happened is not."""
        lately = self.last_true is None or utc - self.last_true < OVER_S
        return self.open and self.kind is AlarmKind.FINDING and not self.many and not lately

    def quiet(self, utc: float) -> bool:
        return self.open and self.quiet_until is not None and utc < self.quiet_until


@dataclass(frozen=True, slots=True)
class Happening:
    """One change of a verdict: what was said of `about` before (`was`), what is said since `at` (UTC), and why."""

    at: float
    level: Level
    word: SafeText
    about: SafeText
    evidence: SafeText
    was: SafeText = SafeText("")
    rule: str = ""  # the alarm it belongs to, when it is one
