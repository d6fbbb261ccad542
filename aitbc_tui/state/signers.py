"""Blocks that another key signed than that of the proposer they name (contract platform 2026-08, pain 11). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.node import Block
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.facts import World


@dataclass(frozen=True, slots=True)
class Foreign:
    """A block at a node, and the address that signed it; empty when no key could have."""

    node: SafeText
    block: Block
    signer: SafeText


def foreign_blocks(world: World, source: str | None) -> tuple[Foreign, ...]:
    """One for each node at most, the oldest that is known; the source's own blocks speak for the whole chain.

    Another node's copy counts where the source's copy of the same block is known to be sound: one with another hash
    is a fork, which says more, and one that the source was not asked for yet may be as foreign there.
    """
    found: list[Foreign] = []
    for frame in world.topology.nodes:
        for block in world.nodes[frame.name].blocks.values():
            if _foreign(block) and (frame.name == source or _sound_at(world, source, block)):
                found.append(Foreign(frame.name, block, block.signer or SafeText("")))
                break
    return tuple(found)


def to_compare(world: World, source: str) -> int | None:
    """The height whose block the source must be asked for before it is known whose copy is foreign."""
    ours = world.nodes[source]
    for name, facts in world.nodes.items():
        heights = [block.height for block in facts.blocks.values() if _foreign(block)]
        newest = max(heights, default=None)
        if name != source and newest is not None and newest not in ours.blocks:
            return newest
    return None


def _foreign(block: Block) -> bool:
    return block.signer is not None and bool(block.proposer) and block.signer != block.proposer


def _sound_at(world: World, source: str | None, block: Block) -> bool:
    theirs = world.nodes[source].blocks.get(block.height) if source is not None else None
    return theirs is not None and theirs.hash == block.hash and not _foreign(theirs)
