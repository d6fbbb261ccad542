"""`sync --sync-type blockchain` for one follower: missing blocks, in order, each answer compared; stops at a doubt.

The target's own head is the only memory of how far it came, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError, HttpError, ParseError
from aitbc_tui.domain.node import Head
from aitbc_tui.domain.text import clean
from aitbc_tui.operations.backup import Backup, back_up
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.tally import SyncError
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import SMALL, Ask
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.node import BLOCK_MAX_BYTES, parse_block, parse_head

AHEAD = 8  # blocks fetched before they are imported
TOLERATED_LAG = 1
RESERVE_S = 3.0  # kept of the time for the last comparison
TOLD_EVERY = 50
DEFAULT_CHAIN = "ait-mainnet"
RUNBOOK = (
    "by hand: 1. decide which chain counts (who proposes, how many nodes follow it); 2. back up the other node's data; "
    "3. stop its units; 4. copy chain.db, -wal and -shm from the node that counts; 5. start the units; "
    "6. aitbc-tui health"
)


@dataclass(slots=True)
class ChainRun:
    """What was done to one follower, and what it is now."""

    node: str
    imported: int = 0
    began: int | None = None
    height: int | None = None
    source_height: int | None = None
    synced: bool = False
    agreed_at: float | None = None  # UTC
    backup: Backup | None = None
    hollow: int = 0
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block as the source printed it: what is not known here is passed on unchanged."""

    height: int
    hash: str
    parent: str
    body: dict[str, object]


async def is_august(field: Field, node: NodeConfig) -> bool:
    """2026-08 answers here, the older ones say 404."""
    try:
        await field.wire.send(node.host, node.rpc, requests.sync_config())
    except HttpError as error:
        if error.status in (404, 405):
            return False
        raise
    field.tally.note(node.host, node.name, "GET /rpc/sync/config", "generation", "2026-08")
    return True


async def sync_chain(field: Field, source: NodeConfig, target: NodeConfig, *, force: bool, run: ChainRun) -> None:
    """Bring `target` level with `source`. What was done stands in `run`, also when this raises."""
    if await is_august(field, target):
        raise SyncError(
            "this version has its own sync; importBlock is never called on it",
            host=target.host,
            remedy="let its own sync catch up, or restart its node unit: aitbc-tui coordinate --action restart",
        )
    theirs, ours = await head_of(field, source), await head_of(field, target)
    if theirs is None:
        raise SyncError(f"{source.name} has no block to copy", host=source.host)
    run.began = run.height = -1 if ours is None else ours.height
    run.source_height = theirs.height
    await _same_chain(field, source, target, theirs, ours)
    if theirs.height - run.height > TOLERATED_LAG:
        await _saved(field, target, force, run)
        await _import_all(field, source, target, run)


async def head_of(field: Field, node: NodeConfig) -> Head | None:
    """None while a node has no block at all."""
    try:
        return await field.ask(
            node,
            requests.head(node.chain_id or ""),
            lambda body: parse_head(body, None),
            lambda head: {"height": head.height, "hash": str(head.hash)},
        )
    except HttpError as error:
        if error.status == 404 and error.body_detail == "no blocks yet":
            return None
        raise


async def hash_at(field: Field, node: NodeConfig, height: int) -> str:
    """The hash of a node's block at this height; raises what the request raises."""
    block = await field.ask(
        node, requests.block(height), parse_block, lambda b: {"height": height, "hash": str(b.hash)}
    )
    return str(block.hash)


async def _same_chain(field: Field, source: NodeConfig, target: NodeConfig, theirs: Head, ours: Head | None) -> None:
    """Refuse where the nodes are on two chains: nothing here can reorganise one."""
    if ours is None:
        return
    low = min(theirs.height, ours.height)
    if await hash_at(field, source, low) == await hash_at(field, target, low):
        if ours.height > theirs.height + TOLERATED_LAG:
            ahead = ours.height - theirs.height
            raise fork(target, f"{target.name} is {ahead:,} blocks ahead of {source.name}: made or injected elsewhere")
        return
    common = await last_common(field, source, target, low)
    said = "not even the genesis block is common" if common is None else f"last common block {common:,}"
    raise fork(target, f"fork: another hash at {low:,} than {source.name}, {said}; nothing was written")


def fork(target: NodeConfig, detail: str) -> SyncError:
    """The error that ends a sync: two chains are never merged."""
    error = SyncError(detail, host=target.host, remedy=RUNBOOK)
    error.is_fork = True
    return error


async def last_common(field: Field, source: NodeConfig, target: NodeConfig, high: int) -> int | None:
    """By bisection: below the first difference everything is equal."""
    low = -1  # the highest height known to be equal
    while high - low > 1:
        middle = (low + high) // 2
        if await hash_at(field, source, middle) == await hash_at(field, target, middle):
            low = middle
        else:
            high = middle
    return None if low < 0 else low


async def _saved(field: Field, target: NodeConfig, force: bool, run: ChainRun) -> None:
    """A backup first; without one only when it was asked for by force."""
    try:
        run.backup = await back_up(field, target)
    except AitbcError as error:
        if not force or error.timed_out:
            raise
        field.tally.issue("command", target.name, f"no backup was made: {error.detail}", error.remedy)


