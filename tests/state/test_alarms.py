"""Alarms over time: hold and clear, findings, acknowledging, keeping quiet, and what a restart brings back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.figures import clock
from aitbc_tui.domain.fold import Fold
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.alarms import AlarmMemory, Rule, Sign, gist
from aitbc_tui.state.causes import EXPLAINS, root_causes
from aitbc_tui.state.headline import ranked
from aitbc_tui.state.rulebook import REMEDIES, RULES
from aitbc_tui.state.rules import sign
from aitbc_tui.state.sources import by_kind
from aitbc_tui.ui.panes import alarms

CONDITION = Rule("lag", "lag", Level.WARN, hold_s=5.0, clear_s=6.0)
FINDING = Rule("fork", "FORK", Level.BAD, AlarmKind.FINDING)
BOTH = {"lag": CONDITION, "fork": FINDING}
EPOCH = 1_795_000_000.0
DO = next(column.width for column in alarms.COLUMNS if column.key == "do")


class Look:
    """A memory on a clock moved by hand."""

    def __init__(self) -> None:
        self.memory = AlarmMemory()
        self.now = 0.0

    def at(self, now: float, *rules: str, evidence: str = "7 blocks behind") -> list[Alarm]:
        self.now = now
        signs = [Sign(rule, SafeText("follower"), SafeText(evidence), SafeText("do")) for rule in rules]
        self.memory = self.memory.after(signs, BOTH, now, EPOCH + now)
        return [alarm for alarm in self.memory.alarms(BOTH) if alarm.open]

    def rules(self, now: float, *rules: str) -> list[str]:
        return [alarm.rule for alarm in self.at(now, *rules)]


def test_a_condition_holds_before_it_is_called_and_is_gone_before_it_closes() -> None:
    look = Look()
    assert look.rules(0, "lag") == []
    assert look.rules(4.9, "lag") == []
    assert look.rules(5.0, "lag") == ["lag"]
    assert look.rules(10.9) == ["lag"], "a moment without it is no end"
    assert look.rules(11.1) == []
    closed = look.memory.closed[-1]
    assert (closed.closed, closed.since, closed.remedy) == (EPOCH + 11.1, EPOCH, "came back by itself")


def test_open_ones_come_worst_then_newest_first_and_closed_ones_newest_first() -> None:
    levels = {"a": Level.WARN, "b": Level.BAD, "c": Level.WARN, "d": Level.BAD}
    rules = {name: Rule(name, name, level, clear_s=0.0) for name, level in levels.items()}
    memory, there = AlarmMemory(), []
    for now, name in enumerate("abcd"):
        there.append(Sign(name, SafeText("x"), SafeText("e"), SafeText("r")))
        memory = memory.after(there, rules, float(now), EPOCH + now)
    assert [alarm.rule for alarm in memory.alarms(rules)] == ["d", "b", "c", "a"]
    for now, name in enumerate("bca", 10):
        there = [sign for sign in there if sign.rule != name]
        memory = memory.after(there, rules, float(now), EPOCH + now)
    assert [alarm.rule for alarm in memory.alarms(rules)] == ["d", "a", "c", "b"]
    assert [alarm.open for alarm in memory.alarms(rules)] == [True, False, False, False]


def test_a_condition_that_flickers_before_it_was_called_begins_anew() -> None:
    look = Look()
    look.at(0, "lag")
    look.at(3)
    assert look.rules(6, "lag") == []
    assert look.memory.closed == ()


def test_a_finding_stays_and_says_when_it_was_last_true() -> None:
    look = Look()
    look.at(0, "fork")
    look.at(10, "fork")
    (alarm,) = look.at(500)
    assert (alarm.rule, alarm.since, alarm.last_true) == ("fork", EPOCH, EPOCH + 10)


def test_a_finding_that_is_not_seen_any_more_says_when_it_was_seen_last() -> None:
    look = Look()
    look.at(10, "fork", evidence="other hash at 204")
    (alarm,) = look.at(500)
    lately, later = Fold((alarm,)).said(EPOCH + 24), Fold((alarm,)).said(EPOCH + 25)
    assert (lately, later) == ("other hash at 204", f"seen {clock(EPOCH + 10)}: other hash at 204")
    assert not replace(alarm, kind=AlarmKind.CONDITION).past(EPOCH + 500), "a condition closes by itself"
    assert not replace(alarm, many=SafeText("jobs")).past(EPOCH + 500), "what happened does not pass"


def test_what_is_true_now_comes_before_a_worse_finding_that_may_be_over() -> None:
    look = Look()
    (fork,) = look.at(0, "fork")
    lag = replace(fork, rule="lag", kind=AlarmKind.CONDITION, word=SafeText("lag"), level=Level.WARN)
    assert [a.word for a in ranked((lag, fork), EPOCH + 1)] == ["FORK", "lag"]
    assert [a.word for a in ranked((lag, fork), EPOCH + 60)] == ["lag", "FORK"]


def test_another_service_is_not_called_garbage() -> None:
    def named(what: str) -> str:
        return by_kind(Trouble(TroubleKind.BROKEN, SafeText("d"), since=0.0, what=what))

    assert (named("other-service"), named("")) == ("wrong-service", "garbage-json")


def test_an_acknowledged_finding_is_closed_although_its_sign_goes_on() -> None:
    look = Look()
    look.at(0, "fork")
    look.memory = look.memory.acknowledged("fork", "follower", 1.0, EPOCH + 1, BOTH)
    assert look.rules(2, "fork") == []
    assert look.memory.closed[-1].remedy == "acknowledged"
    assert look.rules(590, "fork") == []
    assert look.rules(600) == []
    assert look.rules(2000) == []
    assert look.rules(2001, "fork") == ["fork"], "when it comes again after a long time it is news"


def test_what_was_acknowledged_is_no_news_after_a_moment_without_it_however_long_it_was_there() -> None:
    look = Look()
    look.at(0, "fork")
    look.memory = look.memory.acknowledged("fork", "follower", 1.0, EPOCH + 1, BOTH)
    assert [look.rules(now, "fork") for now in range(100, 3001, 100)] == [[]] * 30
    assert look.rules(3100) == [] and look.rules(3200, "fork") == [], "gone for a moment"
    assert look.rules(3801) == [] and look.rules(3802, "fork") == ["fork"], "gone for ten minutes"


def test_an_acknowledged_condition_is_true_still_and_quiet_until_it_ends() -> None:
    look = Look()
    look.at(0, "lag")
    look.at(6, "lag")
    look.memory = look.memory.acknowledged("lag", "follower", 7.0, EPOCH + 7, BOTH)
    (alarm,) = look.at(8, "lag")
    assert alarm.quiet(EPOCH + 8)
    assert look.rules(20) == []
    look.at(30, "lag")
    (again,) = look.at(36, "lag")
    assert not again.quiet(EPOCH + 36)
    assert again.seen == 2


def test_quiet_ends_with_its_time_or_when_the_evidence_changes_in_kind() -> None:
    look = Look()
    look.at(0, "lag")
    look.at(6, "lag")
    look.memory = look.memory.snoozed("lag", "follower", EPOCH + 60, SafeText("known"))
    (alarm,) = look.at(10, "lag", evidence="9,031 blocks behind")
    assert (alarm.quiet(EPOCH + 10), alarm.quiet_why) == (True, "known"), "only the figure changed"
    (alarm,) = look.at(11, "lag", evidence="9,031 blocks behind, not closing")
    assert not alarm.quiet(EPOCH + 11)
    look.memory = look.memory.snoozed("lag", "follower", EPOCH + 60, SafeText("known"))
    (alarm,) = look.at(61, "lag", evidence="9,031 blocks behind, not closing")
    assert alarm.quiet_until is None


def test_nothing_is_acknowledged_that_was_never_called() -> None:
    look = Look()
    look.at(0, "lag")
    assert look.memory.acknowledged("lag", "follower", 0.0, EPOCH, BOTH) is look.memory
    assert look.memory.snoozed("none", "such", EPOCH, SafeText("")) is look.memory


def test_a_restart_brings_findings_back_and_leaves_what_was_acknowledged() -> None:
    kept = Alarm(
        "fork",
        AlarmKind.FINDING,
        Level.BAD,
        SafeText("FORK"),
        SafeText("follower"),
        SafeText("e"),
        SafeText("r"),
        EPOCH,
    )
    look = Look()
    look.memory = look.memory.restored([kept], [("fork", "follower-2")], 0.0)
    (alarm,) = look.at(1)
    assert (alarm.about, alarm.since, alarm.last_true) == ("follower", EPOCH, EPOCH)
    signs = [Sign("fork", SafeText("follower-2"), SafeText("e"), SafeText("r"))]
    after = look.memory.after(signs, BOTH, 2.0, EPOCH + 2)
    assert [str(a.about) for a in after.alarms(BOTH)] == ["follower"]


def test_a_finding_of_a_rule_that_is_no_more_is_left_out() -> None:
    look = Look()
    old = Alarm("gone", AlarmKind.FINDING, Level.BAD, SafeText("X"), SafeText("a"), SafeText("e"), SafeText("r"), EPOCH)
    look.memory = look.memory.restored([old], [], 0.0)
    assert look.at(1) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("no heartbeat for 45 s (limit 20 s)", "no heartbeat for 1 m (limit 20 s)", True),
        ("head stands at 6,815", "head stands at 6,816", True),
        ("head stands at 6,815", "head went back", False),
    ],
)
def test_the_gist_of_evidence_is_what_remains_without_its_figures(one: str, other: str, same: bool) -> None:
    assert (gist(one) == gist(other)) is same


def test_every_rule_says_what_to_do_and_explains_only_rules_that_exist() -> None:
    assert set(REMEDIES) == set(RULES) and all(REMEDIES.values())
    assert {name: said for name, said in REMEDIES.items() if len(said) > DO} == {}, "the column cuts it"
    assert {rule for rules in EXPLAINS.values() for rule in rules} | set(EXPLAINS) <= set(RULES)
    assert all(len(rule.word) <= 9 for rule in RULES.values())
    bad = [rule.name for rule in RULES.values() if (rule.level is Level.BAD) != rule.word.isupper()]
    assert bad == [], "bad news, and only bad news, is upper case"


def test_a_cause_hides_what_it_explains_and_nothing_else() -> None:
    signs = [
        sign("ssh-drop", "genesis", "lost", host="genesis"),
        sign("coordinator-500", "coordinator", "500", host="genesis"),
        sign("gpu-lost", "gpu-1:0", "lost", host="gpu-1"),
    ]
    assert [s.rule for s in root_causes(signs)] == ["ssh-drop", "gpu-lost"]


def test_failures_billed_while_ollama_is_down_are_counted_with_it() -> None:
    signs = [sign("ollama-down", "gpu-1", "no answer"), *(sign("job-fails-completed", j, "billed") for j in "ab")]
    (found,) = root_causes(signs)
    assert found.evidence == "no answer; 2 failed jobs billed"
