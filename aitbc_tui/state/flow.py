"""How many transactions a minute come into a mempool and leave it, also those that no look at it ever found. Pure."""

from __future__ import annotations

from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.judging_progress import tx_count
from aitbc_tui.state.pool import WATCH_S


def rates(world: World, facts: NodeFacts, drains: bool, now: float) -> tuple[float | None, float | None, bool]:
    """Per minute in and out. What a proposer took within one block was never seen waiting: its blocks tell."""
    came, went = facts.pool.rates(now)
    if came is None or went is None or not drains:
        return came, went, False
    mined, complete = _mined(world, facts, now)
    if mined < went:  # dropped without a block, or taken before the oldest block that is known
        return came, went, not complete
    return came + mined - went, mined, not complete


def _mined(world: World, facts: NodeFacts, now: float) -> tuple[float, bool]:
    """Transactions in the blocks that were made in the last minute, and whether each of these blocks was counted."""
    before = [height for at, height in facts.changes if now - at > WATCH_S]
    if not before:
        return 0.0, False
    first, last = before[-1] + 1, facts.changes[-1][1]
    same = [facts, *(other for other in world.nodes.values() if _same_chain(facts, other))]
    found = [
        next((n for f in same if (n := tx_count(f, height)) is not None), None) for height in range(first, last + 1)
    ]
    return float(sum(count for count in found if count is not None)), None not in found


def _same_chain(ours: NodeFacts, theirs: NodeFacts) -> bool:
    common = ours.hashes.keys() & theirs.hashes.keys()
    return bool(common) and ours.hashes[max(common)] == theirs.hashes[max(common)]
