"""`receipts [--limit N] [--job ID]`: the coordinator's receipts, every one verified; and a receipt as text and JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import (
    NONE,
    UNKNOWN,
    Json,
    age,
    document,
    finish,
    moment,
    need_coordinator,
    observe,
    or_null,
    rounded,
    whole_number,
)
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.domain.errors import ConfigError, HttpError
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import ReceiptRow

DEFAULT_LIMIT = 20
MAX_LIMIT = 200  # the coordinator's own bound of one page
HEADERS = ("verdict", "job", "units × price", "sum", "age", "result", "miner", "remarks, or why")


def add_listing(parser: Parser) -> None:
    parser.add_argument(
        "--limit", metavar="N", default=str(DEFAULT_LIMIT), help=f"1 to {MAX_LIMIT}, newest first (default 20)"
    )
    parser.add_argument("--job", metavar="ID", default="", help="only the receipts of this job")


def run_listing(ctx: Context, args: argparse.Namespace) -> int:
    need_coordinator(ctx)
    limit = whole_number(args.limit, "--limit", MAX_LIMIT)
    job = check_id(args.job) if args.job else ""
    from aitbc_tui.collect.once import Wanted
    from aitbc_tui.state.receipts import receipt_rows

    seen = observe(ctx, lambda _: Wanted(receipts=limit, receipts_of=job))
    error = seen.unheard(seen.world.receipts, seen.coordinator_host)
    page = seen.world.receipts.value
    rows = () if error else receipt_rows(seen.world, seen.snapshot.now, limit)
    skipped = page.skipped if page else 0
    if skipped and not rows:
        words = f"none of the receipts could be read: the coordinator answers 500 for {skipped} of them"
        error = HttpError(words, status=500, host=seen.coordinator_host, remedy="the journal of the coordinator")
    if args.json:
        listed = [row_json(row, seen.snapshot.now) for row in rows]
        print_json(ctx.out, document(seen, [error], receipts=None if error else listed, unreadable=skipped))
    elif error is None:
        print_receipts(ctx, rows, seen.snapshot.now, f"no receipt of {job}" if job else "no receipt yet")
        if skipped:
            ctx.out.write(f"{skipped} receipts could not be read: the coordinator answers 500 for them\n")
    if not args.json and rows:
        _say_key_change(ctx, rows)
    return finish(ctx, [error])


def _say_key_change(ctx: Context, rows: Sequence[ReceiptRow]) -> None:
    """By the moments the receipts were made, since that is the order in which the key changed."""
    from aitbc_tui.cli.export import print_key_change

    made = [(row.receipt.signing_key_id, row.issued_at.timestamp()) for row in rows if row.issued_at is not None]
    print_key_change(ctx, [(str(key), at, at) for key, at in made if key])


def check_id(text: str) -> str:
    """An id as it may stand in a request, or a clear line."""
    if 0 < len(text) <= 128 and text.isascii() and text.replace("-", "").replace("_", "").isalnum():
        return text
    from aitbc_tui.domain.text import clean

    raise ConfigError(f'"{clean(text, 60)}" is no job id', remedy="an id is 32 digits 0-9 a-f, as submit prints it")


def print_receipts(ctx: Context, rows: Sequence[ReceiptRow], now: float, none: str) -> None:
    """Verdicts, sums and remarks; and how many of them are valid."""
    if not rows:
        ctx.out.write(f"{none}\n")
        return
    valid = sum(1 for row in rows if row.receipt.valid)
    ctx.out.write(f"{valid} of {len(rows)} valid\n")
    print_table(ctx.out, HEADERS, [_cells(row, now) for row in rows], right=(4,))


def sum_text(receipt: VerifiedReceipt) -> str:
    """The numbers exactly as they stood on the wire."""
    facts = receipt.facts
    units, unit_price, price = (text or UNKNOWN for text in (facts.units_text, facts.unit_price_text, facts.price_text))
    return f"{units} × {unit_price} {'≠' if receipt.sum_mark == '≠' else '='} {price}"


def _age(row: ReceiptRow, now: float) -> float | None:
    return None if row.age_s is None else row.age_s + max(0.0, now - row.seen_at)


def _cells(row: ReceiptRow, now: float) -> tuple[str, ...]:
    receipt = row.receipt
    said = [] if receipt.valid else [str(receipt.reason)]
    said += [str(remark.detail) for remark in receipt.remarks]
    if row.duplicate:
        said.append("two receipts name this job")
    return (
        row.verdict.word,
        receipt.facts.job_id or UNKNOWN,
        sum_text(receipt),
        row.sum_mark,
        age(_age(row, now)),
        receipt.facts.result_status or UNKNOWN,
        receipt.facts.provider.label if receipt.facts.provider else UNKNOWN,
        "; ".join(said) or NONE,
    )


def row_json(row: ReceiptRow, now: float) -> Json:
    return {
        **receipt_json(row.receipt),
        "issued_at": moment(row.issued_at),
        "age_s": rounded(_age(row, now)),
        "duplicate": row.duplicate,
    }


def receipt_json(receipt: VerifiedReceipt) -> Json:
    """A receipt without its prompt and output; numbers as they stood on the wire."""
    facts = receipt.facts
    return {
        "receipt_id": or_null(facts.receipt_id),
        "job_id": or_null(facts.job_id),
        "verdict": receipt.verdict.value,
        "reason": receipt.reason,
        "unsigned_claims": [name for name, _ in receipt.unsigned_claims],
        "remarks": [{"kind": remark.kind.value, "detail": remark.detail} for remark in receipt.remarks],
        "units": or_null(facts.units_text),
        "unit_type": or_null(facts.unit_type),
        "unit_price": or_null(facts.unit_price_text),
        "price": or_null(facts.price_text),
        "sum": receipt.sum_mark,
        "result_status": or_null(facts.result_status),
        "model_asked": or_null(facts.model_asked),
        "model_used": or_null(facts.model_used),
        "miner": facts.provider.label if facts.provider else None,
        "client": facts.client.label if facts.client else None,
        "signing_key": or_null(receipt.signing_key_id),
        "attestation_keys": list(receipt.attestation_key_ids),
        "canonical_sha256": receipt.canonical_sha256,
        "checks": [
            {"name": check.name.value, "passed": check.passed, "detail": check.detail} for check in receipt.checks
        ],
    }
