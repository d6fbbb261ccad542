"""What the blocks of one node say against those of the others: genesis, fork, hollow blocks, proposer."""

from __future__ import annotations

from aitbc_tui.domain.figures import short_hash, thousands
from aitbc_tui.state.judging_look import Judgement, Look, bad, curl_both, warn
from aitbc_tui.state.topology import PRODUCER_ROLE


def other_genesis(look: Look) -> Judgement | None:
    """Another block 0 than the source has: another chain altogether."""
    source = look.chain.source
    if source is None or look.is_source:
        return None
    theirs, ours = look.world.nodes[source].hashes.get(0), look.facts.hashes.get(0)
    if theirs is None or ours is None or theirs == ours:
        return None
    text = f"block 0 is {short_hash(ours)}, that of {source} {short_hash(theirs)}"
    return bad("GENESIS", text, "genesis-mismatch", f"curl -s {look.frame.rpc}/rpc/blocks/0")


def forked(look: Look) -> Judgement | None:
    """Another hash than the source has at the same height, and where they parted."""
    fork = look.chain.fork
    if fork is None or look.frame.name not in fork.nodes:
        return None
    common = thousands(fork.last_common) if fork.last_common is not None else "not found yet"
    check = curl_both(look, f"/rpc/blocks/{fork.height}")
    return bad("FORK", f"other hash at {thousands(fork.height)}, last common {common}", "fork", check)


def hollow(look: Look) -> Judgement | None:
    """Its newest block names no proposer or no parent."""
    newest = max((b for h, b in look.facts.blocks.items() if h > 0), key=lambda b: b.height, default=None)
    if newest is None or not newest.hollow:
        return None
    check = f"curl -s {look.frame.rpc}/rpc/blocks/{newest.height}"
    return bad("HOLLOW", f"block {thousands(newest.height)} has no proposer or no parent", "hollow", check)


def swapped(look: Look) -> Judgement | None:
    """It proposes the blocks, and another node is configured to."""
    proposer = look.chain.proposer
    producer = look.world.topology.producer
    if proposer is None or producer is None or producer.role != PRODUCER_ROLE or proposer != look.frame.name:
        return None
    if proposer == producer.name:
        return None
    text = f"proposes the blocks, and {producer.name} is configured to"
    return warn("proposes", text, "role-swapped", f"curl -s {look.frame.rpc}/health")
