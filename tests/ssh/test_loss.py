"""Losing a real sshd: frozen, killed, gone; what is said meanwhile, and coming back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from aitbc_tui.domain.errors import AitbcError, ConnectError
from aitbc_tui.transport.host import Host, LinkState, open_host
from aitbc_tui.transport.spec import Limits
from aitbc_tui.transport.values import LinkReport
from tests.fixtures.rawhttp import RawHttp, always_ok, raw_http
from tests.fixtures.sshd import RealSshd
from tests.fixtures.waiting import nap, until
from tests.ssh.conftest import QUICK, UP_S

Make = Callable[..., RealSshd]
Open = Callable[..., Host]


async def test_frozen_peer_is_noticed_by_keepalive(real_sshd: Make, opened: Open) -> None:
    async def never(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(60)
        return False

    server = real_sshd()
    host = opened(server.spec())
    async with raw_http(never) as http:
        await host.ensure(UP_S)
        asked = asyncio.create_task(host.request("GET", http.url, timeout_s=30, max_bytes=100))
        await until(lambda: http.open == 1, 5)
        server.freeze()
        await until(lambda: host.report().lost == 1, 15)  # long before the 30 s of what is asked are over
        with pytest.raises(ConnectError, match="no answer to 2 keepalives in 0.8 s") as caught:
            await asked
        assert caught.value.timed_out
    server.cut()


async def test_killed_peer_is_noticed_at_once_and_reconnected(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec(), replace(QUICK, keepalive_s=60.0, backoff_first_s=1.0))  # no keepalive tells it first
    async with raw_http(always_ok) as http:
        await host.ensure(UP_S)
        await host.request("GET", http.url, timeout_s=3, max_bytes=100)
        await host.shell("x=old", timeout_s=5, max_bytes=100)
        server.cut()
        await until(lambda: host.report().lost == 1, 20)
        with pytest.raises(ConnectError):
            await host.request("GET", http.url, timeout_s=3, max_bytes=100)
        await until(lambda: host.report().state is LinkState.UP, 10)
        assert host.report().reconnects == 1
        assert (await host.request("GET", http.url, timeout_s=3, max_bytes=100)).status == 200
        assert (await host.shell("echo $x.", timeout_s=5, max_bytes=100)).stdout == b".\n"


async def test_with_sshd_gone_nothing_is_asked_another_way(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    async with raw_http(always_ok) as http:
        await host.ensure(UP_S)
        await host.request("GET", http.url, timeout_s=3, max_bytes=100)
        server.stop()
        await until(lambda: host.report().lost == 1, 5)
        asked = len(http.heads)
        for _ in range(5):
            with pytest.raises(ConnectError) as caught:
                await asyncio.wait_for(host.request("GET", http.url, timeout_s=60, max_bytes=100), 20)
            assert not caught.value.timed_out  # told at once, without waiting
        assert len(http.heads) == asked
        await until(lambda: host.report().state is LinkState.WAITING, 5)
        report = host.report()
        assert report.next_try_at is not None and report.connected_since is None
        server.start()
        host.retry_now()
        await until(lambda: host.report().state is LinkState.UP, 10)
        assert (await host.request("GET", http.url, timeout_s=3, max_bytes=100)).status == 200


async def test_backoff_grows_and_is_bounded(real_sshd: Make) -> None:
    server = real_sshd()
    server.stop()
    seen: list[LinkReport] = []
    limits = Limits(connect_s=1, backoff_first_s=0.1, backoff_max_s=0.4)
    host = open_host(server.spec(), limits, lambda: 1000.0, on_change=seen.append)
    try:
        with pytest.raises(AitbcError):
            await host.ensure(5)
        await until(lambda: len([r for r in seen if r.state is LinkState.WAITING]) >= 5, 10)
    finally:
        await host.close()
    waits = [r.next_try_at - r.since for r in seen if r.state is LinkState.WAITING and r.next_try_at is not None]
    assert all(wait < 0.401 for wait in waits)
    assert 0.049 < waits[0] < 0.101 and len(waits) > 3 and all(wait > 0.199 for wait in waits[3:])
    assert [r.state for r in seen[:3]] == [LinkState.CONNECTING, LinkState.CONNECTING, LinkState.WAITING]
    assert seen[-1].state is LinkState.CLOSED


async def test_one_connection_however_many_ask(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await asyncio.gather(*(host.ensure(UP_S) for _ in range(10)))
    assert server.log.count("Accepted publickey") == 1


async def test_request_before_ensure_is_refused_at_once(real_sshd: Make, opened: Open) -> None:
    host = opened(real_sshd().spec())
    with pytest.raises(ConnectError, match="not connected yet"):
        await host.request("GET", "http://127.0.0.1:1/", timeout_s=3, max_bytes=100)
    await host.close()
    with pytest.raises(ConnectError, match="closed"):
        await host.ensure(1)
    with pytest.raises(ConnectError, match="closed"):
        await host.shell("true", timeout_s=1, max_bytes=10)


async def test_closing_ends_what_runs_there(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    running = asyncio.create_task(host.run(["sleep", nap(68)], timeout_s=60, max_bytes=10))
    shell = asyncio.create_task(host.shell(f"sleep {nap(68)}", timeout_s=60, max_bytes=10))

    await until(lambda: len(server.commands(nap(68))) >= 3, 5)
    await host.close()
    for task in (running, shell):
        with pytest.raises(AitbcError):
            await asyncio.wait_for(task, 5)
    await until(lambda: not server.sessions(), 6)
