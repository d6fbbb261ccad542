"""`coordinate`: one node at a time, the next when the last is healthy; what stood still stays so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aitbc_tui.devnet.units import UnitState
from aitbc_tui.operations.coordinate import Order, Run, coordinate, document
from aitbc_tui.operations.models import OperationOutput
from aitbc_tui.operations.units import LOG_LINES
from tests.operations.conftest import OpenScene, Scene

ALL = ("genesis", "follower")
NODE, RPC, P2P = "aitbc-blockchain-node", "aitbc-blockchain-rpc", "aitbc-blockchain-p2p"


async def run(
    it: Scene, action: str, unit: str = "", targets: Sequence[str] = ALL, seconds: float = 20.0, force: bool = False
) -> tuple[Run, dict[str, Any]]:
    field = it.field(seconds)
    order = Order(action, unit, tuple(targets), force)
    done = await coordinate(field, await it.look(), order)
    made = document(field, await it.look(), order, "all", done, 1.0, True)
    OperationOutput.model_validate(made)
    return done, made


def acted(document: dict[str, Any]) -> list[tuple[str, str]]:
    """(node, what was done or seen), in order."""
    found = []
    for line in document["evidence"]:
        if line["asked"].startswith("sudo -n systemctl"):
            found.append((line["node"], line["asked"].removeprefix("sudo -n systemctl ")))
        elif line["figure"] == "healthy again":
            found.append((line["node"], "healthy again"))
    return found


async def test_node_after_node_each_healthy_before_the_next(scene: OpenScene) -> None:
    async with scene() as it:
        pids = {name: it.devnet.machine(name).files.units[NODE].pid for name in ALL}
        done, made = await run(it, "restart", NODE)
        assert all(it.devnet.machine(name).files.units[NODE].pid != pids[name] for name in ALL)
    assert done.outcome == "success" and done.done == list(ALL)
    assert acted(made) == [
        ("genesis", f"restart {NODE}"),
        ("genesis", "healthy again"),
        ("follower", f"restart {NODE}"),
        ("follower", "healthy again"),
    ]
    heads = [e["answer"] for e in made["evidence"] if e["figure"] == "healthy again"]
    assert all(answer["to"] > answer["from"] for answer in heads)
    assert made["validation_status"] == "success" and made["sync_result"] is None


async def test_a_unit_that_nobody_named_and_that_changed_is_a_failure(scene: OpenScene) -> None:
    """Service state is preserved: what falls over beside the restart is told, and the next node is left alone."""
    async with scene(history_jobs=2) as it:
        control = it.devnet.controls["genesis"]
        original = control.act

        async def drags_another_down(verb: str, unit: str) -> str:
            said = await original(verb, unit)
            it.devnet.machine("genesis").files.set_unit(P2P, UnitState.DEAD)
            return said

        control.act = drags_another_down  # type: ignore[method-assign]
        done, made = await run(it, "restart", RPC)
    assert done.outcome == "partial" and done.left == list(ALL)
    assert f"{P2P} changed state although nobody asked for it" in str(made["issues"])
    assert ("follower", f"restart {RPC}") not in acted(made)


async def test_it_stops_where_a_node_does_not_come_back(scene: OpenScene) -> None:
    async with scene() as it:
        files = it.devnet.machine("genesis").files
        files.broken.add(NODE)
        for number in range(LOG_LINES):  # a chatty journal must not push the last line out, which says why
            files.log(NODE, f"{number} " + "importing a block " * 20)
        done, made = await run(it, "restart", NODE, seconds=20)
        assert not [call for call in it.calls("follower") if "systemctl restart" in call]
        assert it.devnet.machine("follower").files.units[NODE].state is UnitState.RUNNING
    assert done.done == [] and done.outcome in ("failed", "partial")
    error = next(i for i in made["issues"] if i["kind"] == "service-restart")
    assert "control process exited" in error["detail"] and "No module named 'aitbc_chain'" in error["detail"]
    partial = next(i for i in made["issues"] if i["kind"] == "partial")
    assert "follower was left as they are" in partial["detail"]
    assert "not done: genesis, follower" in made["summary"]


async def test_a_node_that_answers_and_stands_still_is_not_healthy(scene: OpenScene) -> None:
    async with scene(faults=("wedge=20",)) as it:
        done, made = await run(it, "restart", NODE, ["follower", "genesis"], seconds=5)
        assert not [call for call in it.calls("genesis") if "systemctl restart" in call]
    assert done.done == [] and done.left == ["follower", "genesis"]
    assert any(i["kind"] == "wedge" and "stands at" in i["detail"] for i in made["issues"])


async def test_a_stopped_unit_is_not_started_by_a_restart_of_all(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.controls["follower"].act("stop", P2P)
        done, made = await run(it, "restart", targets=["follower"])
        states = {name: unit.state for name, unit in it.devnet.machine("follower").files.units.items()}
        assert states[P2P] is UnitState.DEAD and states[NODE] is UnitState.RUNNING
        assert done.outcome == "success"
        assert acted(made)[:2] == [("follower", f"restart {NODE}"), ("follower", f"restart {RPC}")]


async def test_stop_and_start(scene: OpenScene) -> None:
    async with scene() as it:
        done, made = await run(it, "stop", targets=["follower"])
        follower = it.devnet.net.followers[0]
        assert not follower.running and done.outcome == "success"
        assert [what for _, what in acted(made)] == [f"stop {unit}" for unit in (P2P, RPC, NODE)]
        assert made["nodes_status"]["follower"]["status"] == "offline"
        done, made = await run(it, "start", targets=["follower"])
        assert follower.running and done.outcome == "success"
        assert [what for _, what in acted(made)] == [
            *(f"start {unit}" for unit in (NODE, RPC, P2P)),
            "healthy again",
        ]
        done, made = await run(it, "start", targets=["follower"])
        assert acted(made) == [] and done.outcome == "success", "nothing to start"


async def test_a_refused_password_is_a_permission_with_the_line_to_add(scene: OpenScene) -> None:
    async with scene() as it:
        it.devnet.machine("follower").files.put("sudo-denied", "")
        done, made = await run(it, "restart", NODE, ["follower"])
        assert it.devnet.net.followers[0].running
    assert done.outcome == "failed"
    error = next(i for i in made["issues"] if i["kind"] == "permission")
    assert "a password is required" in error["detail"]
    assert f"NOPASSWD: /usr/bin/systemctl restart {NODE}" in error["remedy"] and "ops ALL=(root)" in error["remedy"]


async def test_a_host_that_is_not_reached_is_not_touched(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.fault_on("ssh-drop", "genesis")
        done, made = await run(it, "restart", NODE)
        assert not [call for call in it.calls("follower") if "restart" in call]
    assert done.outcome == "failed"
    assert any("not reached over SSH, nothing was done" in i["detail"] for i in made["issues"])


async def test_git_is_checked_before_force(scene: OpenScene) -> None:
    async with scene() as it:
        files = it.devnet.machine("follower").files
        files.put("git/status", files.data.joinpath("git/status").read_text() + "? junk.txt\n")
        _, made = await run(it, "restart", NODE, ["follower"], force=True)
    asked = [e["asked"] for e in made["evidence"]]
    at = next(i for i, a in enumerate(asked) if a.startswith("git --no-optional-locks"))
    assert at < asked.index(f"sudo -n systemctl restart {NODE}")
    assert any(i["kind"] == "git-conflict" for i in made["issues"])
