"""`receipts export` and `receipts totals`: the local ledger as a file, and what it adds up to."""

from __future__ import annotations

import argparse
import getpass
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser, add_command, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.config import paths
from aitbc_tui.domain.errors import ConfigError, GuardError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.ledger.book import Ledger
    from aitbc_tui.operations.export import Entry
    from aitbc_tui.state.totals import Charge, Sums

FOLDER = "exports"
EVERYTHING = 10_000_000
SPANS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
PLOT_DAYS, MOST_DAYS = 60, 3660
BARS = "_123456789"  # survives a pipe and any terminal
BY = ("model", "miner", "client", "day")


def add_export(actions: argparse._SubParsersAction[Parser]) -> None:
    export = add_command(
        actions,
        "export",
        "write the local ledger: every receipt seen from here with its recorded verdict, ids masked",
        "aitbc-tui receipts export --format csv --since 7d > receipts.csv\n"
        "aitbc-tui receipts export --exact -o audit/receipts.json && aitbc-tui receipts verify audit/receipts.json",
    )
    export.add_argument("--format", choices=("json", "csv"), default="json", help="default json")
    export.add_argument("--since", metavar="T", help="first seen since: 24h, 7d, 2026-11-22, 2026-11-22T10:00Z, unix")
    export.add_argument("-o", "--output", metavar="FILE", help="write there (0600), not to standard output")
    export.add_argument(
        "--exact", action="store_true", help="the signed bytes, with live keys and prompts: confirmed and audited"
    )
    export.add_argument("--force", action="store_true", help="do not ask before --exact")
    totals = add_command(
        actions,
        "totals",
        "what the receipts of the local ledger add up to: spent, earned, unverified",
        "aitbc-tui receipts totals --by day\n"
        "aitbc-tui receipts totals --by client --over-days\n"
        "aitbc-tui receipts totals --by miner --since 24h --json",
    )
    totals.add_argument("--by", choices=BY, default="model", help="split by (default model)")
    totals.add_argument("--since", metavar="T", help="first seen since: 24h, 7d, 2026-11-22, unix seconds")
    totals.add_argument("--over-days", action="store_true", help="also what was earned day by day, as a plot")
    add_json(totals)


def since_of(text: str | None, now: float) -> float | None:
    """A span back from now, a date or a time in UTC, or unix seconds."""
    if text is None:
        return None
    span = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
    if span:
        return now - int(span[1]) * SPANS[span[2]]
    if re.fullmatch(r"[0-9]{9,11}(\.[0-9]+)?", text):
        return float(text)
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ConfigError(f'--since: "{clean(text, 40)}" is no time', remedy="--since 24h, or 2026-11-22") from None


