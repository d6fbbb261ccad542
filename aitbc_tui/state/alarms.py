"""Alarms with hysteresis: a condition must hold before it is called and be gone before it closes. Pure.

A finding stays until somebody acknowledges it. What is acknowledged stays closed for as long as its sign goes on;
what is quiet is hidden from row 0 until its time is over or its evidence changes in kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, severity

CLOSED_KEPT_S = 24 * 3600.0
CLOSED_KEPT = 50
FORGOTTEN_S = 600.0  # an acknowledged sign that was gone for so long is news when it comes again
UNTIL_IT_ENDS_S = 30 * 24 * 3600.0
Key = tuple[str, str]
_FIGURES = re.compile(r"\b[0-9a-f]{8}\b|[\d.,:]+|\b[smhd]\b")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, the word of its state column, how long it must hold and be gone (seconds).

    `many` is what its findings are called where they come in numbers, one a job or a receipt: they share a row then.
    """

    name: str
    word: str
    level: Level
    kind: AlarmKind = AlarmKind.CONDITION
    hold_s: float = 0.0
    clear_s: float = 6.0
    many: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """A rule that holds now for a subject, with its evidence, what to do, and how to check it by hand."""

    rule: str
    about: SafeText
    evidence: SafeText
    remedy: SafeText
    check: SafeText = SafeText("")
    host: str = ""  # through which it is seen


@dataclass(frozen=True, slots=True)
class Watch:
    """A sign under watch: since when it holds (UTC, monotonic), when it was last true, whether it was called."""

    sign: Sign
    since_utc: float
    since: float
    last: float
    last_utc: float
    called: bool


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hidden from row 0 until then, as long as the evidence stays of this kind."""

    until_utc: float
    why: SafeText
    gist: str


def gist(evidence: str) -> str:
    """The evidence without its figures: ages, heights and ids change all the time, what is wrong does not."""
    return _FIGURES.sub("", evidence)


@dataclass(frozen=True, slots=True)
class AlarmMemory:
    """Open watches, alarms that closed, what was acknowledged and what is quiet: the only state alarms have."""

    watches: Mapping[Key, Watch] = field(default_factory=dict)
    closed: tuple[Alarm, ...] = ()
    acked: Mapping[Key, float] = field(default_factory=dict)  # -> when its sign was last there (monotonic)
    quiets: Mapping[Key, Quiet] = field(default_factory=dict)
    times: Mapping[Key, int] = field(default_factory=dict)

    def after(self, signs: Iterable[Sign], rules: Mapping[str, Rule], now: float, utc: float) -> AlarmMemory:
        """The memory after looking at the signs of one moment."""
        present = {(sign.rule, str(sign.about)): sign for sign in signs}
        acked = {
            key: (now if key in present else last)
            for key, last in self.acked.items()
            if key in present or now - last < FORGOTTEN_S
        }
        watches: dict[Key, Watch] = {}
        times = dict(self.times)
        closed = [a for a in self.closed if a.closed is not None and utc - a.closed < CLOSED_KEPT_S]
        for key, sign in present.items():
            if key in acked:
                continue
            old, rule = self.watches.get(key), rules[sign.rule]
            since, since_utc = (old.since, old.since_utc) if old else (now, utc)
            was = old is not None and old.called
            called = was or now - since >= rule.hold_s
            times[key] = times.get(key, 0) + (called and not was)
            watches[key] = Watch(sign, since_utc, since, now, utc, called)
        for key, old in self.watches.items():
            if key in watches or key in acked:
                continue
            if key[0] not in rules:  # kept by an earlier version of this program
                continue
            rule = rules[key[0]]
            if old.called and (rule.kind is AlarmKind.FINDING or now - old.last < rule.clear_s):
                watches[key] = old
            elif old.called:
                closed.append(_alarm(old, rule, times.get(key, 1), closed=utc))
        quiets = {k: q for k, q in self.quiets.items() if k in watches and _still(q, watches[k], utc)}
        open_or_new = {key: count for key, count in times.items() if key in watches or key in self.times}
        return AlarmMemory(watches, tuple(closed[-CLOSED_KEPT:]), acked, quiets, dict(list(open_or_new.items())[-500:]))

    def alarms(self, rules: Mapping[str, Rule]) -> tuple[Alarm, ...]:
        """Open alarms, worst then newest first, then the closed ones, newest first."""
        opened = [
            _alarm(w, rules[key[0]], self.times.get(key, 1), self.quiets.get(key))
            for key, w in self.watches.items()
            if w.called
        ]
        opened.sort(key=lambda a: (severity(a.level), -a.since, a.rule, a.about))
        return (*opened, *sorted(self.closed, key=lambda a: -(a.closed or 0.0)))

    def acknowledged(self, rule: str, about: str, now: float, utc: float, rules: Mapping[str, Rule]) -> AlarmMemory:
        """Somebody has seen it. A finding closes; a condition, which is still true, is quiet until it ends."""
        key = (rule, about)
        watch = self.watches.get(key)
        if watch is None or not watch.called:
            return self
        if rules[rule].kind is AlarmKind.CONDITION:
            return self.snoozed(rule, about, utc + UNTIL_IT_ENDS_S, SafeText("acknowledged"))
        rest = {k: w for k, w in self.watches.items() if k != key}
        done = _alarm(watch, rules[rule], self.times.get(key, 1), closed=utc)
        done = replace(done, remedy=SafeText("acknowledged"))
        return replace(self, watches=rest, closed=(*self.closed, done), acked={**self.acked, key: now})

    def snoozed(self, rule: str, about: str, until_utc: float, why: SafeText) -> AlarmMemory:
        """Hide it from row 0 for a time; a moment in the past ends that."""
        key = (rule, about)
        watch = self.watches.get(key)
        if watch is None or not watch.called:
            return self
        quiet = Quiet(until_utc, why, gist(watch.sign.evidence))
        return replace(self, quiets={**self.quiets, key: quiet})

    def restored(self, findings: Iterable[Alarm], acked: Iterable[Key], now: float) -> AlarmMemory:
        """What an earlier run left open, and what somebody had seen already."""
        watches = dict(self.watches)
        for alarm in findings:
            key = (alarm.rule, str(alarm.about))
            if key not in watches:
                sign = Sign(alarm.rule, alarm.about, alarm.evidence, alarm.remedy, alarm.check)
                last = alarm.last_true if alarm.last_true is not None else alarm.since
                watches[key] = Watch(sign, alarm.since, now, now, last, True)
        return replace(self, watches=watches, acked={**dict.fromkeys(acked, now), **self.acked})


def _still(quiet: Quiet, watch: Watch, utc: float) -> bool:
    return utc < quiet.until_utc and gist(watch.sign.evidence) == quiet.gist


def _alarm(watch: Watch, rule: Rule, times: int, quiet: Quiet | None = None, closed: float | None = None) -> Alarm:
    sign = watch.sign
    by_itself = closed is not None and rule.kind is AlarmKind.CONDITION
    return Alarm(
        rule=rule.name,
        kind=rule.kind,
        level=rule.level if closed is None else Level.NONE,
        word=SafeText(rule.word if closed is None else "closed"),
        about=sign.about,
        evidence=sign.evidence,
        remedy=SafeText("came back by itself") if by_itself else sign.remedy,
        since=watch.since_utc,
        check=sign.check,
        closed=closed,
        seen=max(1, times),
        quiet_until=quiet.until_utc if quiet else None,
        quiet_why=quiet.why if quiet else SafeText(""),
        last_true=watch.last_utc,
        many=SafeText(rule.many),
    )
