"""`browser`: heads, last blocks and last receipts with their verdicts; the runbook's own word for a first look."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import (
    NONE,
    UNKNOWN,
    Json,
    age,
    document,
    finish,
    moment,
    number,
    observe,
    or_none,
    print_pane,
    whole_number,
)
from aitbc_tui.cli.nodes import chain_json
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.cli.receiptlist import MAX_LIMIT, check_id, print_receipts, row_json
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.figures import short_hash
from aitbc_tui.domain.node import Block
from aitbc_tui.domain.snapshot import NodeRow, Pane

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

DEFAULT_RECEIPTS = 5
BLOCKS = 5


def add(parser: Parser, verb: str) -> None:
    parser.add_argument(
        "--receipt-limit",
        metavar="N",
        default=str(DEFAULT_RECEIPTS),
        help=f"so many receipts, 1 to {MAX_LIMIT} (default {DEFAULT_RECEIPTS})",
    )
    parser.add_argument("--job-id", metavar="ID", default="", help="only the receipts of this job")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    limit = whole_number(args.receipt_limit, "--receipt-limit", MAX_LIMIT)
    job = check_id(args.job_id) if args.job_id else ""
    environment = ctx.environment
    if not environment.nodes and environment.coordinator is None:
        raise ConfigError(
            f"environment {environment.name} has neither a node nor a coordinator", remedy="aitbc-tui config validate"
        )
    from aitbc_tui.collect.once import Wanted
    from aitbc_tui.state.receipts import receipt_rows

    seen = observe(ctx, lambda _: Wanted(heads=True, receipts=limit, receipts_of=job), _last_blocks)
    snapshot, now = seen.snapshot, seen.snapshot.now
    errors = [seen.unheard(row.head, row.host) for row in snapshot.nodes]
    if environment.coordinator is not None:
        errors.append(seen.unheard(seen.world.receipts, seen.coordinator_host))
    receipts = receipt_rows(seen.world, now, limit)
    source = seen.world.topology.producer
    known = seen.world.nodes[source.name].blocks if source else {}
    blocks = [known[height] for height in sorted(known, reverse=True)[:BLOCKS]]
    if args.json:
        print_json(
            ctx.out,
            document(
                seen,
                errors,
                heads=[_head_json(row) for row in snapshot.nodes],
                chain=chain_json(snapshot.chain),
                blocks=[_block_json(block) for block in blocks],
                receipts=[row_json(row, now) for row in receipts],
            ),
        )
        return finish(ctx, errors)
    table = [_head_cells(row) for row in snapshot.nodes]
    if table:
        print_pane(ctx, snapshot, Pane.NODES, ("state", "node", "head", "block age", "hash"), table, right=(2, 3))
    if blocks and source is not None:
        ctx.out.write(f"\nlast blocks of {source.name}\n")
        print_table(ctx.out, ("height", "hash", "txs", "proposer", "time"), [_cells(b) for b in blocks], right=(0, 2))
    if environment.coordinator is not None and errors[-1] is None:
        ctx.out.write("\nreceipts: ")
        print_receipts(ctx, receipts, now, f"none of {job}" if job else "none yet")
    return finish(ctx, errors)


def _head_json(row: NodeRow) -> Json:
    head = row.head.value
    known: Json = {"height": None, "hash": None} if head is None else {"height": head.height, "hash": head.hash}
    return {"node": row.name, "state": row.verdict.word, **known}


def _head_cells(row: NodeRow) -> tuple[str, ...]:
    head = row.head.value
    if head is None:
        return (row.verdict.word, row.name, number(None), age(None), UNKNOWN)
    return (row.verdict.word, row.name, number(head.height), age(head.block_age_s), short_hash(head.hash))


async def _last_blocks(collector: Collector) -> None:
    """One block after the other: a range would freeze the node for everybody (contract, node quirk 14)."""
    source = collector.topology.producer
    poll = next((poll for poll in collector.nodes if source and poll.frame.name == source.name), None)
    head = collector.hub.world.nodes[source.name].head.value if source else None
    if poll is None or head is None:
        return
    for height in range(head.height, max(-1, head.height - BLOCKS), -1):
        await poll.block(height)


def _cells(block: Block) -> tuple[str, ...]:
    hollow = " (hollow)" if block.hollow else ""
    return (
        number(block.height),
        short_hash(block.hash),
        number(block.tx_count),
        f"{block.proposer or NONE}{hollow}",
        or_none(moment(block.timestamp)),
    )


def _block_json(block: Block) -> Json:
    return {
        "height": block.height,
        "hash": block.hash,
        "parent_hash": block.parent_hash or None,
        "proposer": block.proposer or None,
        "timestamp": moment(block.timestamp),
        "tx_count": block.tx_count,
        "hollow": block.hollow,
    }
