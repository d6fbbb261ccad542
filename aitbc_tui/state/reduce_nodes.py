"""What nodes say, sorted into the world: heads, blocks, mempools, and which heights are kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from aitbc_tui.domain.node import Block, GitState, Head, MempoolReading, NodeHealth, NodeSettings, Peers
from aitbc_tui.state.departures import Departures
from aitbc_tui.state.events import Answered, Kind
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.skew import date_of, noted

T = TypeVar("T")
HEIGHTS_KEPT = 256
READ_KEPT = 64
SETTLED_S = 12.0  # a node that has only just begun to propose drops old transactions
CHANGES_KEPT = 120
ARRIVALS_KEPT = 30
INTERVALS_KEPT = 20  # minutes


def node_answered(world: World, name: str, e: Answered) -> World:
    """The world after an answer of this node; the same where no such node is configured."""
    facts = world.nodes.get(name)
    if facts is None:
        return world
    facts = _with_pool(world, facts, e) if e.source.kind is Kind.MEMPOOL else facts
    after = with_node(world, name, _node_answer(facts, e))
    return _node_clock(after, name, e.payload, e) if isinstance(e.payload, Head) else after


def _node_answer(facts: NodeFacts, e: Answered) -> NodeFacts:
    match e.payload:
        case Head() as head if e.source.kind is Kind.BARE:
            return replace(facts, bare=facts.bare.got(head, e.at, e.rtt_ms))
        case Head() as head:
            return _with_head(facts, head, e)
        case NodeSettings() as settings:
            return replace(facts, settings=facts.settings.got(settings, e.at, e.rtt_ms))
        case NodeHealth() as health:
            return replace(facts, health=facts.health.got(health, e.at, e.rtt_ms))
        case Block() as block:
            return _with_block(facts, block, e.at)
        case MempoolReading() as reading:
            return replace(facts, mempool=facts.mempool.got(reading, e.at, e.rtt_ms))
        case GitState() as git:
            return replace(facts, git=facts.git.got(git, e.at, e.rtt_ms))
        case Peers() as peers:
            return replace(facts, peers=facts.peers.got(peers, e.at, e.rtt_ms))
    return facts


def _with_head(facts: NodeFacts, head: Head, e: Answered) -> NodeFacts:
    changes = facts.changes
    if changes and head.height < changes[-1][1]:  # wiped or replaced: what it said before is not its chain now
        back = (changes[-1][1], head.height, e.utc)
        facts = replace(
            facts, hashes={}, blocks={}, counts={}, departures=Departures(), went_back=back, read_at={}, arrivals={}
        )
        changes = ()
    arrivals = _arrived(facts, head.height, e.at)
    if not changes or changes[-1][1] != head.height:
        changes = (*changes, (e.at, head.height))[-CHANGES_KEPT:]
    facts = replace(
        facts,
        head=facts.head.got(head, e.at, e.rtt_ms),
        hashes=_kept({**facts.hashes, head.height: head.hash}, facts),
        counts=_kept({**facts.counts, head.height: head.tx_count}, facts)
        if head.tx_count is not None
        else facts.counts,
        departures=facts.departures.after_head(head.height, e.at).settle(facts.blocks, facts.counts, e.at),
        changes=changes,
        arrivals=arrivals,
        makes_empty_blocks=facts.makes_empty_blocks or (head.height > 0 and head.tx_count == 0),
    )
    minute = int(e.at // 60)
    if facts.minute is None or minute == facts.minute:
        return replace(facts, minute=minute)
    pace = block_interval(changes)
    return replace(
        facts, minute=minute, intervals=facts.intervals if pace is None else (*facts.intervals, pace)[-INTERVALS_KEPT:]
    )


def _arrived(facts: NodeFacts, height: int, at: float) -> Mapping[int, tuple[float, float]]:
    """Between which two looks each of the newest heights came to this node (monotonic)."""
    before, known = facts.head, facts.changes[-1][1] if facts.changes else None
    if known is None or before.at is None or height <= known:
        return facts.arrivals if known is not None else {}
    asked = before.at - (before.rtt_ms or 0.0) / 1000
    came = dict.fromkeys(range(max(known, height - ARRIVALS_KEPT) + 1, height + 1), (asked, at))
    return dict([*facts.arrivals.items(), *came.items()][-ARRIVALS_KEPT:])


def _with_block(facts: NodeFacts, block: Block, at: float) -> NodeFacts:
    known = facts.hashes.get(block.height)
    if known is not None and known != block.hash and block.height > 0:
        # it says something else than before: whatever it said of this height and above is another chain's
        below = block.height
        facts = replace(
            facts,
            hashes={h: v for h, v in facts.hashes.items() if h < below},
            blocks={h: v for h, v in facts.blocks.items() if h < below},
            counts={h: v for h, v in facts.counts.items() if h < below},
        )
    facts = replace(facts, read_at=_last_read(facts, block.height, at))
    blocks = _kept({**facts.blocks, block.height: block}, facts)
    return replace(
        facts,
        blocks=blocks,
        hashes=_kept({**facts.hashes, block.height: block.hash}, facts),
        makes_empty_blocks=facts.makes_empty_blocks or (block.height > 0 and block.tx_count == 0),
        departures=facts.departures.settle(blocks, facts.counts, at),
    )


def _with_pool(world: World, facts: NodeFacts, e: Answered) -> NodeFacts:
    """The mempool's past; what left a proposer's is looked for in blocks. Another's may forget what is long mined."""
    reading = e.payload
    if not isinstance(reading, MempoolReading):
        return facts
    departures, pool = facts.departures, facts.pool
    before, head = facts.mempool.value, facts.head.value
    if _proposes(world, e) and before is not None and not before.capped and not reading.capped:
        waiting = {str(tx.tx_hash) for tx in reading.transactions}
        if pool.head is not None:
            departures = departures.left([tx for tx in pool.seen if tx not in waiting], pool.head, e.at)
    pool = replace(pool.after(reading, e.at), head=None if head is None else head.height)
    return replace(facts, pool=pool, departures=departures)


