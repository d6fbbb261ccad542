"""The small memories: clocks, streaks, transactions that left, the journal."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.alarm import Alarm, AlarmKind, Happening
from aitbc_tui.domain.node import Block, Peers, Transaction
from aitbc_tui.domain.observed import Confirmation
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.protocol.nvidia import parse_gpu_line
from aitbc_tui.state.departures import Departures
from aitbc_tui.state.events import Answered, Kind, Source
from aitbc_tui.state.journal import Journal
from aitbc_tui.state.links import next_try
from aitbc_tui.state.picture import picture
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.rules_hosts import host_signs
from aitbc_tui.state.skew import ClockReading, noted, offset, wrong
from aitbc_tui.state.streaks import Answers, Losses, Restarts
from tests.state.story import Story, frame


def block(height: int, *hashes: str) -> Block:
    txs = tuple(Transaction(SafeText(h), SafeText("a"), SafeText("b"), 1, 1, 0) for h in hashes)
    return Block(height, SafeText(f"h{height}"), SafeText("p"), SafeText("q"), None, len(txs), txs)


def test_a_clock_is_measured_by_the_middle_of_several_answers() -> None:
    clocks: dict[str, ClockReading] = {}
    for at, off in enumerate((300.0, 300.0, 9999.0, 300.0, 300.0)):
        clocks = dict(noted(clocks, "follower", 1000.0 + at + off - 0.5, 1000.0 + at, float(at), http=True))
    assert offset(clocks["follower"], 5.0) == 300.0
    assert offset(clocks["follower"], 500.0) is None, "an old measurement says nothing"


def test_a_date_header_counts_more_than_the_hosts_shell() -> None:
    clocks = noted({}, "follower", 1000.0, 1000.0, 0.0, http=True)
    clocks = noted(clocks, "follower", 5000.0, 1000.0, 1.0, http=False)
    assert offset(clocks["follower"], 2.0) == 0.5
    clocks = noted(clocks, "follower", 5000.0, 1300.0, 300.0, http=False)
    assert offset(clocks["follower"], 300.0) == 3700.5, "unless there was none for long"


def test_when_every_clock_is_off_alike_it_is_ours() -> None:
    assert wrong({"genesis": 0.4, "follower": 300.0}) == {"follower": 300.0}
    assert wrong({"genesis": 60.2, "follower": 59.8, "gpu-1": 60.0}) == {"": -60.0}
    assert wrong({"genesis": 60.0}) == {"genesis": 60.0}, "one alone cannot tell"


def test_three_losses_in_a_minute_are_a_storm_while_they_go_on() -> None:
    losses = Losses()
    for at, count in ((0.0, 1), (5.0, 2), (12.0, 3)):
        losses = losses.seen(count, at)
    assert losses.storm(13.0) == 3
    assert losses.storm(31.0) == 0
    assert losses.seen(3, 14.0).storm(14.0) == 3, "the counter alone is no new loss"
    assert Losses().seen(1, 0.0).seen(2, 70.0).seen(3, 140.0).storm(141.0) == 0


def test_restarts_are_counted_between_readings() -> None:
    seen = Restarts().seen(4, 0.0)
    assert (seen.total, seen.rising) == (0, False), "what happened before we looked is not counted"
    seen = seen.seen(6, 15.0)
    assert (seen.total, seen.rising) == (2, True)
    assert not seen.seen(6, 30.0).rising
    assert seen.seen(0, 45.0).total == 0, "a counter that was reset begins anew"


def test_what_is_only_confirmed_is_no_second_reading_of_a_counter() -> None:
    story = Story()
    for restarts in (0, 1):
        story.wait(5.0)
        story.units("genesis", restarts=restarts)
    told = story.world.units["genesis"]
    assert told.at is not None and told.value is not None
    by = Confirmation(told.at, SafeText("the same processes"))
    story.wait(10.0)
    event = Answered(Source(Kind.UNITS, "genesis"), told.value, story.now, story.utc, confirmed=by)
    world = reduce(story.world, event)
    assert all(seen.rising for seen in world.restarts.values()), "a counter that rose does not stop rising by that"
    for held in (world.units["genesis"], world.nodes["genesis"].units):
        assert (held.at, held.confirmed, held.age(story.now), held.rtt_ms) == (story.now, by, 0.0, told.rtt_ms)
    assert reduce(world, replace(event, confirmed=None)).units["genesis"].confirmed is None


def test_failures_between_good_answers_are_told_from_an_outage() -> None:
    outage, flaky = Answers(), Answers()
    for at in range(10):
        outage = outage.seen(at < 3 or at > 7, float(at))
        flaky = flaky.seen(at % 3 != 0, float(at))
    assert outage.failing_between(10.0) is None
    assert flaky.failing_between(10.0) == (4, 10)
    assert flaky.failing_between(25.0) is None, "over"


def test_a_transaction_that_left_is_looked_for_in_every_block_meanwhile() -> None:
    gone = Departures().left(["0xa", "0xb"], 10, 1.0).after_head(12, 2.0)
    assert gone.wanted({}, {11: 0}) == (12,), "an empty block need not be read"
    found = gone.settle({12: block(12, "0xa")}, {11: 0}, 3.0)
    assert found.gone == ()
    assert [(v.tx_hash, v.first, v.last) for v in found.vanished] == [("0xb", 11, 12)]


def test_nothing_vanishes_while_a_block_is_not_read() -> None:
    gone = Departures().left(["0xa"], 10, 1.0).after_head(13, 2.0)
    waiting = gone.settle({11: block(11), 12: block(12)}, {}, 5.0)
    assert waiting.gone and not waiting.vanished
    assert not waiting.settle({11: block(11), 12: block(12)}, {}, 62.0).gone, "and after a while it is left alone"


def test_no_conclusion_over_a_long_gap() -> None:
    gone = Departures().left(["0xa"], 10, 1.0).after_head(500, 60.0)
    assert gone.wanted({}, {}) == ()
    assert gone.settle({}, {}, 61.0) == Departures()


def verdict(level: Level, word: str, text: str = "") -> Verdict:
    return Verdict(level, SafeText(word), SafeText(text))


def test_the_journal_notes_changes_of_verdict_and_not_the_course_of_things() -> None:
    journal = Journal().after([("m", verdict(Level.GOOD, "free"))], (), 0.0)
    journal = journal.after([("m", verdict(Level.GOOD, "busy"))], (), 1.0)
    journal = journal.after([("m", verdict(Level.STALE, "stale 5 s"))], (), 2.0)
    journal = journal.after([("m", verdict(Level.STALE, "stale 10 s"))], (), 7.0)
    journal = journal.after([("m", verdict(Level.BAD, "SILENT", "no beat"))], (), 9.0)
    journal = journal.after([("m", verdict(Level.GOOD, "free"))], (), 20.0)
    told = [(h.at, h.word, h.was) for h in journal.happenings]
    assert told == [(20.0, "free", "SILENT"), (9.0, "SILENT", "stale 10 s"), (2.0, "stale 5 s", "busy")]
    assert journal.count == 3


def test_the_journal_says_which_alarm_closed() -> None:
    alarm = Alarm(
        "fork", AlarmKind.FINDING, Level.BAD, SafeText("FORK"), SafeText("n"), SafeText("e"), SafeText("r"), 1.0
    )
    closed = replace(alarm, word=SafeText("closed"), level=Level.NONE, closed=9.0)
    journal = Journal().after((), [alarm], 1.0).after((), [closed], 9.0)
    assert [(h.at, h.word, h.was) for h in journal.happenings] == [(9.0, "closed", "FORK"), (1.0, "FORK", "")]
    told = Journal().told((), [alarm]).after((), [closed], 9.0)
    assert [(h.word, h.was) for h in told.happenings] == [("closed", "FORK")], "also of one that an earlier run left"


def test_what_two_dashboards_on_one_ledger_told_is_told_once() -> None:
    def late(at: float, about: str = "m") -> Happening:
        return Happening(at, Level.WARN, SafeText("late"), SafeText(about), SafeText("e"), SafeText("free"))

    told = Journal().told([late(100.0), late(99.0, "other"), late(98.5), late(50.0)])
    assert [(h.at, h.about) for h in told.happenings] == [(100.0, "m"), (99.0, "other"), (50.0, "m")]


def test_what_is_not_known_yet_is_no_change() -> None:
    journal = Journal().after([("n", verdict(Level.GOOD, "agrees"))], (), 0.0)
    journal = journal.after([("n", verdict(Level.COMING, "comparing"))], (), 1.0)
    journal = journal.after([("n", verdict(Level.GOOD, "agrees"))], (), 2.0)
    assert journal.happenings == ()


def test_a_link_says_when_anything_behind_it_answered_last() -> None:
    story = Story()
    story.well()
    heard = story.now
    story.wait(50)
    story.jobs()  # the coordinator is asked through genesis
    ages = {str(row.host): story.now - (row.heard_at or 0.0) for row in story.picture().links}
    assert ages == {"genesis": 0.0, "follower": story.now - heard}


def test_whether_a_port_listens_is_said_only_where_it_was_read() -> None:
    story = Story()
    story.well()
    for listening, says in (
        (True, " (it listens)"),
        (False, " (and it does not listen)"),
        (None, "connection, 2 nodes"),
    ):
        story.tell(Kind.PEERS, "follower", Peers((), listening))
        rows = picture(story.world, story.now, story.utc)[1].nodes
        (found,) = [one for one in host_signs(story.world, rows, story.now) if one.rule == "p2p-partition"]
        assert says in found.evidence


def test_a_minute_in_which_a_card_was_not_read_is_a_gap() -> None:
    network = frame()
    story = Story(replace(network, hosts=tuple(replace(host, gpu=True) for host in network.hosts)))
    card = parse_gpu_line(b"0, GPU-0, card, 1, 2, 37, 4, 5, 6, 7")
    for seconds in (60.0, 180.0, 60.0):
        story.tell(Kind.GPUS, "genesis", (card,))
        story.wait(seconds)
    heard = [minute.utilisation is not None for minute in story.world.gpu_history["genesis:0"]]
    assert heard == [True, True, False, False, True]


def test_a_try_that_is_about_to_be_made_is_not_counted_down() -> None:
    """A command that looks once said `next try in 0 s`, and made none."""
    assert next_try(108.2, 100.0) == ", next try in 8 s"
    assert next_try(101.0, 100.0) == ", next try in 1 s"
    assert [next_try(when, 100.0) for when in (None, 100.9, 99.0)] == ["", "", ""]
