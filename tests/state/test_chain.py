"""Do the nodes agree: common heights, forks, lag, wedge, stall, hollow blocks, silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.errors import HostKeyError, HostKeyProblem
from aitbc_tui.domain.node import Block, DiskReading
from aitbc_tui.domain.observed import Freshness, TroubleKind
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.block_questions import BlockQuestion, questions
from aitbc_tui.state.events import Kind
from aitbc_tui.ui.panes import nodes
from aitbc_tui.ui.panes.table import PaneView
from tests.state.story import EPOCH, UNITS, Story, frame, hash_of, utc


def words(snapshot: Snapshot) -> dict[str, str]:
    return {str(row.name): str(row.verdict.word) for row in snapshot.nodes}


def open_rules(snapshot: Snapshot) -> list[str]:
    return [alarm.rule for alarm in snapshot.alarms if alarm.open]


def test_agreeing_nodes() -> None:
    story = Story()
    story.go_on(60)
    seen = story.picture()
    assert words(seen) == {"genesis": "produces", "follower": "agrees"}
    assert seen.panes[Pane.NODES].verdict.word == "agree"
    assert (seen.chain.agreeing, seen.chain.compared) == (2, 2)
    assert seen.nodes[1].last_agreed == story.utc
    assert seen.headline.word == "sound"
    assert open_rules(seen) == []


def test_equal_heads_are_not_needed_for_agreement() -> None:
    """The heads of a moving chain are never equal: what counts is the hash at a common height."""
    story = Story()
    height = story.go_on(20)
    story.wait(1)
    story.head("genesis", height + 1)
    seen = story.picture()
    assert words(seen)["follower"] == "agrees"
    assert seen.nodes[1].lag == 1


def test_a_fork_is_called_only_after_it_was_confirmed() -> None:
    story = Story()
    height = story.go_on(20)
    story.wait(2)
    story.head("genesis", height + 1)
    story.head("follower", height + 1, chain="fork")
    assert story.picture().chain.fork is None
    story.wait(2)
    story.head("genesis", height + 2)
    story.head("follower", height + 2, chain="fork")
    fork = story.picture().chain.fork
    assert fork is not None
    assert fork.height == height + 1
    assert fork.last_common == height
    assert fork.nodes == ("follower",)
    assert fork.hashes == {"genesis": hash_of(height + 1), "follower": hash_of(height + 1, "fork")}
    seen = story.picture()
    assert words(seen)["follower"] == "FORK"
    assert seen.headline.word == "FORK"
    assert "fork" in open_rules(seen)
    assert seen.panes[Pane.NODES].counts == "1 of 2 split off"


def test_the_last_common_block_is_found_by_halving() -> None:
    story = Story()
    story.head("genesis", 1000)
    story.head("follower", 1000, chain="fork")
    story.wait(1)
    story.head("follower", 1000, chain="fork")
    split = 437  # the first block that differs
    for _ in range(40):
        asked = questions(story.world, story.now)
        if not asked:
            break
        for question in asked:
            chain = "fork" if question.node == "follower" and question.height >= split else "main"
            story.block(question.node, question.height, chain)
    fork = story.picture().chain.fork
    assert fork is not None
    assert (fork.height, fork.last_common) == (split, split - 1)


def answer_questions(story: Story, split: int) -> int:
    """What the nodes would say, until nothing is asked any more; how many questions that took."""
    total = 0
    for _ in range(60):
        asked = questions(story.world, story.now)
        if not asked:
            return total
        for question in asked:
            off = question.node == "follower" and question.height >= split
            story.block(question.node, question.height, "fork" if off else "main")
        total += len(asked)
    raise AssertionError(f"still asked: {asked}")


def fork_of(story: Story) -> tuple[int, int | None]:
    fork = story.picture().chain.fork
    assert fork is not None
    return fork.height, fork.last_common


def test_an_old_fork_keeps_its_split_block_while_both_chains_go_on() -> None:
    """Long after as many blocks as are remembered: the first block that differs, who made it, the last common one."""
    story = Story()
    height = story.go_on(20)
    first = height + 1
    for step in range(1, 700):
        story.wait(2)
        story.head("genesis", height + step)
        story.head("follower", height + step, chain="fork")
        if step == 2:
            answer_questions(story, first)
    assert fork_of(story) == (first, height)
    fork = story.picture().chain.fork
    assert fork is not None and set(fork.proposers) == {"genesis", "follower"}
    assert all(len(facts.hashes) < 400 for facts in story.world.nodes.values())


def test_a_fork_far_below_the_heads_is_found_while_they_move() -> None:
    """Begun when the fork was thousands of blocks old already: the answers of the halving are kept until it is done."""
    story = Story()
    split = 437
    for height in range(9000, 9400):
        story.head("genesis", height)
        story.head("follower", height, chain="fork")
        for question in questions(story.world, story.now)[:4]:  # as many as a node is asked in one turn
            off = question.node == "follower" and question.height >= split
            story.block(question.node, question.height, "fork" if off else "main")
        story.wait(2)
    assert fork_of(story) == (split, split - 1)


def test_a_fork_of_a_chain_that_makes_few_blocks_is_found_though_its_heads_never_meet() -> None:
    """Blocks come only with transactions: one more or less of them stands for hours, and no ten heights pass."""
    story = Story()
    for node in ("genesis", "follower"):
        story.head(node, 3)
    assert story.picture().chain.agreeing == 2
    for wait in (2.0, 60.0, 2.0):
        story.head("genesis", 6)
        story.head("follower", 5, chain="fork")
        answer_questions(story, 5)
        story.wait(wait)
    assert fork_of(story) == (5, 4)


def test_the_height_of_a_short_chain_that_is_shown_is_not_its_block_0() -> None:
    """The hash of block 0 follows from the chain's id alone: every network of that name has the same."""
    story = Story()
    for node in ("genesis", "follower"):
        story.head(node, 3)
    assert story.picture().chain.display_height == 3
    for node in ("genesis", "follower"):
        story.head(node, 17)
    assert story.picture().chain.display_height == 10


