"""How much of a disk is left, by SFTP's statvfs: one process on the node a connection, instead of one every look."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncssh

OPEN_S = 5.0  # a forced command answers an SFTP client with anything but SFTP


class Space:
    """The SFTP session of one host. Nothing but statvfs is ever asked in it; what is refused is not tried again
    before the next connection, and what needs a session that others may want is not waited for.
    """

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._client: asyncssh.SFTPClient | None = None
        self._refused = False
        self._holds = False  # a session of ours, perhaps one that never became SFTP, counts on the server
        self._lock = asyncio.Lock()

    async def of(self, conn: asyncssh.SSHClientConnection, path: str, timeout_s: float) -> tuple[int, int] | None:
        """Total bytes, and those free to a user; None when this server does not say."""
        async with self._lock:
            try:
                async with asyncio.timeout(timeout_s):
                    client = None if self._refused else await self._opened(conn)
                    if client is None:
                        return None
                    found = await client.statvfs(path)
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied):
                return None  # of this path; the session is sound
            except (OSError, TimeoutError, asyncssh.Error):
                self._refused = True
                return None
        if not found.blocks or not found.frsize:
            return None
        return found.blocks * found.frsize, found.bavail * found.frsize

    async def _opened(self, conn: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient | None:
        if self._client is not None or self._slots.locked():
            return self._client
        await self._slots.acquire()
        self._holds = True
        async with asyncio.timeout(OPEN_S):
            self._client = await conn.start_sftp_client()
        return self._client

    def give_way(self) -> bool:
        """Somebody needs the session more: whether there was one to give back. None is opened again meanwhile."""
        had = self._client is not None
        self.forget()
        self._refused = True
        return had

    def forget(self) -> None:
        """The connection is gone: the next one may offer it."""
        client, self._client = self._client, None
        self._refused = False
        if self._holds:
            self._holds = False
            self._slots.release()
        if client is not None:
            with suppress(OSError, asyncssh.Error):
                client.exit()
