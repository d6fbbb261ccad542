"""`sync --sync-type configuration`: shows what differs, copies only agreed keys by name, and puts back what failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.operations.envfile import AGREED, read_env
from aitbc_tui.operations.sync import sync
from aitbc_tui.operations.sync_report import sync_document
from aitbc_tui.operations.sync_run import SyncOrder, SyncRun
from tests.operations.conftest import OpenScene, Scene

SECRET = "dummy-not-a-secret"


async def run(it: Scene, *keys: str, write: bool = True) -> tuple[SyncRun, dict[str, Any]]:
    order = SyncOrder("configuration", ("genesis", "follower"), force=write, keys=keys, write_config=write)
    field = it.field()
    done = await sync(field, await it.look(), order)
    return done, sync_document(field, await it.look(), order, "all", done, 1.0, True)


def env_file(it: Scene, node: str = "follower") -> Path:
    return Path(it.node(node).env_files[0])


def change(file: Path, key: str, value: str | None) -> None:
    lines = [line for line in file.read_text().splitlines() if not line.startswith(f"{key}=")]
    file.write_text("\n".join(lines + ([f"{key}={value}"] if value is not None else [])) + "\n")


async def test_differences_are_shown_and_secrets_never_leave_their_host(scene: OpenScene) -> None:
    async with scene() as it:
        change(env_file(it), "block_time_seconds", "9")
        change(env_file(it), "keystore_password", f"{SECRET}-other")
        change(env_file(it), "gossip_broadcast_url", "redis://:hunter2@127.0.0.1:6379")
        before = env_file(it).read_text()
        done, document = await run(it, write=False)
        values = await read_env(it.field(), it.node("follower"))
        assert env_file(it).read_text() == before
    assert SECRET not in json.dumps(document) and "hunter2" not in json.dumps(document)
    assert "keystore_password" in values.digests and SECRET not in json.dumps(dict(values.digests))
    shown = {e["figure"]: e["answer"] for e in document["evidence"] if e["asked"] == "environment files"}
    assert shown["differs: block_time_seconds"] == {"follower": "9", "genesis": "0.5"}
    assert shown["differs: keystore_password"] == {"follower": "set, not shown", "genesis": "set, not shown"}
    assert "differs: proposer_id" in shown and "differs: chain_id" not in shown
    drift = [i["detail"] for i in document["issues"] if i["kind"] == "config-drift"]
    assert len(drift) == 2 and all(any(key in line for key in ("block_time", "gossip_broadcast")) for line in drift)
    assert document["sync_details"]["configuration_synced"] is False and done.outcome == "failed"


async def test_keys_that_are_written_in_capitals_stay_so(scene: OpenScene) -> None:
    """2026-08 spells them so; a second line in small letters would be another answer to the same question."""
    async with scene(generation="2026-08", history_jobs=2) as it:
        good = env_file(it).read_text()
        env_file(it).write_text(good.replace("GOSSIP_BACKEND=broadcast", "GOSSIP_BACKEND=memory"))
        _, document = await run(it, write=False)
        assert "gossip_backend: memory; on genesis broadcast" in json.dumps(document["issues"])
        _, document = await run(it, "gossip_backend")
        assert env_file(it).read_text() == good
        assert SECRET not in json.dumps(document)
        env_file(it).write_text(good.replace("GOSSIP_BACKEND=broadcast\n", ""))
        await run(it, "gossip_backend")
        assert sorted(env_file(it).read_text().splitlines()) == sorted(good.splitlines())


async def test_only_the_named_key_is_copied_with_a_backup(scene: OpenScene) -> None:
    async with scene() as it:
        change(env_file(it), "block_time_seconds", "9")
        change(env_file(it), "max_txs_per_block", None)
        before = env_file(it).read_text()
        _, document = await run(it, "block_time_seconds")
        assert "block_time_seconds=0.5" in env_file(it).read_text()
        assert "max_txs_per_block" not in env_file(it).read_text()
        backups = list(env_file(it).parent.glob("*.aitbc-tui-*"))
        assert [b.read_text() for b in backups] == [before]
        change(env_file(it), "block_time_seconds", "9")
        first = env_file(it).read_text()
        done, document = await run(it, "block_time_seconds", "max_txs_per_block")
        saved = sorted(env_file(it).parent.glob("*.aitbc-tui-*"))
        assert len(saved) == 3 and saved[1].read_text() == first, "no backup is written over another"
        assert "max_txs_per_block=500\n" in env_file(it).read_text() and done.outcome == "success"
        assert "proposer_id=follower-node-aitbc" in env_file(it).read_text(), "its own keys are its own"
        assert "enable_block_production=false" in env_file(it).read_text()
        assert not [call for call in it.calls("follower") if "systemctl" in call], "no unit was restarted"
    assert any("old value" in i["detail"] for i in document["issues"])


@pytest.mark.parametrize(
    "key", ["proposer_id", "enable_block_production", "p2p_peers", "p2p_bind_port", "keystore_password", "unknown"]
)
async def test_what_would_make_a_second_producer_is_never_copied(scene: OpenScene, key: str) -> None:
    assert key not in AGREED
    async with scene(history_jobs=2) as it:
        before = env_file(it).read_text()
        with pytest.raises(ConfigError, match="never copied"):
            await run(it, key)
        assert env_file(it).read_text() == before
        assert not [call for call in it.calls("follower") if call.startswith("sudo")]


async def test_a_password_in_a_url_is_not_copied(scene: OpenScene) -> None:
    async with scene() as it:
        change(env_file(it, "genesis"), "gossip_broadcast_url", "redis://:hunter2@127.0.0.1:6379")
        before = env_file(it).read_text()
        _, document = await run(it, "gossip_broadcast_url")
        assert env_file(it).read_text() == before
    assert any("holds a password" in i["detail"] for i in document["issues"]) and "hunter2" not in json.dumps(document)


async def test_a_change_that_went_wrong_is_rolled_back(scene: OpenScene) -> None:
    async with scene() as it:
        change(env_file(it), "block_time_seconds", "9")
        before = env_file(it).read_text()
        sed = it.devnet.machine("follower").files.home / "bin" / "sed"
        sed.write_text(f"#!/bin/sh\necho chain_id=broken > {env_file(it)}\n")
        sed.chmod(0o755)
        done, document = await run(it, "block_time_seconds")
        assert env_file(it).read_text() == before
    assert done.outcome == "failed"
    assert any("as it was" in i["detail"] for i in document["issues"])
    assert any(e["asked"] == "rollback" for e in document["evidence"])


async def test_an_unreadable_file_is_named(scene: OpenScene) -> None:
    async with scene() as it:
        env_file(it).unlink()
        done, document = await run(it, write=False)
    assert done.outcome == "failed"
    assert any("blockchain.env" in i["detail"] and i["node"] == "follower" for i in document["issues"])
