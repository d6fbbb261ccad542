"""`health`: a sound network passes everything; each broken thing fails its own check, with its kind."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.devnet.chain import Block
from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.devnet.repo import Repo, diverged, write_repo
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain import node as domain
from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.text import SafeText
from aitbc_tui.operations.checks import Check, Grade
from aitbc_tui.operations.consensus import parse_df, signers
from aitbc_tui.operations.health import health, health_document
from aitbc_tui.operations.models import OperationOutput
from aitbc_tui.protocol.platform import parse_signed_block
from tests.contract.captures import Capture
from tests.contract.captures import load as load_captures
from tests.fixtures.waiting import until
from tests.operations.conftest import OpenScene, Scene

EVERY = {
    "ssh",
    "rpc",
    "restarts",
    "memory",
    "unit memory",
    "cpu",
    "load",
    "git",
    "p2p",
    "clock",
    "chain id",
    "moving",
    "latency",
    "parent links",
    "proposer",
    "disk",
    "genesis hash",
}


async def report(it: Scene) -> tuple[dict[tuple[str, str], Check], dict[str, Any]]:
    field = it.field()
    snapshot = await it.look(gpus=True, ollama=True)
    checks = await health(field, snapshot, ("genesis", "follower"), True)
    document = health_document(field, snapshot, ("genesis", "follower"), "all", checks, 1.0)
    OperationOutput.model_validate(document)
    return {(check.node or check.host, check.name): check for check in checks}, document


def failed(checks: dict[tuple[str, str], Check]) -> set[tuple[str, str]]:
    return {key for key, check in checks.items() if check.grade is Grade.FAIL}


async def test_a_sound_network_passes_every_check(scene: OpenScene) -> None:
    async with scene() as it:
        checks, document = await report(it)
    bad = {
        key: (c.grade, c.why)
        for key, c in checks.items()
        if c.grade in (Grade.FAIL, Grade.WARN) and key[1] not in ("cpu", "load")
    }
    assert not bad
    for node in ("genesis", "follower"):
        assert {name for at, name in checks if at == node} >= EVERY
    assert {("follower", "hash"), ("follower", "lag"), ("gpu-1", "ollama"), ("gpu-1", "gpu gpu-1:1")} <= set(checks)
    assert document["validation_status"] == "success" and document["confidence"] == 1.0
    listed = [e["figure"] for e in document["evidence"] if e["asked"] == "check"]
    assert len(listed) == len(checks)


async def test_units_git_peers_and_cards(scene: OpenScene) -> None:
    async with scene() as it:
        files = it.devnet.machine("follower").files
        files.set_unit("aitbc-blockchain-p2p", UnitState.CRASH_LOOP)
        p2p = it.devnet.machine("follower").p2p
        assert p2p is not None
        await p2p.close()
        files.units["aitbc-blockchain-node"].restarts = 33
        files.restart_unit("aitbc-blockchain-node")
        write_repo(files, replace(diverged(), reachable=False))
        files.put("git/status", (files.data / "git" / "fetched-status").read_text())
        await it.devnet.fault_on("gpu-lost")
        await it.devnet.fault_on("ollama-down")
        await it.devnet._tick()  # which writes what the commands there print
        checks, document = await report(it)
    assert failed(checks) >= {
        ("follower", "unit aitbc-blockchain-p2p.service"),
        ("follower", "p2p"),
        ("gpu-1", "ollama"),
    }
    assert "again and again" in checks["follower", "unit aitbc-blockchain-p2p.service"].why
    assert checks["follower", "restarts"].grade is Grade.WARN and "33" in checks["follower", "restarts"].why
    assert checks["follower", "git"].grade is Grade.WARN and "diverged" in checks["follower", "git"].why
    kinds = {(issue["node"], issue["kind"]) for issue in document["issues"]}
    assert {("follower", "service-offline"), ("follower", "p2p"), ("follower", "git-conflict")} <= kinds
    assert document["validation_status"] == "partial"


@pytest.mark.parametrize(("percent", "grade"), [(89, Grade.PASS), (92, Grade.WARN), (98, Grade.FAIL)])
async def test_memory_near_a_units_own_limit(scene: OpenScene, percent: int, grade: Grade) -> None:
    async with scene(faults=(f"unit-memory={percent}",), history_jobs=2) as it:
        checks, document = await report(it)
    check = checks["follower", "unit memory"]
    assert check.grade is grade and "aitbc-blockchain-node holds" in check.why and f"({percent} %" in check.why
    assert checks["genesis", "unit memory"].grade is Grade.PASS
    told = [issue["detail"] for issue in document["issues"] if "unit memory" in str(issue["detail"])]
    assert bool(told) is (grade is not Grade.PASS)


async def test_a_wedged_follower(scene: OpenScene) -> None:
    async with scene(faults=("wedge=40",)) as it:
        checks, document = await report(it)
    assert ("follower", "lag") in failed(checks) and checks["follower", "lag"].kind == "sync"
    assert "sync --sync-type blockchain" in checks["follower", "lag"].remedy
    assert document["nodes_status"]["follower"]["status"] == "degraded"


async def test_a_stranger_proposes_on_a_chain_of_its_own(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.fault_on("fork")
        state = it.devnet.net.followers[0].state
        await until(lambda: state.blocks[CHAIN_ID, state.height()].proposer == "rogue-proposer", 20)
        await it.look()
        checks, _ = await report(it)
    assert ("follower", "hash") in failed(checks) and checks["follower", "hash"].kind == "fork"
    assert ("follower", "proposer") in failed(checks) and "rogue-proposer" in checks["follower", "proposer"].why
    assert ("genesis", "proposer") not in failed(checks)


async def test_where_nobody_is_listed_as_trusted_the_producers_own_name_is_worth_a_warning(scene: OpenScene) -> None:
    async with scene() as it:
        for node in ("genesis", "follower"):
            file = it.devnet.machine(node).files.home / "etc" / "blockchain.env"
            kept = [line for line in file.read_text().splitlines() if not line.startswith("trusted_proposers")]
            file.write_text("\n".join(kept) + "\n")
        checks, _ = await report(it)
    check = checks["follower", "proposer"]
    assert check.grade is Grade.WARN and "trusted_proposers could not be read" in check.why


async def test_hollow_and_unlinked_blocks(scene: OpenScene) -> None:
    async with scene() as it:
        state = it.devnet.net.followers[0].state
        head = state.height()
        known = state.blocks[(CHAIN_ID, head - 3)]
        state.store(Block(CHAIN_ID, head - 3, known.hash, "", "", known.timestamp, 0))
        checks, _ = await report(it)
        assert (
            checks["follower", "parent links"].kind == "hollow"
            and "1 of the last" in checks["follower", "parent links"].why
        )
        state.store(replace(known, parent_hash="0xnot"))
        checks, _ = await report(it)
    assert checks["follower", "parent links"].kind == "fork" and ("follower", "parent links") in failed(checks)


async def test_another_genesis(scene: OpenScene) -> None:
    async with scene() as it:
        state = it.devnet.net.followers[0].state
        state.store(replace(state.blocks[(CHAIN_ID, 0)], hash="0x" + "0" * 64))
        checks, _ = await report(it)
    assert {("genesis", "genesis hash"), ("follower", "genesis hash")} <= failed(checks)


async def test_a_stalled_producer_and_an_idle_one(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.fault_on("stall")
        state = it.devnet.net.genesis.state
        state.mempool.clear()
        head = state.head()
        assert head is not None
        state.store(replace(head, timestamp="2026-01-01T00:00:00"))  # the newest block is old
        checks, _ = await report(it)
        assert checks["genesis", "moving"].grade is Grade.WARN and "idle" in checks["genesis", "moving"].why
        it.devnet.net.submit(it.devnet.net.genesis, it.devnet.net.new_tx())
        checks, _ = await report(it)
    assert checks["genesis", "moving"].grade is Grade.FAIL and checks["genesis", "moving"].kind == "stall"


async def test_an_unreachable_host_leaves_the_rest(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.fault_on("ssh-drop", "follower")
        checks, document = await report(it)
    assert ("follower", "ssh") in failed(checks) and ("genesis", "rpc") not in failed(checks)
    status = document["nodes_status"]["follower"]
    assert status["status"] == "offline" and status["block_height"] is None
    assert document["confidence"] < 1.0 and {i["node"] for i in document["issues"]} >= {"follower"}


def test_a_signer_who_is_not_the_proposer() -> None:
    """Blocks of 2026-08 carry a signature; those of April do not, and are not judged by it."""
    node = NodeConfig("hub", "hub", "http://127.0.0.1:1")
    block = domain.Block(5, SafeText("0x5"), SafeText("0x4"), SafeText("0xA"), None, 0)
    assert signers(node, {5: block}) == []
    good = replace(block, signer=SafeText("0xA"))
    assert [check.grade for check in signers(node, {0: block, 5: good})] == [Grade.PASS]
    (check,) = signers(node, {5: good, 6: replace(good, height=6, signer=SafeText("0xB"))})
    assert check.grade is Grade.FAIL and "block 6" in check.why and "0xB" in check.why
    (check,) = signers(node, {5: replace(good, signer=SafeText(""))})
    assert check.grade is Grade.FAIL and "impossible" in check.why


RECORDED = [
    c for c in load_captures("platform-2026-08") if re.fullmatch(r"/rpc/blocks/\d+", c.path) and c.status == 200
]


@pytest.mark.parametrize("capture", RECORDED, ids=lambda capture: capture.name)
def test_recorded_blocks_of_the_hub_are_signed_by_whom_they_name(capture: Capture) -> None:
    """The forked node's block names the hub's proposer and is signed by another key: that is how it was recorded."""
    node = NodeConfig("hub", "hub", "http://127.0.0.1:1")
    block = parse_signed_block(capture.body)
    (check,) = signers(node, {block.height: block})
    assert check.grade is (Grade.FAIL if "forked" in capture.name else Grade.PASS), check
    other = parse_signed_block(json.dumps({**capture.json, "hash": "0x" + "ab" * 32}).encode())
    (check,) = signers(node, {block.height: other})
    assert check.grade is Grade.FAIL and check.kind == "fork"


def test_both_kinds_were_recorded() -> None:
    assert {"forked" in capture.name for capture in RECORDED} == {True, False}


async def test_august_is_sound_and_its_signatures_are_checked(scene: OpenScene) -> None:
    async with scene(generation="2026-08", history_jobs=2, tx_every_s=1.0) as it:
        checks, document = await report(it)
        bad = {key: c.why for key, c in checks.items() if c.grade in (Grade.FAIL, Grade.WARN)}
        assert {key for key in bad if key[1] not in ("cpu", "load")} == set(), bad
        for node in ("genesis", "follower"):
            assert "signed by their proposer" in checks[node, "signer"].why
            assert checks[node, "proposer"].why.endswith("is the hub's own, and signs")
        assert document["confidence"] == 1.0 and not document["issues"], document["issues"]
        assert document["nodes_status"]["follower"]["p2p_connections"] is None, "nobody lists it there"
        await it.devnet.fault_on("signer-mismatch")
        height = it.devnet.net.genesis.state.height()
        await until(lambda: it.devnet.net.followers[0].state.height() > height + 1, 20.0)
        checks, document = await report(it)
    assert {("genesis", "signer"), ("follower", "signer")} <= failed(checks)
    assert ("genesis", "proposer") not in failed(checks), "the name is right, the signature is not"
    assert "fork" in {issue["kind"] for issue in document["issues"]}


def test_df_is_read_to_the_byte() -> None:
    said = b"Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000 930 70 93% /var\n"
    used, free, total = parse_df(said)
    assert (round(used), free, total) == (93, 70 * 1024, 1000 * 1024)
    with pytest.raises(ParseError):
        parse_df(b"df: /nosuch: No such file or directory\n")


def test_a_repo_that_was_never_fetched_believes_to_be_level() -> None:
    assert Repo().ahead == 0 and diverged().ahead and diverged().behind
