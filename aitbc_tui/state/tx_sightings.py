"""One node's answer on one transaction: in a block, pending, kept by a follower, or not there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.tx_checks import NodeView


class Place(StrEnum):
    """Where one node has it."""

    BLOCK = "in block"
    MEMPOOL = "pending"
    KEPT = "kept"  # a follower's mempool keeps what a block has taken long ago
    NOWHERE = "not here"
    UNKNOWN = "not heard"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One node's answer on one transaction. `rank` is its place by fee among so many pending."""

    node: str
    place: Place
    height: int | None = None
    block_hash: SafeText = SafeText("")
    at: float | None = None  # the block's own time; of a pending one, since when it is known here; UTC seconds
    rank: tuple[int, int] | None = None
    note: SafeText = SafeText("")


def sighting_of(tx_hash: SafeText, view: NodeView) -> Sighting:
    """What this node was heard to say; `tx_hash` is in lower case with its `0x`."""
    for block in view.blocks:
        if any(tx.tx_hash.lower() == tx_hash for tx in block.transactions):
            at = block.timestamp.timestamp() if block.timestamp else None
            note = SafeText("a hollow block: stored without parent or proposer") if block.hollow else SafeText("")
            return Sighting(view.name, Place.BLOCK, block.height, block.hash, at, note=note)
    if tx_hash in view.older:
        _, height, moment = view.older[tx_hash]
        return Sighting(view.name, Place.BLOCK, height, at=moment, note=SafeText("by the node's own index"))
    if view.mempool is None and view.searched_from is None:
        return Sighting(view.name, Place.UNKNOWN, note=view.trouble.detail if view.trouble else SafeText("not heard"))
    pending = view.mempool.transactions if view.mempool else ()
    for index, tx in enumerate(pending):
        if tx.tx_hash.lower() == tx_hash:
            place = Place.MEMPOOL if view.drains else Place.KEPT
            at = view.first_seen.get(str(tx_hash))
            return Sighting(view.name, place, at=at, rank=(index + 1, len(pending)))
    return Sighting(view.name, Place.NOWHERE, note=_searched(view))


def _searched(view: NodeView) -> SafeText:
    parts = []
    if view.searched_from is not None and view.head is not None:
        parts.append(f"searched blocks {view.searched_from:,} to {view.head:,}")
    else:
        parts.append("no block could be searched")
    if view.mempool is None:
        parts.append("mempool not read")
    elif view.mempool.capped:
        parts.append(f"the first {len(view.mempool.transactions):,} of its mempool")
    else:
        parts.append(f"{len(view.mempool.transactions):,} pending")
    return SafeText(", ".join(parts))
