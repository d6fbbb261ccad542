"""Which blocks to ask which node next, so that heads can be compared and a fork be narrowed down."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.state.chain import DISPLAY_STEP, forked, fresh_heights, judge_chain, pair, source_of
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.signers import to_compare

AGAIN_S = 12.0  # after which a block that may have been replaced is read again
NEWEST_S = 8.0  # how often one of the newest blocks is read, for its proposer and its body


@dataclass(frozen=True, slots=True)
class BlockQuestion:
    """A block whose content would decide something; the collector asks it of this node."""

    node: str
    height: int


class _Asking:
    """Collects what to ask; a block that was read is not asked again, unless that is `again_s` ago."""

    def __init__(self, world: World, now: float) -> None:
        self.world = world
        self.now = now
        self.heights = fresh_heights(world, now)
        self.wanted: list[BlockQuestion] = []

    def want(self, name: str, height: int, again_s: float | None = None) -> None:
        facts = self.world.nodes[name]
        if not 0 <= height <= self.heights.get(name, -1):
            return
        read = facts.read_at.get(height)
        if height not in facts.blocks or (again_s is not None and read is not None and self.now - read > again_s):
            self.wanted.append(BlockQuestion(name, height))


def questions(world: World, now: float) -> tuple[BlockQuestion, ...]:
    """Blocks to ask next: the shown height, a common height where none is known, and a fork's first block."""
    source = source_of(world, now)
    if source is None:
        return ()
    asking = _Asking(world, now)
    _of_every_node(asking)
    departures = world.nodes[source].departures
    for height in departures.wanted(world.nodes[source].blocks, world.nodes[source].counts)[:4]:
        asking.want(source, height)
    compare = to_compare(world, source)
    if compare is not None:
        asking.want(source, compare)
    for name in asking.heights:
        if name != source:
            _of_a_pair(asking, source, name)
    return tuple(dict.fromkeys(asking.wanted))


def _of_every_node(asking: _Asking) -> None:
    """The height that is shown, the first block, and now and then the newest."""
    chain = judge_chain(asking.world, asking.now)
    for name, head in asking.heights.items():
        if chain.display_height is not None:
            asking.want(name, chain.display_height, AGAIN_S if chain.fork is not None else None)
        asking.want(name, 0, AGAIN_S)
        read_at = asking.world.nodes[name].read_at
        if asking.now - max(read_at.get(h, -1e9) for h in (*list(read_at)[-12:], -1) if h != 0) > NEWEST_S:
            asking.want(name, head)


def _of_a_pair(asking: _Asking, source: str, name: str) -> None:
    """A height that both have, and where they differ the middle between that and the last equal one."""
    world, heights = asking.world, asking.heights
    found = pair(world.nodes[source], world.nodes[name])
    if heights[source] - heights[name] >= 2:
        asking.want(source, heights[name] + 1)  # why a follower stands: is the block after its head empty?
    low = min(heights[source], heights[name])
    stands = all(_stands_s(world.nodes[n], asking.now) > NEWEST_S for n in (source, name))
    if found.differs is None and (found.equal is None or found.equal < (low if stands else low - DISPLAY_STEP)):
        asking.want(source, low)
        asking.want(name, low)
    if found.differs is not None and name in forked(world):
        floor = found.equal if found.equal is not None else -1
        middle = (floor + found.differs) // 2
        for height in (found.differs, middle):
            if height > floor:
                asking.want(source, height)
                asking.want(name, height)


def _stands_s(facts: NodeFacts, now: float) -> float:
    """How long its head stands: heads of a chain that makes few blocks may never meet at one height."""
    return now - facts.changes[-1][0] if facts.changes else 0.0
