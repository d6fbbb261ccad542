"""Findings that come one a job share a row: which do, in which order, and what the row says."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.fold import folded
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level

AT = 1_795_000_000.0


def billed(about: str, since: float, many: str = "jobs") -> Alarm:
    words = [SafeText(text) for text in ("BILLED", about, f"failed, price {about}", "Enter: result and receipt")]
    return Alarm("job-fails-completed", AlarmKind.FINDING, Level.BAD, *words, since=since, many=SafeText(many))


def test_findings_of_one_rule_share_a_row_since_the_first_with_the_newest_named() -> None:
    (row,) = folded([billed("aaaa", AT + 60), billed("cccc", AT + 120), billed("bbbb", AT)])
    assert (row.word, row.about, row.since) == ("BILLED", "3 jobs", AT)
    assert row.evidence == "newest cccc, failed, price cccc"
    assert [str(alarm.about) for alarm in row.alarms] == ["cccc", "aaaa", "bbbb"]


def test_one_alone_reads_as_ever() -> None:
    (row,) = folded([billed("aaaa", AT)])
    assert (row.about, row.evidence, row.several) == ("aaaa", "failed, price aaaa", False)


def test_a_row_keeps_its_key_while_findings_come_and_go() -> None:
    one, two = billed("aaaa", AT), billed("bbbb", AT + 60)
    assert len({folded(alarms)[0].key for alarms in ([one], [two, one], [two])}) == 1


def test_what_folds_stands_where_its_first_stood_and_things_that_are_few_do_not_fold() -> None:
    forks = [billed(name, AT, many="") for name in ("follower", "follower-2")]
    rows = folded([forks[0], billed("aaaa", AT + 60), forks[1], billed("bbbb", AT)])
    assert [str(row.about) for row in rows] == ["follower", "2 jobs", "follower-2"]


def test_quiet_and_closed_ones_are_never_counted_with_the_loud() -> None:
    quiet = replace(billed("aaaa", AT), quiet_until=AT + 900)
    closed = [replace(billed(name, AT), closed=AT + 9) for name in ("bbbb", "cccc")]
    rows = folded([billed("dddd", AT), billed("eeee", AT), quiet, *closed])
    assert [str(row.about) for row in rows] == ["2 jobs", "aaaa", "bbbb", "cccc"]
