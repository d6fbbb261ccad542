"""HTTP over a host's channels: deadlines, caps, dead connections, and which requests are never repeated."""

from __future__ import annotations

import asyncio
import time

import pytest

from aitbc_tui.domain.errors import AitbcError, ConfigError, ConnectError, HttpError, ParseError
from aitbc_tui.transport.host import Host, open_host
from aitbc_tui.transport.spec import HostSpec
from tests.fixtures.rawhttp import RawHttp, always_ok, answer, raw_http
from tests.fixtures.sshd import free_port
from tests.fixtures.waiting import until


async def get(host: Host, url: str, *, timeout_s: float = 5.0, max_bytes: int = 1000) -> tuple[int, bytes]:
    found = await host.request("GET", url, timeout_s=timeout_s, max_bytes=max_bytes)
    return found.status, found.body


async def test_answer_is_given_whole(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer(404, b'{"detail":"no"}', "X-Two: a", "X-Two: b", "Retry-After: 7"))
        return True

    async with raw_http(respond) as http:
        found = await host.request("GET", f"{http.url}/a?b=c", headers={"X-Api-Key": "k"}, timeout_s=5, max_bytes=1000)
        assert (found.status, found.body) == (404, b'{"detail":"no"}')
        assert found.headers["x-two"] == "a, b" and found.headers["retry-after"] == "7"
        assert 0 < found.elapsed_ms < 5000 and found.received_at <= time.monotonic()
        [head] = http.heads
        assert head.startswith(b"GET /a?b=c HTTP/1.1\r\n")
        assert f"host: 127.0.0.1:{http.port}".encode() in head.lower()
        assert b"accept-encoding: identity" in head.lower() and b"x-api-key: k" in head.lower()


async def test_get_reuses_a_connection_and_post_does_not(host: Host) -> None:
    async with raw_http(always_ok) as http:
        for _ in range(3):
            await get(host, http.url)
        assert http.connections == 1
        for number in range(2):
            await host.request("POST", http.url, body=b"{}", timeout_s=5, max_bytes=1000)
            assert http.connections == 2 + number
        assert b"connection: close" in http.heads[-1].lower()


