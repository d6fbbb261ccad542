"""What units, settings and refusals say of a node: each at the edge where the word changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from aitbc_tui.domain.errors import AitbcError, AuthError, ConnectError, HostKeyError, HostKeyProblem
from aitbc_tui.domain.node import Head, NodeHealth, NodeSettings, Peers
from aitbc_tui.domain.observed import TroubleKind
from aitbc_tui.domain.snapshot import Alarm, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.events import Kind
from aitbc_tui.state.rulebook import REMEDIES
from aitbc_tui.state.topology import MinerFrame
from tests.state.story import EPOCH, UNITS, Story, frame, utc

SAYS = "what the error itself says"


def opened(snapshot: Snapshot, rule: str) -> list[Alarm]:
    return [alarm for alarm in snapshot.alarms if alarm.open and alarm.rule == rule]


def verdict(snapshot: Snapshot, node: str) -> tuple[str, Level]:
    row = next(row for row in snapshot.nodes if row.name == node)
    return str(row.verdict.word), row.verdict.level


def settings(story: Story, **values: dict[str, str]) -> Snapshot:
    for node, found in values.items():
        story.tell(Kind.SETTINGS, node, NodeSettings(found))
    return story.picture()


def test_two_nodes_with_one_key_that_differs() -> None:
    story = Story()
    story.go_on(20)
    same = {"chain_id": "ait-mainnet", "block_time_seconds": "2"}
    assert not opened(settings(story, genesis=same, follower=same), "config-drift")
    seen = settings(story, genesis=same, follower={**same, "block_time_seconds": "9"})
    (drift,) = opened(seen, "config-drift")
    assert "block_time_seconds is 9, genesis has 2" in drift.evidence and drift.about == "follower"


def test_the_settings_of_one_node_alone_differ_from_nothing() -> None:
    story = Story()
    story.go_on(20)
    assert not opened(settings(story, follower={"chain_id": "other"}), "config-drift")


def test_where_the_producers_settings_were_not_read_the_most_are_right_and_nothing_is_said_of_it() -> None:
    story = Story(frame(("genesis", "follower", "follower-2", "follower-3")))
    story.go_on(20)
    seen = settings(story, follower={"a": "1"}, **{"follower-2": {"a": "2"}, "follower-3": {"a": "2"}})
    (drift,) = opened(seen, "config-drift")
    assert (drift.about, drift.evidence) == ("follower", "a is 1, follower-2 has 2")


def test_the_producer_is_right_against_two_others() -> None:
    story = Story(frame(("genesis", "follower", "follower-2")))
    story.go_on(20)
    seen = settings(story, genesis={"a": "1"}, follower={"a": "2"}, **{"follower-2": {"a": "2"}})
    assert {alarm.about for alarm in opened(seen, "config-drift")} == {"follower", "follower-2"}, (
        "the producer is right"
    )


@pytest.mark.parametrize(
    ("active", "sub", "crashes"),
    [("activating", "auto-restart", True), ("activating", "start", False), ("active", "auto-restart", False)],
)
def test_a_unit_that_systemd_starts_again_and_again(active: str, sub: str, crashes: bool) -> None:
    story = Story()
    height = story.go_on(20)
    units = tuple(
        replace(unit, active=SafeText(active), sub=SafeText(sub)) if number == 1 else unit
        for number, unit in enumerate(story.world.units["follower"].value or ())
    )
    story.wait(1)
    story.head("genesis", height + 1)
    story.head("follower", height + 1)
    story.tell(Kind.UNITS, "follower", units)
    found, _ = verdict(story.picture(), "follower")
    assert (found == "CRASHES") is crashes, found


@pytest.mark.parametrize(("status", "level"), [(401, Level.REFUSED), (403, Level.REFUSED)])
def test_a_node_that_refuses_us_is_not_called_bad(status: int, level: Level) -> None:
    story = Story()
    for _ in range(10):
        story.wait(2)
        story.head("genesis", 100)
        story.fail(Kind.HEAD, "follower", TroubleKind.REFUSED, "this key may not", status)
    assert verdict(story.picture(), "follower")[1] is level


@pytest.mark.parametrize(("stood", "word"), [(9.5, "produces"), (11.0, "STALLED")])
def test_a_head_stands_for_five_blocks_before_it_is_a_stall(stood: float, word: str) -> None:
    story = Story()
    height = story.go_on(60)
    ends = story.now + stood
    while story.now < ends:
        story.wait(0.5)
        for node in ("genesis", "follower"):
            story.head(node, height, age=stood - (ends - story.now))
            story.pool(node, ())
            story.units(node)
    assert verdict(story.picture(), "genesis")[0] == word


def rises(story: Story, host: str, *counts: int) -> None:
    """Readings of one unit's counter of restarts, ten seconds apart."""
    for count in counts:
        story.wait(10)
        units = story.world.units[host].value or ()
        story.tell(Kind.UNITS, host, (replace(units[0], restarts=count), *units[1:]))


