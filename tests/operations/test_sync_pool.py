"""`sync --sync-type mempool`: only from the proposer, only what still waits, never what stands in a block."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aitbc_tui.devnet.chain import tx_hash
from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.operations import pool_sync
from aitbc_tui.operations.sync import sync
from aitbc_tui.operations.sync_report import sync_document
from aitbc_tui.operations.sync_run import SyncOrder, SyncRun
from tests.fixtures.pending import keep_waiting
from tests.fixtures.waiting import until
from tests.operations.conftest import OpenScene, Scene

MEMPOOL = SyncOrder("mempool", ("genesis", "follower"))


async def run(it: Scene, order: SyncOrder = MEMPOOL) -> tuple[SyncRun, dict[str, Any]]:
    field = it.field()
    done = await sync(field, await it.look(), order)
    return done, sync_document(field, await it.look(), order, "all", done, 1.0, True)


def watch_submissions(it: Scene) -> list[tuple[str, str]]:
    """(node, hash) of everything sent to POST /rpc/transaction from now on."""
    seen: list[tuple[str, str]] = []
    original = it.devnet.net.submit

    def submit(node: Any, tx: Any) -> str:
        seen.append((node.name, tx_hash(tx)))
        return original(node, tx)

    it.devnet.net.submit = submit  # type: ignore[method-assign]
    return seen


def mined(it: Scene) -> list[str]:
    return [str(tx["tx_hash"]) for block in it.devnet.net.genesis.state.blocks.values() for tx in block.transactions]


async def test_what_waits_at_the_proposer_is_brought_to_the_follower(scene: OpenScene) -> None:
    async with scene(block_time_s=1.5) as it:
        genesis = it.devnet.net.genesis
        poor = {**it.devnet.net.new_tx(), "from": "ait1nobody"}
        keep_waiting(genesis.state, poor)
        seen = watch_submissions(it)
        done, document = await run(it)
        assert tx_hash(poor) in it.devnet.net.followers[0].state.mempool
    assert seen == [("follower", tx_hash(poor))]
    assert document["sync_details"]["mempool_synced"] is True and done.outcome == "success"


async def test_force_and_all_send_nothing_that_is_in_a_block(scene: OpenScene) -> None:
    """The follower's mempool holds every old payment; and the proposer's holds one that somebody sent again."""
    async with scene(block_time_s=1.5) as it:
        old = mined(it)
        assert len(set(old)) == len(old) > 5 and set(old) <= set(it.devnet.net.followers[0].state.mempool)
        genesis, follower = it.devnet.net.nodes
        again = next(tx for block in genesis.state.blocks.values() for tx in block.transactions)
        replayed = {key: value for key, value in again.items() if key != "tx_hash"}
        genesis.producing = False
        genesis.state.add_tx(replayed)
        follower.state.mempool.pop(str(again["tx_hash"]))
        seen = watch_submissions(it)
        _, document = await run(it, SyncOrder("all", ("genesis", "follower"), force=True))
        genesis.state.mempool.clear()
        stood, genesis.producing = genesis.state.height(), True
        await until(lambda: genesis.state.height() > stood, 20)
        assert seen == [], "nothing was sent anywhere"
        assert sorted(mined(it)) == sorted(old), "and nothing was paid twice"
    compared = next(e["answer"] for e in document["evidence"] if e["asked"] == "mempool")
    assert compared == {"lacking": 1, "sent": 0, "in a block long since": len(old) - 1}


async def test_a_stranded_transaction_is_listed_and_sent_only_by_name_and_force(scene: OpenScene) -> None:
    async with scene(block_time_s=1.0) as it:
        genesis, follower = it.devnet.net.nodes
        one, two = it.devnet.net.new_tx(), it.devnet.net.new_tx()
        first, second = follower.state.add_tx(one), follower.state.add_tx(two)
        seen = watch_submissions(it)
        _, document = await run(it)
        said = [i for i in document["issues"] if "stranded" in i["detail"]]
        assert {first, second} == {i["detail"].split(" ")[1] for i in said} and seen == []
        assert all("--force" in i["remedy"] for i in said)
        await run(it, SyncOrder("mempool", ("follower",), force=True))
        await run(it, SyncOrder("mempool", ("follower",), transactions=(first,)))
        assert seen == [], "neither force alone nor a name alone"
        await run(it, SyncOrder("mempool", ("follower",), force=True, transactions=(first,)))
        assert seen == [("genesis", first)], "that one, and no other"
        await until(lambda: mined(it).count(first) == 1, 20)
        _, document = await run(it, SyncOrder("mempool", ("follower",), force=True, transactions=(first,)))
        assert len(seen) == 1 and any("is not stranded" in i["detail"] for i in document["issues"])
        assert genesis.state.mempool == {}


async def test_without_a_new_block_nothing_is_sent(scene: OpenScene) -> None:
    """Right after a block is the only moment at which a pending transaction is surely not being mined."""
    async with scene(block_time_s=1.0) as it:
        genesis = it.devnet.net.genesis
        genesis.producing = False
        genesis.state.add_tx(it.devnet.net.new_tx())
        seen = watch_submissions(it)
        done, document = await run(it)
    assert seen == [] and done.outcome == "failed"
    assert any("no block to send them after" in i["detail"] for i in document["issues"] if i["kind"] == "stall")


async def test_what_waits_and_stands_in_a_block_is_not_sent(scene: OpenScene) -> None:
    """Somebody sent an old payment to the proposer again: spreading it would not make it truer."""
    async with scene(block_time_s=1.0) as it:
        state = it.devnet.net.genesis.state
        old = {**it.devnet.net.new_tx(), "from": "ait1nobody"}
        digest = tx_hash(old)
        block = state.blocks[CHAIN_ID, 4]
        state.store(replace(block, tx_count=1, transactions=({**old, "tx_hash": digest},)))
        keep_waiting(state, old)
        seen = watch_submissions(it)
        _, document = await run(it)
    assert seen == [] and document["sync_details"]["mempool_synced"] is False


async def test_without_a_whole_search_nothing_is_sent(scene: OpenScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time was over before every block was read: what was not searched for may stand in one of them."""

    async def cut_short(*_: Any) -> tuple[set[str], bool]:
        return set(), False

    monkeypatch.setattr(pool_sync, "in_blocks", cut_short)
    async with scene(block_time_s=1.0, history_jobs=2) as it:
        state = it.devnet.net.genesis.state
        poor = {**it.devnet.net.new_tx(), "from": "ait1nobody"}
        keep_waiting(state, poor)
        seen = watch_submissions(it)
        _, document = await run(it, SyncOrder("mempool", ("follower",), force=True, transactions=(tx_hash(poor),)))
    assert seen == [] and any("could not be searched to the end" in i["detail"] for i in document["issues"])
