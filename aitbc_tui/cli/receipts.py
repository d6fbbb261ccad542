"""`receipts verify FILE…`: offline verdicts on receipt files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser, add_command, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.domain.errors import ConfigError, TrustError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.receipts.offline import FileVerdict
    from aitbc_tui.receipts.trust import TrustStore

MAX_BYTES = 16 << 20


def add(parser: Parser, verb: str) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = add_command(
        actions,
        "verify",
        "verify receipt files offline: one receipt, a list, or the coordinator's own envelopes",
        "aitbc-tui receipts verify receipt.json\n"
        "aitbc-tui receipts verify *.json --key signing:u9CYEA2i30cVKmpZe11PWw8PHJ1CQnk1nTEaRZ0VDjQ --json",
    )
    verify.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for standard input")
    verify.add_argument(
        "--key",
        metavar="ROLE:KEY",
        action="append",
        default=[],
        help="believe this key (ROLE signing or attestation) instead of the trust store; may be repeated",
    )
    verify.add_argument(
        "--attestation",
        choices=("required", "optional"),
        help="whether a receipt needs an attestation (default: required when an attestation key is known)",
    )
    add_json(verify)


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.receipts.offline import verify_files
    from aitbc_tui.receipts.trust import AttestationPolicy

    trust = _trust(ctx, args.key)
    policy = None if args.attestation is None else AttestationPolicy(args.attestation)
    failures: list[Exception] = []
    rows: list[FileVerdict] = []
    for name in args.files:
        try:
            rows += verify_files([(name, _content(name))], trust, policy)
        except ConfigError as error:
            failures.append(error)
    if len(args.files) > 1 and not failures:
        # Once more together: two receipts for one job may stand in two files.
        rows = verify_files([(name, _content(name)) for name in args.files if name != "-"], trust, policy) or rows
    _print(ctx, rows, args.json)
    return _outcome(rows, failures, trust)


def _trust(ctx: Context, keys: list[str]) -> TrustStore:
    from aitbc_tui.receipts.trust import TrustStore, parse_role_key

    if keys:
        return TrustStore().merged(map(parse_role_key, keys))
    from aitbc_tui.cli.stores import read_stores

    return read_stores(ctx).all


def _content(name: str) -> bytes:
    shown = clean(name, 200)
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{shown}: {error.strerror}", remedy="name files that hold receipts") from None
    except ValueError:
        raise ConfigError(f"{shown}: not a file name", remedy="name files that hold receipts") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{shown}: larger than {MAX_BYTES >> 20} MiB", remedy="name files that hold receipts")
    return data


def _print(ctx: Context, rows: list[FileVerdict], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print_json(ctx.out, row.row(), line=True)
    elif rows:
        print_table(
            ctx.out,
            ("verdict", "file", "where", "reason", "unsigned claims"),
            [
                (
                    "no receipt" if row.verdict is None else row.verdict.value,
                    row.file,
                    row.where,
                    row.reason,
                    ", ".join(row.unsigned_claims) or "none",
                )
                for row in rows
            ],
        )


def _outcome(rows: list[FileVerdict], failures: list[Exception], trust: TrustStore) -> int:
    from aitbc_tui.domain.receipt import ReceiptVerdict
    from aitbc_tui.receipts.trust import KeyRole

    for row in rows:
        if row.verdict is None:
            failures.append(ConfigError(f"{row.file}: {row.reason}", remedy="name files that hold receipts"))
    bad = [row for row in rows if row.verdict not in (None, ReceiptVerdict.VALID)]
    if bad:
        first = f"{clean(bad[0].file, 200)}: {bad[0].verdict}: {bad[0].reason}"
        remedy = "ask whoever runs the coordinator"
        if not trust.knows(KeyRole.SIGNING):
            remedy = "no signing key is pinned: --key signing:KEY, or aitbc-tui trust add signing KEY"
        failures.append(TrustError(f"{len(bad)} of {len(rows)} not valid; {first}", remedy=remedy))
    if failures:
        raise ExceptionGroup("receipts", failures)
    return Exit.OK
