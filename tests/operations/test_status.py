"""What `status` says in its one sentence: it never contradicts the figures below it."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.observed import TroubleKind
from aitbc_tui.operations.report import status_document
from aitbc_tui.state.events import Kind
from tests.state.story import Story, frame


def summary(story: Story) -> str:
    document = status_document(story.picture(), ("genesis", "follower"), "all", 0.1)
    return str(document["summary"])


def test_all_online() -> None:
    story = Story()
    story.well()
    assert summary(story).startswith("2 of 2 nodes online: genesis 100, follower 100")


def test_a_node_whose_chain_is_sound_is_not_called_so_when_its_units_are_not_learnt() -> None:
    story = Story()
    for node in ("genesis", "follower"):
        story.head(node, 100)
        story.pool(node, ())
    story.units("follower")
    story.fail(Kind.UNITS, "genesis", TroubleKind.BROKEN, "genesis: systemctl: not booted with systemd")
    said = summary(story)
    assert said.startswith("1 of 2 nodes online: genesis degraded, "), said
    assert "produces" not in said and "genesis: " not in said.partition("online: ")[2], said


def test_a_lost_host_is_named_once_with_its_reason() -> None:
    story = Story()
    story.well()
    story.wait(40)
    story.head("follower", 100)
    story.units("follower")
    refused = "genesis: connection refused: nothing listens on 10.0.0.1:22"
    for kind in (Kind.HEAD, Kind.MEMPOOL, Kind.UNITS):
        story.fail(kind, "genesis", words=refused)
    said = summary(story)
    assert said.count("genesis") == 1, said


def test_a_node_without_configured_units_is_not_degraded_by_what_nobody_asked_for() -> None:
    topology = frame(coordinator=False)
    story = Story(replace(topology, nodes=tuple(replace(node, units=()) for node in topology.nodes)))
    for node in ("genesis", "follower"):
        story.head(node, 100)
        story.pool(node, ())
    document = status_document(story.picture(), ("genesis", "follower"), "all", 0.1)
    assert str(document["summary"]).startswith("2 of 2 nodes online"), document["summary"]
    nodes = document["nodes_status"]
    assert isinstance(nodes, dict) and nodes["genesis"]["service_uptime"] is None
    assert document["confidence"] == 0.67, "heads and mempools came, peers did not; uptimes were not asked for"
    evidence = document["evidence"]
    assert isinstance(evidence, list)
    assert [line["error"] for line in evidence if line["figure"] == "service_uptime"] == ["no unit is configured"] * 2