def test_where_it_split_off_is_told_only_when_the_last_common_block_is_known() -> None:
    story = Story()
    for _ in range(2):
        story.head("genesis", 1000)
        story.head("follower", 1000, chain="fork")
        story.wait(1)
    assert str(story.picture().headline.text).startswith("follower other hash at 1,000")
    answer_questions(story, 437)
    story.wait(5)
    assert str(story.picture().headline.text).startswith("follower split off at 437")


def test_propagation_is_an_upper_bound_and_no_finer_than_the_polls() -> None:
    """The follower is asked 0.3 s after genesis and has each block by then: it took up to one poll and that."""
    story = Story()
    for height in range(100, 110):
        story.head("genesis", height)
        story.wait(0.3)
        story.head("follower", height)
        story.wait(1.7)
    chain = story.picture().chain
    assert list(chain.propagation_s) == ["follower"]
    assert 2.3 <= chain.propagation_s["follower"] < 2.35
    assert "a block is on every node in < 3 s" in story.picture().panes[Pane.NODES].note


def test_a_follower_asked_just_before_the_source_does_not_make_propagation_finer() -> None:
    story = Story()
    for height in range(100, 110):
        story.head("follower", height)
        story.wait(0.1)
        story.head("genesis", height)
        story.wait(1.9)
    assert story.picture().chain.propagation_s["follower"] == 2.0


def test_propagation_is_not_claimed_from_too_few_blocks() -> None:
    story = Story()
    for height in (100, 101, 102):  # the first look tells nothing of when block 100 came
        story.head("genesis", height)
        story.head("follower", height)
        story.wait(2)
    assert story.picture().chain.propagation_s == {}


def test_nothing_is_asked_twice_and_the_shown_height_is_asked_of_everybody() -> None:
    story = Story()
    story.head("genesis", 57)
    story.head("follower", 55)
    asked = questions(story.world, story.now)
    assert BlockQuestion("genesis", 50) in asked and BlockQuestion("follower", 50) in asked
    for question in asked:
        story.block(question.node, question.height)
    assert questions(story.world, story.now) == ()


def test_lag_is_no_fork() -> None:
    story = Story()
    height = story.go_on(20)
    for _ in range(12):
        story.wait(2)
        height += 1
        story.head("genesis", height + 7)
        story.head("follower", height)
        seen = story.picture()
    assert words(seen)["follower"] == "lag"
    assert seen.nodes[1].verdict.level is Level.WARN
    assert seen.nodes[1].lag == 7
    assert open_rules(seen) == ["lag"]