@pytest.mark.parametrize(
    ("counts", "crashes"), [((0, 1), False), ((0, 1, 2), True), ((0, 2), True), ((0, 2, 2), False)]
)
def test_a_unit_that_was_restarted_twice_while_it_was_watched(counts: tuple[int, ...], crashes: bool) -> None:
    """Once is an operator. And it is said while it happens, not afterwards."""
    story = Story()
    height = story.go_on(20)
    rises(story, "follower", *counts)
    for node in ("genesis", "follower"):
        story.head(node, height + 10)
    assert (verdict(story.picture(), "follower")[0] == "CRASHES") is crashes


@pytest.mark.parametrize(("counts", "flaps"), [((0, 1), False), ((0, 1, 2), True), ((0, 2, 2), False)])
def test_a_miners_unit_that_was_restarted_twice(counts: tuple[int, ...], flaps: bool) -> None:
    story = Story(replace(frame(), miners=(MinerFrame(SafeText("miner·3f9a"), "genesis", UNITS[0]),)))
    story.go_on(20)
    rises(story, "genesis", *counts)
    assert bool(opened(story.picture(), "miner-flapping")) is flaps


@pytest.mark.parametrize(("links", "alone"), [(0, True), (1, False), (2, False)])
def test_one_link_is_enough(links: int, alone: bool) -> None:
    story = Story()
    height = story.go_on(20)
    peers = Peers(tuple(SafeText(f"10.0.0.{number}") for number in range(links)), True)
    for step in range(1, 30):
        story.wait(2)
        for node in ("genesis", "follower"):
            story.head(node, height + step)
            story.tell(Kind.PEERS, node, peers)
        story.picture()
    assert {alarm.about for alarm in opened(story.picture(), "p2p-partition")} == (
        {"genesis", "follower"} if alone else set()
    )


@pytest.mark.parametrize(
    ("state", "error", "rule"),
    [
        ("refused", AuthError("no key was accepted", remedy=SAYS), "login"),
        ("refused", HostKeyError("another key", problem=HostKeyProblem.CHANGED, remedy=SAYS), "ssh-hostkey-changed"),
        ("refused", HostKeyError("not known", problem=HostKeyProblem.UNKNOWN, remedy=SAYS), "host-key"),
        ("waiting", ConnectError("connection refused"), "ssh-drop"),
        ("waiting", ConnectError("no answer to 2 keepalives", timed_out=True), "ssh-freeze"),
    ],
)
def test_each_way_of_losing_a_host_has_its_own_name(state: str, error: AitbcError, rule: str) -> None:
    story = Story()
    height = story.go_on(20)
    for step in range(1, 15):
        story.wait(2)
        story.head("genesis", height + step)
        story.link("follower", state, error=error)
        seen = story.picture()
    ways = {alarm.rule: alarm for alarm in seen.alarms if alarm.open and alarm.about == "follower"}
    assert ways.keys() & {"login", "ssh-hostkey-changed", "host-key", "ssh-drop", "ssh-freeze"} == {rule}
    own = rule in ("login", "ssh-hostkey-changed", "host-key")
    assert ways[rule].remedy == (SAYS if own else REMEDIES[rule]), "the nearest advice there is"


