"""`tx`: where transactions are, over every node's mempool and blocks; what no node checks is checked here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.listing import NONE, Json, amount, distinct, whole_number
from aitbc_tui.cli.looking import MARGIN_S, figure_error, with_collector
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.cli.report import report
from aitbc_tui.domain.errors import AitbcError, CommandError, ConfigError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.domain.node import Transaction
    from aitbc_tui.state.transactions import TxPicture
    from aitbc_tui.state.tx_checks import NodeView
    from aitbc_tui.state.tx_query import Query
    from aitbc_tui.state.tx_sightings import Sighting

MANY = 10_000
DEPTH = "200"
FINE = ("included", "pending")


def add(parser: Parser, verb: str) -> None:
    parser.add_argument(
        "what",
        metavar="HASH|ADDRESS|ID|-",
        nargs="+",
        help="hashes, addresses, job or receipt ids; - reads one a line from standard input",
    )
    parser.add_argument("--depth", metavar="N", default=DEPTH, help=f"blocks searched from the head (default {DEPTH})")
    parser.add_argument("--sender", metavar="ADDRESS", default="", help="of a hash that is nowhere: why it may be gone")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.collect.blocks import MAX_DEPTH
    from aitbc_tui.state.transactions import found
    from aitbc_tui.state.tx_query import query_of

    depth = whole_number(args.depth, "--depth", MAX_DEPTH)
    queries = [query_of(text) for text in _wanted(args.what)]
    views = _scan(ctx, depth, queries, args.sender)
    asked = [(query, found(query, views)) for query in queries]
    unheard = [node_error(view) for view in views if view.trouble is not None]
    if args.json:
        print_json(ctx.out, _document(asked, views, args.sender, unheard))
    else:
        for query, pictures in asked:
            _print(ctx, query, pictures, views, args.sender)
    return _outcome(ctx, asked, views, unheard)


def _wanted(words: Sequence[str]) -> list[str]:
    """The things to look for; each once, in the order given."""
    texts: list[str] = []
    for word in words:
        if word == "-":
            texts += [line.strip() for line in sys.stdin.read(MANY * 200).splitlines()]
        else:
            texts.append(word)
    wanted = list(dict.fromkeys(text for text in texts if text))
    for text in wanted:
        if len(text) > 128 or not text.isascii() or not text.replace("_", "").replace("-", "").isalnum():
            raise ConfigError(f'"{clean(text, 60)}" is no hash, address or id', remedy="letters and digits")
    if not wanted or len(wanted) > MANY:
        raise ConfigError(f"1 to {MANY:,} hashes, addresses or ids", remedy="aitbc-tui tx --help")
    return wanted


def _scan(ctx: Context, depth: int, queries: Sequence[Query], sender: str) -> list[NodeView]:
    """Everything once, for however many are asked for; then the accounts of whoever sent what waits or is gone."""
    left = ctx.remaining()

    async def work(collector: Collector) -> list[NodeView]:
        import asyncio

        from aitbc_tui.collect.blocks import looked_up, scan
        from aitbc_tui.state.tx_query import Kind, Query

        async with asyncio.timeout(None if left is None else max(0.5, left - MARGIN_S)):
            views = await scan(collector, depth)
            more = [Query(Kind.ADDRESS, sender)] if sender else []
            return await looked_up(collector, views, [*queries, *more])

    return with_collector(ctx, work)


def node_error(view: NodeView) -> AitbcError:
    from aitbc_tui.domain.observed import Observed

    never: Observed[object] = Observed(view.name, 1.0, trouble=view.trouble)
    return figure_error(never, view.name) or CommandError("not heard", host=view.name)


def _print(ctx: Context, query: Query, pictures: Sequence[TxPicture], views: Sequence[NodeView], sender: str) -> None:
    from aitbc_tui.state.tx_query import Kind

    if query.kind is Kind.ADDRESS:
        _print_account(ctx, query.text, views)
    if not pictures:
        ctx.out.write(f"{query.text}: no transaction in the mempools and blocks searched names this {query.kind}\n")
        if query.kind is Kind.ID:
            ctx.out.write("this chain does not record receipts by itself; only a payload could name one\n")
    for picture in pictures:
        ctx.out.write(f"{picture.tx_hash} {picture.verdict.word}: {picture.verdict.text}\n")
        if picture.tx is not None:
            ctx.out.write(f"  {tx_facts(picture.tx)}\n")
        rows = [(s.node, s.place.value, _where(s), s.note or NONE) for s in picture.sightings]
        print_table(ctx.out, ("  node", "place", "where", "note"), [("  " + r[0], *r[1:]) for r in rows])
        for check in picture.checks:
            word = {True: "ok", False: "FAILS", None: "?"}[check.passed]
            ctx.out.write(f"  {check.kind.value:<10} {word:<6} {check.detail}\n")
        for reason in picture.why:
            ctx.out.write(f"  waits because {reason}\n")
    if sender and query.kind is Kind.HASH and any(p.tx is None for p in pictures):
        _print_account(ctx, sender, views)


def tx_facts(tx: Transaction) -> str:
    money = f"{amount(tx.amount)} + fee {amount(tx.fee)}"
    return clean(f"{tx.sender or '?'} -> {tx.recipient or '?'}  {money}  nonce {tx.nonce}", 300)


def _where(sighting: Sighting) -> str:
    if sighting.height is not None:
        at = "" if sighting.at is None else f" at {_utc(sighting.at)}"
        return f"block {sighting.height:,}{at}"
    if sighting.rank is None:
        return NONE
    since = "" if sighting.at is None else f", known since {_utc(sighting.at)}"
    return f"{sighting.rank[0]} of {sighting.rank[1]} by fee{since}"


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _print_account(ctx: Context, address: str, views: Sequence[NodeView]) -> None:
    from aitbc_tui.state.transactions import address_view

    ctx.out.write(f"{address}: {address_view(address, views).words}\n")


def _document(
    asked: Sequence[tuple[Query, list[TxPicture]]],
    views: Sequence[NodeView],
    sender: str,
    unheard: Sequence[AitbcError],
) -> Json:
    from aitbc_tui.state.fee_advice import fee_advice
    from aitbc_tui.state.tx_query import Kind

    addresses = [query.text for query, _ in asked if query.kind is Kind.ADDRESS] + ([sender] if sender else [])
    advice = fee_advice(views)
    return {
        "results": [
            {"query": query.text, "kind": query.kind.value, "transactions": [tx_json(p) for p in pictures]}
            for query, pictures in asked
        ],
        "accounts": [_account_json(address, views) for address in addresses],
        "suggested_fee": {"fee": advice.fee, "basis": advice.basis},
        "nodes": [
            {
                "node": view.name,
                "head": view.head,
                "searched_from": view.searched_from,
                "pending": None if view.mempool is None else view.mempool.count,
                "error": view.trouble.detail if view.trouble else None,
            }
            for view in views
        ],
        "failures": [{"host": e.host or None, "detail": e.detail, "remedy": e.remedy or None} for e in unheard],
    }


def _account_json(address: str, views: Sequence[NodeView]) -> Json:
    from aitbc_tui.state.transactions import address_view

    view = address_view(address, views)
    account = view.account
    return {
        "address": address,
        "exists": account.exists if account else None,
        "balance": account.balance if account else None,
        "nonce": account.nonce if account else None,
        "nonce_gaps": list(view.gaps),
    }


def tx_json(picture: TxPicture) -> Json:
    """One transaction: where it is and what it fails."""
    tx = picture.tx
    return {
        "hash": picture.tx_hash,
        "state": picture.verdict.word,
        "why": picture.verdict.text,
        "from": tx.sender if tx else None,
        "to": tx.recipient if tx else None,
        "amount": tx.amount if tx else None,
        "fee": tx.fee if tx else None,
        "nonce": tx.nonce if tx else None,
        "chain_id": (tx.chain_id or None) if tx else None,
        "nodes": [
            {
                "node": s.node,
                "place": s.place.value,
                "height": s.height,
                "block_hash": s.block_hash or None,
                "at": None if s.at is None else _utc(s.at),
                "fee_rank": s.rank[0] if s.rank else None,
                "of": s.rank[1] if s.rank else None,
                "note": s.note or None,
            }
            for s in picture.sightings
        ],
        "checks": [{"check": c.kind.value, "passed": c.passed, "detail": c.detail} for c in picture.checks],
        "waits_because": list(picture.why),
    }


def _outcome(
    ctx: Context,
    asked: Sequence[tuple[Query, list[TxPicture]]],
    views: Sequence[NodeView],
    unheard: Sequence[AitbcError],
) -> int:
    failures: list[AitbcError] = distinct(unheard)
    heard = [view for view in views if view.head is not None]
    if not heard:
        return report(failures, ctx.err, answered=0)
    bad = [(q, p) for q, pictures in asked for p in pictures if p.verdict.word not in FINE]
    none = [query for query, pictures in asked if not pictures]
    if bad:
        first = bad[0][1]
        words = f"{len(bad)} of {len(asked)}: {clean(first.tx_hash, 20)} {first.verdict.word}: {first.verdict.text}"
        remedy = "--sender ADDRESS tells why, --depth N searches further" if first.tx is None else "aitbc-tui mempool"
        failures.append(CommandError(words, remedy=remedy))
    elif none:
        failures.append(CommandError(f"nothing found for {none[0].text}", remedy="--depth N searches further"))
    return report(failures, ctx.err, answered=len(heard)) if failures else Exit.OK
