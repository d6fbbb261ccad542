"""What happened: every change of a verdict, with its time and evidence, so that one sees what was while away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aitbc_tui.domain.alarm import Alarm, Happening
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict

KEPT = 200
CLOSED = "closed"
TOLD_TWICE_S = 3.0
_CALM = (Level.GOOD, Level.RUNNING, Level.WAITS, Level.NONE)
_UNHEARD = (Level.COMING, Level.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Seen:
    """The verdict on one thing when it was looked at last; `word` without its figures."""

    word: str
    shown: SafeText
    level: Level


@dataclass(frozen=True, slots=True)
class Journal:
    """The newest happenings, the newest first, and what each thing was last; `count` goes on for ever."""

    happenings: tuple[Happening, ...] = ()
    seen: Mapping[str, Seen] = field(default_factory=dict)
    alarms: Mapping[tuple[str, str], str] = field(default_factory=dict)
    count: int = 0

    def after(self, verdicts: Iterable[tuple[str, Verdict]], alarms: Iterable[Alarm], utc: float) -> Journal:
        """The journal after one look at everything."""
        seen = dict(self.seen)
        new: list[Happening] = []
        for about, verdict in verdicts:
            before = seen.get(about)
            word = _word(verdict)
            now = Seen(word, verdict.word, verdict.level)
            seen[about] = now
            if before is None or before.word == word or verdict.level in _UNHEARD:
                if before is not None and verdict.level in _UNHEARD:
                    seen[about] = before
                continue
            new.append(Happening(utc, verdict.level, verdict.word, SafeText(about), verdict.text, before.shown))
        states = {(a.rule, str(a.about)): (str(a.word) if a.open else CLOSED) for a in reversed(list(alarms))}
        new += _changed(self.alarms, states, alarms, utc)
        if not new and seen == self.seen and states == self.alarms:
            return self
        return Journal((*reversed(new), *self.happenings)[:KEPT], seen, states, self.count + len(new))

    def told(self, past: Iterable[Happening], still_open: Iterable[Alarm] = ()) -> Journal:
        """What an earlier run kept, behind what this one saw; what it left open is no news."""
        known = {(a.rule, str(a.about)): str(a.word) for a in still_open}
        return Journal((*self.happenings, *_once(past))[:KEPT], self.seen, {**known, **self.alarms}, self.count)


def _once(past: Iterable[Happening]) -> list[Happening]:
    """Without what a second dashboard on the same ledger told a moment earlier or later."""
    kept: list[Happening] = []
    told: dict[tuple[str, str, str, str], float] = {}
    for one in past:
        what = (str(one.about), str(one.word), str(one.was), one.rule)
        if what not in told or abs(told[what] - one.at) > TOLD_TWICE_S:
            kept.append(one)
        told[what] = one.at
    return kept


def _word(verdict: Verdict) -> str:
    """Calm states are one: a miner that is busy and then free is no news."""
    if verdict.level in _CALM:
        return "calm"
    return "".join(c for c in str(verdict.word) if not c.isdigit()).split(" ")[0] or str(verdict.level.value)


def _changed(
    before: Mapping[tuple[str, str], str], states: Mapping[tuple[str, str], str], alarms: Iterable[Alarm], utc: float
) -> list[Happening]:
    new: list[Happening] = []
    told: set[tuple[str, str]] = set()
    for alarm in alarms:
        key = (alarm.rule, str(alarm.about))
        if key in told or before.get(key) == states[key] or (key not in before and not alarm.open):
            continue
        told.add(key)
        level = alarm.level if alarm.open else Level.NONE
        word = alarm.word if alarm.open else SafeText(CLOSED)
        was = SafeText("" if alarm.open else before.get(key, ""))
        new.append(Happening(utc, level, word, alarm.about, alarm.evidence, was, alarm.rule))
    return new