async def test_get_on_a_connection_that_died_is_asked_once_more(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        if len(http.heads) == 2:  # the second request of the first connection is read and never answered
            return False
        writer.write(answer())
        await writer.drain()
        return True

    async with raw_http(respond) as http:
        assert await get(host, http.url) == (200, b"{}")
        assert await get(host, http.url) == (200, b"{}")
        assert (len(http.heads), http.connections) == (3, 2)


async def test_fresh_connection_without_answer_is_not_repeated(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        return False

    async with raw_http(respond) as http:
        with pytest.raises(HttpError, match="closed the connection without an answer") as caught:
            await get(host, http.url)
        assert caught.value.host == "genesis" and caught.value.status is None
        assert len(http.heads) == 1


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
async def test_a_write_is_never_repeated(host: Host, method: str) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        if head.startswith(b"GET"):
            writer.write(answer())
            await writer.drain()
            return True
        return False

    async with raw_http(respond) as http:
        await get(host, http.url)  # leaves a connection that a careless client would use for the write
        with pytest.raises(HttpError):
            await host.request(method, http.url, body=b"{}", timeout_s=5, max_bytes=1000)
        assert len([head for head in http.heads if not head.startswith(b"GET")]) == 1


async def test_after_a_500_nothing_is_sent_on_that_connection(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer(500, b"Internal Server Error"))
        await writer.drain()
        return True  # alive for now: reusing it is what must not happen

    async with raw_http(respond) as http:
        for _ in range(3):
            assert (await get(host, http.url))[0] == 500
        assert http.connections == 3


async def test_nothing_listens(host: Host) -> None:
    port = free_port()
    with pytest.raises(ConnectError, match=f"nothing listens on 127.0.0.1:{port}"):
        await get(host, f"http://127.0.0.1:{port}")


async def test_deadline_covers_a_server_that_says_nothing(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(30)
        return False

    async with raw_http(respond) as http:
        with pytest.raises(HttpError) as caught:
            await asyncio.wait_for(get(host, http.url, timeout_s=0.4), 20)
        assert caught.value.timed_out


async def test_deadline_covers_headers_and_bodies_that_drip(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"" if b"/headers" in head else b"Content-Length: 500\r\n\r\n"))
        for number in range(100):
            writer.write(f"X-{number}: y\r\n".encode() if b"/headers" in head else b"x")
            await writer.drain()
            await asyncio.sleep(0.05)
        return False

    async with raw_http(respond) as http:
        for path in ("/headers", "/body"):
            with pytest.raises(HttpError) as caught:
                await get(host, http.url + path, timeout_s=0.4)
            assert caught.value.timed_out


@pytest.mark.parametrize("announced", [True, False])
async def test_large_answer_is_refused_unread(host: Host, announced: bool) -> None:
    sent = 0

    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 99999999\r\n" if announced else b"") + b"\r\n")
        for _ in range(2000):
            writer.write(b"x" * 50_000)
            await writer.drain()
            sent += 50_000
        return False

    async with raw_http(respond) as http:
        with pytest.raises(ParseError, match="answer larger than 1000 bytes"):
            await get(host, http.url)
        assert sent < 20_000_000
        await until(lambda: http.open == 0, 5)


async def test_answer_of_exactly_the_cap_is_taken(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer(200, b"x" * 1000))
        return True

    async with raw_http(respond) as http:
        assert (await get(host, http.url, max_bytes=1000))[1] == b"x" * 1000
        with pytest.raises(ParseError):
            await get(host, http.url, max_bytes=999)


async def test_endless_headers_are_refused(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(400):
            writer.write(b"y" * 1000)
            await writer.drain()
        return False

    async with raw_http(respond) as http:
        with pytest.raises(HttpError, match="does not speak HTTP"):
            await get(host, http.url)


@pytest.mark.parametrize(
    "raw",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"\x00\xff\x1b]0;x\x07\r\n\r\n"],
)
async def test_what_is_not_http_is_said_in_safe_words(host: Host, raw: bytes) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(raw)
        await writer.drain()
        return False

    async with raw_http(respond) as http:
        with pytest.raises(HttpError) as caught:
            await get(host, http.url)
        assert str(caught.value).isprintable()


async def test_answer_cut_short_is_no_answer(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        return False

    async with raw_http(respond) as http:
        with pytest.raises(HttpError, match="broke its answer off"):
            await get(host, http.url)
        assert len(http.heads) == 1


async def test_compressed_answer_is_refused(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer(200, b"\x1f\x8b", "Content-Encoding: gzip"))
        return True

    async with raw_http(respond) as http:
        with pytest.raises(ParseError, match="compressed"):
            await get(host, http.url)


async def test_redirects_are_shown_not_followed(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer(307, b"", f"Location: {http.url}/elsewhere"))
        return True

    async with raw_http(respond) as http:
        assert (await get(host, http.url))[0] == 307
        assert len(http.heads) == 1


async def test_proxy_variables_are_not_heeded(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    async with raw_http(always_ok) as http:
        assert (await get(host, http.url))[0] == 200


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "127.0.0.1:8006", "http://", "http://x:99999/", "ftp://x/"])
async def test_wrong_url(host: Host, url: str) -> None:
    with pytest.raises(ConfigError, match="URL"):
        await get(host, url)


async def test_header_value_that_breaks_the_line_is_refused_without_being_shown(host: Host) -> None:
    async with raw_http(always_ok) as http:
        with pytest.raises(ConfigError, match="x-api-key") as caught:
            await host.request("GET", http.url, headers={"x-api-key": "s3cret\r\nX: y"}, timeout_s=5, max_bytes=1000)
        assert "s3cret" not in str(caught.value)
        assert http.heads == []


async def test_cancelled_request_closes_its_connection(host: Host) -> None:
    async def respond(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        await http_reader_gone(writer)
        return False

    async def http_reader_gone(writer: asyncio.StreamWriter) -> None:
        for _ in range(100):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with raw_http(respond) as http:
        task = asyncio.create_task(get(host, http.url, timeout_s=30))
        await until(lambda: bool(http.heads), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: http.open == 0, 5)


async def test_many_at_once(host: Host) -> None:
    async with raw_http(always_ok) as http:
        found = await asyncio.gather(*(get(host, http.url, timeout_s=10) for _ in range(60)))
        assert {status for status, _ in found} == {200}
        assert http.connections <= 16


async def test_a_failed_write_says_whether_it_had_begun_to_leave() -> None:
    """What never left may be called refused; everything else may have been done."""
    host = open_host(HostSpec("here", "local"))
    try:
        with pytest.raises(AitbcError) as nobody:
            await host.request("POST", "http://127.0.0.1:9", body=b"{}", timeout_s=2, max_bytes=100)
        assert not nobody.value.maybe_sent

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(AitbcError) as broken:
            await host.request("POST", f"http://127.0.0.1:{port}", body=b"{}", timeout_s=2, max_bytes=100)
        assert broken.value.maybe_sent
        server.close()
    finally:
        await host.close()
