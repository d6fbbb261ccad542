"""`watch`: one line per change, for a dumb terminal, a pipe or a screen reader; the dashboard's own verdicts."""

from __future__ import annotations

import argparse
import threading
from datetime import datetime
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context, DeadlineError
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.state.changes import Change

LOOK_S = 1.0  # how long to wait for news before the deadline is looked at again


def add(parser: argparse.ArgumentParser, verb: str) -> None:
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--plain", action="store_true", help="one sentence per change (the default)")
    shape.add_argument("--json", action="store_true", help="one JSON object per change")


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.cli.looking import setup_of
    from aitbc_tui.collect.backend import CollectorBackend
    from aitbc_tui.state.changes import Changes

    news, changes = threading.Event(), Changes()
    backend = CollectorBackend(setup_of(ctx))
    backend.on_change(news.set)
    backend.start()
    try:
        while True:
            snapshot = backend.snapshot()
            for change in changes.after(snapshot):
                if args.json:
                    print_json(ctx.out, as_json(change, snapshot.utc), line=True)
                else:
                    ctx.out.write(f"{sentence(change, snapshot.utc)}\n")
                    ctx.out.flush()
            left = ctx.remaining()
            news.wait(LOOK_S if left is None else min(LOOK_S, left))
            news.clear()
    except DeadlineError:
        return Exit.OK  # it was asked to watch for so long, and did
    finally:
        backend.stop()


def sentence(change: Change, utc: datetime) -> str:
    """`12:04:31 UTC node follower-2: FORK, was agrees: split off at 15,229`."""
    before = f", was {change.was.word}" if change.was is not None else ""
    why = f": {change.now.text}" if change.now.text not in ("", "–") else ""
    line = f"{utc:%H:%M:%S} UTC {change.kind} {change.subject}: {change.now.word}{before}{why}"
    return clean(line, 600)


def as_json(change: Change, utc: datetime) -> dict[str, str | None]:
    return {
        "at": f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        "kind": change.kind,
        "subject": change.subject,
        "level": change.now.level.value,
        "word": change.now.word,
        "was": None if change.was is None else change.was.word,
        "text": change.now.text,
    }
