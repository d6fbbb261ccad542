"""The verdict on one transaction over all nodes, and what holds it up while it waits."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from aitbc_tui.domain.node import Transaction
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.tx_checks import NodeView, TxCheck
from aitbc_tui.state.tx_sightings import Place, Sighting

STANDS_S = 75.0  # an idle chain of 2026-08 makes a block a minute, April one every few seconds


def why_it_waits(
    sightings: Sequence[Sighting], checks: Sequence[TxCheck], views: Sequence[NodeView]
) -> tuple[SafeText, ...]:
    """Why it still waits: what it fails, who pays more, and whether anybody makes blocks at all."""
    pending = next((s for s in sightings if s.place is Place.MEMPOOL and s.rank), None)
    if pending is None or pending.rank is None or any(s.place is Place.BLOCK for s in sightings):
        return ()
    said = [f"{check.kind.value}: {check.detail}" for check in checks if check.passed is False]
    place, _ = pending.rank
    producer = next(view for view in views if view.name == pending.node)
    taken = [block.tx_count for block in producer.blocks if block.tx_count]
    if place > 1:
        paid = f"{place - 1:,} before it by fee"
        blocks = "" if not taken else f"; a block took {median(taken):g} (median of {len(taken)} with transactions)"
        said.append(paid + blocks)
    if producer.head_age_s is not None and producer.head_age_s > STANDS_S:
        said.append(f"the newest block of {producer.name} is {producer.head_age_s:.0f} s old: nobody makes blocks")
    return tuple(SafeText(text) for text in said) or (SafeText("nothing that is seen: it is due in the next block"),)


def verdict_of(
    tx: Transaction | None, sightings: Sequence[Sighting], checks: Sequence[TxCheck], views: Sequence[NodeView]
) -> Verdict:
    """From a block on every node down to `NOT FOUND`; a producer that was not heard leaves it unknown."""
    heard = [s for s in sightings if s.place is not Place.UNKNOWN]
    if not heard:
        return Verdict(Level.UNKNOWN, SafeText("unknown"), SafeText("no node was heard"))
    blocks = [s for s in sightings if s.place is Place.BLOCK]
    if blocks:
        return _included(blocks, heard, views)
    failed = [check for check in checks if check.passed is False and check.decides]
    pending = [s for s in sightings if s.place is Place.MEMPOOL]
    if pending:
        if failed:
            return Verdict(Level.WARN, SafeText("will vanish"), SafeText(f"pending, and {failed[0].detail}"))
        place, of = pending[0].rank or (0, 0)
        return Verdict(Level.WAITS, SafeText("pending"), SafeText(f"{place} of {of} by fee at {pending[0].node}"))
    producers = [view for view in views if view.drains]
    producer_heard = any(view.mempool is not None and not view.mempool.capped for view in producers)
    if not producer_heard:
        return Verdict(Level.UNKNOWN, SafeText("unknown"), SafeText("no whole mempool of a producer was read"))
    kept = [s.node for s in sightings if s.place is Place.KEPT]
    if tx is not None and kept and any(view.signs for view in views):
        words = f"only {', '.join(kept)} holds it, and this version forwards nothing: send it to the producer"
        return Verdict(Level.BAD, SafeText("STUCK"), SafeText(words))
    if tx is not None:  # a follower still keeps it
        why = failed[0].detail if failed else SafeText("the reason cannot be told from the sender's account now")
        words = f"neither pending at the producer nor in a block searched; {why}"
        return Verdict(Level.BAD, SafeText("VANISHED"), SafeText(words))
    words = "no node holds it: never sent, older than the blocks searched, or accepted with 200 and dropped unsaid"
    return Verdict(Level.BAD, SafeText("NOT FOUND"), SafeText(words))


def _included(blocks: Sequence[Sighting], heard: Sequence[Sighting], views: Sequence[NodeView]) -> Verdict:
    heights = sorted({(s.height or 0, s.block_hash) for s in blocks})
    if len({height for height, _ in heights}) > 1 or len({h for _, h in heights if h}) > 1:
        where = ", ".join(f"{s.node} {s.height:,}" for s in blocks)
        return Verdict(Level.BAD, SafeText("TWO CHAINS"), SafeText(f"in different blocks: {where}"))
    height = blocks[0].height or 0
    words = f"block {height:,} on {len(blocks)} of {len(heard)} nodes heard"
    heads = {view.name: view.head for view in views}
    missing = [s for s in heard if s.place is not Place.BLOCK]
    behind = [s.node for s in missing if (heads.get(s.node) or 0) < height]
    hollow = [s.node for s in missing if s.node not in behind]
    if behind:
        words += f"; {', '.join(behind)} has not reached that height"
    if hollow:
        words += f"; {', '.join(hollow)} is past that height and has it not: hollow or another chain"
        return Verdict(Level.WARN, SafeText("included"), SafeText(words))
    return Verdict(Level.GOOD, SafeText("included"), SafeText(words))
