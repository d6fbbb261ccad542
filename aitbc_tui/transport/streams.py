"""httpcore's network backend over any pair of byte streams: an SSH channel or a local socket."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import httpcore

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.transport.values import Meter

if importlib.util.find_spec("sniffio") is None:
    # httpcore tries to import it at every lock of every request; a search of the disk that finds nothing is an eighth
    # of all that watching costs. Said once that it is not there, the import fails at once.
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]


class Reader(Protocol):
    """The part of asyncio's and asyncssh's stream readers that we use."""

    async def read(self, n: int = ..., /) -> bytes: ...
    def at_eof(self) -> bool: ...


class Writer(Protocol):
    """The part of asyncio's and asyncssh's stream writers that we use."""

    def write(self, data: bytes, /) -> None: ...
    async def drain(self) -> None: ...
    def close(self) -> None: ...


Dial = Callable[[str, int], Awaitable[tuple[Reader, Writer]]]


class DialFailed(httpcore.ConnectError):
    """A refused connection with our own error in it (the pool cuts `__cause__` off)."""

    def __init__(self, error: AitbcError) -> None:
        super().__init__(str(error))
        self.error = error


class ChannelStream(httpcore.AsyncNetworkStream):
    """One byte stream as httpcore wants it."""

    def __init__(self, reader: Reader, writer: Writer, meter: Meter) -> None:
        self._reader = reader
        self._writer = writer
        self._meter = meter
        self._spent = False

    def spend(self) -> None:
        """Never use this connection for another request: the pool takes a readable idle one for closed."""
        self._spent = True

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                data = await self._reader.read(max_bytes)
        except TimeoutError as exc:
            raise httpcore.ReadTimeout("no data in time") from exc
        except Exception as exc:  # asyncssh.Error is no OSError, and this module does not know asyncssh
            raise httpcore.ReadError(str(exc)) from exc
        self._meter.bytes_in += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if not buffer:
            return
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError as exc:
            raise httpcore.WriteTimeout("data not taken in time") from exc
        except Exception as exc:
            raise httpcore.WriteError(str(exc)) from exc
        self._meter.bytes_out += len(buffer)

    async def aclose(self) -> None:
        self._writer.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("TLS inside the SSH tunnel is not supported: use an http:// URL")

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # asked of idle connections; readable means closed by the peer
            return self._spent or self._reader.at_eof()
        return None


class ChannelBackend(httpcore.AsyncNetworkBackend):
    """Opens streams through the given `dial` and nothing else: no socket of its own, no other way."""

    def __init__(self, dial: Dial, meter: Meter) -> None:
        self._dial = dial
        self._meter = meter

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await self._dial(host, port)
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout("no connection in time") from exc
        except AitbcError as exc:
            raise DialFailed(exc) from exc
        return ChannelStream(reader, writer, self._meter)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("unix sockets are not used")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
