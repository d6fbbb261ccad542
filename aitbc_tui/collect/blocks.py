"""Reads mempools, recent blocks and accounts of every node for a search; ranges are asked for in small pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.node import Account, Block, Head, MempoolReading
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.node import parse_account, parse_block, parse_blocks_range, parse_head, parse_mempool
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.protocol.trouble import classify
from aitbc_tui.state.spreading import Seen, Spreading, spreading
from aitbc_tui.state.topology import PRODUCER_ROLE, NodeFrame
from aitbc_tui.state.transactions import NodeView
from aitbc_tui.transport.host import HttpAnswer

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

DEPTH = 200  # blocks searched from the head down
MAX_DEPTH = 10_000
PIECE = 100  # one long range freezes every other answer of a node (contract, node quirk 14)
WHOLE_MEMPOOL = 10_001
CONNECT_S = 12.0
ACCOUNTS = 50
BURST_PAUSE_S = 0.02  # a node's RPC serves others, too


class Scanner:
    """Asks one node, one request after the other."""

    def __init__(self, collector: Collector, frame: NodeFrame) -> None:
        self._collector = collector
        self._frame = frame

    @property
    def _chain(self) -> str:
        """As configured, else what the node itself was told to serve."""
        polls = {str(poll.frame.name): poll for poll in self._collector.nodes}
        return polls[self.name].chain_id if self.name in polls else str(self._frame.chain_id)

    @property
    def name(self) -> str:
        return str(self._frame.name)

    async def view(self, depth: int, *, mempool: bool = True, every_block: bool = False) -> NodeView:
        """Head, mempool and the blocks down to `depth`; what fails ends it there and is kept as the reason.

        Blocks without transactions are not fetched singly unless `every_block`.
        """
        drains = self._frame.role == PRODUCER_ROLE or len(self._collector.topology.nodes) == 1
        view = NodeView(self.name, drains, self._chain)
        try:
            await self._collector.hosts[self._frame.host].ensure(CONNECT_S)
            head = await self.head()
            view = replace(view, head=head.height)
            if mempool:
                view = replace(view, mempool=await self._mempool())
            lowest = max(0, head.height - depth + 1)
            view = replace(view, blocks=await self._blocks(lowest, head.height, every_block), searched_from=lowest)
        except AitbcError as error:
            view = replace(view, trouble=classify(error, now=self._collector.clock.monotonic()))
        return view

    async def head(self) -> Head:
        answer = await self._ask(requests.head(self._chain))
        return parse_head(answer.body, parse_http_date(answer.headers.get("date")))

    async def _ask(self, ask: Ask) -> HttpAnswer:
        return await self._collector.asker.send(self._frame.host, self._frame.rpc, ask)

    async def _mempool(self) -> MempoolReading:
        answer = await self._ask(requests.mempool(WHOLE_MEMPOOL, self._chain))
        return parse_mempool(answer.body, WHOLE_MEMPOOL)

    async def _blocks(self, lowest: int, highest: int, every_block: bool) -> tuple[Block, ...]:
        """Newest first. The range tells which hold transactions; those are asked for whole."""
        found: list[Block] = []
        top = highest
        while top >= lowest:
            bottom = max(lowest, top - PIECE + 1)
            answer = await self._ask(requests.blocks_range(bottom, top))
            for block in reversed(parse_blocks_range(answer.body)):
                if every_block or (block.tx_count and not block.transactions):
                    block = parse_block((await self._ask(requests.block(block.height))).body)
                found.append(block)
            top = bottom - 1
        return tuple(found)

    async def accounts(self, addresses: Sequence[str]) -> dict[str, Account]:
        """Those that the node answers for; an address that cannot be asked for is left out."""
        known: dict[str, Account] = {}
        for address in addresses[:ACCOUNTS]:
            try:
                known[address] = parse_account((await self._ask(requests.account(address))).body, address)
            except AitbcError:
                continue  # without it the checks say that the account could not be read
        return known


async def scan(
    collector: Collector,
    depth: int = DEPTH,
    nodes: Sequence[str] | None = None,
    *,
    mempool: bool = True,
    every_block: bool = False,
) -> list[NodeView]:
    """Every node at once, each asked by itself."""
    frames = [frame for frame in collector.topology.nodes if nodes is None or str(frame.name) in nodes]
    scanners = [Scanner(collector, frame) for frame in frames]
    views = await asyncio.gather(*(s.view(depth, mempool=mempool, every_block=every_block) for s in scanners))
    return list(views)


async def with_accounts(collector: Collector, views: Sequence[NodeView], senders: Sequence[str]) -> list[NodeView]:
    """The producer's view with these senders' accounts, or the first node's that was heard."""
    asked = next((v for v in sorted(views, key=lambda v: not v.drains) if v.head is not None), None)
    if asked is None or not senders:
        return list(views)
    frame = collector.topology.node(asked.name)
    assert frame is not None
    accounts = await Scanner(collector, frame).accounts(list(dict.fromkeys(senders)))
    return [replace(view, accounts=accounts) if view is asked else view for view in views]


async def burst_of(collector: Collector, seconds: float, nodes: Sequence[str] | None = None) -> Spreading:
    """Ask every node for its head again and again, one request of each at a time, for so long."""
    clock, seen = collector.clock, list[Seen]()
    begun = clock.monotonic()

    async def follow(scanner: Scanner) -> None:
        while clock.monotonic() - begun < seconds:
            asked = clock.monotonic()
            try:
                head = await scanner.head()
            except AitbcError:
                return  # it is not heard: the lines say that it saw none
            seen.append(Seen(scanner.name, head.height, asked, clock.monotonic()))
            await clock.sleep(BURST_PAUSE_S)

    frames = [frame for frame in collector.topology.nodes if nodes is None or str(frame.name) in nodes]
    await asyncio.gather(*(follow(Scanner(collector, frame)) for frame in frames))
    return spreading(seen, clock.monotonic() - begun)
