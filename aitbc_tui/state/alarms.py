"""Alarms with hysteresis: a condition must hold before it is called and be gone before it closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, severity

CLOSED_KEPT_S = 24 * 3600.0
CLOSED_KEPT = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, the word of its state column, how long it must hold and be gone (seconds)."""

    name: str
    word: str
    level: Level
    kind: AlarmKind = AlarmKind.CONDITION
    hold_s: float = 0.0
    clear_s: float = 6.0


@dataclass(frozen=True, slots=True)
class Sign:
    """A rule that holds now for a subject, with its evidence."""

    rule: str
    about: SafeText
    evidence: SafeText
    remedy: SafeText
    check: SafeText = SafeText("")


@dataclass(frozen=True, slots=True)
class _Watch:
    """A sign under watch: since when it holds (UTC, monotonic), when it was last true, whether it was called."""

    sign: Sign
    since_utc: float
    since: float
    last: float
    called: bool


@dataclass(frozen=True, slots=True)
class AlarmMemory:
    """Open watches and alarms that closed; the only state alarms have."""

    watches: Mapping[tuple[str, str], _Watch] = field(default_factory=dict)
    closed: tuple[Alarm, ...] = ()

    def after(self, signs: Iterable[Sign], rules: Mapping[str, Rule], now: float, utc: float) -> AlarmMemory:
        """The memory after looking at the signs of one moment."""
        present = {(sign.rule, str(sign.about)): sign for sign in signs}
        watches: dict[tuple[str, str], _Watch] = {}
        closed = [a for a in self.closed if a.closed is not None and utc - a.closed < CLOSED_KEPT_S]
        for key, sign in present.items():
            old = self.watches.get(key)
            rule = rules[sign.rule]
            since, since_utc = (old.since, old.since_utc) if old else (now, utc)
            called = (old.called if old else False) or now - since >= rule.hold_s
            watches[key] = _Watch(sign, since_utc, since, now, called)
        for key, old in self.watches.items():
            if key in present:
                continue
            rule = rules[key[0]]
            if rule.kind is AlarmKind.FINDING or (old.called and now - old.last < rule.clear_s):
                watches[key] = old
            elif old.called:
                closed.append(_alarm(old, rule, closed=utc))
        return AlarmMemory(watches, tuple(closed[-CLOSED_KEPT:]))

    def alarms(self, rules: Mapping[str, Rule]) -> tuple[Alarm, ...]:
        """Open alarms, worst then newest first, then the closed ones, newest first."""
        opened = [_alarm(w, rules[key[0]]) for key, w in self.watches.items() if w.called]
        opened.sort(key=lambda a: (severity(a.level), -a.since, a.rule, a.about))
        return (*opened, *sorted(self.closed, key=lambda a: -(a.closed or 0.0)))

    def acknowledged(self, rule: str, about: str, utc: float, rules: Mapping[str, Rule]) -> AlarmMemory:
        """Close a finding that somebody has seen."""
        watch = self.watches.get((rule, about))
        if watch is None:
            return self
        rest = {key: w for key, w in self.watches.items() if key != (rule, about)}
        return replace(self, watches=rest, closed=(*self.closed, _alarm(watch, rules[rule], closed=utc)))


def _alarm(watch: _Watch, rule: Rule, closed: float | None = None) -> Alarm:
    sign = watch.sign
    remedy = SafeText("came back by itself") if closed and rule.kind is AlarmKind.CONDITION else sign.remedy
    return Alarm(
        rule=rule.name,
        kind=rule.kind,
        level=rule.level if closed is None else Level.NONE,
        word=SafeText(rule.word if closed is None else "closed"),
        about=sign.about,
        evidence=sign.evidence,
        remedy=remedy,
        since=watch.since_utc,
        check=sign.check,
        closed=closed,
    )
