"""`audit`: who wrote what, where and with what result, refused attempts and cut-off ones too; from the local ledger."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.export import EVERYTHING, since_of
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.config import paths
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.ledger.rows import AuditEntry

SHOWN = 50
NO_END = "no end was written: cut off, look up its effect"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write as it was announced before anything was sent; `after` None: nobody lived to say how it ended."""

    before: AuditEntry
    after: AuditEntry | None


def add(parser: Parser, _verb: str) -> None:
    parser.add_argument("--since", metavar="T", help="24h, 7d, 2026-11-22, 2026-11-22T10:00Z, unix seconds")
    parser.add_argument("-n", "--limit", type=int, default=SHOWN, metavar="N", help=f"the newest N (default {SHOWN})")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    """Newest first. Reads only the ledger: no configuration and no host is needed."""
    if args.limit < 1:
        raise ConfigError("--limit is at least 1", remedy=f"-n {SHOWN}")
    begin = since_of(args.since, time.time())
    found = [one for one in _attempts() if begin is None or one.before.at >= begin][: args.limit]
    if args.json:
        print_json(ctx.out, {"attempts": [_document(one) for one in found]})
        return Exit.OK
    if not found:
        ctx.err.write("nothing was written from here, as far as this ledger goes\n")
        return Exit.OK
    headers = ("at (UTC)", "who", "what", "where", "detail", "result")
    print_table(ctx.out, headers, [_cells(one) for one in found])
    return Exit.OK


def _attempts() -> Sequence[Attempt]:
    from aitbc_tui.ledger.book import Ledger

    file = paths.ledger_file()
    if not file.exists():
        return ()
    with Ledger.open(file) as ledger:
        entries = ledger.audit(EVERYTHING)
    ends = {entry.before: entry for entry in entries if entry.before is not None}
    return [Attempt(entry, ends.get(entry.id)) for entry in entries if entry.before is None]


def _cells(attempt: Attempt) -> tuple[str, ...]:
    before, after = attempt.before, attempt.after
    at = datetime.fromtimestamp(before.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return at, before.who, before.what, before.where, before.detail, after.detail if after else NO_END


def _document(attempt: Attempt) -> dict[str, object]:
    before, after = attempt.before, attempt.after
    return {
        "at": before.at,
        "who": before.who,
        "what": before.what,
        "where": before.where,
        "detail": before.detail,
        "ended_at": after.at if after else None,
        "result": after.detail if after else None,
    }
