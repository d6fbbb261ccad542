"""A command in an SSH session channel, which ends with its caller and gives its slot back."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress

import asyncssh

from aitbc_tui.domain.errors import AitbcError, TunnelError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.child import PATIENCE_S, discard
from aitbc_tui.transport.tasks import Tasks, both

_WINDOW = 512 * 1024
_SLOT_WAIT_S = 5.0
# sshd counts a session for a moment after it has closed; opening one has no effect that could double.
_REOPEN_S = (0.05, 0.2)

Gone = Callable[[], AitbcError | None]
Process = asyncssh.SSHClientProcess[bytes]


class _Input:
    """asyncssh's writer with typed errors."""

    def __init__(self, writer: asyncssh.SSHWriter[bytes], host: str, gone: Gone) -> None:
        self._writer = writer
        self._host = host
        self._gone = gone

    def write(self, data: bytes, /) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        try:
            await self._writer.drain()
        except asyncssh.Error as exc:
            raise self._gone() or TunnelError("the session was lost", host=self._host) from exc

    def close(self) -> None:
        self._writer.close()


class _Output:
    """asyncssh's reader with typed errors."""

    def __init__(self, reader: asyncssh.SSHReader[bytes], host: str, gone: Gone) -> None:
        self._reader = reader
        self._host = host
        self._gone = gone

    async def read(self, n: int = -1, /) -> bytes:
        try:
            return await self._reader.read(n)
        except (OSError, asyncssh.Error) as exc:
            raise self._gone() or TunnelError(f"the session was lost: {clean(str(exc), 80)}", host=self._host) from exc

    def at_eof(self) -> bool:
        return self._reader.at_eof()


class SshChild:
    """A command on the other side; holds one of the session slots until its channel is closed."""

    def __init__(self, process: Process, host: str, release: Callable[[], None], tasks: Tasks, gone: Gone) -> None:
        self._process = process
        self._host = host
        self._release = release
        self._tasks = tasks
        self._gone = gone
        self._leaving = False
        self._held = True
        self.stdin = _Input(process.stdin, host, gone)
        self.stdout = _Output(process.stdout, host, gone)
        self.stderr = _Output(process.stderr, host, gone)

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None or self._process.stdout.at_eof()

    async def wait(self) -> int:
        await self._process.wait_closed()
        self._let_go()
        status = self._process.returncode
        if status is None:
            raise self._gone() or TunnelError("the session closed without an exit status", host=self._host)
        return status

    def abandon(self) -> None:
        if not self._leaving:
            self._leaving = True
            self._tasks.spawn(self._reap())

    async def _reap(self) -> None:
        """End the command, not only the channel: a closed channel alone leaves both it and its slot behind."""
        try:
            with suppress(OSError):  # the channel closed in this moment
                self._process.stdin.write_eof()
            with suppress(TimeoutError, AitbcError):
                async with asyncio.timeout(PATIENCE_S):
                    await both(discard(self.stdout), discard(self.stderr))
                    await self._process.wait_closed()
        finally:
            self._process.close()
            self._let_go()

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self._release()


async def open_session(
    conn: asyncssh.SSHClientConnection,
    argv: Sequence[str],
    *,
    host: str,
    slots: asyncio.Semaphore,
    tasks: Tasks,
    gone: Gone,
) -> SshChild:
    """Start a command. `exec` replaces the login shell, so that the command leads the session."""
    try:
        async with asyncio.timeout(_SLOT_WAIT_S):
            await slots.acquire()
    except TimeoutError as exc:
        raise TunnelError("all SSH sessions that we allow ourselves are in use", host=host, timed_out=True) from exc

    def adopt(process: Process) -> SshChild:
        return SshChild(process, host, slots.release, tasks, gone)

    async def start() -> SshChild:
        try:
            return adopt(await _open(conn, f"exec {shlex.join(argv)}"))
        except BaseException:
            slots.release()
            raise

    try:
        return await tasks.whole(start(), lambda child: child.abandon())
    except asyncssh.ChannelOpenError as exc:
        raise _refused(exc, host) from exc
    except (OSError, asyncssh.Error) as exc:
        raise gone() or TunnelError(f"no SSH session: {clean(str(exc), 120)}", host=host) from exc


async def _open(conn: asyncssh.SSHClientConnection, command: str) -> Process:
    for pause_s in (*_REOPEN_S, None):
        try:
            return await conn.create_process(
                command, encoding=None, stdin=asyncssh.PIPE, request_pty=False, window=_WINDOW
            )
        except asyncssh.ChannelOpenError as exc:
            if exc.code != asyncssh.OPEN_CONNECT_FAILED or pause_s is None:
                raise
            await asyncio.sleep(pause_s)
    raise AssertionError("the last turn returns or raises")


def _refused(exc: asyncssh.ChannelOpenError, host: str) -> TunnelError:
    if exc.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        return TunnelError(f"sshd on {host} allows no sessions for this user", host=host)
    return TunnelError(
        f"sshd on {host} refused a session: {clean(exc.reason, 80)}",
        host=host,
        remedy="MaxSessions in its sshd_config is reached, by us or by others who share the connection",
    )
