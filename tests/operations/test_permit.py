"""What may leave the process: a list, held where bytes are sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aitbc_tui.domain.errors import AitbcError, GuardError
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.operations import commands
from aitbc_tui.operations.commands import COMMANDS, form_of, listing, reads_only
from aitbc_tui.operations.pool_sync import send_one
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.transport.permit import Permit, needed
from tests.fixtures.waiting import until
from tests.operations.conftest import OpenScene

READS = [
    ("GET", "/rpc/head"),
    ("GET", "/rpc/blocks/5"),
    ("GET", "/c/v1/health"),
    ("GET", "/v1/explorer/receipts"),
    ("HEAD", "/health"),
    ("GET", "/api/tags"),
    ("POST", "/v1/miners/m1/jobs"),
    ("POST", "/v1/miners/m1/earnings"),
]
WRITES = [
    ("POST", "/v1/jobs", Access.SUBMIT),
    ("POST", "/v1/jobs/0f3c/cancel", Access.SUBMIT),
    ("POST", "/rpc/importBlock", Access.OPERATE),
    ("POST", "/rpc/transaction", Access.OPERATE),
    ("POST", "/rpc/messaging/messages/post", Access.OPERATE),
    ("POST", "/api/generate", Access.OPERATE),
]
NEVER = [
    ("POST", "/rpc/force-sync"),
    ("POST", "/rpc/import-chain"),
    ("POST", "/rpc/subscribe"),
    ("GET", "/rpc/subscribe/ws"),
    ("DELETE", "/rpc/lease/genesis"),
    ("POST", "/rpc/escrow/create"),
    ("POST", "/v1/miners/register"),
    ("POST", "/v1/miners/poll"),
    ("PUT", "/v1/jobs"),
    ("GET", "/etc/passwd"),
    ("POST", "/v1/reputation/job-completion"),
]


# What may run with `sudo -n` in front: a unit's log, an environment file, a backup, the working copy, a power limit.
AS_ROOT = {"systemctl", "journalctl", "cat", "test", "sqlite3", "python3", "rm", "cp", "sed", "env", "nvidia-smi"}
ROOT_READS = [
    ("cat", "/etc/aitbc/node.env"),
    ("test", "-r", "/etc/aitbc/node.env"),
    ("journalctl", "-u", "aitbc-blockchain-node", "-n", "50", "--no-pager", "-o", "short-iso"),
    ("journalctl", "-u", "aitbc-blockchain-node", "-n", "50", "--no-pager", "-o", "short-iso", "-f"),
    ("sqlite3", "-readonly", "/d/chain.db", "PRAGMA integrity_check"),
    ("python3", "-c", commands.SQLITE, "/d/chain.db", "PRAGMA integrity_check"),
]
NEVER_AS_ROOT = [
    ("sh",),
    ("true",),
    ("sha256sum",),
    ("ls", "-1", "/d"),
    ("stat", "-c", "%s", "/d/chain.db"),
    ("df", "-Pk", "/d"),
    ("git", "-C", "/opt/aitbc", "rev-parse", "HEAD", "@{upstream}"),
    ("systemctl", "show", "aitbc-blockchain-node", "-p", "ActiveState"),
    ("touch", "/tmp/aitbc-tui-power.abcdefgh/keep"),
]


def permit(access: Access) -> Permit:
    return Permit(access, "prod", reads_only)


@pytest.mark.parametrize(("method", "path"), READS)
def test_reading_needs_nothing(method: str, path: str) -> None:
    permit(Access.OBSERVE).http(method, f"http://127.0.0.1:1{path}?limit=1", "h")


@pytest.mark.parametrize(("method", "path", "need"), WRITES)
def test_writing_needs_its_level(method: str, path: str, need: Access) -> None:
    levels = list(Access)
    for access in levels:
        if levels.index(access) >= levels.index(need):
            permit(access).http(method, f"http://127.0.0.1:1{path}", "h")
            continue
        with pytest.raises(GuardError, match=f"needs access {need.value}"):
            permit(access).http(method, f"http://127.0.0.1:1{path}", "h")


@pytest.mark.parametrize(("method", "path"), NEVER)
def test_what_is_on_no_list_is_never_sent(method: str, path: str) -> None:
    assert needed(method, path) is None
    with pytest.raises(GuardError, match="no list"):
        permit(Access.OPERATE).http(method, f"http://127.0.0.1:1{path}", "h")


def test_every_command_that_is_built_is_on_the_list() -> None:
    backup = "/d/chain.db.aitbc-tui-20261122T120000Z"
    built = [
        *(commands.systemctl(verb, "a.service") for verb in ("start", "stop", "restart")),
        commands.journal("a", 5),
        commands.journal("a@1.service", 5, follow=True),
        commands.disk("/d"),
        commands.size("/d/chain.db"),
        commands.files("/d"),
        commands.git_heads("/opt/aitbc"),
        commands.git_fetch("/opt/aitbc"),
        commands.git_forward("/opt/aitbc"),
        commands.vacuum("/d/chain.db", backup),
        commands.integrity(backup),
        commands.without_sqlite3(commands.vacuum("/d/chain.db", backup)),
        commands.without_sqlite3(commands.integrity(backup)),
        commands.remove_backup(backup),
        commands.copy("/e/x.env", backup),
        commands.copy(backup, "/e/x.env"),
        commands.set_key("/e/x.env", "chain_id", "ait-mainnet", True),
        commands.set_key("/e/x.env", "chain_id", "ait-mainnet", False),
    ]
    forms = [form_of(argv) for argv in built]
    assert None not in forms
    writing = {f.form for f in forms if f is not None and f.writes}
    assert writing >= {
        f.form for f in COMMANDS if f.writes and f.form.split(" ")[0] in ("systemctl", "git", "env", "cp")
    }
    assert [reads_only(argv) for argv in built[:5]] == [False, False, False, True, True]
    assert reads_only(commands.disk("/")), "the disk of a node without `data` is the root's"
    assert all(form_of(("sudo", "-n", *argv)) is not None for argv in built if argv[0] in AS_ROOT)
    assert {argv[0] for argv in built if form_of(("sudo", "-n", *argv)) is None} == {"df", "stat", "ls", "git"}
    assert all(fixed.form in listing() for fixed in COMMANDS) and "restrict,port-forwarding,permitopen" in listing()


@pytest.mark.parametrize("argv", ROOT_READS, ids=" ".join)
def test_what_is_read_as_root(argv: tuple[str, ...]) -> None:
    assert reads_only(argv) and reads_only(("sudo", "-n", *argv))
    permit(Access.OBSERVE).command(("sudo", "-n", *argv), "h")


def test_a_log_may_be_asked_for_without_its_past() -> None:
    assert commands.journal("aitbc", 0, follow=True)[3:5] == ("-n", "0")


@pytest.mark.parametrize("argv", NEVER_AS_ROOT, ids=" ".join)
def test_what_is_never_run_as_root(argv: tuple[str, ...]) -> None:
    """A shell as root is no reading, whatever is told to it."""
    assert form_of(argv) is not None and form_of(("sudo", "-n", *argv)) is None
    with pytest.raises(GuardError):
        permit(Access.OBSERVE).command(("sudo", "-n", *argv), "h")


@pytest.mark.parametrize(
    "argv",
    [
        ("systemctl", "restart", "a", "b"),
        ("sh", "-c", "rm -rf /"),
        ("rm", "-f", "/var/lib/aitbc/data/chain.db"),
        ("sqlite3", "/d/chain.db", "delete from block"),
        ("git", "-C", "/opt/aitbc", "push"),
        ("journalctl", "--vacuum-size=1", "-u", "a"),
        ("nvidia-smi", "-pl", "100"),
        ("python3", "-c", "print(1)", "/d/chain.db", "PRAGMA integrity_check"),
    ],
)
def test_other_commands_are_on_no_list(argv: tuple[str, ...]) -> None:
    assert not reads_only(argv)
    with pytest.raises(GuardError):
        permit(Access.OBSERVE).command(argv, "h")


@pytest.mark.parametrize(
    "build",
    [
        lambda: commands.systemctl("mask", "a"),
        lambda: commands.systemctl("stop", "a; reboot"),
        lambda: commands.systemctl("stop", "-f"),
        lambda: commands.journal("a b", 5),
        lambda: commands.journal("a", 10**6),
        lambda: commands.journal("a", -1),
        lambda: commands.disk("/d; id"),
        lambda: commands.disk("/d/../etc"),
        lambda: commands.vacuum("/d/chain.db", "/d/x'; ATTACH"),
        lambda: commands.remove_backup("/d/chain.db"),
        lambda: commands.set_key("/e", "chain_id", "x|e id", True),
        lambda: commands.set_key("/e", "chain_id", "x\ny=1", True),
        lambda: commands.set_key("/e", "Chain Id", "x", True),
    ],
)
def test_nothing_from_outside_gets_into_a_command(build: object) -> None:
    with pytest.raises(AitbcError):
        build()  # type: ignore[operator]


async def test_at_observe_nothing_that_writes_leaves(scene: OpenScene, tmp_path: Path) -> None:
    async with scene(access=Access.OBSERVE) as it:
        await it.look()
        genesis, follower = it.devnet.net.nodes
        before = genesis.counters["rpc_requests_total"], dict(follower.state.blocks), dict(genesis.state.mempool)
        field = it.field()
        for path in ("/rpc/importBlock", "/rpc/transaction", "/rpc/messaging/messages/post"):
            with pytest.raises(GuardError, match="observe"):
                await it.collector.asker.send("genesis", it.node("genesis").rpc, Ask("POST", path, body=b"{}"))
        with pytest.raises(GuardError):
            await send_one(field, it.node("follower"), {}, "0x0")
        host = it.collector.hosts["genesis"]
        for argv in (commands.systemctl("stop", "aitbc-blockchain-node"), commands.git_fetch("/opt/aitbc")):
            with pytest.raises(GuardError, match="operate"):
                await host.run(("sudo", "-n", *argv), timeout_s=5, max_bytes=100)
            with pytest.raises(GuardError):
                async for _ in host.stream(argv, max_line=100):
                    pass
        assert genesis.counters["rpc_requests_total"] == before[0] and genesis.state.mempool == before[2]
        assert not [call for call in it.calls("genesis") if "stop" in call or "fetch" in call or "sudo" in call]


async def test_at_observe_the_dashboard_goes_on(scene: OpenScene) -> None:
    async with scene(access=Access.OBSERVE) as it:
        task = asyncio.ensure_future(it.collector.run())
        try:
            hub = it.collector.hub
            await until(lambda: hub.newest.headline.word == "sound" and bool(hub.newest.ollamas["gpu-1"].at), 20)
            seen = it.collector.hub.newest
        finally:
            task.cancel()
        assert all(row.git.value is not None for row in seen.nodes) and len(seen.gpus) == 2


async def test_at_observe_an_overdue_job_is_not_read_singly(scene: OpenScene) -> None:
    """That GET would turn it into EXPIRED; with access submit it is read, and is."""
    from aitbc_tui.protocol import requests
    from aitbc_tui.state.events import OwnJobKnown

    for access in (Access.OBSERVE, Access.SUBMIT):
        async with scene(access=access) as it:
            await it.look()
            store = it.devnet.store
            job = next(j for j in store.newest() if j.client_id == it.devnet.keys.client)
            job.state, job.ttl_seconds = "QUEUED", 0
            hub = it.collector.hub
            past = hub.clock.utc() - 60
            hub.emit(OwnJobKnown(job.job_id, "m", past - 900, past, 5, hub.clock.monotonic()))  # type: ignore[arg-type]
            url = it.environment.coordinator
            assert url is not None
            if access is Access.OBSERVE:
                with pytest.raises(GuardError, match="overdue"):
                    await it.collector.asker.send(url.host, url.url, requests.job(job.job_id))
                assert job.state == "QUEUED"
            else:
                await it.collector.asker.send(url.host, url.url, requests.job(job.job_id))
                assert job.state == "EXPIRED"
