"""`logs`: the journal of a unit over SSH, its history or followed, cleaned of control characters."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.looking import with_collector
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.operations.service import Named

LINES = 100
MAX_LINE = 8192
MAX_BYTES = 16 * 1024 * 1024
SHOWN = 4000
CONNECT_S = 12.0


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("what", metavar="WHAT", help="node, miner, coordinator, a name, or a configured unit")
    parser.add_argument("--host", metavar="H", help="which host it is on")
    parser.add_argument("-n", "--lines", type=int, default=LINES, metavar="N", help=f"lines of the past ({LINES})")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what is written from now on")
    parser.add_argument("--json", action="store_true", help="one object a line")


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.operations.commands import journal

    chosen = choose(ctx, args.what, args.host)
    for named in chosen:
        journal(named.unit, args.lines)  # refuses what cannot be asked for before anything connects
    if args.follow and not _given(args):
        ctx.endless()

    async def work(collector: Collector) -> None:
        async with asyncio.TaskGroup() as group:
            for named in chosen:
                group.create_task(_read(ctx, collector, named, args, several=len(chosen) > 1))

    with_collector(ctx, work)
    return Exit.OK


def _given(args: argparse.Namespace) -> bool:
    return hasattr(args, "timeout")


def choose(ctx: Context, what: str, host: str | None) -> list[Named]:
    """`node` are the nodes' first units, `miner` all miners', else a name or a unit."""
    from aitbc_tui.operations.service import find, named_units

    environment = ctx.environment
    known = [n for n in named_units(environment) if host in (None, n.host)]
    first = {(node.host, node.units[0]) for node in environment.nodes if node.units}
    nodes = [n for n in known if (n.host, n.unit) in first]
    names = {node.name for node in environment.nodes}
    groups = {
        "node": nodes,
        "miner": [n for n in known if n.miner],
        "coordinator": [n for n in known if n.about == "coordinator"],
    }
    found = groups.get(what)
    if found is None:
        found = [n for n in (nodes if what in names else known) if n.about == what] or [find(environment, what, host)]
    if not found:
        where = f" on {host}" if host else ""
        raise ConfigError(f"no unit of a {what} is configured{where}", remedy="units and unit in the configuration")
    return found


async def _read(ctx: Context, collector: Collector, named: Named, args: argparse.Namespace, *, several: bool) -> None:
    from aitbc_tui.operations.commands import journal
    from aitbc_tui.operations.field import refuse_failure

    host = collector.hosts[named.host]
    await host.ensure(CONNECT_S)
    config = ctx.environment.hosts[named.host]
    plain = journal(named.unit, args.lines, args.follow)
    argv = ("sudo", "-n", *plain) if config.sudo else plain
    if not args.follow:
        answer = await host.run(argv, timeout_s=30.0, max_bytes=MAX_BYTES)
        refuse_failure(answer, plain, named.host, config.user or "")
        for line in answer.stdout.split(b"\n"):
            if line:
                _write(ctx, args, named, line, several)
        return
    async with aclosing(host.stream(argv, max_line=MAX_LINE)) as lines:  # type: ignore[type-var]
        async for line in lines:
            _write(ctx, args, named, line, several)


def _write(ctx: Context, args: argparse.Namespace, named: Named, line: bytes, several: bool) -> None:
    text = clean(line.replace(b"\t", b"    "), SHOWN)
    if args.json:
        print_json(ctx.out, {"host": named.host, "unit": named.unit, "line": text}, line=True)
        return
    ctx.out.write(f"{named.host}: {text}\n" if several else f"{text}\n")
    ctx.out.flush()