def test_a_wedged_follower() -> None:
    story = Story()
    height = frozen = story.go_on(20)
    for _ in range(8):
        story.wait(2)
        height += 1
        story.head("genesis", height, txs=1)
        story.head("follower", frozen)
        seen = story.picture()
    assert words(seen) == {"genesis": "produces", "follower": "WEDGED"}
    assert f"{frozen}" in seen.nodes[1].verdict.text
    assert open_rules(seen) == ["wedge"]


def test_a_follower_that_stops_before_an_empty_block_is_cut_off() -> None:
    """No transaction can have broken its import: the block never came (Redis)."""
    story = Story()
    height = frozen = story.go_on(20)
    for number in range(8):
        story.wait(2)
        height += 1
        story.head("genesis", height, txs=1 if number else 0)
        story.head("follower", frozen)
        seen = story.picture()
    assert words(seen)["follower"] == "CUT OFF"
    assert f"block {frozen + 1} is empty" in seen.nodes[1].verdict.text
    assert open_rules(seen) == ["redis-down"]


@pytest.mark.parametrize(
    ("units", "generation", "word", "hedged"),
    [((), "2026-04", "CUT OFF", True), ((), "2026-08", "WEDGED", True), (UNITS, "2026-08", "WEDGED", False)],
)
def test_a_dead_importer_is_not_called_a_cut_gossip_where_its_unit_is_not_known(
    units: tuple[str, ...], generation: str, word: str, hedged: bool
) -> None:
    """Its process killed on the running platform: the next block is as empty as after Redis went."""
    topology = frame()
    nodes = tuple(replace(node, units=units, generation=generation) for node in topology.nodes)
    story = Story(replace(topology, nodes=nodes))
    height = frozen = story.go_on(20)
    for number in range(8):
        story.wait(2)
        height += 1
        story.head("genesis", height, txs=1 if number else 0)
        story.head("follower", frozen)
        if units:
            story.units("follower")
        seen = story.picture()
    assert words(seen)["follower"] == word
    assert ("what imports blocks is dead" in seen.nodes[1].verdict.text) is hedged
    assert "gossip" not in seen.nodes[1].verdict.text or generation == "2026-04"


def test_one_look_does_not_say_that_a_lag_is_not_closing() -> None:
    story = Story()
    story.head("genesis", 120)
    story.head("follower", 100)
    assert story.picture().nodes[1].verdict.text == "20 blocks behind genesis"
    for _ in range(10):
        story.wait(2)
        story.head("follower", 100)
        story.head("genesis", 120)
    assert str(story.picture().nodes[1].verdict.text).endswith("behind genesis, not closing")


def test_a_lag_that_closes_says_when_and_is_no_alarm() -> None:
    story = Story()
    story.head("genesis", 1000)
    story.head("follower", 100)
    for turn in range(1, 26):
        story.wait(2)
        story.head("genesis", 1000 + turn)
        story.head("follower", 100 + 20 * turn)
        seen = story.picture()
    row = seen.nodes[1]
    assert row.verdict.word == "lag" and row.verdict.text == "425 blocks behind genesis, closes in 40 s"
    assert row.closes_in_s is not None and 40 <= row.closes_in_s < 50
    assert open_rules(seen) == []


def test_a_wedge_closes_by_itself() -> None:
    story = Story()
    height = frozen = story.go_on(20)
    for _ in range(8):
        story.wait(2)
        height += 1
        story.head("genesis", height, txs=1)
        story.head("follower", frozen)
        story.picture()
    story.go_on(20, height)
    seen = story.picture()
    assert open_rules(seen) == []
    assert [alarm.rule for alarm in seen.alarms] == ["wedge"]
    assert seen.alarms[0].remedy == "came back by itself"


def still(story: Story, height: int, seconds: float, pool: tuple[str, ...] = (), txs: int = 0) -> Snapshot:
    """The heads stand still while everything goes on answering."""
    begun = story.now
    seen = story.picture()
    while story.now < begun + seconds:
        story.wait(2)
        for node in ("genesis", "follower"):
            story.head(node, height, age=story.now - begun, txs=txs)
        story.pool("genesis", pool)
        seen = story.picture()
    return seen


def test_a_stalled_chain_that_used_to_make_empty_blocks() -> None:
    story = Story()
    height = story.go_on(20)
    seen = still(story, height, 30)
    assert words(seen)["genesis"] == "STALLED"
    assert open_rules(seen) == ["stall"]


