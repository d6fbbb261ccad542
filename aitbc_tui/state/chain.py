"""Do the nodes agree? Hashes at common heights, never heads of unequal height (contract node-2026-04 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median

from aitbc_tui.domain.snapshot import Chain, Fork
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.reduce_nodes import block_interval

DISPLAY_STEP = 10
CONFIRM = 2  # comparisons that must disagree before a fork is called
BLOCK_TIME_S = 2.0  # the platform's default, until the nodes' own rhythm is seen


@dataclass(frozen=True, slots=True)
class Pair:
    """Two nodes: the highest height known equal below the first known difference, and that difference."""

    equal: int | None
    differs: int | None


def fresh_heights(world: World, now: float) -> dict[str, int]:
    """The height of every node that was heard lately."""
    heights = {}
    for name, facts in world.nodes.items():
        head = facts.head.fresh(now)
        if head is not None:
            heights[name] = head.height
    return heights


def source_of(world: World, now: float) -> str | None:
    """The node that the others are compared with: the producer when it is heard, else any that is."""
    heights = fresh_heights(world, now)
    producer = world.topology.producer
    if producer is not None and producer.name in heights:
        return str(producer.name)
    return next((str(n.name) for n in world.topology.nodes if n.name in heights), None)


def pair(source: NodeFacts, other: NodeFacts) -> Pair:
    """What is known of two nodes' common past."""
    common = sorted((source.hashes.keys() & other.hashes.keys()) - {0})  # another block 0 is no fork, but another chain
    heads = [facts.head.value.height for facts in (source, other) if facts.head.value is not None]
    if 0 in heads and source.hashes.get(0) == other.hashes.get(0) is not None:  # there is no other block to compare
        common = [0]
    different = [h for h in common if source.hashes[h] != other.hashes[h]]
    first = different[0] if different else None
    equal = [h for h in common if source.hashes[h] == other.hashes[h] and (first is None or h < first)]
    return Pair(equal[-1] if equal else None, first)


def after_comparison(world: World, now: float, utc: float) -> World:
    """Count agreements and disagreements after a head or block came in."""
    source = source_of(world, now)
    if source is None:
        return world
    nodes, mismatches = dict(world.nodes), dict(world.mismatches)
    heights = fresh_heights(world, now)
    newest = world.compared_height
    compared = world.compared
    anchors: dict[str, set[int]] = {}
    for name in heights:
        if name == source:
            continue
        result = pair(nodes[source], nodes[name])
        if result.differs is not None:
            times, since = mismatches.get(name, (0, utc))
            mismatches[name] = (times + 1, since)
            for side in (source, name):
                anchors.setdefault(side, set()).update(h for h in (result.equal, result.differs) if h is not None)
        elif result.equal is not None:
            mismatches.pop(name, None)
            if result.equal >= min(heights[source], heights[name]) - DISPLAY_STEP:
                nodes[name] = replace(nodes[name], last_agreed=utc)
                nodes[source] = replace(nodes[source], last_agreed=utc)
            if newest is None or result.equal > newest:
                compared += 1 if newest is None else result.equal - newest
                newest = result.equal
    for name in heights:
        if (held := frozenset(anchors.get(name, ()))) != nodes[name].anchors:
            nodes[name] = replace(nodes[name], anchors=held)
    since_utc = world.compared_since if world.compared_since is not None or compared == 0 else utc
    maker = proposer_of(world)
    if maker is not None and (world.proposer is None or world.proposer[0] != maker):
        world = replace(world, proposer=(maker, now))
    return replace(
        world, nodes=nodes, mismatches=mismatches, compared=compared, compared_height=newest, compared_since=since_utc
    )


def forked(world: World) -> tuple[str, ...]:
    """Nodes that are split off from the source for sure."""
    return tuple(name for name, (times, _) in world.mismatches.items() if times >= CONFIRM)


def judge_chain(world: World, now: float) -> Chain:
    """All nodes together."""
    heights = fresh_heights(world, now)
    source = source_of(world, now)
    if source is None:
        return Chain(heights_compared=world.compared, compared_since=world.compared_since)
    off = forked(world)
    fork = _fork(world, source, off) if off else None
    on_chain = [h for name, h in heights.items() if name not in off]
    common = min(on_chain, default=None)
    display = fork.height if fork else _shown(common)
    agreeing = sum(1 for name in heights if name == source or _agrees(world, source, name, heights))
    return Chain(
        source=source,
        common_height=common,
        display_height=display,
        agreeing=agreeing if len(heights) > 1 else 0,
        compared=len(heights),
        heights_compared=world.compared,
        compared_since=world.compared_since,
        block_interval_s=pace(world.nodes[source]),
        fork=fork,
        proposer=proposer_of(world),
        propagation_s=propagation(world, source),
    )


def _shown(common: int | None) -> int | None:
    """A height that stands for a while. Block 0 would say nothing: every chain of one id has the same."""
    return None if common is None else common // DISPLAY_STEP * DISPLAY_STEP or common


def _agrees(world: World, source: str, name: str, heights: Mapping[str, int]) -> bool:
    result = pair(world.nodes[source], world.nodes[name])
    return result.differs is None and result.equal is not None


def pace(facts: NodeFacts) -> float | None:
    """Median seconds a block: from block times where they are known, else from the moments the head moved."""
    stamps = sorted((h, b.timestamp.timestamp()) for h, b in facts.blocks.items() if b.timestamp and h > 0)
    gaps = [(t2 - t1) / (h2 - h1) for (h1, t1), (h2, t2) in zip(stamps, stamps[1:], strict=False) if h2 - h1 <= 20]
    if len(gaps) >= 2:
        return float(median(gaps))
    return block_interval(facts.changes)


def proposer_of(world: World) -> str | None:
    """The node that made the newest block whose proposer is known, by the id that it gives itself."""
    ids: dict[str, str] = {}
    for name, facts in world.nodes.items():
        health = facts.health.value
        if health is not None and health.proposer_id:
            ids.setdefault(str(health.proposer_id), name)
    named = [b for facts in world.nodes.values() for h, b in facts.blocks.items() if h > 0 and b.proposer]
    newest = max(named, key=lambda block: block.height, default=None)
    return None if newest is None else ids.get(str(newest.proposer))


def propagation(world: World, source: str) -> dict[str, float]:
    """How long a block takes to each node at most (median of the newest): from the last look at which the source had
    not got it to the first at which the node had. Never finer than the polls.
    """
    first = world.nodes[source].arrivals
    bounds: dict[str, float] = {}
    for name, facts in world.nodes.items():
        late = [seen - first[height][0] for height, (_, seen) in facts.arrivals.items() if height in first]
        if name != source and len(late) >= 3:
            bounds[name] = max(world.topology.head_interval_s, float(median(late)))
    return bounds


def _fork(world: World, source: str, off: tuple[str, ...]) -> Fork:
    first = off[0]
    found = pair(world.nodes[source], world.nodes[first])
    height = found.differs or 0
    known = {n: f for n, f in world.nodes.items() if height in f.hashes}
    exact = found.equal is not None and found.equal == height - 1
    return Fork(
        height=height,
        hashes={n: f.hashes[height] for n, f in known.items()},
        proposers={n: f.blocks[height].proposer for n, f in known.items() if height in f.blocks},
        last_common=found.equal if exact else None,
        since=min(world.mismatches[name][1] for name in off),
        nodes=off,
    )


def shown_hash(facts: NodeFacts, height: int | None) -> SafeText | None:
    """Its block hash at the height that is compared; None where it was not read."""
    return None if height is None else facts.hashes.get(height)
