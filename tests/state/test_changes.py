"""One line per change of a verdict, and none for what only grew older."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.changes import Changes
from tests.fixtures import snapshots


def test_a_snapshot_that_only_grew_older_is_no_news() -> None:
    changes, sound = Changes(), snapshots.sound()
    assert changes.after(sound)
    assert changes.after(replace(sound, now=sound.now + 60)) == []


def test_another_word_is_news_and_says_what_it_was() -> None:
    changes, sound = Changes(), snapshots.sound()
    changes.after(sound)
    node = sound.nodes[1]
    forked = replace(node, verdict=Verdict(Level.BAD, SafeText("FORK"), SafeText("split off at 15,229")))
    news = changes.after(replace(sound, nodes=(sound.nodes[0], forked, *sound.nodes[2:])))
    assert [(one.kind, one.subject, one.now.word) for one in news] == [("node", str(node.name), "FORK")]
    assert news[0].was is not None and news[0].was.word == node.verdict.word
    assert changes.after(replace(sound, nodes=(sound.nodes[0], forked, *sound.nodes[2:]))) == []


def test_lists_heard_for_the_first_time_tell_only_what_is_bad() -> None:
    bad = snapshots.bad()
    kinds = [(one.kind, one.now.level) for one in Changes().after(bad)]
    listed = [level for kind, level in kinds if kind in ("job", "receipt")]
    assert listed and set(listed) <= {Level.BAD, Level.WARN}
    assert ("alarm", Level.BAD) in kinds


def test_a_new_job_is_news_once_the_list_was_heard() -> None:
    changes, sound = Changes(), snapshots.sound()
    first, rest = sound.jobs[0], sound.jobs[1:]
    changes.after(replace(sound, jobs=rest))
    news = changes.after(sound)
    assert [(one.kind, one.subject, one.was) for one in news] == [("job", str(first.job.job_id), None)]


def test_busy_and_free_go_to_and_fro_without_a_word() -> None:
    changes, sound = Changes(), snapshots.sound()
    changes.after(sound)
    miner = sound.miners[0]
    other = replace(miner, verdict=replace(miner.verdict, word=SafeText("another word")))
    assert changes.after(replace(sound, miners=(other, *sound.miners[1:]))) == []
    silent = replace(miner, verdict=Verdict(Level.BAD, SafeText("SILENT")))
    assert len(changes.after(replace(sound, miners=(silent, *sound.miners[1:])))) == 1


def test_a_collector_that_stops_is_said() -> None:
    changes, sound = Changes(), snapshots.sound()
    changes.after(sound)
    news = changes.after(replace(sound, collector_trouble=SafeText("KeyError; see the log")))
    assert [(one.kind, one.now.word) for one in news] == [("watching", "stopped")]