def test_an_idle_chain_is_no_stall() -> None:
    """8e2 makes no empty blocks: with an empty mempool a head may be of any age."""
    story = Story()
    for height in range(100, 110):
        story.wait(2)
        for node in ("genesis", "follower"):
            story.head(node, height, txs=2)
        story.pool("genesis", ())
    seen = still(story, 109, 120, txs=2)
    assert words(seen)["genesis"] == "idle"
    assert open_rules(seen) == []


def test_a_chain_without_empty_blocks_stalls_when_transactions_wait() -> None:
    story = Story()
    for height in range(100, 110):
        story.wait(2)
        for node in ("genesis", "follower"):
            story.head(node, height, txs=2)
        story.pool("genesis", ())
    seen = still(story, 109, 120, pool=("0xa",), txs=2)
    assert words(seen)["genesis"] == "STALLED"


def test_hollow_blocks() -> None:
    story = Story()
    height = story.go_on(20)
    story.block("follower", height, proposer="", parent="")
    story.picture()
    story.wait(3)
    story.head("genesis", height + 1)
    story.head("follower", height + 1)
    seen = story.picture()
    assert words(seen)["follower"] == "HOLLOW"
    assert "hollow" in open_rules(seen)


def test_a_silent_node_keeps_its_figures_and_is_marked() -> None:
    story = Story()
    height = story.go_on(20)
    for _ in range(20):
        story.wait(2)
        height += 1
        story.head("genesis", height)
        story.fail(Kind.HEAD, "follower", words="no answer to keepalive")
        seen = story.picture()
    row = seen.nodes[1]
    assert row.head.freshness(seen.now) is Freshness.STALE
    assert row.head.value is not None and row.head.value.height == height - 20
    assert row.verdict.word == "stale 40 s"
    assert row.verdict.level is Level.STALE
    assert row.lag is None, "a stale node takes part in no comparison"
    assert seen.chain.compared == 1


def test_sound_is_withheld_while_a_needed_source_is_silent() -> None:
    story = Story()
    height = story.go_on(20)
    for _ in range(10):
        story.wait(2)
        height += 1
        story.head("genesis", height)
        story.pool("genesis", ())
        story.jobs()
        story.miners(story.miner("3f9a"))
        seen = story.picture()
    assert seen.headline.word == "unknown"
    assert seen.headline.text == "follower not heard for 20 s, the rest is sound"


def test_a_dead_unit_makes_a_silent_node_down() -> None:
    story = Story()
    story.go_on(20)
    for _ in range(10):
        story.wait(2)
        story.fail(Kind.HEAD, "follower", words="nothing listens")
        story.units("follower", "inactive")
    assert words(story.picture())["follower"] == "DOWN"


def test_nothing_heard_yet_is_connecting_and_claims_nothing() -> None:
    seen = Story().picture()
    assert seen.headline.word == "connecting"
    assert seen.totals.queue is None and seen.totals.pool is None and seen.totals.alarms is None
    assert all(row.verdict.level is Level.COMING for row in seen.nodes)


def test_no_blocks_yet_is_no_zero() -> None:
    story = Story()
    story.go_on(10)
    story = Story()
    story.fail(Kind.HEAD, "follower", TroubleKind.EMPTY, "no blocks yet")
    row = story.picture().nodes[1]
    assert row.verdict.word == "no blocks"
    assert row.head.value is None


def test_a_replaced_chain_forgets_what_the_old_one_said() -> None:
    """A wipe or a copied database makes heights go down: old hashes would look like a fork."""
    story = Story()
    story.head("genesis", 200)
    story.head("follower", 200, chain="old")
    story.wait(2)
    story.head("follower", 150)
    story.block("follower", 150)
    story.block("genesis", 150)
    for height in range(201, 205):
        story.wait(2)
        story.head("genesis", height)
        story.head("follower", height - 50)
    assert story.picture().chain.fork is None


def test_one_node_has_nothing_to_compare_with() -> None:
    story = Story(frame(("genesis",)))
    story.go_on(20)
    seen = story.picture()
    assert words(seen) == {"genesis": "produces"}
    assert seen.chain.agreeing == 0
    assert seen.panes[Pane.NODES].counts == "one node: nothing to compare with"
    assert seen.headline.word == "sound"


def test_the_follower_is_not_called_agreeing_while_the_producer_is_silent() -> None:
    story = Story()
    story.go_on(20)
    for height in range(111, 125):
        story.wait(2)
        story.head("follower", height)
    row = story.picture().nodes[1]
    assert row.verdict.word == "unknown"


