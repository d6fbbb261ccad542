"""`replay FILE`: a recording through the same screens; with --json what it holds, without a terminal."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.dashboard import add_display, display_of, need_terminal
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.config.paths import config_file
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.collect.replay import Recording

STEP_S = 1.0
MOST_STEPS = 100_000


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("file", metavar="FILE", help="made by aitbc-tui --record FILE")
    parser.add_argument("--speed", metavar="X", type=_speed, default=1.0, help="times as fast, 0 to 60 (default 1)")
    add_json(parser)
    add_display(parser)


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 60:
        raise argparse.ArgumentTypeError(f'"{clean(text, 40)}" must be a number, 0 to 60')
    return value


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.collect.replay import Recording

    if not args.json:
        need_terminal()
    recording = Recording(Path(args.file))
    if args.json:
        print_json(ctx.out, _described(recording))
        return Exit.OK
    return _show(ctx, args, recording)


def _described(recording: Recording) -> dict[str, object]:
    """Every change of the headline and every alarm, at the second in which it was first seen."""
    headlines: list[dict[str, object]] = []
    alarms: dict[tuple[str, str], dict[str, object]] = {}
    step = max(STEP_S, recording.seconds / MOST_STEPS)
    for index in range(math.floor(recording.seconds / step) + 2):
        at = min(recording.seconds, index * step)
        snapshot = recording.seek(at)
        headline = {"word": snapshot.headline.word, "text": snapshot.headline.text}
        if not headlines or {key: headlines[-1][key] for key in headline} != headline:
            headlines.append({"at_s": round(at, 1), **headline})
        for alarm in snapshot.alarms:
            key = (alarm.rule, str(alarm.about))
            alarms.setdefault(key, {"at_s": round(at, 1), "name": alarm.rule, "subject": alarm.about})
    last = recording.seek(recording.seconds)
    return {
        "environment": recording.environment,
        "begun_at": _utc(recording.begun_utc),
        "seconds": round(recording.seconds, 1),
        "nodes": [node.name for node in last.nodes],
        "jobs": len(last.jobs),
        "receipts": len(last.receipts),
        "headlines": headlines,
        "alarms": list(alarms.values()),
    }


def _utc(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _show(ctx: Context, args: argparse.Namespace, recording: Recording) -> int:
    from aitbc_tui.cli.logs import log_to_state
    from aitbc_tui.collect.replay_backend import SPEEDS, ReplayBackend
    from aitbc_tui.ui import theme
    from aitbc_tui.ui.keys import read_keys
    from aitbc_tui.ui.options import Clock, DashboardOptions
    from aitbc_tui.ui.replaying import run_replay

    log_to_state(verbose=ctx.common.verbose)
    display = display_of(ctx, args)
    backend = ReplayBackend(recording, args.speed)
    options = DashboardOptions(
        slow_link=display.slow_link,
        ascii=display.ascii or theme.wants_ascii(os.environ, sys.stdout.encoding or "ascii"),
        mouse=not display.no_mouse,
        theme=theme.as_deep(theme.choose(display.theme, slow_link=display.slow_link), display.palette, os.environ),
        palette=display.palette,
        clock=Clock(backend.monotonic, backend.utc),
        keys=read_keys(config_file().with_name("keys.toml")),
    )
    return run_replay(backend, options, SPEEDS)
