"""`network`: hosts × checks, latency, and the P2P peers of each node from both sides."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit, for_targets
from aitbc_tui.cli.looking import MARGIN_S, link_error, with_collector
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import failure_line, print_json, print_table
from aitbc_tui.config import paths

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.domain.snapshot import Snapshot
    from aitbc_tui.operations.checks import Check


def add(parser: Parser, verb: str) -> None:
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.operations.byhand import by_hand
    from aitbc_tui.operations.network import mesh

    snapshot, checks = _probe(ctx)
    verdict, why, peers = mesh(snapshot, ctx.environment)
    rows = [
        {
            "host": check.host,
            "node": check.node or None,
            "check": check.name,
            "verdict": check.grade.value,
            "why": check.why,
            "remedy": check.remedy or None,
            "by_hand": by_hand(check, ctx.environment),
        }
        for check in checks
    ]
    if args.json:
        print_json(ctx.out, {"hosts": rows, "p2p": {"verdict": verdict, "why": why, "nodes": peers}})
    else:
        _print(ctx, checks)
        ctx.out.write(f"\np2p: {verdict}: {why}\n\n")
        heads = ("verdict", "of", "check", "why", "by hand")
        each = [(c.grade.mark, c.node or c.host, c.name, c.why, by_hand(c, ctx.environment)) for c in checks]
        print_table(ctx.out, heads, each)
    return _exit(ctx, snapshot, checks, verdict)


def _probe(ctx: Context) -> tuple[Snapshot, list[Check]]:
    from aitbc_tui.collect.once import Wanted, look
    from aitbc_tui.operations.field import Field
    from aitbc_tui.operations.network import probe
    from aitbc_tui.operations.slots import slot

    left = ctx.remaining()
    ends_at = time.monotonic() + max(0.5, (left if left is not None else 60.0) - MARGIN_S)

    async def work(collector: Collector) -> tuple[Snapshot, list[Check]]:
        async with slot(paths.state_dir(), ctx.environment.name):
            field = Field(ctx.environment, collector.asker, ends_at)
            wanted = Wanted(heads=True, host_facts=True, miners=True, ollama=True)
            snapshot = await look(collector, wanted, field.left(60.0))
            return snapshot, await probe(field, snapshot)

    return with_collector(ctx, work)


def _print(ctx: Context, checks: list[Check]) -> None:
    """One line a host, one column a check; of two nodes on one host the worse one is shown."""
    from aitbc_tui.operations.checks import worst

    columns = list(dict.fromkeys(check.name for check in checks))
    hosts = list(dict.fromkeys(check.host for check in checks))

    def cell(host: str, name: str) -> str:
        found = worst(check for check in checks if (check.host, check.name) == (host, name))
        if found is None:
            return ""
        return found.why.partition(",")[0] if name == "latency" else found.grade.mark

    print_table(ctx.out, ("host", *columns), [(host, *(cell(host, name) for name in columns)) for host in hosts])


def _exit(ctx: Context, snapshot: Snapshot, checks: list[Check], verdict: str) -> int:
    errors = [error for link in snapshot.links if (error := link_error(link)) is not None]
    if errors:
        ctx.err.write(failure_line(errors[0]) + "\n")
        return for_targets(len(snapshot.links) - len(errors), errors)
    from aitbc_tui.operations.network import SOUND

    bad = [check for check in checks if check.grade.value == "fail"]
    if not bad and verdict in SOUND:
        return Exit.OK
    first = f"{bad[0].node or bad[0].host} {bad[0].name}: {bad[0].why}" if bad else f"p2p: {verdict}"
    ctx.err.write(f"aitbc-tui: {first}\n")
    return Exit.UNHEALTHY
