"""Polling one node: its head, the blocks the state asks about, its mempool and its health, one after the other."""

from __future__ import annotations

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.pace import Rhythm
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.node import parse_block, parse_head, parse_mempool, parse_node_health
from aitbc_tui.state.chain import questions
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.state.topology import NodeFrame

MEMPOOL_LIMIT = 100
HEALTH_S = 30.0
BLOCKS_PER_TURN = 4


class NodePoll:
    """One node's rhythm. Its RPC serves one request at a time, so it is asked one at a time (contract quirk 14)."""

    def __init__(self, asker: Asker, frame: NodeFrame, interval_s: float) -> None:
        self._asker = asker
        self.frame = frame
        self.rhythm = Rhythm(asker.hub.clock)
        self.rhythm.every(interval_s, self.head)
        self.rhythm.every(2 * interval_s, self.mempool)
        self.rhythm.every(max(HEALTH_S, interval_s), self.health)

    @property
    def _name(self) -> str:
        return str(self.frame.name)

    async def head(self) -> None:
        """The head, then at most a few blocks whose content would decide something."""
        if await self.head_only():
            await self.blocks()

    async def head_only(self) -> bool:
        """Whether the node said what its head is."""
        source = Source(Kind.HEAD, self._name)
        asked = requests.head(str(self.frame.chain_id))
        head = await self._asker.ask(
            source, self.frame.host, self.frame.rpc, asked, lambda a, date: parse_head(a.body, date)
        )
        return head is not None

    async def blocks(self) -> None:
        hub = self._asker.hub
        wanted = [q for q in questions(hub.world, hub.clock.monotonic()) if q.node == self._name]
        for question in wanted[:BLOCKS_PER_TURN]:
            await self.block(question.height)

    async def block(self, height: int) -> None:
        await self._asker.ask(
            Source(Kind.BLOCK, self._name),
            self.frame.host,
            self.frame.rpc,
            requests.block(height),
            lambda a, date: parse_block(a.body),
        )

    async def mempool(self, limit: int = MEMPOOL_LIMIT) -> None:
        await self._asker.ask(
            Source(Kind.MEMPOOL, self._name),
            self.frame.host,
            self.frame.rpc,
            requests.mempool(limit, str(self.frame.chain_id)),
            lambda a, date: parse_mempool(a.body, limit),
        )

    async def health(self) -> None:
        await self._asker.ask(
            Source(Kind.HEALTH, self._name),
            self.frame.host,
            self.frame.rpc,
            requests.node_health(),
            lambda a, date: parse_node_health(a.body),
        )
