"""What an asyncssh server can be made to do that sshd cannot, and what other libraries see of us."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import asyncssh
import httpx
import ollama
import pytest

from aitbc_tui.domain.errors import AitbcError, ConnectError, HttpError, TunnelError
from aitbc_tui.transport.host import Host, LinkState, open_host
from aitbc_tui.transport.httpx_bridge import underlying
from aitbc_tui.transport.spec import HostSpec, Limits
from aitbc_tui.transport.values import LinkReport
from tests.fixtures.fakessh import FakeSsh
from tests.fixtures.rawhttp import RawHttp, answer, raw_http
from tests.fixtures.sshd import free_port


async def test_steps_are_told_in_order(fake: FakeSsh) -> None:
    seen: list[LinkReport] = []
    host = open_host(fake.spec(), on_change=seen.append)
    try:
        await host.ensure(10)
    finally:
        await host.close()
    assert [report.step for report in seen] == [0, 1, 2, 3, 4, 5, 0]
    assert [report.state for report in seen[-2:]] == [LinkState.UP, LinkState.CLOSED]


@pytest.mark.parametrize(
    ("code", "reason", "kind", "words"),
    [
        (asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "no", TunnelError, "does not allow forwarding"),
        (asyncssh.OPEN_CONNECT_FAILED, "Connection refused", ConnectError, "nothing listens on 127.0.0.1:9"),
        (asyncssh.OPEN_CONNECT_FAILED, "No route to host", ConnectError, "cannot reach 127.0.0.1:9: No route"),
        (asyncssh.OPEN_RESOURCE_SHORTAGE, "full\x1b[2J", TunnelError, "no channel to 127.0.0.1:9: full␛"),
    ],
)
async def test_refused_channels_are_told_apart(
    fake: FakeSsh, code: int, reason: str, kind: type[AitbcError], words: str
) -> None:
    fake.forward_error = asyncssh.ChannelOpenError(code, reason)
    host = open_host(fake.spec())
    try:
        await host.ensure(10)
        with pytest.raises(kind, match=words.replace("[", r"\[")):
            await host.request("GET", "http://127.0.0.1:9/", timeout_s=5, max_bytes=10)
        assert host.report().state is LinkState.UP
    finally:
        await host.close()


async def test_peer_that_is_no_ssh_server(fake: FakeSsh) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    spec = fake.spec()
    host = open_host(
        HostSpec(spec.name, spec.address, server.sockets[0].getsockname()[1], "u", spec.identity, ssh_config="")
    )
    try:
        with pytest.raises(ConnectError, match="closed the connection during the SSH handshake"):
            await host.ensure(10)
    finally:
        await host.close()
        server.close()


async def test_ensure_gives_up_waiting_but_not_connecting(fake: FakeSsh) -> None:
    gate = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    spec = fake.spec()
    host = open_host(
        HostSpec(spec.name, spec.address, server.sockets[0].getsockname()[1], "u", spec.identity, ssh_config=""),
        Limits(login_s=30),
    )
    try:
        with pytest.raises(ConnectError, match="step 2 of 5, TCP open") as caught:
            await host.ensure(0.5)
        assert caught.value.timed_out
        assert host.report().state is LinkState.CONNECTING
    finally:
        gate.set()
        await host.close()
        server.close()


async def test_a_refusal_raised_often_does_not_grow(fake: FakeSsh) -> None:
    fake.known_hosts.write_text("")
    host = open_host(fake.spec())
    try:
        depths = []
        for _ in range(20):
            with pytest.raises(AitbcError) as caught:
                await host.ensure(10)
            depth, frame = 0, caught.value.__traceback__
            while frame is not None:
                depth, frame = depth + 1, frame.tb_next
            depths.append(depth)
        assert depths[-1] == depths[1]
    finally:
        await host.close()


async def ollama_answers(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
    if head.startswith(b"GET /api/tags"):
        writer.write(answer(200, json.dumps({"models": [{"model": "llama3.2:latest"}]}).encode()))
    elif b"/api/show" in head:
        writer.write(answer(404, b'{"error":"model not found"}'))
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            writer.write(b"400\r\n" + b" " * 0x400 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)
    await writer.drain()
    return True


def client(host: Host, url: str, **limits: float) -> ollama.AsyncClient:
    return ollama.AsyncClient(
        host=url,
        transport=host.httpx_transport(**limits),  # type: ignore[arg-type]
        timeout=5,
        follow_redirects=False,
        trust_env=False,
    )


async def test_ollama_client_over_the_connection(fake: FakeSsh) -> None:
    host = open_host(fake.spec())
    try:
        await host.ensure(10)
        async with raw_http(ollama_answers) as http:
            models = await client(host, http.url).list()
            assert [model.model for model in models.models] == ["llama3.2:latest"]
            with pytest.raises(ollama.ResponseError) as missing:
                await client(host, http.url).show("x")
            assert missing.value.status_code == 404
            with pytest.raises(httpx.ReadTimeout):
                await client(host, http.url, deadline_s=0.3).ps()
            with pytest.raises(httpx.ReadError, match="larger than 5000 bytes"):
                await client(host, http.url, max_bytes=5000).ps()
        with pytest.raises(ConnectionError) as refused:
            await client(host, f"http://127.0.0.1:{free_port()}").list()
        cause = underlying(refused.value)
        assert isinstance(cause, ConnectError) and "nothing listens" in cause.detail
    finally:
        await host.close()
    with pytest.raises(ConnectionError) as closed:
        await client(host, "http://127.0.0.1:1").list()
    assert isinstance(underlying(closed.value), ConnectError)


async def test_lost_connection_is_not_blamed_on_the_http_server(fake: FakeSsh) -> None:
    async def hang(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        fake.connections[-1].abort()
        await asyncio.sleep(5)
        return False

    host = open_host(fake.spec())
    try:
        await host.ensure(10)
        async with raw_http(hang) as http:
            with pytest.raises(ConnectError, match="connection lost"):
                await host.request("GET", http.url, timeout_s=5, max_bytes=10)
    finally:
        await host.close()


async def test_secrets_are_in_no_repr(fake: FakeSsh, caplog: pytest.LogCaptureFixture) -> None:
    async def hang_up(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        return False

    caplog.set_level("DEBUG")
    host = open_host(fake.spec())
    try:
        await host.ensure(10)
        async with raw_http(hang_up) as http:
            with pytest.raises(HttpError) as caught:
                await host.request(
                    "POST",
                    f"{http.url}/v1/jobs?key=s3cret1",
                    headers={"X-Api-Key": "s3cret2"},
                    body=b'{"prompt":"s3cret3"}',
                    timeout_s=5,
                    max_bytes=10,
                )
        assert "s3cret" not in str(caught.value) + repr(caught.value)
        assert "s3cret" not in repr(host.report()) + repr(host)
    finally:
        await host.close()


def test_values_are_cheap_to_import(tmp_path: Path) -> None:
    """The dashboard paints before the heavy libraries are read."""
    script = (
        "import sys, aitbc_tui.transport.spec, aitbc_tui.transport.values\n"
        "print([m for m in ('asyncssh', 'httpx', 'httpcore', 'asyncio', 'ssl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert done.stdout.strip() == "[]", done.stderr
