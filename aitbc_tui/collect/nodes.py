"""Polling one node: its head, the blocks the state asks about, its mempool and its health, one after the other."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.detect import NodeDetector
from aitbc_tui.collect.pace import Rhythm
from aitbc_tui.collect.platform import read_subscribers
from aitbc_tui.domain.node import Head, NodeHealth
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.capability import Generation
from aitbc_tui.protocol.node import parse_head, parse_mempool, parse_node_health
from aitbc_tui.protocol.platform import parse_signed_block
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.state.block_questions import questions
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.state.topology import PRODUCER_ROLE, NodeFrame

MEMPOOL_LIMIT = 100
HEALTH_S = 30.0
BARE_S = 10.0
POOL_TURN = 1.7  # no multiple of a block time, or a mempool would always be seen in the same moment of its cycle
PEERS_S = 10.0
HEARTBEAT_S = 60.0  # contract platform 2026-08: an idle chain shows a new block this often, and no sooner
BLOCKS_PER_TURN = 4
_SILENT = (TroubleKind.TIMEOUT, TroubleKind.CONNECT, TroubleKind.TUNNEL)


class NodePoll:
    """One node's rhythm. Its RPC serves one request at a time, so it is asked one at a time (contract quirk 14)."""

    def __init__(self, asker: Asker, frame: NodeFrame, interval_s: float) -> None:
        self._asker = asker
        self.frame = frame
        self.detector = NodeDetector(asker, str(frame.name), frame.host, frame.rpc, str(frame.chain_id))
        self.detector.on_found = self._found
        asker.watch(self.detector)
        self.rhythm = Rhythm(asker.hub.clock)
        self.rhythm.every(interval_s, self.head)
        self.rhythm.every(POOL_TURN * interval_s, self.mempool)
        self.rhythm.every(max(HEALTH_S, interval_s), self.health)
        self.rhythm.every(max(BARE_S, interval_s), self.bare_head)
        self.rhythm.every(max(PEERS_S, interval_s), self.peers)

    @property
    def _name(self) -> str:
        return str(self.frame.name)

    @property
    def platform(self) -> bool:
        """Whether this node is of the 2026-08 platform."""
        return self.detector.generation is Generation.AUGUST

    @property
    def chain_id(self) -> str:
        """As configured, else the first that the node itself was told to serve; it goes with every request."""
        return str(self.frame.chain_id) or (str(self.detector.chains[0]) if self.detector.chains else "")

    def _found(self) -> None:
        """What the state must know of this version."""
        hub = self._asker.hub
        heartbeat = HEARTBEAT_S if self.platform else 0.0
        nodes = tuple(
            replace(frame, generation=self.detector.generation.value, heartbeat_s=heartbeat)
            if frame.name == self.frame.name
            else frame
            for frame in hub.world.topology.nodes
        )
        hub.topology(replace(hub.world.topology, nodes=nodes))

    async def head(self) -> None:
        """The head, then at most a few blocks whose content would decide something."""
        if await self.head_only():
            await self.blocks()

    async def head_only(self) -> bool:
        """Whether the node said what its head is."""
        asked = self.detector.head

        async def read() -> tuple[Head, float, float | None]:
            answer = await self.detector.answer(asked)
            head = parse_head(answer.body, parse_http_date(answer.headers.get("date")))
            return head, answer.received_at, answer.elapsed_ms

        if self._asker.coming(self.frame.host):
            return False
        return await self._asker.report(Source(Kind.HEAD, self._name), read, asked) is not None

    def silence(self) -> Trouble | None:
        """Why the node said nothing at all when it was asked for its head; None when it said anything."""
        trouble = self._asker.hub.world.nodes[self.frame.name].head.trouble
        return trouble if trouble is not None and trouble.kind in _SILENT else None

    def failed(self, trouble: Trouble) -> None:
        """The same trouble for what it need not be asked for."""
        for kind in (Kind.HEALTH, Kind.MEMPOOL):
            self._asker.hub.failed(Source(kind, self._name), trouble)

    async def bare_head(self) -> None:
        """The head without naming the chain: a node whose environment lacks chain_id says there is none."""
        if not self.chain_id or self.platform:
            return
        await self._asker.ask(
            Source(Kind.BARE, self._name),
            self.frame.host,
            self.frame.rpc,
            requests.head(),
            lambda a, date: parse_head(a.body, date),
        )

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
            lambda a, date: parse_signed_block(a.body),
        )

    async def mempool(self, limit: int = MEMPOOL_LIMIT) -> None:
        await self._asker.ask(
            Source(Kind.MEMPOOL, self._name),
            self.frame.host,
            self.frame.rpc,
            requests.mempool(limit, self.chain_id),
            lambda a, date: parse_mempool(a.body, limit),
        )

    async def health(self) -> None:
        async def read() -> tuple[NodeHealth, float, float | None]:
            answer = await self.detector.answer(requests.node_health())
            return parse_node_health(answer.body), answer.received_at, answer.elapsed_ms

        if not self._asker.coming(self.frame.host):
            await self._asker.report(Source(Kind.HEALTH, self._name), read, requests.node_health())

    async def peers(self) -> None:
        """Only 2026-08 lists anybody, at the hub; before, the sockets of the host tell."""
        if not self.platform:
            return
        if self.frame.role == PRODUCER_ROLE:
            await read_subscribers(self._asker, self.frame)
            return
        words = SafeText("a follower of this version lists no peers: its hub has the leases")
        now = self._asker.hub.clock.monotonic()
        self._asker.hub.failed(Source(Kind.PEERS, self._name), Trouble(TroubleKind.ABSENT, words, since=now))
