"""The ledger as a file for somebody else: masked as a rule; exactly, byte for byte, only when that was confirmed."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.receipt import Mask, RemarkKind, VerifiedReceipt
from aitbc_tui.domain.text import SafeText
from aitbc_tui.ledger.rows import OwnJob, StoredReceipt
from aitbc_tui.receipts.jsontext import parse
from aitbc_tui.receipts.trust import TrustStore
from aitbc_tui.receipts.verify import verify
from aitbc_tui.state.totals import UNKNOWN, Charge, decimal_of

FORMAT = "aitbc-tui receipts export"
VERSION = 1
PART_BYTES = 6 << 20  # `receipts verify` reads no larger document
PART_RECEIPTS = 5000
MASKED_NOTE = (
    "Ids are masked, prompts and outputs are left out: no signature can be verified again from this file. "
    "verdict and canonical_sha256 are those that were recorded. receipts export --exact writes the signed bytes."
)
EXACT_NOTE = "Exact bodies, with live keys and prompts in them: keep this file private. Check: receipts verify FILE"
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", re.IGNORECASE)
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One receipt of the ledger, read again for its facts; the verdict that counts is the recorded one."""

    stored: StoredReceipt
    receipt: VerifiedReceipt
    conflict: bool  # another signed content was seen under the same receipt id


def entries_of(rows: Iterable[StoredReceipt], mask: Mask) -> list[Entry]:
    """The rows with what their bodies say; identities masked."""
    read = [(row, verify(row.body, TrustStore(), mask=mask)) for row in rows]
    contents: dict[str, set[str]] = {}
    for row, receipt in read:
        contents.setdefault(row.receipt_id, set()).add(receipt.canonical_sha256)
    return [Entry(row, receipt, bool(row.receipt_id) and len(contents[row.receipt_id]) > 1) for row, receipt in read]


def since(rows: Iterable[StoredReceipt], moment: float | None) -> list[StoredReceipt]:
    """The receipts that were first seen at this moment or later."""
    return [row for row in rows if moment is None or row.first_seen >= moment]


def charges_of(entries: Iterable[Entry], own_jobs: Collection[str]) -> list[Charge]:
    """The entries as money."""
    return [_charge(entry, own_jobs) for entry in entries]


def _charge(entry: Entry, own_jobs: Collection[str]) -> Charge:
    facts, row = entry.receipt.facts, entry.stored
    return Charge(
        receipt_id=row.receipt_id,
        job_id=row.job_id,
        canonical_sha256=entry.receipt.canonical_sha256,
        verdict=row.verdict,
        price=decimal_of(facts.price_text),
        ours=row.job_id in own_jobs,
        first_seen=row.first_seen,
        model=facts.model_used or facts.model_asked or UNKNOWN,
        miner=facts.provider.label if facts.provider else UNKNOWN,
        client=facts.client.label if facts.client else UNKNOWN,
        failed_inside=entry.receipt.has(RemarkKind.FAILED_INSIDE),
    )


# --- documents


def masked_json(entries: Sequence[Entry], jobs: Sequence[OwnJob], environment: str, at: float) -> bytes:
    """One document. Its entries stand where no reader of receipts looks for any."""
    document = {
        **_head(environment, at, exact=False, note=MASKED_NOTE),
        "entries": [row_of(entry) for entry in entries],
        "submitted": [submitted_row(job) for job in jobs],
    }
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")


