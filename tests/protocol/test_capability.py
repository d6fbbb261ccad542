"""Which generation answers, and what each endpoint can do, from the recorded answers of all three."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.protocol.capability import (
    AuthMode,
    Capability,
    Found,
    Generation,
    Probe,
    auth_mode,
    capability,
    coordinator,
    node,
    supported_chains,
)
from tests.contract.captures import one

JSON = {"content-type": "application/json"}
NOT_FOUND = Probe(404, b'{"detail":"Not Found"}', JSON)
WEB_PAGE = Probe(200, b"<html></html>", {"content-type": "text/html"})


def recorded(area: str, number: str) -> Probe:
    capture = one(area, number)
    return Probe(capture.status, capture.body, capture.headers)


FEB_HEALTH = recorded("coordinator-2026-02", "001")
AUG_HEALTH = recorded("platform-2026-08", "001")
NODE_HEALTH = recorded("node-2026-04", "007")
NODE_HEAD = recorded("node-2026-04", "008")


def test_coordinators() -> None:
    assert coordinator(FEB_HEALTH, NOT_FOUND) == Found(Generation.FEBRUARY)
    assert coordinator(FEB_HEALTH, FEB_HEALTH) == Found(Generation.APRIL)
    assert coordinator(recorded("platform-2026-08", "004"), AUG_HEALTH) == Found(Generation.AUGUST)


@pytest.mark.parametrize(
    ("v1", "root", "word"),
    [
        (NOT_FOUND, NODE_HEALTH, "a node's RPC"),
        (WEB_PAGE, WEB_PAGE, "add /c"),
        (NOT_FOUND, NOT_FOUND, "add /c"),
        (Probe(500, b"Internal Server Error"), NOT_FOUND, "500"),
        (NOT_FOUND, Probe(503, AUG_HEALTH.body, JSON), "cannot tell"),
    ],
)
def test_the_wrong_service_is_named(v1: Probe, root: Probe, word: str) -> None:
    found = coordinator(v1, root)
    assert found.generation is Generation.UNKNOWN
    assert word in found.wrong


def test_auth_modes() -> None:
    assert auth_mode(recorded("coordinator-2026-02", "013")) is AuthMode.KEYS
    assert auth_mode(recorded("platform-2026-08", "010")) is AuthMode.TOKENS
    assert auth_mode(Probe(200, b"{}", JSON)) is AuthMode.UNKNOWN
    assert auth_mode(Probe(401, b"who are you", {})) is AuthMode.UNKNOWN


def test_nodes() -> None:
    assert node(NODE_HEAD, NODE_HEALTH, NOT_FOUND) == Found(Generation.APRIL)
    assert node(NODE_HEAD, NODE_HEALTH, Probe(200, b"{}", JSON)) == Found(Generation.AUGUST)
    assert node(NODE_HEAD, NOT_FOUND, NOT_FOUND) == Found(Generation.FEBRUARY)
    assert node(NODE_HEAD, NODE_HEALTH, Probe(500)) == Found(Generation.UNKNOWN)


def test_a_node_without_blocks_is_a_node() -> None:
    assert node(recorded("node-2026-04", "001"), NODE_HEALTH, NOT_FOUND).generation is Generation.APRIL


def test_what_is_no_node() -> None:
    assert "not as an AITBC node" in node(NOT_FOUND, NOT_FOUND, NOT_FOUND).wrong
    assert "a coordinator" in node(NOT_FOUND, AUG_HEALTH, NOT_FOUND).wrong
    assert node(WEB_PAGE, WEB_PAGE, WEB_PAGE).generation is Generation.UNKNOWN


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (NODE_HEAD, Capability.YES),
        (recorded("node-2026-04", "001"), Capability.YES),
        (recorded("coordinator-2026-02", "055"), Capability.YES),
        (NOT_FOUND, Capability.ABSENT),
        (recorded("coordinator-2026-02", "027"), Capability.ABSENT),
        (recorded("coordinator-2026-02", "013"), Capability.NEEDS_CREDENTIAL),
        (recorded("platform-2026-08", "093"), Capability.DENIED),
        (recorded("coordinator-2026-02", "067"), Capability.BROKEN),
        (recorded("node-2026-04", "042"), Capability.BROKEN),
        (recorded("node-2026-04", "198"), Capability.LIMITED),
        (recorded("node-2026-04", "230"), Capability.BROKEN),
        (recorded("platform-2026-08", "089"), Capability.BROKEN),
        (recorded("platform-2026-08", "044"), Capability.BROKEN),
        (recorded("coordinator-2026-02", "028"), Capability.BROKEN),
        (recorded("coordinator-2026-02", "120"), Capability.YES),
        (Probe(200, b'{"simulated":true}', JSON), Capability.BROKEN),
        (Probe(200, b'{"note":"Mock data"}', JSON), Capability.BROKEN),
    ],
)
def test_capabilities(probe: Probe, expected: Capability) -> None:
    assert capability(probe) is expected


def test_chains() -> None:
    assert supported_chains(NODE_HEALTH) == ("ait-mainnet",)
    assert supported_chains(FEB_HEALTH) == ()


@given(st.integers(100, 599), st.binary(), st.integers(100, 599), st.binary())
def test_any_answers(first: int, body: bytes, second: int, other: bytes) -> None:
    a, b = Probe(first, body), Probe(second, other)
    coordinator(a, b), node(a, b, b), auth_mode(a), capability(a), supported_chains(a)
