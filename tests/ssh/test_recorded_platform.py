"""The real coordinator and nodes as recorded, byte for byte, behind real OpenSSH servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.model import (
    CoordinatorConfig,
    EnvironmentConfig,
    HostConfig,
    NodeConfig,
    Origin,
    OriginKind,
    Role,
    SecretSource,
)
from aitbc_tui.domain.snapshot import Access, SubmissionState
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.receipts.trust import store_of
from tests.fixtures.chain import running, until
from tests.fixtures.replay import CAPTURES, Replay, capture
from tests.fixtures.sshd import RealSshd

MakeSshd = Callable[..., RealSshd]
C, N = "coordinator-2026-02", "node-2026-04"
JOB = "2b291c92422f41379469c7f284ca4490"

COORDINATOR = {
    "GET /v1/health": f"{C}/001-health",
    "GET /v1/admin/jobs": f"{C}/086-admin-jobs-running",
    "GET /v1/admin/miners": f"{C}/112-admin-miners-two",
    "GET /v1/explorer/receipts": f"{C}/094-lifecycle-explorer-receipts",
    "POST /v1/jobs": f"{C}/076-lifecycle-submit",
    f"GET /v1/jobs/{JOB}": f"{C}/090-lifecycle-completed",
    f"GET /v1/jobs/{JOB}/result": f"{C}/091-lifecycle-result",
    f"GET /v1/jobs/{JOB}/receipt": f"{C}/092-lifecycle-receipt",
}
GENESIS = {
    "GET /health": f"{N}/007-genesis-health",
    "GET /rpc/head": f"{N}/009-genesis-head-chain",
    "GET /rpc/blocks/0": f"{N}/010-genesis-block-0",
    "GET /rpc/mempool": f"{N}/120-mempool-nonempty-genesis",
}
FOLLOWER = {
    "GET /health": f"{N}/019-follower-health",
    "GET /rpc/head": f"{N}/020-follower-head",
    "GET /rpc/mempool": f"{N}/121-mempool-follower-after",
}


def source(folder: Path, name: str, key: str) -> SecretSource:
    file = folder / name
    file.write_text(key + "\n")
    file.chmod(0o600)
    return SecretSource(f"env.rec.coordinator.{name}_file", Origin(OriginKind.FILE, "test"), folder, file=file)


def environment(server: RealSshd, genesis: Replay, follower: Replay, coordinator: Replay, folder: Path):  # type: ignore[no-untyped-def]
    spec = server.spec()
    host = HostConfig(
        "one",
        "127.0.0.1",
        port=server.port,
        user=spec.user,
        identity=Path(str(spec.identity)),
        known_hosts=Path(str(spec.known_hosts)),
    )
    return EnvironmentConfig(
        name="rec",
        access=Access.SUBMIT,
        hosts={"one": host},
        nodes=(
            NodeConfig("genesis", "one", genesis.url, Role.GENESIS, "ait-mainnet"),
            NodeConfig("follower", "one", follower.url, Role.FOLLOWER, "ait-mainnet"),
        ),
        coordinator=CoordinatorConfig(
            "one",
            coordinator.url,
            client=source(folder, "client", "client-dev-key-1"),
            admin=source(folder, "admin", "admin-dev-key-1"),
        ),
    )


async def test_the_recorded_platform_from_submission_to_receipt(real_sshd: MakeSshd, tmp_path: Path) -> None:
    keys = capture_keys()
    async with (
        Replay(GENESIS, f"{N}/039-block-404-future") as genesis,
        Replay(FOLLOWER, f"{N}/039-block-404-future") as follower,
        Replay(COORDINATOR, f"{C}/055-get-404") as coordinator,
    ):
        env = environment(real_sshd(), genesis, follower, coordinator, tmp_path)
        setup = Setup(env, store_of((keys[0],), (keys[1],), None), tmp_path / "ledger.sqlite3", ssh_config="")
        async with Collector(setup) as collector:
            with running(collector):
                first = await until(
                    collector, lambda s: bool(s.receipts and s.jobs and s.miners and s.nodes[1].lag == 0)
                )
                done = await collector.must_write().submit(JobOrder("llama3.2:latest", "Explain quantum computing"))
                assert done.state is SubmissionState.ACCEPTED and done.job_id == JOB
                seen = await until(
                    collector, lambda s: (row := s.job(JOB)) is not None and row.result_status == "completed"
                )
        assert coordinator.asked.count("POST /v1/jobs") == 1
        assert coordinator.keys == {"client-dev-key-1", "admin-dev-key-1"}
        assert not genesis.keys and not follower.keys, "no key goes to a node"
    assert [row.head.value.height for row in first.nodes if row.head.value] == [30, 30]
    assert first.nodes[1].hash_agrees is True
    assert len(first.jobs) == len(capture(COORDINATOR["GET /v1/admin/jobs"])["response"]["json"]["items"])
    assert sorted(m.miner.status for m in first.miners) == ["ONLINE", "active"]
    row = seen.job(JOB)
    assert row is not None and row.receipt is not None
    assert row.receipt.verdict == "valid"
    assert (row.receipt.facts.units_text, row.receipt.facts.price_text) == ("25.495", "0.5099")
    assert row.receipt.sum_mark == "="
    shown = repr(seen)
    for secret in ("client-dev-key-1", "miner-dev-key-1", "admin-dev-key-1", "Explain quantum computing"):
        assert secret not in shown


async def test_a_wedged_follower_as_recorded(real_sshd: MakeSshd, tmp_path: Path) -> None:
    """Genesis at 71, the follower frozen at 48: called lag at once (one look cannot know more)."""
    ahead = {**GENESIS, "GET /rpc/head": f"{N}/130-genesis-head-while-follower-wedged"}
    behind = {**FOLLOWER, "GET /rpc/head": f"{N}/129-follower-head-wedged"}
    async with (
        Replay(ahead, f"{N}/039-block-404-future") as genesis,
        Replay(behind, f"{N}/131-follower-block-49-404-wedged") as follower,
        Replay(COORDINATOR, f"{C}/055-get-404") as coordinator,
    ):
        env = environment(real_sshd(), genesis, follower, coordinator, tmp_path)
        setup = Setup(env, store_of((), (), None), tmp_path / "ledger.sqlite3", ssh_config="")
        async with Collector(setup) as collector:
            with running(collector):
                seen = await until(collector, lambda s: bool(s.receipts) and s.nodes[1].lag is not None)
    assert seen.nodes[1].lag == 23
    assert seen.nodes[1].verdict.word == "lag"
    assert all(r.receipt.verdict == "untrusted-key" for r in seen.receipts), "nothing is pinned: nothing is valid"


def capture_keys() -> tuple[str, str]:
    keys = json.loads((CAPTURES.parent / "receipts" / "public-keys.json").read_text())["2026-02"]
    return keys["signing"]["key_id"], keys["attestation"]["key_id"]
