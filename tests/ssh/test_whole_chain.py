"""Collector, SSH, tunnel, RPC, receipts: the whole chain against real OpenSSH servers in front of the devnet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.collect.collector import Collector
from aitbc_tui.devnet.child import Child
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import Snapshot, SubmissionState
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import JobOrder
from tests.fixtures.chain import Fleet, fleet, running, until
from tests.fixtures.sshd import RealSshd, public, write_key

MakeSshd = Callable[..., RealSshd]


@pytest.fixture
def behind(devnet_child: Child, real_sshd: MakeSshd) -> Iterator[Fleet]:
    made = fleet(devnet_child, real_sshd)
    yield made
    made.stop()


def sound(snapshot: Snapshot) -> bool:
    return snapshot.headline.word == "sound"


async def test_a_sound_network_over_real_ssh(behind: Fleet, tmp_path: Path) -> None:
    async with Collector(behind.setup(tmp_path / "ledger.sqlite3")) as collector:
        with running(collector):
            await until(collector, sound)
            seen = await until(collector, lambda s: all(r.units.value and r.git.value for r in s.nodes))
    assert [str(r.verdict.word) for r in seen.nodes] == ["produces", "agrees"]
    assert [len(r.units.value or ()) for r in seen.nodes] == [3, 3]
    assert all(r.peers.value is not None and r.peers.value.count >= 1 for r in seen.nodes)
    assert len(seen.miners) == 2 and len(seen.gpus) == 2
    assert len(seen.receipts) >= 5 and all(r.receipt.valid for r in seen.receipts)
    assert {str(m.name) for m in seen.models} == {"llama3.2:latest", "mistral:latest", "deepseek-r1:14b"}
    assert [link.verdict.word for link in seen.links] == ["up"] * 3


async def test_a_job_from_submission_to_its_verified_receipt(behind: Fleet, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite3"
    async with Collector(behind.setup(ledger)) as collector:
        with running(collector):
            await until(collector, sound)
            order = JobOrder("llama3.2:latest", "Explain proof of authority")
            done = await collector.must_write().submit(order)
            assert done.state is SubmissionState.ACCEPTED and done.job_id is not None
            job_id = str(done.job_id)
            assert job_id in {row.job_id for row in collector.must_write().ledger_rows()}
            states: list[str] = []

            def completed(snapshot: Snapshot) -> bool:
                row = snapshot.job(job_id)
                if row is not None and (not states or states[-1] != row.job.state):
                    states.append(str(row.job.state))
                return row is not None and row.receipt is not None and row.job.state == "COMPLETED"

            seen = await until(collector, completed, 40)
    row = seen.job(job_id)
    assert row is not None and row.receipt is not None
    assert row.receipt.valid and row.receipt.facts.job_id == job_id
    assert row.receipt.sum_mark == "="
    assert row.verdict.word == "done" and row.result_status == "completed"
    assert states[0] in ("QUEUED", "RUNNING") and states[-1] == "COMPLETED"


async def test_a_wrong_host_key_is_refused_and_nothing_is_shown(behind: Fleet, tmp_path: Path) -> None:
    server = behind.servers["follower"]
    stranger = write_key(tmp_path / "stranger")
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {public(stranger)}\n")
    async with Collector(behind.setup(tmp_path / "ledger.sqlite3")) as collector:
        with running(collector):
            seen = await until(collector, lambda s: any(a.rule == "ssh-hostkey-changed" for a in s.alarms))
    row = next(r for r in seen.nodes if r.name == "follower")
    assert row.head.value is None
    assert (row.verdict.word, row.verdict.level) == ("HOSTKEY", Level.BAD), "what the alarm says"
    assert next(link for link in seen.links if link.host == "follower").host_key_problem


async def test_a_wrong_user_key_is_said_to_be_refused(behind: Fleet, tmp_path: Path) -> None:
    behind.servers["follower"].authorize(write_key(tmp_path / "other"))
    async with Collector(behind.setup(tmp_path / "ledger.sqlite3")) as collector:
        with running(collector):
            seen = await until(collector, lambda s: any(a.rule == "login" for a in s.alarms))
    row = next(r for r in seen.nodes if r.name == "follower")
    assert row.verdict.word == "login refused"
    assert row.head.value is None


async def test_forwarding_refused_leaves_the_rest(devnet_child: Child, real_sshd: MakeSshd, tmp_path: Path) -> None:
    """The host's own figures still come through the shell; the RPC says why it does not."""
    made = fleet(devnet_child, real_sshd, "AllowTcpForwarding no")
    try:
        async with Collector(made.setup(tmp_path / "ledger.sqlite3")) as collector:
            with running(collector):
                seen = await until(
                    collector,
                    lambda s: all(r.head.trouble is not None and r.figures.value is not None for r in s.nodes),
                )
    finally:
        made.stop()
    trouble = seen.nodes[0].head.trouble
    assert trouble is not None
    assert "AllowTcpForwarding" in f"{trouble.detail} {trouble.remedy}"


async def test_few_sessions_are_enough(devnet_child: Child, real_sshd: MakeSshd, tmp_path: Path) -> None:
    """direct-tcpip channels do not count as sessions: with MaxSessions 2 everything but the GPU stream goes on."""
    made = fleet(devnet_child, real_sshd, "MaxSessions 2")
    try:
        async with Collector(made.setup(tmp_path / "ledger.sqlite3")) as collector:
            with running(collector):
                seen = await until(collector, lambda s: all(r.units.value for r in s.nodes) and sound(s))
    finally:
        made.stop()
    assert seen.headline.word == "sound"


async def test_a_frozen_peer_goes_stale_and_comes_back(behind: Fleet, tmp_path: Path) -> None:
    async with Collector(behind.setup(tmp_path / "ledger.sqlite3")) as collector:
        with running(collector):
            await until(collector, sound)
            height = collector.hub.newest.nodes[1].head.value
            behind.servers["follower"].freeze()
            seen = await until(collector, lambda s: s.nodes[1].head.freshness(s.now) is Freshness.STALE, 30)
            assert seen.nodes[1].head.value is not None and height is not None, "the last figure is kept"
            assert seen.nodes[1].verdict.word.startswith("stale")
            assert seen.nodes[0].head.freshness(seen.now) is Freshness.FRESH, "the other node goes on"
            behind.servers["follower"].cut()
            await until(collector, sound, 40)


async def test_with_sshd_gone_the_figures_go_stale_although_the_ports_are_open(behind: Fleet, tmp_path: Path) -> None:
    async with Collector(behind.setup(tmp_path / "ledger.sqlite3")) as collector:
        with running(collector):
            await until(collector, sound)
            behind.servers["follower"].stop()
            await until(collector, lambda s: s.nodes[1].head.freshness(s.now) is Freshness.STALE, 20)
            link = next(row for row in collector.hub.newest.links if row.host == "follower")
            assert link.next_try_at is not None, "the next try is shown"


async def test_observe_sends_no_write(behind: Fleet, tmp_path: Path) -> None:
    from aitbc_tui.domain.errors import GuardError
    from aitbc_tui.domain.snapshot import Access

    watching = replace(behind.environment, access=Access.OBSERVE)
    async with Collector(behind.setup(tmp_path / "ledger.sqlite3", environment=watching)) as collector:
        with running(collector):
            await until(collector, sound)
            with pytest.raises(GuardError, match="observe"):
                await collector.must_write().submit(JobOrder("llama3.2:latest", "no"))
            await asyncio.sleep(0)
