"""`doctor`: every step from the configuration to a figure; of each what is wrong and what to do. Reads only."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli.checks import Check, State, local_checks
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit, code_of, combine, for_targets
from aitbc_tui.cli.listing import Json, observe
from aitbc_tui.cli.looking import MARGIN_S
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import failure_line, print_json, print_table
from aitbc_tui.domain.verdict import Level

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector


def add(parser: Parser, verb: str) -> None:
    add_json(parser)
    parser.add_argument("--commands", action="store_true", help="list every command that is run on a host, and stop")


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.commands:
        return _commands(ctx, args.json)
    checks = local_checks(ctx)
    from aitbc_tui.cli.diagnosis import diagnose
    from aitbc_tui.cli.probing import Found, probe_all
    from aitbc_tui.collect.once import Wanted

    found = Found()

    async def also(collector: Collector) -> None:
        left = ctx.remaining()
        await probe_all(collector, found, None if left is None else max(0.5, left - MARGIN_S))

    seen = observe(ctx, lambda _: Wanted(gpus=True, ollama=True), also)
    checks += diagnose(ctx.environment, seen, found)
    if args.json:
        wrong = sum(1 for check in checks if check.state is State.FAIL)
        print_json(ctx.out, {"environment": ctx.environment.name, "wrong": wrong, "checks": [_json(c) for c in checks]})
    else:
        table = [(check.state.value, check.area, check.subject, _words(check)) for check in checks]
        print_table(ctx.out, ("state", "what", "of", "found"), table)
    up = sum(1 for link in seen.snapshot.links if link.verdict.level is Level.GOOD)
    return _exit(ctx, checks, up)


def _commands(ctx: Context, as_json: bool) -> int:
    from aitbc_tui.operations.commands import listed, listing

    if as_json:
        print_json(ctx.out, listed())
    else:
        ctx.out.write(listing())
    return Exit.OK


def _words(check: Check) -> str:
    return f"{check.detail}; try: {check.remedy}" if check.remedy else check.detail


def _json(check: Check) -> Json:
    return {
        "area": check.area,
        "subject": check.subject,
        "state": check.state.value.lower(),
        "detail": check.detail,
        "remedy": check.remedy or None,
    }


def _exit(ctx: Context, checks: list[Check], up: int) -> int:
    """The table has said all of it; the last line says what decides."""
    errors = [check.error for check in checks if check.error is not None]
    if not errors:
        return Exit.OK
    decides = combine(code_of(error) for error in errors)
    ctx.err.write(failure_line(next(error for error in errors if code_of(error) == decides)) + "\n")
    return for_targets(up, errors)
