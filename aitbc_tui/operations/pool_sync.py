"""`sync --sync-type mempool`: what waits at the proposer and a follower lacks. Never towards a proposer by itself.

A follower passes on what it is given, also to the proposer; one that was mined in between would be paid twice (an April
node checks neither nonce nor signature). So a transaction is sent only right after a block, while it still waits.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError, ParseError
from aitbc_tui.domain.text import clean
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.tally import SyncError
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import SMALL, Ask
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.node import BLOCK_MAX_BYTES, MEMPOOL_MAX_BYTES, parse_blocks_range, parse_head, tx_hash

LIMIT = 10_001
SHOWN = 20
BLOCK_WAIT_S = 8.0
LOOK_S = 0.1
WINDOW = 0.4  # of a block time after a block
ROUNDS = 3
Item = Mapping[str, object]


@dataclass(slots=True)
class PoolRun:
    """What was found and done for one follower."""

    node: str
    lacking: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    kept: int = 0  # on the follower, and in a block long since: kept by design
    stranded: list[str] = field(default_factory=list)
    searched: bool = False
    synced: bool = False


async def read_pool(field: Field, node: NodeConfig) -> dict[str, Item]:
    """Every pending transaction under its computed hash, exactly as the node printed it."""
    return await field.ask(node, requests.mempool(LIMIT, node.chain_id or ""), _pool, lambda found: len(found))


def _pool(body: bytes) -> dict[str, Item]:
    value = parse_json(body, MEMPOOL_MAX_BYTES)
    items = value.get("transactions") if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise ParseError("/rpc/mempool: no list of transactions")
    if len(items) >= LIMIT:
        raise SyncError(f"more than {LIMIT - 1:,} transactions wait: they cannot be compared in full")
    return {str(tx_hash(item)): item for item in items if isinstance(item, dict)}


async def sync_pool(field: Field, source: NodeConfig, target: NodeConfig, run: PoolRun, *, send: bool = True) -> None:
    """Compare, explain what only the follower has, and send it what still waits and stands in no block."""
    waiting, theirs = await read_pool(field, source), await read_pool(field, target)
    run.lacking = [digest for digest in waiting if digest not in theirs]
    extra = [digest for digest in theirs if digest not in waiting]
    found, run.searched = await in_blocks(field, source, {*run.lacking, *extra})
    run.kept = sum(1 for digest in extra if digest in found)
    run.stranded = [digest for digest in extra if digest not in found] if run.searched else []
    if send and run.searched:
        await _send(field, source, target, run, found)
    still = set(await read_pool(field, source)) - set(await read_pool(field, target))
    run.synced = not still


async def in_blocks(field: Field, source: NodeConfig, wanted: set[str]) -> tuple[set[str], bool]:
    """Which of these hashes stand in a block, newest first; and whether every block was searched for the rest."""
    found: set[str] = set()
    if not wanted:
        return found, True
    head = await field.ask(source, requests.head(source.chain_id or ""), lambda body: parse_head(body, None))
    high = head.height
    while high >= 0 and found < wanted:
        if field.ends_at - field.clock() < 5.0:
            return found, False
        low = max(0, high - requests.MAX_RANGE + 1)
        for block in await field.ask(source, requests.blocks_range(low, high), parse_blocks_range):
            if block.tx_count != 0:
                found |= wanted & await field.ask(source, requests.block(block.height), _hashes)
        high = low - 1
    field.tally.note(source.host, source.name, "every block", "transactions found", f"{len(found)} of {len(wanted)}")
    return found, True


def _hashes(body: bytes) -> set[str]:
    """Every transaction of a block: by the hash it carries, and by the one its fields give (a follower drops them)."""
    value = parse_json(body, BLOCK_MAX_BYTES)
    items = value.get("transactions") if isinstance(value, dict) else None
    found: set[str] = set()
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            bare = {key: part for key, part in item.items() if key != "tx_hash"}
            found |= {str(item.get("tx_hash") or ""), str(tx_hash(bare))}
    return found


async def _send(field: Field, source: NodeConfig, target: NodeConfig, run: PoolRun, in_a_block: set[str]) -> None:
    wanted = [digest for digest in run.lacking if digest not in in_a_block]
    window = WINDOW * await _block_time(field, source) if wanted else 0.0
    for _ in range(ROUNDS):
        if not wanted:
            return
        began = await _after_a_block(field, source)
        if began is None:
            why = f"{len(wanted)} pending transactions were not sent: {source.name} made no block to send them after"
            field.tally.issue("stall", source.name, why, f"aitbc-tui logs {source.name}")
            return
        waiting, theirs = await read_pool(field, source), await read_pool(field, target)
        wanted = [digest for digest in wanted if digest in waiting and digest not in theirs]
        while wanted and field.clock() - began < window:
            digest = wanted.pop(0)
            await send_one(field, target, waiting[digest], digest)
            run.sent.append(digest)


async def _after_a_block(field: Field, source: NodeConfig) -> float | None:
    """The moment a new block was seen; None when none came in time."""
    before = await field.ask(source, requests.head(source.chain_id or ""), lambda body: parse_head(body, None))
    ends = field.clock() + min(BLOCK_WAIT_S, max(0.0, field.ends_at - field.clock() - 3.0))
    while field.clock() < ends:
        await asyncio.sleep(LOOK_S)
        asked = field.clock()
        now = await field.ask(source, requests.head(source.chain_id or ""), lambda body: parse_head(body, None))
        if now.height > before.height:
            return asked - LOOK_S  # it may have come right after the look before
    return None


async def _block_time(field: Field, source: NodeConfig) -> float:
    head = await field.ask(source, requests.head(source.chain_id or ""), lambda body: parse_head(body, None))
    low = max(1, head.height - 4)
    blocks = await field.ask(source, requests.blocks_range(low, head.height), parse_blocks_range)
    times = [block.timestamp.timestamp() for block in blocks if block.timestamp is not None]
    gaps = sorted(later - earlier for earlier, later in zip(times, times[1:], strict=False))
    return gaps[0] if gaps else 1.0


async def send_one(field: Field, node: NodeConfig, item: Item, digest: str) -> None:
    """Exactly as it was read; the node must find the same hash. Sent once."""
    data = json.dumps(dict(item)).encode("ascii")
    ask = Ask("POST", "/rpc/transaction", (), None, data, 10.0, SMALL, reads=False)
    answer = await field.ask(node, ask, _accepted, lambda said: said)
    if answer != digest:
        raise SyncError(f"{node.name} took {digest} under another hash, {clean(answer, 80)}", host=node.host)


def _accepted(body: bytes) -> str:
    value = parse_json(body)
    if not isinstance(value, dict) or value.get("success") is not True:
        raise ParseError("/rpc/transaction: answered 200 without success")
    return str(value.get("transaction_hash"))


async def send_stranded(
    field: Field, source: NodeConfig, target: NodeConfig, run: PoolRun, names: Sequence[str]
) -> None:
    """One by one, by name: from a follower to the proposer, only what is stranded and stands in no block."""
    theirs = await read_pool(field, target)
    for name in names:
        if name not in run.stranded:
            continue
        found, complete = await in_blocks(field, source, {name})
        if found or not complete or name in await read_pool(field, source):
            field.tally.issue("validation", target.name, f"{name} was not sent: it is no longer stranded")
            continue
        try:
            await send_one(field, source, theirs[name], name)
            run.sent.append(name)
            run.stranded.remove(name)
        except AitbcError as error:
            field.tally.failed(error, source.name)
            return  # nothing that failed half-way is followed by more of the same
