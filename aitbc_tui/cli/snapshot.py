"""`snapshot`: the current screen as a picture, without a terminal."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.listing import whole_number
from aitbc_tui.cli.looking import setup_of
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.receiptlist import check_id
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

SCREENS = ("dashboard", "submit", "job", "receipt", "connections", "help")
SMALLEST, LARGEST = (40, 10), (400, 150)
OBSERVE_MAX_S = 600
STARTS_S = 12.0  # of the command's time: imports, painting, ending


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("-o", "--output", metavar="FILE.svg", required=True, help="where it goes; - is standard output")
    parser.add_argument("--size", metavar="WxH", default="120x40", help="columns and rows (default 120x40)")
    parser.add_argument("--screen", choices=SCREENS, default="dashboard", help="which screen (default: dashboard)")
    parser.add_argument("--job", metavar="ID", default="", help="of which job the job or receipt is shown")
    parser.add_argument("--observe", metavar="SECONDS", default="3", help="watch for so long before (default 3)")
    parser.add_argument("--ascii", action="store_true", help="no glyph beyond ASCII")


def run(ctx: Context, args: argparse.Namespace) -> int:
    width, height = _size(args.size)
    job = check_id(args.job) if args.job else ""
    observe_s = whole_number(args.observe, "--observe", OBSERVE_MAX_S)
    left = ctx.remaining()
    if left is not None and observe_s + STARTS_S > left:
        raise ConfigError(
            f"--observe {observe_s} does not fit into --timeout {ctx.timeout_s:g}",
            remedy=f"--timeout {observe_s + STARTS_S + 1:.0f}",
        )
    if args.output != "-":
        _check_target(Path(args.output))
    from aitbc_tui.collect.backend import CollectorBackend
    from aitbc_tui.ui.options import DashboardOptions
    from aitbc_tui.ui.snapshotting import Shot, take_picture

    backend = CollectorBackend(setup_of(ctx))
    options = DashboardOptions(theme="dark", ascii=args.ascii)
    svg = take_picture(backend, Shot(args.screen, width, height, observe_s, job), options)
    if args.output == "-":
        ctx.out.write(svg)
        return Exit.OK
    try:
        Path(args.output).write_text(svg, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"-o {clean(args.output, 200)}: {error.strerror}", remedy="another file") from None
    ctx.out.write(f"{args.output}\n")
    return Exit.OK


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", text, re.ASCII)
    if found is not None:
        size = int(found[1]), int(found[2])
        if all(low <= value <= high for low, value, high in zip(SMALLEST, size, LARGEST, strict=True)):
            return size
    raise ConfigError(
        f"--size: columns x rows, {SMALLEST[0]}x{SMALLEST[1]} to {LARGEST[0]}x{LARGEST[1]}", remedy="--size 120x40"
    )


def _check_target(path: Path) -> None:
    """Said before somebody waits for it."""
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"-o {clean(str(path), 200)}: no such folder to write a file into", remedy="-o FILE.svg")
