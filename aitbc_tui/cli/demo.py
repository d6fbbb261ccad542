"""`demo`: the embedded network as a child process, and the dashboard on it."""

from __future__ import annotations

import argparse
from dataclasses import replace

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.dashboard import add_display, display_of, need_terminal, show
from aitbc_tui.cli.devnet import need_extra
from aitbc_tui.cli.options import Parser
from aitbc_tui.devnet.options import ENV_NAME, GENERATIONS, SETS, DevnetOptions

START_TIMEOUT_S = 30.0
LEDGER = "ledger.sqlite3"


def add(parser: Parser, verb: str) -> None:
    parser.add_argument(
        "--fault",
        metavar="NAME[=VALUE]",
        action="append",
        default=[],
        help="break something from the start; may be repeated (aitbc-tui devnet --list-faults)",
    )
    parser.add_argument("--generation", choices=GENERATIONS, default=GENERATIONS[0], help=SETS)
    parser.add_argument(
        "--ollama", choices=("stand-in", "real"), default="stand-in", help="real: the one on port 11434"
    )
    parser.add_argument("--seed", metavar="N", type=int, help="the same network every time")
    add_display(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    need_terminal()
    display = display_of(ctx, args)
    need_extra()
    from aitbc_tui.devnet.child import start_child

    options = DevnetOptions(seed=args.seed, faults=tuple(args.fault), generation=args.generation, ollama=args.ollama)
    ctx.err.write("starting the demo network …\n")
    ctx.err.flush()
    child = start_child(options, START_TIMEOUT_S)
    try:
        # The demo's own file decides; what is set for real networks has no business here.
        common = replace(ctx.common, config=str(child.config_path), env=ENV_NAME)
        inner = Context(common, timeout_s=None, environ=_without_overrides(ctx))
        # Jobs of a network that ends with this run do not belong into the operator's own ledger.
        return show(inner, display, ledger=child.config_path.parent / LEDGER, demo=True)
    finally:
        child.stop()


def _without_overrides(ctx: Context) -> dict[str, str]:
    return {name: value for name, value in ctx.environ.items() if not name.startswith("AITBC_TUI_")}
