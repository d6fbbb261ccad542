"""An httpx transport over a host's channels, for libraries that speak httpx (ollama.AsyncClient)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpcore
import httpx

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.transport.http import IDLE_S, MAX_CONNECTIONS
from aitbc_tui.transport.streams import ChannelBackend, Dial, DialFailed
from aitbc_tui.transport.values import Meter

_MAP: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)
_CORE = tuple(core for core, _ in _MAP)


def underlying(exc: BaseException | None) -> AitbcError | None:
    """The typed error of the connection inside an httpx (or ollama) exception, if that is what failed."""
    for _ in range(8):
        if exc is None or isinstance(exc, AitbcError):
            return exc
        exc = exc.__cause__ or exc.__context__
    return None


class ChannelTransport(httpx.AsyncBaseTransport):
    """httpx over `dial`. One answer may last `deadline_s` and hold `max_bytes`, however slowly it drips."""

    def __init__(
        self,
        dial: Dial,
        meter: Meter,
        gone: Callable[[], AitbcError | None],
        *,
        deadline_s: float,
        max_bytes: int,
    ) -> None:
        self.permit: Callable[[str, str], None] | None = None  # raises when a request may not be sent
        self._gone = gone
        self._deadline_s = deadline_s
        self._max_bytes = max_bytes
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=MAX_CONNECTIONS,
            keepalive_expiry=IDLE_S,
            retries=0,
            network_backend=ChannelBackend(dial, meter),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.permit is not None:
            self.permit(request.method, str(request.url))
        ends = time.monotonic() + self._deadline_s
        core = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            async with asyncio.timeout(self._deadline_s):
                response = await self._pool.handle_async_request(core)
        except TimeoutError as exc:
            raise httpx.ReadTimeout("no answer in time", request=request) from exc
        except _CORE as exc:
            made, cause = self.translated(exc, request)
            raise made from cause
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response, request, self, ends, self._max_bytes),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()

    def translated(self, exc: Exception, request: httpx.Request) -> tuple[httpx.TransportError, AitbcError | None]:
        """The httpx exception for one of httpcore's, and the typed error it stands for, if there is one."""
        cause = exc.error if isinstance(exc, DialFailed) else self._gone()
        ours = next((ours for core, ours in _MAP if isinstance(exc, core)), httpx.TransportError)
        return ours(str(cause or exc), request=request), cause


class _Body(httpx.AsyncByteStream):
    """The answer's body with its cap and deadline; closes the answer."""

    def __init__(
        self,
        response: httpcore.Response,
        request: httpx.Request,
        owner: ChannelTransport,
        ends: float,
        max_bytes: int,
    ) -> None:
        self._response = response
        self._request = request
        self._owner = owner
        self._ends = ends
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._response.aiter_stream())
        total = 0
        while True:
            try:
                async with asyncio.timeout(max(0.0, self._ends - time.monotonic())):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError as exc:
                raise httpx.ReadTimeout("the answer took too long", request=self._request) from exc
            except _CORE as exc:
                made, cause = self._owner.translated(exc, self._request)
                raise made from cause
            total += len(chunk)
            if total > self._max_bytes:
                raise httpx.ReadError(f"answer larger than {self._max_bytes} bytes", request=self._request)
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()