async def _import_all(field: Field, source: NodeConfig, target: NodeConfig, run: ChainRun) -> None:
    """Until level or until the time is nearly over. One request at a time of each node."""
    assert run.height is not None
    parent = await hash_at(field, target, run.height) if run.height >= 0 else None
    chain = target.chain_id or source.chain_id or DEFAULT_CHAIN
    async with _fetched(field, source, run) as blocks:
        async for block in blocks:
            if parent is not None and block.parent != parent:
                raise fork(
                    target, f"block {block.height:,} of {source.name} does not follow {target.name}'s {run.height:,}"
                )
            await _import(field, target, block, chain)
            parent, run.height = block.hash, block.height
            run.imported += 1
            if run.imported % TOLD_EVERY == 0:
                field.told("import", target.name, f"{block.height:,} of {run.source_height:,}")
    field.tally.note(target.host, target.name, "POST /rpc/importBlock", "blocks imported", run.imported, age_s=0.0)


@asynccontextmanager
async def _fetched(field: Field, source: NodeConfig, run: ChainRun) -> AsyncIterator[AsyncIterator[RawBlock]]:
    """Blocks of the source in order, a few ahead of the importing, up to a head that moves on."""
    queue: asyncio.Queue[RawBlock | BaseException | None] = asyncio.Queue(AHEAD)

    async def fetch() -> None:
        assert run.height is not None and run.source_height is not None
        height = run.height + 1
        try:
            while field.ends_at - field.clock() > RESERVE_S:
                if height > run.source_height:
                    head = await field.ask(source, requests.head(source.chain_id or ""), lambda b: parse_head(b, None))
                    if head.height < height:
                        break
                    run.source_height = head.height
                await queue.put(await field.ask(source, requests.block(height), _raw))
                height += 1
            await queue.put(None)
        except AitbcError as error:
            await queue.put(error)

    async def drawn() -> AsyncIterator[RawBlock]:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    task = asyncio.create_task(fetch())
    try:
        yield drawn()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _raw(body: bytes) -> RawBlock:
    value = parse_json(body, BLOCK_MAX_BYTES)
    if not isinstance(value, dict):
        raise ParseError("/rpc/blocks: not an object")
    height, digest, parent = value.get("height"), value.get("hash"), value.get("parent_hash")
    if not isinstance(height, int) or not isinstance(digest, str) or not isinstance(parent, str) or not digest:
        raise ParseError("/rpc/blocks: no height, hash or parent")
    if height > 0 and (not parent or not value.get("proposer")):
        raise SyncError(f"block {height:,} of the source is hollow: it must not be spread", remedy=RUNBOOK)
    return RawBlock(height, digest, parent, value)


def import_ask(block: RawBlock, chain: str) -> Ask:
    """The other names under which importBlock reads what /rpc/blocks prints."""
    body = {
        "height": block.height,
        "hash": block.hash,
        "parentHash": block.parent,
        "miner": block.body.get("proposer"),
        "timestamp": block.body.get("timestamp"),
        "stateRoot": block.body.get("state_root"),
        "chainId": chain,
        "transactions": block.body.get("transactions") or [],
    }
    data = json.dumps(body).encode("ascii")
    return Ask("POST", "/rpc/importBlock", (), None, data, 10.0, SMALL, reads=False)


async def _import(field: Field, target: NodeConfig, block: RawBlock, chain: str) -> None:
    answer = await field.ask(target, import_ask(block, chain), _imported)
    if answer != block.hash:
        said = clean(answer, 80)
        raise fork(target, f"block {block.height:,}: {target.name} has {said}, sent was {block.hash}; stopped there")


def _imported(body: bytes) -> str:
    value = parse_json(body)
    if not isinstance(value, dict) or value.get("success") is not True or not isinstance(value.get("block_hash"), str):
        raise ParseError("importBlock: answered 200 without a block hash")
    return str(value["block_hash"])


async def compare(field: Field, source: NodeConfig, target: NodeConfig, run: ChainRun) -> None:
    """What it is now: the same hash at the lower head, and a lag of at most one; and how much of it is hollow."""
    theirs, ours = await head_of(field, source), await head_of(field, target)
    if theirs is None or ours is None:
        run.height = None if ours is None else ours.height
        return
    run.height, run.source_height = ours.height, theirs.height
    low = min(theirs.height, ours.height)
    same = await hash_at(field, source, low) == await hash_at(field, target, low)
    run.synced = same and abs(theirs.height - ours.height) <= TOLERATED_LAG
    if same:
        run.agreed_at = field.utc()


async def count_hollow(field: Field, target: NodeConfig, run: ChainRun, count: int = 20) -> None:
    """Of the blocks that stood there before, how many are hollow: the newest few are looked at."""
    top = run.began if run.began is not None else -1
    for height in range(max(1, top - count + 1), top + 1):
        block = await field.ask(target, requests.block(height), parse_block)
        run.looked_at += 1
        run.hollow += block.hollow
