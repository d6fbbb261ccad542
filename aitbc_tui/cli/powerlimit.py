"""`gpus power-limit GPU WATTS --host H`: guarded, within the card's bounds, and put back unless it is kept."""

from __future__ import annotations

import argparse
import asyncio
import select
import sys
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinating import confirm
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser, add_command, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.config import paths
from aitbc_tui.domain.errors import ConfigError, GuardError
from aitbc_tui.domain.power import MARGIN_S
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.domain.power import PowerPlan, PowerResult


def add(actions: argparse._SubParsersAction[Parser]) -> None:
    power = add_command(
        actions,
        "power-limit",
        "change a card's power limit; the GPU host puts it back by itself unless it is kept",
        "aitbc-tui gpus power-limit 0 300 --host gpu-1\naitbc-tui gpus power-limit 1 250 --host gpu-1 --dry-run",
    )
    power.add_argument("gpu", metavar="GPU", help="the card's index, as gpus prints it behind the colon")
    power.add_argument("watts", metavar="WATTS", help="within power_limit_w of the host, else the card's own bounds")
    power.add_argument("--host", metavar="H", required=True, help="the GPU host")
    power.add_argument("--hold", metavar="SECONDS", default="30", help="so long it waits to be kept (default 30)")
    power.add_argument("--force", action="store_true", help="without a terminal: set it and keep it")
    power.add_argument("--dry-run", action="store_true", help="check the bounds, change nothing")
    add_json(power)


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.cli.service import with_field
    from aitbc_tui.ledger.book import Ledger
    from aitbc_tui.operations import power
    from aitbc_tui.operations.audit import audited
    from aitbc_tui.operations.field import Field

    index, watts, hold = _figures(ctx, args)
    what = "gpus power-limit"
    if args.dry_run:
        chosen: PowerPlan = with_field(ctx, lambda c, field: power.plan(field, args.host, index, watts))
        return _print(ctx, args, chosen, None, "nothing was done: --dry-run")
    ctx.require(Access.OPERATE, what)
    chosen = with_field(ctx, lambda c, field: power.plan(field, args.host, index, watts))
    forced = args.force and (ctx.confirmed or not ctx.environment.production)

    async def keep(plan: PowerPlan) -> bool:
        return forced or await asyncio.to_thread(_keep, ctx, plan, hold - MARGIN_S)

    async def work(collector: object, field: Field) -> PowerResult:
        return await power.change(field, chosen, keep, hold)

    with (
        Ledger.open(paths.ledger_file()) as ledger,
        audited(ledger, what, ctx.environment.name, f"{clean(chosen.words, 200)}") as entry,
    ):
        confirm(ctx, args.force, chosen.words)
        result: PowerResult = with_field(ctx, work)
        entry.ended("kept" if result.kept else "put back: not kept")
    if not result.kept:
        _print(ctx, args, chosen, result, "put back")
        raise GuardError(f"{chosen.words}: not kept, put back", host=args.host, remedy="answer yes in time to keep it")
    return _print(ctx, args, chosen, result, "kept")


def _figures(ctx: Context, args: argparse.Namespace) -> tuple[int, float, int]:
    from aitbc_tui.operations.power import LEAST_HOLD_S, MOST_HOLD_S

    hosts = {host.name: host for host in ctx.environment.hosts.values()}
    if args.host not in hosts:
        raise ConfigError(f'no host "{clean(args.host, 60)}"', remedy=f"configured: {', '.join(sorted(hosts))}")
    gpu = args.gpu.removeprefix(f"{args.host}:")
    if not (gpu.isascii() and gpu.isdigit() and len(gpu) <= 3):
        raise ConfigError(f'"{clean(args.gpu, 40)}" is no index of a card', remedy="0, 1, ...: aitbc-tui gpus")
    try:
        watts = float(args.watts)
    except ValueError:
        watts = 0.0
    if not 0 < watts < 10_000:
        raise ConfigError(f'"{clean(args.watts, 40)}" is no power limit', remedy="watts, such as 300")
    hold = int(args.hold) if args.hold.isascii() and args.hold.isdigit() and len(args.hold) < 6 else 0
    if not LEAST_HOLD_S <= hold <= MOST_HOLD_S:
        raise ConfigError(f"--hold: {LEAST_HOLD_S} to {MOST_HOLD_S} s", remedy="--hold 30")
    return int(gpu), round(watts, 2), hold


def _keep(ctx: Context, plan: PowerPlan, seconds: float) -> bool:
    """A yes within the time; silence is a no, as with a display that stayed dark."""
    ctx.err.write(f"{plan.words}: it is set. Keep it? Type yes within {seconds:.0f} s, else it goes back: ")
    ctx.err.flush()
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(ready) and sys.stdin.readline().strip() == "yes"


def _print(ctx: Context, args: argparse.Namespace, plan: PowerPlan, result: PowerResult | None, outcome: str) -> int:
    if args.json:
        print_json(
            ctx.out,
            {
                "host": plan.host,
                "gpu": plan.index,
                "card": plan.name,
                "before_w": plan.before,
                "wanted_w": plan.watts,
                "bounds_w": [plan.least, plan.most],
                "bounds_by": plan.by,
                "kept": result.kept if result else None,
                "now_w": result.now if result else plan.before,
                "outcome": outcome,
            },
        )
    else:
        now = f"; the card reports {result.now:g} W" if result and result.now is not None else ""
        ctx.out.write(f"{plan.words} (bounds {plan.bounds}): {outcome}{now}\n")
    return Exit.OK
