"""Many findings of one rule read as one row: each stays a finding of its own, the list stays readable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.figures import clock
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level


@dataclass(frozen=True, slots=True)
class Fold:
    """One row of the alarms: several open findings of one rule, the newest first, or one alarm by itself."""

    alarms: tuple[Alarm, ...]

    @property
    def newest(self) -> Alarm:
        return self.alarms[0]

    @property
    def several(self) -> bool:
        return len(self.alarms) > 1

    @property
    def rule(self) -> str:
        return self.newest.rule

    @property
    def level(self) -> Level:
        return self.newest.level

    @property
    def word(self) -> SafeText:
        return self.newest.word

    @property
    def since(self) -> float:
        """UTC seconds of the first of them."""
        return min(alarm.since for alarm in self.alarms)

    @property
    def about(self) -> SafeText:
        """What it is about: the thing's name, or how many of them, as `14 jobs`."""
        return SafeText(f"{len(self.alarms)} {self.newest.many}") if self.several else self.newest.about

    @property
    def evidence(self) -> SafeText:
        """The evidence; of several that of the newest, named."""
        newest = self.newest
        return SafeText(f"newest {newest.about}, {newest.evidence}") if self.several else newest.evidence

    def said(self, utc: float) -> str:
        """The evidence as it is to be read now: one that holds no longer says when it was seen last."""
        newest = self.newest
        if self.several or not newest.past(utc) or newest.last_true is None:
            return str(self.evidence)
        return f"seen {clock(newest.last_true)}: {newest.evidence}"

    @property
    def key(self) -> str:
        """Which row this is, while findings come and go in it; those made quiet are a row of their own."""
        newest = self.newest
        if newest.many and newest.open:
            return f"{newest.rule}/*" + ("/quiet" if newest.quiet_until is not None else "")
        return alarm_key(newest)


def alarm_key(alarm: Alarm) -> str:
    """Which alarm this is, as long as it lasts."""
    return f"{alarm.rule}/{alarm.about}/{alarm.since:.0f}"


def folded(alarms: Iterable[Alarm]) -> list[Fold]:
    """The rows of these alarms, in their order; what folds stands where the first of it stood.

    Only open findings of a rule whose things come in numbers (`Alarm.many`) fold, quiet ones by themselves.
    """
    rows: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        rows.setdefault(Fold((alarm,)).key, []).append(alarm)
    return [Fold(tuple(sorted(found, key=lambda a: -a.since))) for found in rows.values()]
