"""`sync --sync-type blockchain`: level in time, resumable, stopped at the first doubt, and honest about what it is."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.operations.chain_sync import RUNBOOK
from aitbc_tui.operations.models import OperationOutput
from aitbc_tui.operations.sync import sync
from aitbc_tui.operations.sync_report import sync_document
from aitbc_tui.operations.sync_run import SyncOrder, SyncRun
from tests.fixtures.rawhttp import always_ok, raw_http
from tests.fixtures.waiting import until
from tests.operations.conftest import OpenScene, Scene

BLOCKCHAIN = SyncOrder("blockchain", ("genesis", "follower"))


async def run(it: Scene, order: SyncOrder = BLOCKCHAIN, seconds: float = 30.0) -> tuple[SyncRun, dict[str, Any]]:
    field = it.field(seconds)
    done = await sync(field, await it.look(), order)
    document = sync_document(field, await it.look(), order, "all", done, 1.0, True)
    OperationOutput.model_validate(json.loads(json.dumps(document)))
    return done, document


def issues(document: dict[str, Any], kind: str) -> list[str]:
    return [issue["detail"] for issue in document["issues"] if issue["kind"] == kind]


async def test_five_hundred_blocks_behind_is_level_within_the_minute(scene: OpenScene) -> None:
    async with scene(faults=("wedge=500",), block_time_s=2.0) as it:
        state = it.devnet.net.followers[0].state
        assert it.devnet.net.genesis.state.height() - state.height() >= 500
        begun = time.monotonic()
        done, document = await run(it, seconds=59)
        assert time.monotonic() - begun < 60
        ours, theirs = state, it.devnet.net.genesis.state
        heights = range(ours.height() + 1)
        assert [ours.blocks[CHAIN_ID, h].hash for h in heights] == [theirs.blocks[CHAIN_ID, h].hash for h in heights]
        assert theirs.height() - ours.height() <= 2
    assert done.outcome == "success" and document["sync_result"] == "success"
    assert document["sync_details"] == {
        "blockchain_synced": True,
        "mempool_synced": None,
        "configuration_synced": None,
        "git_synced": None,
    }
    assert abs(document["nodes_status"]["follower"]["last_sync"] - time.time()) < 30
    said = issues(document, "hollow")
    assert any("no accounts and no transaction rows" in line for line in said)
    assert any("stay hollow" in line for line in said)
    assert any("next block with transactions" in line for line in issues(document, "wedge"))


async def test_interrupted_it_goes_on_where_it_was(scene: OpenScene) -> None:
    async with scene(faults=("wedge=300",), block_time_s=5.0) as it:
        state = it.devnet.net.followers[0].state
        first = state.height()
        field = it.field()
        before = await it.look()
        task = asyncio.ensure_future(sync(field, before, BLOCKCHAIN))
        await until(lambda: state.height() >= first + 60, 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        middle = state.height()
        assert first + 60 <= middle < it.devnet.net.genesis.state.height()
        await asyncio.sleep(0.2)
        assert state.height() <= middle + 1, "nothing goes on after it was stopped"
        done, document = await run(it)
        imported = int(document["summary"].split(": ")[1].split(" ")[0].replace(",", ""))
    assert done.outcome == "success"
    assert imported <= it.devnet.net.genesis.state.height() - middle, "what was there was not sent again"


async def test_out_of_time_is_partial_and_says_how_much_is_missing(scene: OpenScene) -> None:
    async with scene(faults=("wedge=500",), block_time_s=5.0) as it:
        state = it.devnet.net.followers[0].state
        enough, field = state.height() + 100, it.field(60.0)
        field.clock = lambda: time.monotonic() + (60.0 if state.height() >= enough else 0.0)
        done = await sync(field, await it.look(), BLOCKCHAIN)
        document = sync_document(field, await it.look(), BLOCKCHAIN, "all", done, 60.0, True)
        assert enough <= state.height() < it.devnet.net.genesis.state.height()
    assert done.outcome == "partial" and document["sync_result"] == "partial"
    assert document["sync_details"]["blockchain_synced"] is False
    assert any("still missing" in line for line in issues(document, "timeout"))
    assert any(error.timed_out for error in field.tally.errors)


async def test_a_fork_is_refused_and_nothing_is_written(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.fault_on("fork")
        state = it.devnet.net.followers[0].state
        await until(lambda: state.blocks[CHAIN_ID, state.height()].proposer == "rogue-proposer", 20)
        it.devnet.net.followers[0].running = False
        blocks = dict(state.blocks)
        done, document = await run(it)
        assert state.blocks == blocks
        assert not [call for call in it.calls("follower") if "VACUUM" in call]
    assert done.outcome == "failed"
    assert any("last common block" in line and "nothing was written" in line for line in issues(document, "fork"))
    assert RUNBOOK in document["recommendations"]


async def test_it_stops_at_the_first_hash_that_disagrees(scene: OpenScene) -> None:
    """A block somebody injected above the follower's head: importBlock answers success with the hash it has."""
    async with scene(faults=("wedge=30",), block_time_s=5.0) as it:
        state = it.devnet.net.followers[0].state
        head = state.height()
        theirs = it.devnet.net.genesis.state.blocks[CHAIN_ID, head + 10]
        state.blocks[CHAIN_ID, head + 10] = replace(theirs, hash="0xf00d")
        done, document = await run(it)
        assert state.height() == head + 9
    assert done.outcome == "partial"
    assert any("0xf00d" in line and "stopped there" in line for line in issues(document, "fork"))