def masked_csv(entries: Sequence[Entry]) -> bytes:
    """One line a receipt; every text is kept from being read as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    columns = list(row_of(entries[0])) if entries else list(COLUMNS)
    writer.writerow([*columns, "verifiable"])
    for entry in entries:
        writer.writerow([*(_cell(value) for value in row_of(entry).values()), "no: masked"])
    return out.getvalue().encode("utf-8")


def exact_parts(entries: Sequence[Entry], environment: str, at: float) -> Iterator[bytes]:
    """The signed bodies in envelopes that `receipts verify` reads, in as many documents as its limits need."""
    items: list[str] = []
    size = 0
    for entry in entries:
        item = _exact_item(entry)
        if items and (size + len(item.encode()) > PART_BYTES or len(items) >= PART_RECEIPTS):
            yield _exact_document(items, environment, at)
            items, size = [], 0
        items.append(item)
        size += len(item.encode())
    yield _exact_document(items, environment, at)


def _exact_document(items: Sequence[str], environment: str, at: float) -> bytes:
    head = json.dumps(_head(environment, at, exact=True, note=EXACT_NOTE))[:-1]
    listed = ",\n".join(items)
    return f'{head}, "receipts": [\n{listed}\n]}}\n'.encode()


def _exact_item(entry: Entry) -> str:
    row = entry.stored
    said: Json = {
        "recorded_verdict": row.verdict.value,
        "canonical_sha256": entry.receipt.canonical_sha256 or None,
        "conflict": entry.conflict,
        "first_seen": moment(row.first_seen),
        "last_seen": moment(row.last_seen),
    }
    text = row.body.decode("utf-8", "surrogateescape")
    try:
        parse(text)
    except ParseError:
        # Not strict JSON: inside this document it would make the rest unreadable.
        return json.dumps({**said, "body_base64": base64.b64encode(row.body).decode("ascii")})
    return f'{json.dumps(said)[:-1]}, "payload": {text}}}'


def _head(environment: str, at: float, *, exact: bool, note: str) -> Json:
    return {
        "format": FORMAT,
        "version": VERSION,
        "exact": exact,
        "verifiable": exact,
        "note": note,
        "environment": environment,
        "exported_at": moment(at),
    }


COLUMNS = (
    "receipt_id",
    "job_id",
    "verdict",
    "reason",
    "canonical_sha256",
    "conflict",
    "key_id",
    "attestation_keys",
    "miner",
    "client",
    "model_asked",
    "model_used",
    "status",
    "result_status",
    "units",
    "unit_type",
    "unit_price",
    "price",
    "sum",
    "tokens",
    "execution_time_s",
    "started_at",
    "completed_at",
    "remarks",
    "unsigned_claims",
    "first_seen",
    "last_seen",
    "times_seen",
)


def row_of(entry: Entry) -> Json:
    """What a masked export says of one receipt; numbers as they stood on the wire."""
    row, facts = entry.stored, entry.receipt.facts
    values: tuple[object, ...] = (
        row.receipt_id or None,
        row.job_id or None,
        row.verdict.value,
        str(row.reason),
        entry.receipt.canonical_sha256 or None,
        entry.conflict,
        row.key_id or None,
        [str(key) for key in entry.receipt.attestation_key_ids],
        facts.provider.label if facts.provider else None,
        facts.client.label if facts.client else None,
        facts.model_asked or None,
        facts.model_used or None,
        facts.status or None,
        facts.result_status or None,
        facts.units_text or None,
        facts.unit_type or None,
        facts.unit_price_text or None,
        facts.price_text or None,
        str(entry.receipt.sum_mark),
        facts.tokens,
        facts.execution_time,
        facts.started_at,
        facts.completed_at,
        list(row.remarks),
        [name for name, _ in entry.receipt.unsigned_claims],
        moment(row.first_seen),
        moment(row.last_seen),
        row.times,
    )
    return dict(zip(COLUMNS, values, strict=True))


def submitted_row(job: OwnJob) -> Json:
    """A job sent from here; of its prompt only the length."""
    return {
        "job_id": job.job_id,
        "state": job.state.value,
        "model": job.intent.model,
        "type": job.intent.job_type,
        "prompt_chars": job.intent.prompt_chars,
        "ttl_s": job.intent.ttl_s,
        "payment": job.intent.payment,
        "constraints": dict(job.intent.constraints),
        "client": job.intent.client or None,
        "submitted_at": moment(job.intent_at),
    }


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = " ".join(str(item) for item in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def moment(utc: float) -> str:
    """UTC seconds as `2026-11-27T12:04:20Z`."""
    return datetime.fromtimestamp(utc, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def why_not_verifiable(content: bytes) -> SafeText | None:
    """What to say of a file that is a masked export of this program; None for any other file."""
    if FORMAT.encode() not in content[:4096]:
        return None
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("exact") is not False:
        return None
    entries = document.get("entries")
    count = len(entries) if isinstance(entries, list) else 0
    words = f"a masked export of {count} receipts: nothing in it can be verified again; receipts export --exact can be"
    return SafeText(words)
