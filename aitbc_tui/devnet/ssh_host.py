"""An SSH host on loopback: key login only, at most ten sessions, tunnels to its own ports, and a real sh."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import asyncssh
from asyncssh.process import SSHServerProcess

from aitbc_tui.devnet.servers import LOOPBACK, Port
from aitbc_tui.devnet.valve import Valve

MAX_SESSIONS = 10
_CHUNK = 65536
_SCRIPT = b"command eval "  # how a script for the long-lived shell begins
_OUR_NAMES = (LOOPBACK, "localhost", "::1")


@dataclass(slots=True)
class SshHost:
    """One host. `may_reach` says which ports a tunnel may go to; `home` holds bin/ with the stand-ins."""

    name: str
    user: str
    home: Path
    port: Port
    host_key: asyncssh.SSHKey
    user_key: str
    may_reach: Callable[[int], bool]
    valve: Valve = field(init=False)
    sessions: int = 0
    processes: set[asyncio.subprocess.Process] = field(default_factory=set)
    epoch: Callable[[], float] | None = None  # what the shell's clock says, when not the machine's own
    _connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)
    _options: asyncssh.SSHServerConnectionOptions | None = None

    def __post_init__(self) -> None:
        self.valve = Valve(self.port, self._serve)

    async def open(self) -> None:
        self.use_key(self.host_key)
        await self.valve.open()

    def use_key(self, key: asyncssh.SSHKey) -> None:
        """From now on, new connections are shown this host key."""
        self._options = asyncssh.SSHServerConnectionOptions(
            server_factory=lambda: _Server(self),
            server_host_keys=[key],
            authorized_client_keys=asyncssh.import_authorized_keys(self.user_key),
            encoding=None,
            gss_host=None,
            agent_forwarding=False,
            allow_scp=False,
            login_timeout=20,
            server_version="OpenSSH_9.2p1",
        )

    async def _serve(self, sock: socket.socket) -> None:
        # run_server returns only after the login, which needs the caller's pumps
        task = asyncio.create_task(self._run(sock))
        task.add_done_callback(_ignore_failed_login)

    async def _run(self, sock: socket.socket) -> None:
        assert self._options is not None
        await asyncssh.run_server(sock, options=self._options)

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.home / 'bin'}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            "HOME": str(self.home),
            "USER": self.user,
            "LOGNAME": self.user,
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
        }

    async def close(self) -> None:
        await self.valve.cut()
        for connection in list(self._connections):
            connection.abort()
        for process in list(self.processes):
            _kill(process)
        for process in list(self.processes):
            await process.wait()

    async def run_command(self, process: SSHServerProcess[bytes]) -> None:
        """Both forms: exec of a command line, and a long-lived shell on standard input."""
        argv = ["sh", "-c", process.command] if process.command else ["sh"]
        child = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment(),
            cwd=self.home,
            start_new_session=True,
        )
        self.processes.add(child)
        feeding = asyncio.create_task(_feed(process, child, self.epoch, os.fsencode(self.home / "data" / "cgroup")))
        try:
            assert child.stdout is not None and child.stderr is not None
            async with asyncio.TaskGroup() as group:
                group.create_task(_drain(child.stdout, process.stdout))
                group.create_task(_drain(child.stderr, process.stderr))
            _report(process, await child.wait())
        finally:
            feeding.cancel()
            if child.returncode is None:
                _kill(child)
                await child.wait()
            self.processes.discard(child)


async def _feed(
    process: SSHServerProcess[bytes],
    child: asyncio.subprocess.Process,
    epoch: Callable[[], float] | None,
    cgroups: bytes,
) -> None:
    """What is typed to a shell. The cgroups of this machine are none of the devnet's: its own lie in a folder."""
    assert child.stdin is not None
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await process.stdin.read(_CHUNK):
            if epoch is not None and data.startswith(_SCRIPT):
                child.stdin.write(f"EPOCHSECONDS={int(epoch())}\n".encode())
            child.stdin.write(data.replace(b"/sys/fs/cgroup", cgroups))
            await child.stdin.drain()
    child.stdin.close()


async def _drain(source: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    """When the channel is gone the process goes on, and meets a full pipe or EOF like behind a real sshd."""
    gone = False
    while data := await source.read(_CHUNK):
        if gone:
            continue
        try:
            sink.write(data)
            await sink.drain()
        except (OSError, asyncssh.Error):
            gone = True


def _report(process: SSHServerProcess[bytes], status: int) -> None:
    with contextlib.suppress(OSError, asyncssh.Error):
        if status >= 0:
            process.exit(status)
        else:
            process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))


def _kill(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _ignore_failed_login(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()  # a refused key or a vanished client is the client's business


class _Session(SSHServerProcess[bytes]):
    """Gives its slot back when the command has ended; or at once if none was ever started."""

    def __init__(self, host: SshHost) -> None:
        super().__init__(self._run, lambda channel: _Files(channel, host), 3, False)
        self._host = host
        self._started = False
        self._released = False
        host.sessions += 1

    def _release(self) -> None:
        if not self._released:
            self._released = True
            self._host.sessions -= 1

    async def _run(self, process: SSHServerProcess[bytes]) -> None:
        self._started = True
        try:
            await self._host.run_command(process)
        finally:
            self._release()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._started:
            self._release()
        super().connection_lost(exc)


class _Files(asyncssh.SFTPServer):
    """What an SFTP client may ask here: how full the one disk is, as `df` says it, and nothing else."""

    def __init__(self, channel: object, host: SshHost) -> None:
        super().__init__(cast("asyncssh.SSHServerChannel[bytes]", channel), chroot=os.fsencode(host.home))
        self._host = host

    def statvfs(self, path: bytes) -> asyncssh.SFTPVFSAttrs:
        words = (self._host.home / "data" / "df").read_text().splitlines()[1].split()
        return asyncssh.SFTPVFSAttrs(bsize=1024, frsize=1024, blocks=int(words[1]), bfree=int(words[3]),
                                     bavail=int(words[3]))  # fmt: skip

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        raise asyncssh.SFTPPermissionDenied("statvfs only")


class _Server(asyncssh.SSHServer):
    """One connection: who may log in, how many sessions, where tunnels may lead."""

    def __init__(self, host: SshHost) -> None:
        self._host = host
        self._mine: list[_Session] = []
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._host._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._host._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        if username != self._host.user and self._connection is not None:
            self._connection.set_authorized_keys(asyncssh.import_authorized_keys(""))
        return True

    def session_requested(self) -> _Session:
        self._mine = [session for session in self._mine if not session._released]
        if len(self._mine) >= MAX_SESSIONS:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "open failed")
        session = _Session(self._host)
        self._mine.append(session)
        return session

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        if dest_host not in _OUR_NAMES or not self._host.may_reach(dest_port):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "open failed")
        return True
