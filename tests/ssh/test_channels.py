"""Channels on a real sshd: forwarding refused, ports closed, sessions used up, and nothing left behind."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable
from contextlib import aclosing

import psutil
import pytest

from aitbc_tui.domain.errors import CommandError, ConnectError, HttpError, TunnelError
from aitbc_tui.transport.host import Host
from aitbc_tui.transport.spec import Limits
from tests.fixtures.rawhttp import RawHttp, always_ok, answer, raw_http
from tests.fixtures.sshd import RealSshd, free_port
from tests.fixtures.waiting import nap, until
from tests.ssh.conftest import UP_S

Make = Callable[..., RealSshd]
Open = Callable[..., Host]


async def gone(server: RealSshd, word: str, within_s: float) -> bool:
    await until(lambda: not server.commands(word), within_s)
    return True


async def test_http_through_the_connection(real_sshd: Make, opened: Open) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        for part in (b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", b'{"ok":true}'):
            writer.write(part)  # in two packets, as uvicorn does
            await asyncio.sleep(0.001)
        return True

    server = real_sshd()
    host = opened(server.spec())
    async with raw_http(respond) as http:
        await host.ensure(UP_S)
        took: list[float] = []
        for _ in range(10):
            for _ in range(20):
                got = await host.request("GET", f"{http.url}/rpc/head", timeout_s=10, max_bytes=1000)
                assert (got.status, got.body) == (200, b'{"ok":true}')
                took.append(got.elapsed_ms)
            if statistics.median(took[-20:]) < 25:
                break
        else:  # a busy machine slows some rounds, Nagle against delayed acknowledgements every one, to 44 ms
            pytest.fail(f"no round of 20 was quick: {took}")
        assert http.connections == 1
        report = host.report()
        assert report.rtt_ms == pytest.approx(min(took[-16:]))
        assert report.bytes_in == len(took) * 50 and report.bytes_out > len(took) * 50


async def test_port_closed_behind_a_healthy_connection(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    port = free_port()
    with pytest.raises(ConnectError, match=f"nothing listens on 127.0.0.1:{port} at genesis"):
        await host.request("GET", f"http://127.0.0.1:{port}/", timeout_s=3, max_bytes=1000)
    assert host.report().error is None


@pytest.mark.parametrize("option", ["AllowTcpForwarding no", "PermitOpen 127.0.0.1:1"])
async def test_forwarding_refused(real_sshd: Make, opened: Open, option: str) -> None:
    server = real_sshd(option)
    host = opened(server.spec())
    async with raw_http(always_ok) as http:
        await host.ensure(UP_S)
        with pytest.raises(TunnelError, match="does not allow forwarding") as caught:
            await host.request("GET", http.url, timeout_s=3, max_bytes=1000)
        assert "AllowTcpForwarding" in caught.value.remedy and "PermitOpen" in caught.value.remedy
        assert http.connections == 0
    assert (await host.shell("echo still", timeout_s=5, max_bytes=100)).stdout == b"still\n"


async def test_max_sessions_reached(real_sshd: Make, opened: Open) -> None:
    server = real_sshd("MaxSessions 1")
    host = opened(server.spec())
    async with raw_http(always_ok) as http:
        await host.ensure(UP_S)
        assert (await host.shell("echo one", timeout_s=5, max_bytes=100)).stdout == b"one\n"
        with pytest.raises(TunnelError, match="refused a session") as caught:
            await host.run(["true"], timeout_s=5, max_bytes=100)
        assert "MaxSessions" in caught.value.remedy
        # forwarding does not count as a session, and the shell goes on
        assert (await host.request("GET", http.url, timeout_s=3, max_bytes=1000)).status == 200
        assert (await host.shell("echo two", timeout_s=5, max_bytes=100)).stdout == b"two\n"


async def test_more_commands_than_slots_wait_their_turn(real_sshd: Make, opened: Open) -> None:
    server = real_sshd("MaxSessions 3")
    host = opened(server.spec(), Limits(max_sessions=3))
    await host.ensure(UP_S)
    answers = await asyncio.gather(
        *(host.run(["echo", str(number)], timeout_s=15, max_bytes=100) for number in range(9))
    )
    assert [answer.stdout for answer in answers] == [f"{number}\n".encode() for number in range(9)]


async def test_timed_out_command_leaves_neither_process_nor_slot(real_sshd: Make, opened: Open) -> None:
    server = real_sshd("MaxSessions 2")
    host = opened(server.spec(), Limits(max_sessions=2))
    await host.ensure(UP_S)
    for _ in range(4):
        with pytest.raises(CommandError, match="took longer") as caught:
            await host.run(["sleep", nap(61)], timeout_s=0.7, max_bytes=100)
        assert caught.value.timed_out
    assert await gone(server, nap(61), 6)
    assert (await host.run(["echo", "free"], timeout_s=8, max_bytes=100)).stdout == b"free\n"


async def test_cancelled_command_is_ended(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    task = asyncio.create_task(host.run(["sh", "-c", f"trap '' TERM; sleep {nap(62)}"], timeout_s=60, max_bytes=100))
    await until(lambda: bool(server.commands(f"sleep {nap(62)}")), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(server, nap(62), 6)  # even though it ignores TERM


async def test_cancelling_while_a_session_opens_leaves_none(real_sshd: Make, opened: Open) -> None:
    server = real_sshd("MaxSessions 2")
    host = opened(server.spec(), Limits(max_sessions=2))
    await host.ensure(UP_S)
    for step in range(8):
        task = asyncio.create_task(host.run(["sleep", nap(63)], timeout_s=60, max_bytes=100))
        await asyncio.sleep(0.005 * step)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (await host.run(["echo", "free"], timeout_s=10, max_bytes=100)).stdout == b"free\n"
    assert await gone(server, nap(63), 6)


async def test_hung_script_is_ended_and_the_shell_starts_anew(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    await host.shell("x=kept", timeout_s=5, max_bytes=100)
    assert (await host.shell("echo $x", timeout_s=5, max_bytes=100)).stdout == b"kept\n"
    with pytest.raises(CommandError, match="did not answer within") as caught:
        await host.shell(f"sleep {nap(64)}", timeout_s=0.5, max_bytes=100)
    assert caught.value.timed_out
    assert (await host.shell("echo $x.", timeout_s=5, max_bytes=100)).stdout == b".\n"
    assert await gone(server, nap(64), 5)


async def test_polls_of_the_shell_start_no_process(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    await host.shell(":", timeout_s=5, max_bytes=100)
    before = {process.pid for process in server.sessions()}
    for _ in range(20):
        await host.shell("read a </proc/loadavg; echo $a", timeout_s=5, max_bytes=100)
    assert before and {process.pid for process in server.sessions()} <= before


async def test_output_is_capped_and_need_not_be_text(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    odd = await host.run(["printf", r"\377\000\303"], timeout_s=5, max_bytes=100)
    assert odd.stdout == b"\xff\x00\xc3"
    assert (await host.shell(r"printf '\377\n'", timeout_s=5, max_bytes=100)).stdout == b"\xff\n"
    with pytest.raises(CommandError, match="printed more than 1000 bytes"):
        await host.run(["yes", nap(65)], timeout_s=10, max_bytes=1000)
    with pytest.raises(CommandError, match="printed more than 1000 bytes"):
        await host.shell(f"yes {nap(65)}", timeout_s=10, max_bytes=1000)
    assert await gone(server, nap(65), 6)
    assert (await host.shell("echo fine", timeout_s=5, max_bytes=100)).stdout == b"fine\n"
    assert host.report().lost == 0


async def test_large_output_comes_whole(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    script = "head -c 3000000 /dev/zero"
    assert len((await host.shell(script, timeout_s=20, max_bytes=4_000_000)).stdout) == 3_000_000
    got = await host.run(["sh", "-c", script], timeout_s=20, max_bytes=4_000_000)
    assert len(got.stdout) == 3_000_000


async def test_stream_gives_lines_and_ends_with_its_reader(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    script = f"i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done # {nap(66)}"
    found = []
    async with aclosing(host.stream(["sh", "-c", script], max_line=100)) as lines:  # type: ignore[type-var]
        async for line in lines:
            found.append(line)
            if len(found) == 3:
                break
    assert found == [b"line 1", b"line 2", b"line 3"]
    assert await gone(server, nap(66), 5)


async def test_stream_ends_when_the_connection_breaks(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    stream = host.stream(["sh", "-c", f"echo up; sleep {nap(67)}"], max_line=100)
    assert await anext(stream) == b"up"
    quiet = [process for process in server.sessions() if nap(67) in " ".join(process.cmdline())]
    assert quiet
    [leader] = [process for process in server.sessions() if process.name() == "sshd"][:1]
    leader.kill()
    with pytest.raises(ConnectError, match="connection lost"):
        await anext(stream)
    _, alive = psutil.wait_procs(quiet, 6)
    assert not alive  # a command that never prints again does not outlive its connection


async def test_stream_that_fails_says_why(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    stream = host.stream(["sh", "-c", "echo one; echo no such unit >&2; exit 4"], max_line=100)
    assert await anext(stream) == b"one"
    with pytest.raises(CommandError, match="no such unit") as caught:
        await anext(stream)
    assert caught.value.exit_status == 4


async def test_after_a_500_the_next_request_works(real_sshd: Make, opened: Open) -> None:
    """The coordinator closes after a 500 without saying so."""

    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        bad = b"/bad" in head
        writer.write(answer(500, b"Internal Server Error") if bad else answer(200))
        await writer.drain()
        return not bad

    server = real_sshd()
    host = opened(server.spec())
    async with raw_http(respond) as http:
        await host.ensure(UP_S)
        for _ in range(10):
            for method, body in (("GET", None), ("POST", b"{}")):
                bad = await host.request(method, f"{http.url}/bad", body=body, timeout_s=3, max_bytes=1000)
                assert bad.status == 500
                good = await host.request(method, f"{http.url}/good", body=body, timeout_s=3, max_bytes=1000)
                assert good.status == 200


async def test_slow_drip_meets_the_deadline(real_sshd: Make, opened: Open) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(200):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)
        return False

    server = real_sshd()
    host = opened(server.spec())
    async with raw_http(respond) as http:
        await host.ensure(UP_S)
        with pytest.raises(HttpError, match="no complete answer") as caught:
            await asyncio.wait_for(host.request("GET", http.url, timeout_s=0.6, max_bytes=10_000), 8)
        assert caught.value.timed_out
        await until(lambda: http.open == 0, 5)  # the channel was closed, not left to drip
