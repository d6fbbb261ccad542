"""One HTTP exchange at a time, with one deadline over the whole of it and a cap on what is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from aitbc_tui.domain.errors import AitbcError, ConfigError, HttpError, ParseError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.streams import ChannelBackend, ChannelStream, Dial, DialFailed
from aitbc_tui.transport.values import HttpAnswer, Meter

# uvicorn drops idle connections after 5 s; dropping them first avoids asking on a dead one.
IDLE_S: Final = 4.0
MAX_CONNECTIONS: Final = 8
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class _Attempt:
    """Watches one attempt through httpcore's trace: was the connection new, did headers arrive?"""

    fresh: bool = False
    sending: bool = False
    answered: bool = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            self.fresh = True
        elif event == "http11.send_request_headers.started":
            self.sending = True
        elif event == "http11.receive_response_headers.complete":
            self.answered = True


@dataclass(slots=True)
class _Order:
    """What to ask. Header values may be secrets: they appear in no error and no repr."""

    method: str
    url: str
    where: str
    headers: list[tuple[bytes, bytes]] = field(repr=False)
    body: bytes | None = field(repr=False)
    max_bytes: int


class HttpClient:
    """HTTP/1.1 over `dial`. No redirects, no proxies, no compression, no retry of anything but a GET or HEAD.

    `gone` gives the reason when the way to the host itself is lost, so that a torn channel is not blamed
    on the HTTP server.
    """

    def __init__(self, host: str, dial: Dial, meter: Meter, gone: Callable[[], AitbcError | None]) -> None:
        self._host = host
        self._meter = meter
        self._gone = gone
        backend = ChannelBackend(dial, meter)
        self._kept = _pool(backend, MAX_CONNECTIONS)
        self._once = _pool(backend, 0)  # a write never travels on a connection that may be dead already

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._once.aclose()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        timeout_s: float,
        max_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> HttpAnswer:
        order = self._order(method, url, headers, body, max_bytes)
        started = clock()
        attempt = _Attempt()
        try:
            async with asyncio.timeout(timeout_s):
                status, answer_headers, content = await self._exchange(order, attempt)
        except TimeoutError as exc:
            late = self._gone() or HttpError(
                f"no complete answer from {order.where} within {timeout_s:g} s", host=self._host, timed_out=True
            )
            late.maybe_sent = attempt.sending
            raise late from exc
        except AitbcError as error:
            error.maybe_sent = attempt.sending
            raise
        now = clock()
        elapsed_ms = (now - started) * 1000
        self._meter.trip(elapsed_ms)
        return HttpAnswer(status, answer_headers, content, now, elapsed_ms)

    def _order(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None, max_bytes: int
    ) -> _Order:
        try:
            parts = urlsplit(url)
            port = parts.port or 80
        except ValueError as exc:
            raise ConfigError(f"not a URL: {clean(url, 120)}", host=self._host) from exc
        if parts.scheme != "http" or not parts.hostname:
            raise ConfigError(
                f"not an http:// URL: {clean(url, 120)}",
                host=self._host,
                remedy="give the URL as the host itself sees it, such as http://127.0.0.1:8006",
            )
        method = method.upper()
        wire = [(b"accept-encoding", b"identity")]
        if method not in _SAFE:
            wire.append((b"connection", b"close"))
        for name, value in (headers or {}).items():
            if not value.isascii() or not value.isprintable():
                raise ConfigError(f"the value of header {clean(name, 40)} is not printable ASCII", host=self._host)
            wire.append((name.lower().encode("ascii", "replace"), value.encode("ascii")))
        return _Order(method, url, f"{parts.hostname}:{port}", wire, body, max_bytes)

    async def _exchange(self, order: _Order, attempt: _Attempt) -> tuple[int, dict[str, str], bytes]:
        if order.method not in _SAFE:
            return await self._attempt(self._once, order, attempt)
        try:
            return await self._attempt(self._kept, order, attempt)
        except HttpError:
            # Only where a kept connection turned out dead before it answered, and only once.
            if attempt.fresh or attempt.answered or self._gone() is not None:
                raise
        return await self._attempt(self._once, order, _Attempt())

    async def _attempt(
        self, pool: httpcore.AsyncConnectionPool, order: _Order, attempt: _Attempt
    ) -> tuple[int, dict[str, str], bytes]:
        try:
            async with pool.stream(
                order.method,
                order.url,
                headers=order.headers,
                content=order.body,
                extensions={"trace": attempt.trace},
            ) as response:
                headers = _headers(response.headers)
                content = b"" if order.method == "HEAD" else await self._body(response, headers, order)
                if response.status >= 500:
                    # The coordinator closes after a 500 without saying so (contract Q1b).
                    _spend(response)
                return response.status, headers, content
        except DialFailed as exc:
            raise exc.error from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as exc:
            raise self._gone() or self._broken(order, attempt, exc) from None
        except httpcore.UnsupportedProtocol as exc:
            raise ConfigError(str(exc), host=self._host) from None

    async def _body(self, response: httpcore.Response, headers: Mapping[str, str], order: _Order) -> bytes:
        too_large = ParseError(f"answer larger than {order.max_bytes} bytes from {order.where}", host=self._host)
        too_large.what = "too-large"
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:18]) > order.max_bytes:
            raise too_large
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise ParseError(f"compressed answer from {order.where} although none was asked for", host=self._host)
        content = bytearray()
        async for chunk in response.aiter_stream():
            content += chunk
            if len(content) > order.max_bytes:
                raise too_large
        return bytes(content)

    def _broken(self, order: _Order, attempt: _Attempt, exc: Exception) -> HttpError:
        if isinstance(exc, httpcore.LocalProtocolError):
            return HttpError("the request could not be put into HTTP", host=self._host)
        if attempt.answered:
            return HttpError(f"{order.where} broke its answer off", host=self._host)
        if isinstance(exc, httpcore.RemoteProtocolError) and "without sending" not in str(exc):
            return HttpError(f"{order.where} does not speak HTTP: {clean(str(exc), 120)}", host=self._host)
        return HttpError(
            f"{order.where} closed the connection without an answer",
            host=self._host,
            remedy="the service may be starting or restarting; see its journal",
        )


def _pool(backend: ChannelBackend, keep: int) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=keep,
        keepalive_expiry=IDLE_S,
        retries=0,
        http1=True,
        http2=False,
        network_backend=backend,
    )


def _spend(response: httpcore.Response) -> None:
    stream = response.extensions.get("network_stream")
    if isinstance(stream, ChannelStream):
        stream.spend()


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
