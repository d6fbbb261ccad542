"""Reads mempools, recent blocks and accounts of every node for a search; ranges are asked for in small pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import AitbcError, HttpError
from aitbc_tui.domain.node import Account, Block, Head, MempoolReading, Transaction
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.work import EscrowSeen
from aitbc_tui.protocol import platform_requests, requests
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.node import parse_account, parse_block, parse_blocks_range, parse_head, parse_mempool
from aitbc_tui.protocol.platform import parse_escrow, parse_indexed
from aitbc_tui.protocol.platform_signer import tx_signer
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.protocol.trouble import classify
from aitbc_tui.state.spreading import Seen, Spreading, spreading
from aitbc_tui.state.topology import PRODUCER_ROLE, NodeFrame
from aitbc_tui.state.transactions import found
from aitbc_tui.state.tx_checks import NodeView
from aitbc_tui.state.tx_query import Kind, Query
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
            view = replace(view, generation=await self._generation())
            head = await self.head()
            view = replace(view, head=head.height, head_age_s=head.block_age_s)
            if mempool:
                reading = await self._mempool()
                view = replace(view, mempool=reading, first_seen=self._first_seen(reading))
            lowest = max(0, head.height - depth + 1)
            view = replace(view, blocks=await self._blocks(lowest, head.height, every_block), searched_from=lowest)
        except AitbcError as error:
            view = replace(view, trouble=classify(error, now=self._collector.clock.monotonic()))
        return view

    async def _generation(self) -> str:
        """By probing, as the dashboard finds it; a probe that brings nothing leaves it open."""
        polls = {str(poll.frame.name): poll for poll in self._collector.nodes}
        if self.name not in polls:
            return self._frame.generation
        detector = polls[self.name].detector
        with suppress(AitbcError):  # the request after it says why the node does not answer
            await detector.ready()
        return detector.generation.value

    def _first_seen(self, reading: MempoolReading) -> dict[str, float]:
        """Since when each is known to wait, from the dashboard's own watching; nothing for a command that came now."""
        facts = self._collector.hub.world.nodes.get(self.name)
        if facts is None:
            return {}
        seen, clock = facts.pool.seen, self._collector.clock
        shift = clock.utc() - clock.monotonic()
        hashes = (str(tx.tx_hash) for tx in reading.transactions)
        return {tx_hash: seen[tx_hash] + shift for tx_hash in hashes if tx_hash in seen}

    async def indexed(self, tx_hash: str) -> tuple[Transaction, int, float | None] | None:
        """By the node's own index, where its version has one and the transaction is in it."""
        with suppress(AitbcError):
            return parse_indexed((await self._ask(platform_requests.transaction(tx_hash))).body)
        return None

    async def escrow(self, job_id: str) -> EscrowSeen | Trouble | None:
        """What this node holds for a job; None where it holds nothing, the trouble where that could not be read."""
        try:
            found = parse_escrow((await self._ask(platform_requests.escrow(job_id))).body)
        except AitbcError as error:
            if isinstance(error, HttpError) and error.status == 404:
                return None
            return classify(error, now=self._collector.clock.monotonic())
        return EscrowSeen(clean(self.name, 20), found.state, found.amount, found.released, found.refunded)

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


async def looked_up(collector: Collector, views: Sequence[NodeView], queries: Sequence[Query]) -> list[NodeView]:
    """The same views with what only single questions bring: accounts and signers of whoever sent what is in no
    block searched, and of a version with an index what lies below them."""
    pictures = [picture for query in queries for picture in found(query, views)]
    missing = [p.tx_hash for p in pictures if p.verdict.word in ("NOT FOUND", "unknown")][:ACCOUNTS]
    views = await asyncio.gather(*(_with_older(collector, view, missing) for view in views))
    open_ones = [p.tx for p in pictures if p.tx is not None and p.verdict.word != "included"][:ACCOUNTS]
    addresses = [str(tx.sender) for tx in open_ones]
    addresses += [query.text for query in queries if query.kind is Kind.ADDRESS]
    signers = {str(tx.tx_hash): tx_signer(*tx.proof) for tx in open_ones if tx.proof}
    views = [replace(view, signers=signers) if view.drains else view for view in views]
    return await with_accounts(collector, views, addresses)


async def escrow_of(collector: Collector, views: Sequence[NodeView], job_id: str) -> EscrowSeen | Trouble | None:
    """As the producer of a version that keeps escrows has it."""
    view = next((view for view in views if view.signs and view.drains), None)
    frame = collector.topology.node(view.name) if view is not None else None
    return None if frame is None else await Scanner(collector, frame).escrow(job_id)


async def _with_older(collector: Collector, view: NodeView, hashes: Sequence[str]) -> NodeView:
    frame = collector.topology.node(view.name)
    if not hashes or frame is None or view.head is None or not view.signs:
        return view
    scanner = Scanner(collector, frame)
    older = {}
    for tx_hash in hashes:
        there = await scanner.indexed(tx_hash)
        if there is not None:
            older[tx_hash] = there
    return replace(view, older=older)


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