def run_export(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.ledger.book import Ledger
    from aitbc_tui.operations import export

    now = time.time()
    begin = since_of(args.since, now)
    env = ctx.environment.name
    if args.exact and args.format == "csv":
        raise ConfigError("--exact writes JSON: signed bytes do not survive a table", remedy="--format json")
    with Ledger.open(paths.ledger_file()) as ledger:
        entries = _entries(ctx, ledger, begin)
        if args.exact:
            return _exact(ctx, args, ledger, entries, now)
        jobs = [job for job in ledger.own_jobs(env, EVERYTHING) if begin is None or job.intent_at >= begin]
    as_csv = args.format == "csv"
    content = export.masked_csv(entries) if as_csv else export.masked_json(entries, jobs, env, now)
    if args.output is None:
        ctx.out.write(content.decode("utf-8").replace("\r\n", "\n"))
        ctx.out.flush()
        return Exit.OK
    path = _write(Path(args.output), [content])[0]
    ctx.err.write(f"{len(entries)} receipts, masked, in {path}; nothing in it can be verified again\n")
    return Exit.OK


def _entries(ctx: Context, ledger: Ledger, begin: float | None) -> list[Entry]:
    from aitbc_tui.collect.masking import load_masker
    from aitbc_tui.operations.export import entries_of, since

    mask = load_masker(paths.ledger_file().parent, ctx.environment.miners)
    return entries_of(since(ledger.receipts(ctx.environment.name, EVERYTHING), begin), mask)


def _exact(ctx: Context, args: argparse.Namespace, ledger: Ledger, entries: Sequence[Entry], now: float) -> int:
    from aitbc_tui.operations.export import exact_parts

    env = ctx.environment.name
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    path = Path(args.output or paths.data_dir() / FOLDER / f"receipts-{env}-{stamp}.json")
    what = f"write {len(entries)} receipts with the live keys and prompts in them to {clean(str(path), 200)}"
    entry = ledger.audit_before(_who(), "export --exact", env, f"{len(entries)} receipts to {path}")
    try:
        if not ctx.ask(what, force=args.force and not ctx.environment.production):  # there it must be named
            raise GuardError(f"{what}: not confirmed", remedy="without --exact nothing secret is written")
    except GuardError:
        ledger.audit_after(entry, "refused: not confirmed")
        raise
    try:
        written = _write(path, list(exact_parts(entries, env, now)))
    except ConfigError as error:
        ledger.audit_after(entry, f"failed: {error.detail}")
        raise
    ledger.audit_after(entry, f"written: {len(written)} files")
    for file in written:
        ctx.out.write(f"{file}\n")
    ctx.err.write(f"{len(entries)} receipts, byte for byte. They hold live keys and prompts: keep them private.\n")
    return Exit.OK


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"


def _write(path: Path, parts: Sequence[bytes]) -> list[Path]:
    """Each part into a file of its own that only its owner reads; a folder that has to be made is 0700."""
    from aitbc_tui.ledger.files import private_folder, replace_file

    private_folder(path.parent)
    files = [path] + [path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(2, len(parts) + 1)]
    for file, content in zip(files, parts, strict=True):
        replace_file(file, content)
    return files


def run_totals(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.ledger.book import Ledger
    from aitbc_tui.operations.export import charges_of
    from aitbc_tui.state.totals import By, split, total

    begin = since_of(args.since, time.time())
    env = ctx.environment.name
    with Ledger.open(paths.ledger_file()) as ledger:
        entries = _entries(ctx, ledger, begin)
        own = {job.job_id for job in ledger.own_jobs(env, EVERYTHING) if job.job_id is not None}
    charges = charges_of(entries, own)
    everything, rows = total(charges), split(charges, By(args.by))
    if args.json:
        print_json(
            ctx.out,
            {
                "environment": env,
                "by": args.by,
                "since": begin,
                "total": _sums_json(everything),
                "rows": [{args.by: key, **_sums_json(sums)} for key, sums in rows],
                **(_series_json(charges, args.by) if args.over_days else {}),
            },
        )
        return Exit.OK
    if not rows:
        ctx.out.write("no receipt in the ledger" + (" since then\n" if begin is not None else " yet\n"))
        return Exit.OK
    headers = (args.by, "receipts", "valid", "earned", "spent by us", "unverified", "for failed work", "asked twice")
    table = [(key, *_cells(sums)) for key, sums in rows] + [("all", *_cells(everything))]
    print_table(ctx.out, headers, table, right=range(1, 8))
    ctx.out.write(
        "earned: valid receipts, each job once; unverified: what receipts that are not valid ask for; AITBC\n"
    )
    if args.over_days:
        _print_plot(ctx, charges, args.by)
    print_key_change(ctx, [(e.stored.key_id, e.stored.first_seen, e.stored.last_seen) for e in entries])
    return Exit.OK


def print_key_change(ctx: Context, seen: Sequence[tuple[str, float, float]]) -> None:
    """To standard error, as SSH does for a host: another key signs than before, and nobody pinned it."""
    from aitbc_tui.cli.stores import read_stores
    from aitbc_tui.state.signing_keys import change_lines, key_change, key_uses

    pinned = {pin.key_id for pin in read_stores(ctx).all.pins if pin.role.value == "signing"}
    change = key_change(key_uses(seen, pinned))
    for line in change_lines(change) if change is not None else ():
        ctx.err.write(f"{line}\n")


def _series_json(charges: Sequence[Charge], by: str) -> dict[str, object]:
    """Day by day; null: no receipt of it was seen on that day."""
    from aitbc_tui.state.totals import By, over_days, plain

    days, series = over_days(charges, By(by), MOST_DAYS)
    rows = [
        {by: one.key, "earned": [None if value is None else str(plain(value)) for value in one.earned]}
        for one in series
    ]
    return {"days": list(days), "series": rows}


def _print_plot(ctx: Context, charges: Sequence[Charge], by: str) -> None:
    """One column a day, each row by its own most; a day without a receipt is a dot."""
    from aitbc_tui.state.totals import By, over_days, plain

    days, series = over_days(charges, By(by), PLOT_DAYS)
    ctx.out.write(f"\nearned a day, {days[0]} to {days[-1]}\n")
    for one in series:
        most = max((value for value in one.earned if value is not None), default=Decimal(0))
        columns = "".join("." if value is None else BARS[_height(float(value), float(most))] for value in one.earned)
        ctx.out.write(f"{one.key:<24} {columns}  most {plain(most)}\n")


def _height(value: float, most: float) -> int:
    return 0 if most <= 0 else min(len(BARS) - 1, max(0, int(value / most * (len(BARS) - 1) + 0.5)))


def _cells(sums: Sums) -> tuple[str, ...]:
    from aitbc_tui.state.totals import plain

    money = (sums.earned, sums.spent, sums.unverified, sums.failed, sums.repeated)
    return (str(sums.receipts), str(sums.valid), *(str(plain(amount)) for amount in money))


def _sums_json(sums: Sums) -> dict[str, object]:
    """Money as text: a float could not hold it."""
    from aitbc_tui.state.totals import plain

    return {
        "receipts": sums.receipts,
        "valid": sums.valid,
        "earned": str(plain(sums.earned)),
        "spent": str(plain(sums.spent)),
        "unverified": str(plain(sums.unverified)),
        "failed": str(plain(sums.failed)),
        "repeated": str(plain(sums.repeated)),
        "unpriced": sums.unpriced,
    }