def test_a_block_that_its_proposer_did_not_sign() -> None:
    story = Story()
    height = story.go_on(10)
    for node, signer in (("genesis", "ait1q"), ("follower", "0xstranger")):
        when = utc(EPOCH + 2.0 * height)
        made = Block(height, hash_of(height), SafeText("0xp"), SafeText("ait1q"), when, 0, signer=SafeText(signer))
        story.tell(Kind.BLOCK, node, made)
    found = [a for a in story.picture().alarms if a.rule == "signer-mismatch"]
    assert [str(a.about) for a in found] == ["follower"]
    assert "names ait1q as proposer, signed by 0xstranger" in found[0].evidence


def test_a_head_that_stands_on_a_full_disk_is_not_said_to_be_cut_off() -> None:
    """The block before which it stands is empty, as where gossip is cut; the disk says why it could not be written."""
    story = Story()
    height = frozen = story.go_on(20)
    for _ in range(8):
        story.wait(2)
        height += 1
        story.tell(Kind.DISK, "follower", DiskReading(100, 1, SafeText("/")))
        story.head("genesis", height, txs=0)
        story.head("follower", frozen)
        seen = story.picture()
    row = seen.nodes[1]
    assert (row.verdict.word, row.verdict.text.endswith("; its disk is full")) == ("WEDGED", True)
    assert open_rules(seen) == ["disk-full"]


def test_a_node_that_hangs_from_the_start_is_said_in_its_row_as_in_its_alarm() -> None:
    story = Story()
    story.head("genesis", 100)
    for _ in range(3):
        story.fail(Kind.HEAD, "follower", TroubleKind.TIMEOUT, "no complete answer within 5 s")
        story.wait(2)
        story.units("follower")
        seen = story.picture()
    row = next(row for row in seen.nodes if row.name == "follower")
    alarm = next(a for a in seen.alarms if a.open and a.about == "follower")
    assert (row.verdict.level, row.verdict.word) == (alarm.level, alarm.word) == (Level.BAD, "HANGS")
    assert row.verdict.text == "no complete answer within 5 s"
    line = next(text for text in (one.plain for one in nodes.build(seen, 80, 6, PaneView())[1:]) if "follower" in text)
    assert "■ HANGS" in line and "unreachable" in line, "the word that scripts look for stays in the row"


def test_a_node_that_hangs_is_said_in_its_row_as_in_its_alarm_past_its_limit_too() -> None:
    story = Story()
    height = story.go_on(10)
    for _ in range(6):
        story.fail(Kind.HEAD, "follower", TroubleKind.TIMEOUT, "no complete answer within 5 s")
        story.wait(2)
        story.head("genesis", height := height + 1)
        story.units("follower")
        seen = story.picture()
    row = next(row for row in seen.nodes if row.name == "follower")
    alarm = next(a for a in seen.alarms if a.open and a.rule == "rpc-hang")
    assert row.head.freshness(seen.now) is Freshness.STALE
    assert (row.verdict.level, row.verdict.word) == (alarm.level, alarm.word) == (Level.BAD, "HANGS")
    line = next(text for text in (one.plain for one in nodes.build(seen, 80, 6, PaneView())[1:]) if "follower" in text)
    assert "■ HANGS stale" in line and f"~{row.head.value.height}" in line, "its figures are old ones, and marked"


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (HostKeyProblem.UNKNOWN, (Level.UNKNOWN, "host key")),
        (HostKeyProblem.CHANGED, (Level.BAD, "HOSTKEY")),
        (HostKeyProblem.REVOKED, (Level.BAD, "HOSTKEY")),
    ],
)
def test_a_host_key_that_changed_is_as_bad_in_the_row_as_in_the_alarm(
    problem: HostKeyProblem, said: tuple[Level, str]
) -> None:
    story = Story()
    story.head("genesis", 100)
    story.link("follower", "down", error=HostKeyError("another key", problem=problem), connected_since=None)
    seen = story.picture()
    row = next(row for row in seen.nodes if row.name == "follower")
    assert (row.verdict.level, row.verdict.word) == said
    alarm = next(a for a in seen.alarms if a.open and a.about == "follower")
    assert (alarm.level is Level.BAD) == (said[0] is Level.BAD)
