"""Every recorded answer of the two April nodes through the parser that its path selects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import pytest

from aitbc_tui.protocol import node

from . import checks
from .captures import CAPTURES, Capture, load, one, others

AREAS = ("node-2026-04", "node-2026-04b")

PARSERS = {
    r"GET /rpc/head": checks.check_head,
    r"GET /health": checks.check_node_health,
    r"GET /rpc/blocks/\d+": checks.check_block,
    r"GET /rpc/blocks-range": checks.check_range,
    r"GET /rpc/mempool": checks.check_mempool,
}

UNREAD = {
    r"GET /rpc/accounts/.*": (8, "no figure of the dashboard is in it"),
    r"(GET|POST) /rpc/(messaging|contracts)/.*": (8, "process-local memory of one node"),
    r"GET /metrics": (8, "the RPC process's own counters (contract 2.2)"),
    r"GET /openapi.json": (2, "routes are probed one by one instead"),
    r"POST /rpc/transaction": (10, "this program sends no transaction"),
    r"POST /rpc/importBlock": (4, "a write that validates nothing"),
}

NO_EXCHANGE = {
    "node-2026-04": {
        "000-node-down-head.json": "refused: no answer to parse",
        "053-115-absent-endpoints.json": "see test_absent_endpoints",
        "122-ws-genesis-blocks.json": "websocket",
        "123-ws-follower-blocks.json": "websocket",
        "124-ws-genesis-transactions.json": "websocket",
        "192-follower-rpc-hung.json": "no answer to parse",
        "218-memgossip-ws-genesis-blocks.json": "websocket",
        "220-memgossip-ws-follower-blocks.json": "websocket",
        "223-perf-100k-blocks.json": "measured times",
        "224-ws-errors.json": "websocket",
        "231-p2p-handshake-probe.json": "the P2P wire, which is never probed",
        "INDEX.md": "the list of the others",
    },
    "node-2026-04b": {"INDEX.md": "the list of the others"},
}


def _captures() -> list[Capture]:
    return [capture for area in AREAS for capture in load(area)]


def _matching(capture: Capture, patterns: Iterable[str]) -> list[str]:
    return [pattern for pattern in patterns if re.fullmatch(pattern, f"{capture.method} {capture.path}")]


@pytest.mark.parametrize("capture", _captures(), ids=lambda c: c.id)
def test_answer(capture: Capture) -> None:
    if not 200 <= capture.status < 300:
        checks.check_failure(capture)
        return
    parsers, unread = _matching(capture, PARSERS), _matching(capture, UNREAD)
    assert len(parsers) + len(unread) == 1, "each answer has one parser, or one reason why it has none"
    if parsers:
        PARSERS[parsers[0]](capture)


def test_what_is_not_read_is_counted() -> None:
    answers = [c for c in _captures() if 200 <= c.status < 300]
    counted = {pattern: sum(bool(_matching(c, [pattern])) for c in answers) for pattern in UNREAD}
    assert counted == {pattern: count for pattern, (count, _) in UNREAD.items()}


@pytest.mark.parametrize("area", AREAS)
def test_every_file_is_accounted_for(area: str) -> None:
    assert set(others(area)) == set(NO_EXCHANGE[area])


def test_absent_endpoints() -> None:
    """Each of them is told apart from data that is absent."""
    document = json.loads((CAPTURES / "node-2026-04" / "053-115-absent-endpoints.json").read_text())
    statuses = set()
    for result in document["results"]:
        statuses.add(result["status"])
        body = json.dumps(result["json"]).encode()
        error = checks.failure(result["status"], {"content-type": "application/json"}, body, result["path"], "")
        kind = checks.classify(error).kind
        assert kind.value == ("broken" if result["status"] == 422 else "absent"), result
    assert 404 in statuses


@pytest.mark.parametrize(("number", "kind"), [("001", "empty"), ("194", "empty"), ("039", "empty"), ("035", "absent")])
def test_three_kinds_of_404(number: str, kind: str) -> None:
    capture = one("node-2026-04", number)
    error = checks.failure(capture.status, capture.headers, capture.body, "GET /rpc/head", "")
    assert checks.classify(error).kind.value == kind


def test_503_is_an_exception_inside_and_429_a_pause() -> None:
    capture = one("node-2026-04", "042")
    error = checks.failure(capture.status, capture.headers, capture.body, "GET /rpc/blocks", "")
    assert checks.classify(error).kind.value == "broken"
    capture = one("node-2026-04", "198")
    error = checks.failure(capture.status, capture.headers, capture.body, "GET /health", "")
    trouble = checks.classify(error, now=100.0)
    assert (trouble.kind.value, trouble.retry_at) == ("limited", 160.0)


def test_the_computed_hash_is_the_one_that_submitting_returned() -> None:
    submitted = one("node-2026-04", "119").json["transaction_hash"]
    (pending,) = node.parse_mempool(one("node-2026-04", "120").body, 100).transactions
    (mined,) = node.parse_block(one("node-2026-04", "125").body).transactions
    assert pending.tx_hash == mined.tx_hash == submitted


def test_both_lineages_name_one_transaction_alike() -> None:
    """The range of the other lineage has another shape for the same thing."""
    (_, block) = node.parse_blocks_range(one("node-2026-04b", "008").body)
    (mined,) = node.parse_block(one("node-2026-04", "125").body).transactions
    (ranged,) = block.transactions
    assert (ranged.tx_hash, ranged.sender, ranged.amount) == (mined.tx_hash, mined.sender, mined.amount)


def test_hollow_blocks_are_seen_and_the_real_one_is_not_hollow() -> None:
    hollow = node.parse_block(one("node-2026-04", "137").body)
    real = node.parse_block(one("node-2026-04", "138").body)
    assert hollow.hash == real.hash
    assert hollow.hollow and not real.hollow


def test_a_saturated_mempool_is_a_lower_bound() -> None:
    capped = node.parse_mempool(one("node-2026-04", "182").body, 100)
    assert (capped.count, capped.capped) == (100, True)
    full = node.parse_mempool(one("node-2026-04", "183").body, 10000)
    assert (full.count, full.capped) == (1500, False)
    everything = node.parse_mempool(one("node-2026-04", "184").body, -1)
    assert (everything.count, everything.capped) == (1500, False)
