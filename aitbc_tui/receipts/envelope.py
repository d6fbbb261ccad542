"""Finds the receipts in what was handed over: one, a list, or the coordinator's envelopes, as exact bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.receipts.canonical import meant_as_receipt
from aitbc_tui.receipts.content import Context
from aitbc_tui.receipts.jsontext import decode, elements, members, parse

MAX_RECEIPTS = 10_000
_MAX_ENVELOPES = 6

# Envelope keys in the order in which they are tried. `response`, `json` and `body` are those of a recorded exchange.
_INSIDE = ("payload", "receipt", "items", "receipts", "response", "json", "body")


@dataclass(frozen=True, slots=True)
class Found:
    """One receipt as it stood in a document: its bytes, its place, and what its envelope says of it."""

    body: bytes = field(repr=False)
    where: str
    context: Context


def find_receipts(document: bytes) -> tuple[Found, ...]:
    """Every receipt in a document, in order. ParseError when it is not JSON, or can hold none.

    An envelope that could hold receipts and holds none (`"receipt": null`, no items) gives an empty tuple.
    """
    found: list[Found] = []
    if not _collect(decode(document).strip(" \t\r\n"), "", Context(), found, 0):
        raise ParseError("no receipt: neither one itself, nor a list or an envelope of them")
    return tuple(found)


def _collect(text: str, where: str, context: Context, found: list[Found], depth: int) -> bool:
    """Add the receipts inside `text`; whether this is a place where receipts are kept."""
    if depth > _MAX_ENVELOPES:
        return False
    if text.startswith("["):
        items = elements(text)
        if len(found) + len(items) > MAX_RECEIPTS:
            raise ParseError(f"more than {MAX_RECEIPTS} receipts in one document")
        held = [_collect(item, f"{where}[{n}]", context, found, depth + 1) for n, item in enumerate(items)]
        return any(held) or not items
    if not text.startswith("{"):
        if depth == 0:
            parse(text)  # says what is wrong with it, if it is not even JSON
        return False
    pairs = members(text)
    values = dict(pairs)
    if meant_as_receipt(values):
        found.append(Found(text.encode("utf-8"), where, context))
        return True
    if len(values) != len(pairs):
        raise ParseError("no receipt: an envelope with a key twice")
    return _open_envelope(values, where, context, found, depth)


def _open_envelope(values: dict[str, str], where: str, context: Context, found: list[Found], depth: int) -> bool:
    recorded = values.get("body_bytes_utf8")
    if recorded is not None and recorded.startswith('"'):
        text = _string(recorded).strip(" \t\r\n")
        if not text.isascii() and text != text.encode("utf-8", "replace").decode("utf-8"):
            raise ParseError("recorded bytes that are not UTF-8")
        return _collect(text, f"{where}.body_bytes_utf8".lstrip("."), context, found, depth + 1)
    inner = _said_of(values) if "payload" in values else context
    for key in _INSIDE:
        value = values.get(key)
        if value == "null" and key == "receipt":
            return True
        if value is None:
            continue
        if _collect(value, f"{where}.{key}".lstrip("."), inner, found, depth + 1):
            return True
    return False


def _said_of(item: dict[str, str]) -> Context:
    """What an explorer item says of the receipt in its `payload`."""
    job_id, issued = item.get("jobId", ""), item.get("issuedAt", "")
    return Context(
        job_id=_string(job_id) if job_id.startswith('"') else None,
        issued_at=utc_seconds(_string(issued)) if issued.startswith('"') else None,
    )


def _string(raw: str) -> str:
    value = parse(raw)
    return value if isinstance(value, str) else ""


def utc_seconds(text: str) -> float | None:
    """Unix seconds of a coordinator's time: UTC, mostly without saying so, `T` or a space, fraction or none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