def _proposes(world: World, e: Answered) -> bool:
    return world.proposer is not None and world.proposer[0] == e.source.subject and e.at - world.proposer[1] > SETTLED_S


def _node_clock(world: World, name: str, head: Head, e: Answered) -> World:
    frame = world.topology.node(name)
    theirs = date_of(head.timestamp, head.block_age_s)
    host = frame.host if frame is not None else ""
    return replace(world, clocks=noted(world.clocks, host, theirs, e.utc, e.at, http=True))


def block_interval(changes: tuple[tuple[float, int], ...]) -> float | None:
    """Seconds a block over the changes seen; None until the head moved by two blocks or more."""
    if len(changes) < 2:
        return None
    (start, low), (end, high) = changes[0], changes[-1]
    return (end - start) / (high - low) if high - low >= 2 else None


def _kept(items: dict[int, T], facts: NodeFacts) -> Mapping[int, T]:
    """The highest HEIGHTS_KEPT heights, the genesis block, and whatever was read lately or decides about a fork."""
    if len(items) <= HEIGHTS_KEPT:
        return items
    newest = sorted(items)[-HEIGHTS_KEPT:]
    older = {0, *facts.anchors, *facts.read_at}
    return {height: items[height] for height in sorted({*(older & items.keys()), *newest})}


def _last_read(facts: NodeFacts, height: int, at: float) -> Mapping[int, float]:
    """When blocks were read, the newest reading last; as many as a search for a split needs side by side."""
    read = {h: when for h, when in facts.read_at.items() if h != height}
    return dict([*read.items(), (height, at)][-READ_KEPT:])


def with_node(world: World, name: str, facts: NodeFacts) -> World:
    """The world with this node's facts replaced."""
    return replace(world, nodes={**world.nodes, name: facts})