async def test_a_follower_ahead_is_no_lag(scene: OpenScene) -> None:
    async with scene(block_time_s=30.0) as it:
        state = it.devnet.net.followers[0].state
        for _ in range(4):
            state.propose("rogue-proposer")
        done, document = await run(it)
    assert done.outcome == "failed" and any("ahead of genesis" in line for line in issues(document, "fork"))


async def test_hollow_blocks_are_not_spread(scene: OpenScene) -> None:
    async with scene(faults=("wedge=30",), block_time_s=5.0) as it:
        source, state = it.devnet.net.genesis.state, it.devnet.net.followers[0].state
        at = state.height() + 5
        source.store(replace(source.blocks[CHAIN_ID, at], proposer="", parent_hash=""))
        done, document = await run(it)
        assert state.height() == at - 1
    assert done.outcome == "partial" and any("hollow" in line for line in issues(document, "sync"))


async def test_an_empty_follower_is_filled_from_block_0(scene: OpenScene) -> None:
    async with scene(history_blocks=12, block_time_s=5.0) as it:
        follower = it.devnet.net.followers[0]
        follower.running = False
        follower.state.truncate(-1)
        follower.state.heights.clear()
        done, _ = await run(it)
        assert follower.state.height() == it.devnet.net.genesis.state.height()
    assert done.outcome == "success"


async def test_the_newest_generation_is_left_alone(scene: OpenScene) -> None:
    """It answers at /rpc/sync/config, where April has nothing."""
    async with scene() as it, raw_http(always_ok) as server:
        it.devnet.machine("follower").ssh.may_reach = lambda port: True
        nodes = tuple(replace(n, rpc=server.url) if n.name == "follower" else n for n in it.environment.nodes)
        it.environment = replace(it.environment, nodes=nodes)
        field = it.field()
        done = await sync(field, await it.look(), BLOCKCHAIN)
        assert len(server.heads) == 1 and server.heads[0].startswith(b"GET /rpc/sync/config ")
    assert done.outcome == "failed"
    assert any("never called" in str(i["detail"]) and "catch up" in str(i["remedy"]) for i in field.tally.issues)


async def test_a_backup_is_made_first_proved_and_three_are_kept(scene: OpenScene) -> None:
    async with scene(faults=("wedge=20",), block_time_s=5.0) as it:
        data = Path(it.node("follower").data or "")
        for number in range(4):
            (data / f"chain.db.aitbc-tui-2026010{number + 1}T000000Z").write_bytes(b"old")
        (data / "chain.db.mine").write_bytes(b"not ours")
        done, document = await run(it)
        left = sorted(os.listdir(data))
        made = next(e["answer"] for e in document["evidence"] if e["asked"] == "backup")
        with closing(sqlite3.connect(made["path"])) as copy:
            rows = copy.execute("select count(*) from block").fetchone()[0]
        assert it.devnet.machine("follower").files.home in Path(made["path"]).parents
    assert done.outcome == "success" and rows > 40
    assert len([n for n in left if ".aitbc-tui-" in n]) == 3 and {"chain.db", "chain.db.mine"} <= set(left)
    assert any(e["asked"] == "restore" and "stop the node's units" in e["answer"] for e in document["evidence"])


