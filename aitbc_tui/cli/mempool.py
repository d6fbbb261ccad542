"""`mempool`: what waits in each node's mempool; a count that the API cut off is said to be a lower bound."""

from __future__ import annotations

import argparse

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import (
    NONE,
    UNKNOWN,
    Json,
    age,
    amount,
    document,
    finish,
    judged,
    observe,
    or_null,
    print_pane,
    rounded,
    source,
    whole_number,
)
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.node import Transaction
from aitbc_tui.domain.snapshot import MempoolRow, Pane

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_001  # one more than the largest mempool a shipped node keeps


def add(parser: Parser, verb: str) -> None:
    parser.add_argument(
        "--limit",
        metavar="N",
        default=str(DEFAULT_LIMIT),
        help=f"ask each node for so many, 1 to {MAX_LIMIT} (default {DEFAULT_LIMIT}); as many is a lower bound",
    )
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    limit = whole_number(args.limit, "--limit", MAX_LIMIT)
    if not ctx.environment.nodes:
        raise ConfigError(f"environment {ctx.environment.name} has no node", remedy="add [[env.NAME.nodes]]")
    from aitbc_tui.collect.once import Wanted

    seen = observe(ctx, lambda _: Wanted(mempool_limit=limit))
    snapshot = seen.snapshot
    hosts = {str(row.name): row.host for row in snapshot.nodes}
    errors = [seen.unheard(row.reading, hosts[row.name]) for row in snapshot.mempools]
    if args.json:
        rows = [_json(row, snapshot.now) for row in snapshot.mempools]
        total = {"count": snapshot.totals.pool, "capped": snapshot.totals.pool_capped}
        print_json(ctx.out, document(seen, errors, limit=limit, pending=total, mempools=rows))
    else:
        headers = ("state", "node", "pending", "seen for", "fee min", "median", "max", "why")
        table = [_cells(row, snapshot.now) for row in snapshot.mempools]
        print_pane(ctx, snapshot, Pane.MEMPOOL, headers, table, right=(2, 3, 4, 5, 6))
    return finish(ctx, errors)


def _oldest(row: MempoolRow, now: float) -> float | None:
    return None if row.oldest_since is None else now - row.oldest_since


def _cells(row: MempoolRow, now: float) -> tuple[str, ...]:
    reading = row.reading.value
    fees = (row.fee_min, row.fee_median, row.fee_max)
    empty = reading is not None and reading.count == 0
    return (
        row.verdict.word,
        row.name,
        UNKNOWN if reading is None else f"{reading.count:,}{'+' if reading.capped else ''}",
        NONE if empty else age(_oldest(row, now)),
        *((NONE if reading is not None else UNKNOWN) if fee is None else amount(fee) for fee in fees),
        row.verdict.text or NONE,
    )


def _json(row: MempoolRow, now: float) -> Json:
    reading = row.reading.value
    return {
        "node": row.name,
        **judged(row.verdict),
        "drains": row.drains,
        "pending": None if reading is None else {"count": reading.count, "capped": reading.capped},
        "oldest_seen_s": rounded(_oldest(row, now)),
        "fees": {"min": row.fee_min, "median": row.fee_median, "max": row.fee_max},
        "transactions": None if reading is None else [transaction_json(tx) for tx in reading.transactions],
        "source": source(row.reading, now),
    }


def transaction_json(tx: Transaction) -> Json:
    return {
        "hash": or_null(tx.tx_hash),
        "from": tx.sender,
        "to": tx.recipient,
        "amount": tx.amount,
        "fee": tx.fee,
        "nonce": tx.nonce,
    }
