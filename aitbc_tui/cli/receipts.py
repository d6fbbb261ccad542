"""`receipts`: the list with its verdicts; `verify FILE…` offline; `export` and `totals` of the local ledger."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.options import Parser, add_command, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.cli.report import report
from aitbc_tui.domain.errors import AitbcError, ConfigError, TrustError
from aitbc_tui.domain.text import SafeText, clean

if TYPE_CHECKING:
    from aitbc_tui.receipts.offline import FileVerdict
    from aitbc_tui.receipts.trust import TrustStore

MAX_BYTES = 16 << 20


def add(parser: Parser, verb: str) -> None:
    from aitbc_tui.cli.receiptlist import add_listing

    add_listing(parser)
    add_json(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=False)
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
    from aitbc_tui.cli.export import add_export

    add_export(actions)


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.action is None:
        from aitbc_tui.cli.receiptlist import run_listing

        return run_listing(ctx, args)
    if args.action in ("export", "totals"):
        from aitbc_tui.cli.export import run_export, run_totals

        return run_export(ctx, args) if args.action == "export" else run_totals(ctx, args)
    return _verify(ctx, args)


def _verify(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.operations.export import why_not_verifiable
    from aitbc_tui.receipts.offline import FileVerdict, verify_files
    from aitbc_tui.receipts.trust import AttestationPolicy

    trust = _trust(ctx, args.key)
    policy = None if args.attestation is None else AttestationPolicy(args.attestation)
    contents: list[tuple[str, bytes]] = []
    unread: list[FileVerdict] = []
    for name in args.files:
        try:
            content = _content(name)
            masked = why_not_verifiable(content)
            if masked is None:
                contents.append((name, content))
            else:
                unread.append(FileVerdict(name, SafeText(""), None, masked))
        except ConfigError as error:
            unread.append(FileVerdict(name, SafeText(""), None, clean(error.detail)))
    rows = verify_files(contents, trust, policy) + unread
    _print(ctx, rows, args.json)
    return _outcome(ctx, rows, trust)


def _trust(ctx: Context, keys: list[str]) -> TrustStore:
    from aitbc_tui.receipts.trust import TrustStore, parse_role_key

    if keys:
        return TrustStore().merged(map(parse_role_key, keys))
    from aitbc_tui.cli.stores import read_stores

    return read_stores(ctx).all


def _content(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be read") from None
    except ValueError:
        raise ConfigError("not a file name") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES >> 20} MiB")
    return data


def _print(ctx: Context, rows: list[FileVerdict], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print_json(ctx.out, row.row(), line=True)
    elif rows:
        print_table(
            ctx.out,
            ("verdict", "file", "where", "reason", "unsigned claims", "content"),
            [
                (
                    "no receipt" if row.verdict is None else row.verdict.value,
                    row.file,
                    row.where,
                    row.reason,
                    ", ".join(row.unsigned_claims) or "none",
                    "; ".join(remark.detail for remark in row.remarks) or "–",
                )
                for row in rows
            ],
        )


def _outcome(ctx: Context, rows: list[FileVerdict], trust: TrustStore) -> int:
    from aitbc_tui.domain.receipt import ReceiptVerdict
    from aitbc_tui.receipts.trust import KeyRole

    failures: list[AitbcError] = [
        ConfigError(f"{clean(row.file, 200)}: {row.reason}", remedy="name files that hold receipts")
        for row in rows
        if row.verdict is None
    ]
    bad = [row for row in rows if row.verdict not in (None, ReceiptVerdict.VALID)]
    if bad:
        remedy = "ask whoever runs the coordinator"
        if not trust.knows(KeyRole.SIGNING):
            remedy = "no signing key is pinned: --key signing:KEY, or aitbc-tui trust add signing KEY"
        first = f"{clean(bad[0].file, 200)}: {bad[0].verdict}: {bad[0].reason}"
        failures.append(TrustError(f"{len(bad)} of {len(rows)} not valid; {first}", remedy=remedy))
    return report(failures, ctx.err)
