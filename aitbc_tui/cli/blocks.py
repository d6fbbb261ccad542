"""`blocks`: the recent blocks of every node side by side, what is in them, and how long they take to spread."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.listing import NONE, UNKNOWN, Json, distinct, moment, whole_number
from aitbc_tui.cli.looking import MARGIN_S, with_collector
from aitbc_tui.cli.options import Parser, add_json, seconds
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.cli.report import report
from aitbc_tui.cli.tx import node_error, tx_facts
from aitbc_tui.domain.errors import AitbcError, CommandError, ConfigError
from aitbc_tui.domain.figures import short_hash
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.domain.node import Block
    from aitbc_tui.state.spreading import Spreading
    from aitbc_tui.state.tx_checks import NodeView

DEFAULT = "10"
MOST = 200
MOST_BURST_S = 60.0


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("--node", metavar="N", default="", help="only this one")
    parser.add_argument("--limit", metavar="N", default=DEFAULT, help=f"blocks from the head, 1 to {MOST} (default 10)")
    parser.add_argument("--transactions", action="store_true", help="what is inside each block")
    parser.add_argument(
        "--burst", metavar="SECONDS", type=seconds, help="ask for heads without pause for so long: propagation times"
    )
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    limit = whole_number(args.limit, "--limit", MOST)
    names = [str(node.name) for node in ctx.environment.nodes]
    if args.node and args.node not in names:
        known = ", ".join(clean(name, 40) for name in names) or "none"
        raise ConfigError(f'no node "{clean(args.node, 60)}"', remedy=f"configured: {known}")
    if args.burst is not None and args.burst > MOST_BURST_S:
        raise ConfigError(f"--burst: at most {MOST_BURST_S:g} s of asking without pause", remedy="--burst 10")
    views, spread = _look(ctx, [args.node] if args.node else None, limit, args.burst)
    unheard = distinct(node_error(view) for view in views if view.trouble is not None)
    if args.json:
        print_json(ctx.out, _document(views, spread, unheard))
    else:
        _print(ctx, views, spread, args.transactions)
    return _outcome(ctx, views, unheard)


def _look(
    ctx: Context, nodes: Sequence[str] | None, limit: int, burst: float | None
) -> tuple[list[NodeView], Spreading | None]:
    left = ctx.remaining()

    async def work(collector: Collector) -> tuple[list[NodeView], Spreading | None]:
        import asyncio

        from aitbc_tui.collect.blocks import burst_of, scan

        async with asyncio.timeout(None if left is None else max(0.5, left - MARGIN_S)):
            views = await scan(collector, limit, nodes, mempool=False, every_block=True)
            return views, None if burst is None else await burst_of(collector, burst, nodes)

    return with_collector(ctx, work)


def _heights(views: Sequence[NodeView]) -> list[int]:
    return sorted({block.height for view in views for block in view.blocks}, reverse=True)


def _at(view: NodeView, height: int) -> Block | None:
    return next((block for block in view.blocks if block.height == height), None)


def _differs(views: Sequence[NodeView], height: int) -> bool:
    return len({block.hash for view in views if (block := _at(view, height)) is not None}) > 1


def _print(ctx: Context, views: Sequence[NodeView], spread: Spreading | None, inside: bool) -> None:
    heights = _heights(views)
    rows = []
    for height in heights:
        known = next(block for view in views if (block := _at(view, height)) is not None)
        makers = dict.fromkeys(b.proposer for v in views if (b := _at(v, height)) is not None and b.proposer)
        cells = [_cell(_at(view, height), view, height) for view in views]
        mark = "DIFFER" if _differs(views, height) else ""
        rows.append(
            (
                f"{height:,}",
                moment(known.timestamp) or UNKNOWN,
                _count(known),
                *cells,
                ", ".join(clean(maker, 24) for maker in makers) or NONE,
                mark,
            )
        )
    if rows:
        print_table(
            ctx.out, ("height", "block time", "tx", *(v.name for v in views), "proposer", ""), rows, right=(0, 2)
        )
    else:
        ctx.out.write("no block was read\n")
    if inside:
        _print_inside(ctx, views, heights)
    if spread is not None:
        for line in spread.lines():
            ctx.out.write(f"{line}\n")


def _count(block: Block) -> str:
    return UNKNOWN if block.tx_count is None else str(block.tx_count)


def _cell(block: Block | None, view: NodeView, height: int) -> str:
    """`–` where the node has no such block yet; `?` where it was not heard, or not asked so far down."""
    if block is None:
        return NONE if view.head is not None and height > view.head else UNKNOWN
    return f"{short_hash(block.hash)}{' HOLLOW' if block.hollow else ''}"


def _print_inside(ctx: Context, views: Sequence[NodeView], heights: Sequence[int]) -> None:
    for height in heights:
        holding = next((b for v in views if (b := _at(v, height)) is not None and b.transactions), None)
        for tx in holding.transactions if holding is not None else ():
            ctx.out.write(f"{height:,} {tx.tx_hash or UNKNOWN} {tx_facts(tx)}\n")


def _document(views: Sequence[NodeView], spread: Spreading | None, unheard: Sequence[AitbcError]) -> Json:
    return {
        "nodes": [
            {"node": view.name, "head": view.head, "blocks": [_block_json(block) for block in view.blocks]}
            for view in views
        ],
        "different_at": [height for height in _heights(views) if _differs(views, height)],
        "propagation": None if spread is None else spread.json(),
        "failures": [{"host": e.host or None, "detail": e.detail, "remedy": e.remedy or None} for e in unheard],
    }


def _block_json(block: Block) -> Json:
    return {
        "height": block.height,
        "hash": block.hash,
        "parent_hash": block.parent_hash or None,
        "proposer": block.proposer or None,
        "at": moment(block.timestamp),
        "tx_count": block.tx_count,
        "hollow": block.hollow,
        "transactions": [
            {
                "hash": t.tx_hash or None,
                "from": t.sender,
                "to": t.recipient,
                "amount": t.amount,
                "fee": t.fee,
                "nonce": t.nonce,
            }
            for t in block.transactions
        ],
    }


def _outcome(ctx: Context, views: Sequence[NodeView], unheard: Sequence[AitbcError]) -> int:
    """1 where nodes differ or one is hollow; else what was not heard."""
    failures = list(unheard)
    heard = sum(1 for view in views if view.head is not None)
    for height in _heights(views):
        if _differs(views, height):
            failures.append(CommandError(f"the nodes differ at {height:,}", remedy="aitbc-tui nodes"))
            break
    hollow = next((v for v in views if any(block.hollow for block in v.blocks)), None)
    if hollow is not None:
        words = "stores hollow blocks: no parent, no proposer, no transactions"
        failures.append(CommandError(words, host=hollow.name, remedy="aitbc-tui nodes"))
    return report(failures, ctx.err, answered=heard) if failures else Exit.OK
