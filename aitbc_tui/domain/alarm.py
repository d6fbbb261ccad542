"""Alarms: conditions that clear themselves and findings that stay until acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level


class AlarmKind(StrEnum):
    CONDITION = "condition"
    FINDING = "finding"


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

    @property
    def open(self) -> bool:
        return self.closed is None
