"""Every kind of the seed's error list, and what becomes of a connection that is lost in the middle."""

from __future__ import annotations

import asyncio
import json
from typing import Any, get_args

import pytest

from aitbc_tui.domain.errors import (
    AitbcError,
    AuthError,
    CommandError,
    ConfigError,
    ConnectError,
    GuardError,
    HostKeyError,
    HostKeyProblem,
    HttpError,
    TunnelError,
)
from aitbc_tui.operations import service
from aitbc_tui.operations.coordinate import Order, coordinate
from aitbc_tui.operations.models import IssueKind
from aitbc_tui.operations.sync import sync
from aitbc_tui.operations.sync_run import SyncOrder
from aitbc_tui.operations.tally import (
    ConflictError,
    PermissionRefused,
    ServiceError,
    SyncError,
    Tally,
    error_kind,
)
from tests.operations.conftest import OpenScene

NODE = "aitbc-blockchain-node"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectError("connection refused: nothing listens on 10.0.0.1:22"), "connection"),
        (ConnectError("connection lost"), "connection"),
        (TunnelError("no channel"), "connection"),
        (ConnectError("cannot connect to 10.0.0.1: No route to host"), "unreachable"),
        (ConnectError("name not found: nosuch"), "unreachable"),
        (ConnectError("nothing listens on 127.0.0.1:8006 at genesis"), "service-offline"),
        (ConnectError("not connected", timed_out=True), "timeout"),
        (AuthError("the key is refused"), "authentication"),
        (HostKeyError("changed", problem=HostKeyProblem.CHANGED), "trust"),
        (GuardError("observe"), "permission"),
        (PermissionRefused("sudo: a password is required"), "permission"),
        (ServiceError("restart failed"), "service-restart"),
        (ConflictError("diverged"), "git-conflict"),
        (SyncError("stopped"), "sync"),
        (SyncError("over", timed_out=True), "timeout"),
        (ConfigError("no such node"), "validation"),
        (CommandError("git: not installed", exit_status=127), "command"),
        (CommandError("slow", timed_out=True), "timeout"),
        (HttpError("500", status=500), "validation"),
        (HttpError("closed without an answer"), "service-offline"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_failure_has_its_kind(error: AitbcError, kind: str) -> None:
    assert error_kind(error) == kind and kind in get_args(IssueKind)
    tally = Tally()
    tally.failed(error, "follower")
    assert tally.issues == [{"kind": kind, "node": "follower", "detail": error.detail, "remedy": ""}]


async def test_a_connection_lost_in_the_middle_of_a_restart_is_looked_up_and_not_repeated(scene: OpenScene) -> None:
    async with scene() as it:
        machine = it.devnet.machine("follower")
        control = it.devnet.controls["follower"]
        done: list[str] = []
        original = control.act

        async def slow(verb: str, unit: str) -> str:
            said = await original(verb, unit)
            done.append(f"{verb} {unit}")
            await machine.ssh.valve.drop()
            await asyncio.sleep(0.3)
            return said

        control.act = slow  # type: ignore[method-assign]
        field = it.field(20)
        run = await coordinate(field, await it.look(), Order("restart", NODE, ("follower", "genesis")))
        assert done == [f"restart {NODE}"], "sent once"
        assert run.outcome == "failed" and run.left == ["follower", "genesis"]
    said = json.dumps(field.tally.issues)
    assert "not sent again; looked up: it is active/running" in said


async def test_a_connection_lost_in_the_middle_of_a_sync_leaves_the_real_height(scene: OpenScene) -> None:
    async with scene(faults=("wedge=400",), block_time_s=5.0) as it:
        field = it.field(25)
        before = await it.look()
        task = asyncio.ensure_future(sync(field, before, SyncOrder("blockchain", ("follower",))))
        state = it.devnet.net.followers[0].state
        first = state.height()
        async with asyncio.timeout(20):
            while state.height() < first + 50:  # noqa: ASYNC110 - the devnet's own state has no event
                await asyncio.sleep(0.005)
        await it.devnet.machine("follower").ssh.valve.drop()
        run = await task
        assert run.outcome == "partial" and state.height() < it.devnet.net.genesis.state.height()
        heads = [e["answer"] for e in field.tally.evidence if isinstance(e["answer"], dict) and "height" in e["answer"]]
        assert any(answer["height"] == state.height() for answer in heads), "looked up after it came back"
    assert {i["kind"] for i in field.tally.issues} >= {"connection"} or any(
        i["kind"] in ("service-offline", "unreachable") for i in field.tally.issues
    )


async def test_a_miner_is_stopped_when_its_job_has_ended(scene: OpenScene) -> None:
    async with scene() as it:
        named = service.find(it.environment, "aitbc-host-gpu-miner", None)
        assert named.miner and named.host == "gpu-1"
        counts = [1, 1, 0]
        alive: list[bool] = []

        async def busy() -> service.Running | None:
            alive.append(it.devnet.miners[0].alive)
            return service.Running(counts.pop(0), True)

        await it.look(gpus=True)
        before, after = await service.change(it.field(), named, "stop", busy)
        assert (before.running, after.running, alive) == (True, False, [True, True, True])
        assert not it.devnet.miners[0].alive

        async def always() -> service.Running | None:
            return service.Running(1, True)

        other = service.find(it.environment, "aitbc-host-gpu-miner-1", None)
        with pytest.raises(ServiceError, match="1 job of miner-1 not done yet: aitbc-host-gpu-miner-1 was not touched"):
            await service.change(it.field(6), other, "stop", always)
        assert it.devnet.miners[1].alive


@pytest.mark.parametrize(
    ("unit", "host", "said"),
    [
        ("aitbc-blockchain-nod", "genesis", "did you mean"),
        (NODE, None, "several hosts"),
        (NODE, "genesi", 'did you mean "genesis"'),
        ("sshd", None, "no unit"),
        ("ollama", "gpu-1", "no unit"),
    ],
)
async def test_only_configured_units_can_be_named(scene: OpenScene, unit: str, host: str | None, said: str) -> None:
    async with scene(history_jobs=2) as it:
        with pytest.raises(ConfigError, match=said):
            service.find(it.environment, unit, host)
        assert service.find(it.environment, f"{NODE}.service", "follower").about == "follower"


def test_an_issue_is_told_once_and_cleaned() -> None:
    tally = Tally()
    for _ in range(3):
        tally.issue("sync", "follower", "said \x1b[2J this", "")
    assert len(tally.issues) == 1 and "\x1b" not in str(tally.issues)
    document: dict[str, Any] = {"confidence": tally.confidence}
    assert document["confidence"] == 0.0
    tally.counted(True)
    tally.counted(True)
    tally.counted(False)
    assert tally.confidence == 0.67
