"""Ports and HTTP servers: a port that stays ours while nothing listens on it, and uvicorn without signals or logs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aitbc_tui.devnet.clock import Clock

LOOPBACK = "127.0.0.1"


class Port:
    """A loopback port. It is held by a socket that never listens, so closing the server gives "refused"."""

    def __init__(self, number: int = 0) -> None:
        self._holder = self._bound(number)
        self.number: int = self._holder.getsockname()[1]

    @staticmethod
    def _bound(number: int) -> socket.socket:
        # with the protocol named, asyncio turns Nagle off; else every answer waits 40 ms
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setblocking(False)
        try:
            made.bind((LOOPBACK, number))
        except OSError:
            made.close()
            raise
        return made

    def socket(self) -> socket.socket:
        """One more socket bound to this port; to listen on, or to connect from."""
        return self._bound(self.number)

    def close(self) -> None:
        self._holder.close()


class _Quiet(uvicorn.Server):
    """uvicorn that leaves the process's signals alone, wakes twice a second, and ends when it is told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told = asyncio.Event()

    async def main_loop(self) -> None:
        while not self.told.is_set():
            await self.on_tick(0)  # writes the Date header
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self.told.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """One server on one port, which can be closed and opened again."""

    def __init__(self, app: ASGIApp, port: Port, clock: Clock) -> None:
        self.port = port
        self._dated = _Dated(app, clock)
        self._server: _Quiet | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port.number}"

    def skew(self, seconds: float) -> None:
        """Let this machine's clock be ahead by so much, as its Date header tells."""
        self._dated.skew_s = seconds

    async def open(self) -> None:
        """Listen; returns when connections are accepted."""
        if self._task is not None:
            return
        config = uvicorn.Config(
            self._dated,
            http="h11",
            ws="none",
            lifespan="off",
            loop="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Quiet(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[self.port.socket()]))
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Stop listening and end what is open, as a killed process would."""
        server, task, self._server, self._task = self._server, self._task, None, None
        if server is None or task is None:
            return
        server.should_exit = server.force_exit = True
        server.told.set()
        for connection in list(server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        for pending in list(server.server_state.tasks):
            pending.cancel()
        await task


class _Dated:
    """Writes the Date header: from a simulated clock, or from one that is wrong, which uvicorn cannot."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self.skew_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self.clock.now() + timedelta(seconds=self.skew_s), usegmt=True).encode()
                message = {**message, "headers": [(b"date", date), *message.get("headers", [])]}
            await send(message)

        await self.app(scope, receive, dated)
