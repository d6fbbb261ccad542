"""What a host may print, at its edge: a command, the shell, a line of a stream, the end of its standard error, HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.transport.child import _STDERR_TAIL, lines
from aitbc_tui.transport.host import Host, open_host
from aitbc_tui.transport.shell import _GREETING_CAP, Shell
from aitbc_tui.transport.spec import HostSpec
from aitbc_tui.transport.values import Meter

LIMIT = 70_000  # more than one chunk


@pytest_asyncio.fixture
async def host() -> AsyncIterator[Host]:
    host = open_host(HostSpec("here", "local"))
    await host.ensure(5)
    yield host
    await host.close()


def printing(size: int) -> str:
    return f"head -c {size} /dev/zero | tr '\\0' x"


@pytest.mark.parametrize("where", ["run", "shell"])
async def test_a_command_and_a_script(host: Host, where: str) -> None:
    async def ask(size: int) -> bytes:
        if where == "run":
            found = await host.run(["sh", "-c", printing(size)], timeout_s=10, max_bytes=LIMIT)
        else:
            found = await host.shell(printing(size), timeout_s=10, max_bytes=LIMIT)
        return found.stdout

    assert await ask(LIMIT) == b"x" * LIMIT
    with pytest.raises(CommandError, match=f"printed more than {LIMIT} bytes"):
        await ask(LIMIT + 1)
    assert await ask(3) == b"xxx", "what was refused has spoilt nothing"


async def test_a_line_of_a_stream_is_cut_and_the_next_is_whole(host: Host) -> None:
    script = f"{printing(LIMIT)}; echo; {printing(LIMIT + 1)}; echo; echo next"
    async with aclosing(host.stream(["sh", "-c", script], max_line=LIMIT)) as found:  # type: ignore[type-var]
        came = [line async for line in found]
    assert came == [b"x" * LIMIT, b"x" * LIMIT, b"next"]


async def test_the_end_of_standard_error_is_kept(host: Host) -> None:
    """Of a command that fails late, the last words; nothing of the megabytes before them."""
    script = "head -c 1000000 /dev/zero | tr '\\0' y >&2; echo the last words >&2; exit 3"
    child = await host._spawn(["sh", "-c", script])
    assert _STDERR_TAIL < 10_000
    with pytest.raises(CommandError, match="status 3") as caught:
        async with aclosing(lines(child, "x", "here", 100, Meter())) as found:
            async for _ in found:
                pass
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("size", "fine"), [(_GREETING_CAP - 1, True), (_GREETING_CAP + 1, False)])
async def test_what_a_login_shell_prints_before_it_answers(host: Host, size: int, fine: bool) -> None:
    shell = Shell(
        "here", lambda: host._spawn(["sh", "-c", f"{printing(size)}; exec sh"]), Meter(), lambda: 0.0, lambda: None
    )
    try:
        if fine:
            assert (await shell.run("echo on", timeout_s=10, max_bytes=10)).stdout == b"on\n"
        else:
            with pytest.raises(CommandError, match="printed more than"):
                await shell.run("echo on", timeout_s=10, max_bytes=10)
    finally:
        shell.drop()


@pytest.mark.parametrize("framing", ["length", "chunked", "until closed"])
async def test_the_body_of_an_answer(host: Host, framing: str) -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"x" * sent
        if framing == "length":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % sent + body)
        elif framing == "chunked":
            chunk = b"%x\r\n" % sent + body + b"\r\n0\r\n\r\n"
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunk)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        sent = LIMIT
        assert len((await host.request("GET", url, timeout_s=5, max_bytes=LIMIT)).body) == LIMIT
        sent = LIMIT + 1
        with pytest.raises(AitbcError, match=f"{LIMIT}"):
            await host.request("GET", url, timeout_s=5, max_bytes=LIMIT)