@pytest.mark.parametrize(("behind", "word"), [(-2, "ahead"), (-1, "agrees"), (0, "agrees"), (1, "agrees"), (2, "lag")])
def test_one_block_more_or_less_is_the_next_look(behind: int, word: str) -> None:
    story = Story()
    height = story.go_on(20)
    story.wait(1)
    story.head("genesis", height + 1)
    story.head("follower", height + 1 - behind)
    assert verdict(story.picture(), "follower")[0] == word


@pytest.mark.parametrize(("maker", "swapped"), [("ait1f", {"follower"}), ("ait1g", set()), ("ait1x", set())])
def test_another_node_than_the_configured_one_proposes(maker: str, swapped: set[str]) -> None:
    """By the id that each node gives itself; a block by nobody we know swaps no roles."""
    story = Story()
    for node, says in (("genesis", "ait1g"), ("follower", "ait1f")):
        story.tell(Kind.HEALTH, node, NodeHealth(SafeText("ok"), (SafeText("c"),), SafeText(says)))
    height = 100
    for _ in range(15):
        height += 1
        story.wait(2)
        for node in ("genesis", "follower"):
            story.head(node, height)
            story.block(node, height, proposer=maker)
        seen = story.picture()
    assert {str(alarm.about) for alarm in opened(seen, "role-swapped")} == swapped
    assert {str(row.name) for row in seen.nodes if row.verdict.word == "proposes"} == swapped


@pytest.mark.parametrize(("timestamp", "age"), [(None, 1.0), (utc(EPOCH), None), (None, None)])
def test_a_head_without_a_moment_or_an_age_tells_no_clock(timestamp: datetime | None, age: float | None) -> None:
    story = Story()
    story.tell(Kind.HEAD, "genesis", Head(100, SafeText("0xa"), timestamp, 0, age))
    assert "genesis" not in story.world.clocks
    story.tell(Kind.HEAD, "genesis", Head(101, SafeText("0xb"), utc(EPOCH), 0, 1.0))
    assert "genesis" in story.world.clocks


@pytest.mark.parametrize(("age", "word"), [(2.0, "produces"), (60.0, "STALLED")])
def test_a_block_that_is_old_when_it_is_first_seen_stands_as_long_as_it_is_old(age: float, word: str) -> None:
    """Nobody watched meanwhile: how long the chain has stood is what its newest block says."""
    story = Story()
    height = story.go_on(20)
    for step in range(8):
        story.wait(1)
        for node in ("genesis", "follower"):
            story.head(node, height + 1, age=age + step)
            story.pool(node, ())
            story.units(node)
    assert verdict(story.picture(), "genesis")[0] == word


@pytest.mark.parametrize(("since", "word"), [(4, "agrees"), (40, "lag")])
def test_one_block_behind_is_a_lag_only_where_the_source_has_long_had_it(since: int, word: str) -> None:
    """An idle chain moved again just now: the block may be on its way."""
    story = Story(replace(frame(), nodes=tuple(replace(node, heartbeat_s=600.0) for node in frame().nodes)))
    height = story.go_on(20)
    for step in range(0, 60 + since, 2):
        story.wait(2)
        story.head("genesis", height + (step >= 60), age=2.0)
        story.head("follower", height, age=2.0)
        for node in ("genesis", "follower"):
            story.pool(node, ())
            story.units(node)
        story.picture()
    assert verdict(story.picture(), "follower")[0] == word


def test_a_head_that_went_back_is_checked_at_the_node_itself() -> None:
    story = Story()
    height = story.go_on(20)
    for step in range(5):
        story.wait(1)
        story.head("follower", height - 10 + step)
        seen = story.picture()
    (back,) = opened(seen, "height-back")
    assert (back.about, back.check) == ("follower", "ssh follower curl -s http://x/rpc/head")
    assert back.evidence == f"head went back from {height} to {height - 10}"
