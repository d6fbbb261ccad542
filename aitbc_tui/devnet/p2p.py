"""The P2P links: real TCP on loopback, newline JSON handshakes, one connection from each follower to genesis.

A follower connects from its own P2P port, so that its port, too, is one end of an established connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Coroutine
from dataclasses import dataclass, field

from aitbc_tui.devnet.servers import LOOPBACK, Port

_HANDSHAKE_S = 5.0
_LINGER_0 = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class P2pNode:
    """One node's P2P process: its listener and the peers it holds."""

    node_id: str
    port: Port
    peers: dict[str, asyncio.StreamWriter] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def listening(self) -> bool:
        return self._server is not None

    def _hello(self) -> bytes:
        hello = {"type": "handshake", "node_id": self.node_id, "listen_port": self.port.number}
        return json.dumps(hello).encode() + b"\n"

    async def open(self) -> None:
        if self._server is None:
            sock = self.port.socket()
            self._server = await asyncio.start_server(self._connected, sock=sock, backlog=100)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._keep(self._accepted(reader, writer))

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = ""
        try:
            async with asyncio.timeout(_HANDSHAKE_S):
                peer = _node_id(await reader.readline())
            if peer and peer not in self.peers:
                self.peers[peer] = writer
                writer.write(self._hello())
                while await reader.readline():
                    pass  # transactions travel in-process; unknown messages are only logged anyway
        except (TimeoutError, OSError, ValueError):
            pass  # silence, a broken line or a lost peer: the connection ends, as on the real node
        finally:
            if self.peers.get(peer) is writer:
                del self.peers[peer]
            writer.transport.abort()

    async def dial(self, other: P2pNode) -> None:
        """Connect to `other` from our own port and keep the connection."""
        if other.node_id in self.peers:
            return
        sock = self.port.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)  # so the same pair can be used again
        try:
            await asyncio.get_running_loop().sock_connect(sock, (LOOPBACK, other.port.number))
        except OSError:
            sock.close()
            raise
        reader, writer = await asyncio.open_connection(sock=sock)
        writer.write(self._hello())
        async with asyncio.timeout(_HANDSHAKE_S):
            peer = _node_id(await reader.readline())
        self.peers[peer] = writer
        self._keep(self._hold(peer, reader, writer))

    async def _hold(self, peer: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                await reader.read()
        finally:
            if self.peers.get(peer) is writer:
                del self.peers[peer]
            writer.transport.abort()

    async def close(self) -> None:
        """Stop listening and drop every peer."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self.peers.values()):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def established(self) -> list[tuple[str, str]]:
        """(local, peer) of every held connection, as ss prints addresses."""
        ends = []
        for writer in self.peers.values():
            local, peer = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
            if local and peer:
                ends.append((f"{local[0]}:{local[1]}", f"{peer[0]}:{peer[1]}"))
        return sorted(ends)


def _node_id(line: bytes) -> str:
    try:
        message = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(message, dict) or message.get("type") != "handshake":
        return ""
    return str(message.get("node_id", ""))
