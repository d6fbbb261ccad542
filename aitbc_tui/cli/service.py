"""`service status|start|stop|restart UNIT --host H`: one unit that the configuration names, guarded."""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinating import confirm
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.looking import MARGIN_S, with_collector
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.config import paths
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.snapshot import Access

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.operations.field import Field
    from aitbc_tui.operations.service import Named

ACTIONS = ("status", "start", "stop", "restart")


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("service_action", metavar="ACTION", choices=ACTIONS, help=", ".join(ACTIONS))
    parser.add_argument("unit", metavar="UNIT", help="a unit named in the configuration")
    parser.add_argument("--host", metavar="H", help="which host it is on")
    parser.add_argument("--force", action="store_true", help="without a terminal: the explicit request")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, do nothing")
    parser.add_argument("--now", action="store_true", help="a miner: do not wait for its running job")
    parser.add_argument("--json", action="store_true", help="print data as JSON")


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.operations.service import find

    named = find(ctx.environment, args.unit, args.host)
    action: str = args.service_action
    if (ctx.timeout_s or 0) > 120:
        raise ConfigError(f"timeout {ctx.timeout_s:g}: at most 120 s")
    if action == "status" or args.dry_run:
        return _look(ctx, args, named, action)
    return _change(ctx, args, named, action)


def _look(ctx: Context, args: argparse.Namespace, named: Named, action: str) -> int:
    from aitbc_tui.operations.service import status

    async def work(collector: Collector, field: Field) -> Unit:
        return await status(field, named)

    unit = with_field(ctx, work)
    if action != "status":
        ctx.err.write(f"plan: {action} {named.unit} on {named.host} ({named.about}); nothing was done\n")
    _print(ctx, args, named, action, unit, None, [])
    return Exit.OK if unit.running or args.dry_run else Exit.UNHEALTHY


def _change(ctx: Context, args: argparse.Namespace, named: Named, action: str) -> int:
    from aitbc_tui.collect.service_run import running_jobs
    from aitbc_tui.ledger.book import Ledger
    from aitbc_tui.operations.audit import audited
    from aitbc_tui.operations.git_sync import check_git
    from aitbc_tui.operations.service import change

    what = f"service {action} {named.unit}"
    ctx.err.write(f"{action} {named.unit} on {named.host} ({named.about})\n")
    issues: list[dict[str, object]] = []

    async def work(collector: Collector, field: Field) -> tuple[Unit, Unit]:
        node = next((n for n in field.environment.nodes if n.name == named.about), None)
        if args.force and node is not None:
            await check_git(field, node)
        busy = None if args.now else running_jobs(collector, named)
        try:
            return await change(field, named, action, busy)
        finally:
            issues.extend(field.tally.issues)

    with (
        Ledger.open(paths.ledger_file()) as ledger,
        audited(ledger, what, ctx.environment.name, f"host {named.host}") as entry,
    ):
        ctx.require(Access.OPERATE, what)
        if action != "start":
            confirm(ctx, args.force, f"{action} {named.unit} on {named.host}")
        before, after = with_field(ctx, work)
        entry.ended(f"{before.active} -> {after.active}")
    _print(ctx, args, named, action, after, before, issues)
    return Exit.OK


def with_field(ctx: Context, work: Callable[[Collector, Field], Awaitable[Any]]) -> Any:
    """Open the collector, wait for the host, take a slot, and run."""
    from aitbc_tui.operations.field import Field
    from aitbc_tui.operations.slots import slot

    left = ctx.remaining()
    ends_at = time.monotonic() + max(0.5, (left if left is not None else 60.0) - MARGIN_S)

    async def inside(collector: Collector) -> Any:
        async with slot(paths.state_dir(), ctx.environment.name):
            field = Field(ctx.environment, Connected(collector), ends_at)
            return await work(collector, field)

    return with_collector(ctx, inside)


class Connected:
    """The collector's asker; a host is waited for before its first command."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self.send = collector.asker.send

    def host(self, name: str) -> Any:
        return _Waiting(self._collector.hosts[name])


class _Waiting:
    """A host whose commands wait for its connection: SSH is validated before anything is done."""

    def __init__(self, host: Any) -> None:
        self._host = host

    async def run(self, *args: Any, **options: Any) -> Any:
        await self._host.ensure(12.0)
        return await self._host.run(*args, **options)

    async def shell(self, *args: Any, **options: Any) -> Any:
        await self._host.ensure(12.0)
        return await self._host.shell(*args, **options)


def _print(
    ctx: Context,
    args: argparse.Namespace,
    named: Named,
    action: str,
    unit: Unit,
    before: Unit | None,
    issues: list[dict[str, object]],
) -> None:
    if args.json:
        print_json(
            ctx.out,
            {
                "unit": named.unit,
                "host": named.host,
                "about": named.about,
                "action": action,
                "dry_run": bool(args.dry_run),
                "found": unit.found,
                "before": None if before is None else {"active": before.active, "sub": before.sub},
                "active": unit.active,
                "sub": unit.sub,
                "restarts": unit.restarts,
                "memory_bytes": unit.memory_bytes,
                "issues": issues,
            },
        )
        return
    headers = ("unit", "host", "of", "load", "active", "sub", "restarts", "was")
    was = "–" if before is None else f"{before.active}/{before.sub}"
    row = (named.unit, named.host, named.about, unit.load, unit.active, unit.sub, str(unit.restarts or 0), was)
    print_table(ctx.out, headers, [row])
    for issue in issues:
        ctx.out.write(f"! {issue['kind']}: {issue['detail']}\n")