async def test_a_backup_without_the_sqlite3_program(scene: OpenScene) -> None:
    async with scene(faults=("wedge=20",), block_time_s=5.0) as it:
        sqlite = it.devnet.machine("follower").files.home / "bin" / "sqlite3"
        sqlite.write_text("#!/bin/sh\nexit 127\n")
        done, document = await run(it)
        made = next(e["answer"] for e in document["evidence"] if e["asked"] == "backup")
        with closing(sqlite3.connect(made["path"])) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert done.outcome == "success"


async def test_without_a_backup_only_by_force(scene: OpenScene) -> None:
    async with scene(faults=("wedge=20",), block_time_s=5.0) as it:
        df = it.devnet.machine("follower").files.home / "bin" / "df"
        df.write_text(
            "#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho 'x 9 8 1 99% /'\n"
        )
        df.chmod(0o755)
        state = it.devnet.net.followers[0].state
        height = state.height()
        done, document = await run(it)
        assert state.height() == height and done.outcome == "failed"
        assert any("are free" in line for line in issues(document, "command"))
        done, document = await run(it, replace(BLOCKCHAIN, force=True))
        assert done.outcome == "success" and any("no backup was made" in line for line in issues(document, "command"))


async def test_a_bad_copy_is_removed_and_nothing_is_imported(scene: OpenScene) -> None:
    async with scene(faults=("wedge=20",), block_time_s=5.0) as it:
        files = it.devnet.machine("follower").files
        real = (files.home / "bin" / "sqlite3").read_text()
        broken = real.replace("case $sql in", "case $sql in\n*integrity_check*) echo 'row 1 missing'; exit 0;;", 1)
        (files.home / "bin" / "sqlite3").write_text(broken)
        height = it.devnet.net.followers[0].state.height()
        done, document = await run(it)
        assert it.devnet.net.followers[0].state.height() == height
        assert os.listdir(it.node("follower").data or "") == ["chain.db"]
    assert done.outcome == "failed" and any("not sound" in line for line in issues(document, "command"))


async def test_ssh_is_validated_before_anything_is_sent(scene: OpenScene) -> None:
    async with scene(faults=("wedge=20",), block_time_s=5.0) as it:
        await it.devnet.fault_on("ssh-drop", "genesis")
        height = it.devnet.net.followers[0].state.height()
        done, document = await run(it)
        assert it.devnet.net.followers[0].state.height() == height
        assert not it.calls("follower") or not [c for c in it.calls("follower") if "VACUUM" in c]
    assert done.outcome == "failed" and any("not reached" in line for line in issues(document, "sync"))


async def test_git_is_looked_at_before_force(scene: OpenScene) -> None:
    async with scene(faults=("wedge=20",), block_time_s=5.0) as it:
        files = it.devnet.machine("follower").files
        files.put("git/status", files.data.joinpath("git/status").read_text() + "? junk.txt\n")
        _, document = await run(it, replace(BLOCKCHAIN, force=True))
        asked = [e["asked"] for e in document["evidence"]]
        first_git = next(i for i, a in enumerate(asked) if "status --porcelain" in a and a.startswith("git"))
        assert first_git < next(i for i, a in enumerate(asked) if "VACUUM" in a)
        assert any("1 files changed" in line for line in issues(document, "git-conflict"))
        _, document = await run(it)
        assert not any(
            e["asked"].startswith("git --no-optional-locks") and e["figure"] == "command" for e in document["evidence"]
        )


@pytest.mark.parametrize("target", ["genesis"])
async def test_the_source_itself_has_nothing_to_take(scene: OpenScene, target: str) -> None:
    async with scene() as it:
        field = it.field()
        order = SyncOrder("blockchain", (target,))
        done = await sync(field, await it.look(), order)
    assert done.outcome == "failed" and done.synced() == {"blockchain": None}
    assert any(issue["kind"] == "validation" for issue in field.tally.issues)


async def test_two_backups_in_one_second_are_two_files(scene: OpenScene) -> None:
    from aitbc_tui.operations.backup import back_up

    async with scene() as it:
        await it.look()
        field = it.field()
        field.utc = lambda: 1_795_000_000.0
        made = [(await back_up(field, it.node("follower"))).path for _ in range(2)]
        here = os.listdir(it.node("follower").data or "")
        assert len(set(made)) == 2 and all(path.rpartition("/")[2] in here for path in made)
