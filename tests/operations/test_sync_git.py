"""`sync --sync-type git`: fetch and fast-forward; whatever else it would take is a conflict with both heads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aitbc_tui.devnet.host_files import HEAD_COMMIT
from aitbc_tui.devnet.repo import OLDER_COMMIT, OTHER_LINEAGE, Repo, behind_by, diverged, write_repo
from aitbc_tui.operations.sync import sync
from aitbc_tui.operations.sync_report import sync_document
from aitbc_tui.operations.sync_run import SyncOrder, SyncRun
from tests.operations.conftest import OpenScene, Scene

GIT = SyncOrder("git", ("genesis", "follower"))


async def run(it: Scene) -> tuple[SyncRun, dict[str, Any]]:
    field = it.field()
    done = await sync(field, await it.look(), GIT)
    return done, sync_document(field, await it.look(), GIT, "all", done, 1.0, True)


def head(it: Scene, host: str) -> str:
    return (it.devnet.machine(host).files.data / "git" / "head").read_text().strip()


async def test_a_checkout_behind_is_moved_forward(scene: OpenScene) -> None:
    async with scene() as it:
        write_repo(it.devnet.machine("follower").files, behind_by(3))
        done, document = await run(it)
        assert head(it, "follower") == HEAD_COMMIT
    assert done.outcome == "success" and document["sync_details"]["git_synced"] is True
    moved = next(e["answer"] for e in document["evidence"] if e["figure"] == "moved")
    assert moved == {"from": OLDER_COMMIT, "to": HEAD_COMMIT}


@pytest.mark.parametrize(
    ("repo", "word", "upstream"),
    [
        (diverged(), "diverged", OTHER_LINEAGE),
        (replace(behind_by(2), dirty=1), "not clean", HEAD_COMMIT),
        (Repo(origin=OLDER_COMMIT, ahead=2), "ahead", OLDER_COMMIT),
    ],
)
async def test_anything_else_is_a_conflict_with_both_heads(
    scene: OpenScene, repo: Repo, word: str, upstream: str
) -> None:
    async with scene() as it:
        write_repo(it.devnet.machine("follower").files, repo)
        done, document = await run(it)
        assert head(it, "follower") == repo.head
        assert not [call for call in it.calls("follower") if "merge" in call]
    said = next(i for i in document["issues"] if i["kind"] == "git-conflict" and i["node"] == "follower")
    assert word in said["detail"] and repo.head in said["detail"] and upstream in said["detail"]
    assert done.outcome == "partial", "the other node's checkout is level"
    assert document["sync_details"]["git_synced"] is False


async def test_an_unreachable_origin_and_a_missing_right(scene: OpenScene) -> None:
    async with scene() as it:
        write_repo(it.devnet.machine("follower").files, Repo(reachable=False))
        it.devnet.machine("genesis").files.put("sudo-denied", "")
        done, document = await run(it)
    assert done.outcome == "failed"
    kinds = {(i["node"], i["kind"]): i for i in document["issues"]}
    assert "unable to access" in kinds["follower", "command"]["detail"]
    assert "NOPASSWD" in kinds["genesis", "permission"]["remedy"]
