"""The wire in front of an SSH server: it can be cut, frozen, or led to a server with another key."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

from aitbc_tui.devnet.servers import Port

_CHUNK = 65536
Serve = Callable[[socket.socket], Awaitable[None]]


class Valve:
    """Accepts on a port and hands each connection's other end to `serve`."""

    def __init__(self, port: Port, serve: Serve) -> None:
        self.port = port
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._flow = asyncio.Event()
        self._flow.set()
        self._links: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, sock=self.port.socket())

    async def cut(self) -> None:
        """Refuse new connections and drop the ones there are."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        await self.drop()

    async def drop(self) -> None:
        for task in list(self._links):
            task.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def storm(self, pause: Callable[[float], Awaitable[None]], seconds: float) -> None:
        """Drop every connection again and again, shortly after it was made."""
        while True:
            await pause(seconds)
            await self.drop()

    def freeze(self, frozen: bool) -> None:
        """No byte passes in either direction; connections stay open."""
        if frozen:
            self._flow.clear()
        else:
            self._flow.set()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._link(reader, writer))
        self._links.add(task)
        task.add_done_callback(self._links.discard)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_writer: asyncio.StreamWriter | None = None
        try:
            await self._flow.wait()
            ours, theirs = socket.socketpair()
            await self._serve(theirs)
            inner_reader, inner_writer = await asyncio.open_connection(sock=ours)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, inner_writer))
                group.create_task(self._pump(inner_reader, writer))
        except* (OSError, _Ended):
            pass  # one side went away: the other follows
        finally:
            writer.transport.abort()
            if inner_writer is not None:
                inner_writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(_CHUNK):
            await self._flow.wait()
            sink.write(data)
            await sink.drain()
        with contextlib.suppress(OSError):
            sink.write_eof()
            await sink.drain()
        await self._flow.wait()
        raise _Ended


class _Ended(Exception):
    """One direction came to its end."""
