"""ProxyCommand: a local program that carries the SSH connection, with its complaints kept off the screen."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from aitbc_tui.domain.errors import ConnectError
from aitbc_tui.domain.text import SafeText, clean

_KEPT = 2048


class ProxyProcess:
    """Runs the command under `sh`, as ssh does, with one end of a socket pair as its input and output."""

    def __init__(self, process: Process, ours: socket.socket) -> None:
        self._process = process
        self._ours = ours
        self._stderr = bytearray()
        self._reader = asyncio.ensure_future(self._keep_stderr())

    @classmethod
    async def start(cls, command: str, host: str) -> ProxyProcess:
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                "sh",
                "-c",
                f"exec {command}",
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=PIPE,
                start_new_session=True,
            )
        except BaseException as exc:
            ours.close()
            if isinstance(exc, OSError):
                raise ConnectError(f"ProxyCommand cannot be started: {exc.strerror}", host=host) from exc
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        return cls(process, ours)

    def take_socket(self) -> socket.socket:
        return self._ours

    def said(self) -> SafeText:
        """What it wrote to standard error last, on one line."""
        return clean(bytes(self._stderr).strip().rpartition(b"\n")[2], 160)

    async def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self._ours.close()

    async def _keep_stderr(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(_KEPT):
            self._stderr += chunk
            del self._stderr[:-_KEPT]
