"""Answers that carry receipts: each receipt is cut out as printed, because its bytes are what was signed."""

from __future__ import annotations

from datetime import datetime

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.receipt import Mask
from aitbc_tui.domain.text import clean_lines
from aitbc_tui.protocol import slices
from aitbc_tui.protocol.answers import JobResult, ReceiptItem, ReceiptPage
from aitbc_tui.protocol.jsondoc import decode, parse_json
from aitbc_tui.protocol.times import parse_utc
from aitbc_tui.protocol.wire import LaxFloat, LaxInt, LaxObject, LaxText, Text, Wire, bounded, read, safe, safe_or_none

MAX_BYTES = 8 * 1024 * 1024
# A client may nest its payload as it likes, and every page with its receipt must stay readable.
MAX_DEPTH = 208
MAX_RECEIPTS = 1000
OUTPUT_LINES = 2000


class _Result(Wire):
    """Whatever the miner posted: untyped, so every field is optional and of any type (Q12)."""

    status: LaxText = None
    model: LaxText = None
    error: LaxText = None
    output: LaxText = None
    tokens_processed: LaxInt = None
    execution_time: LaxFloat = None


class _ResultAnswer(Wire):
    result: LaxObject = None
    receipt: LaxObject = None


class _Receipts(Wire):
    items: list[dict[str, object]]


class _Item(Wire):
    receiptId: LaxText = None
    jobId: Text
    miner: LaxText = None
    coordinator: LaxText = None  # it really holds the client's id
    issuedAt: LaxText = None
    status: LaxText = None
    payload: LaxObject = None


class _Page(Wire):
    items: list[_Item]


def parse_result(body: bytes) -> JobResult:
    """`GET /v1/jobs/{id}/result`: `{result, receipt}`, either of which may be null."""
    text = decode(body, MAX_BYTES)
    value = _document(body)
    if not isinstance(value, dict) or not {"result", "receipt"} & value.keys():
        raise ParseError("/v1/jobs/{id}/result: neither a result nor a receipt in the answer")
    answer = read(_ResultAnswer, value, "/v1/jobs/{id}/result")
    result = _Result.model_validate(answer.result or {})
    receipt = slices.cut(text, slices.members(text)["receipt"]) if answer.receipt is not None else None
    return JobResult(
        status=safe_or_none(result.status, 32),
        model=safe_or_none(result.model),
        error=safe_or_none(result.error, 512),
        tokens=result.tokens_processed,
        execution_time_s=result.execution_time,
        output=None if result.output is None else clean_lines(result.output, lines=OUTPUT_LINES),
        receipt=receipt,
    )


def parse_receipt(body: bytes) -> bytes:
    """`GET /v1/jobs/{id}/receipt`: the bare receipt, without white space around it."""
    text = decode(body, MAX_BYTES)
    if not isinstance(_document(body), dict):
        raise ParseError("/v1/jobs/{id}/receipt: not an object")
    return text.strip(" \t\n\r").encode("utf-8")


def parse_receipts(body: bytes) -> tuple[bytes, ...]:
    """`GET /v1/jobs/{id}/receipts`: each receipt in its exact bytes, oldest first."""
    text = decode(body, MAX_BYTES)
    what = "/v1/jobs/{id}/receipts"
    _bounded_count(len(read(_Receipts, _document(body), what).items), what)
    return tuple(slices.cut(text, span) for span in _items(text))


def parse_explorer_receipts(
    body: bytes, mask: Mask, limit: int | None = None, server_date: datetime | None = None
) -> ReceiptPage:
    """`GET /v1/explorer/receipts`, newest first. Without a `limit` asked for, the server's default is 50."""
    text = decode(body, MAX_BYTES)
    what = "/v1/explorer/receipts"
    wires = bounded(read(_Page, _document(body), what).items, what, MAX_RECEIPTS)
    items = tuple(_item(wire, text, span, mask) for wire, span in zip(wires, _items(text), strict=True))
    return ReceiptPage(items, len(items) >= (50 if limit is None else limit), server_date)


def _document(body: bytes) -> object:
    return parse_json(body, MAX_BYTES, MAX_DEPTH)


def _items(text: str) -> list[tuple[int, int]]:
    return slices.elements(text, slices.members(text)["items"][0])


def _item(wire: _Item, text: str, span: tuple[int, int], mask: Mask) -> ReceiptItem:
    payload = slices.members(text, span[0]).get("payload") if wire.payload is not None else None
    return ReceiptItem(
        receipt_id=safe(wire.receiptId),
        job_id=safe(wire.jobId),
        miner=_who(mask, Role.MINER, wire.miner),
        client=_who(mask, Role.CLIENT, wire.coordinator),
        issued_at=parse_utc(wire.issuedAt),
        status=safe(wire.status, 32),
        body=b"null" if payload is None else slices.cut(text, payload),
    )


def _bounded_count(count: int, what: str) -> None:
    if count > MAX_RECEIPTS:
        raise ParseError(f"{what}: more than {MAX_RECEIPTS} receipts")


def _who(mask: Mask, role: Role, raw: str | None) -> Identity | None:
    return mask(role, raw) if raw else None
