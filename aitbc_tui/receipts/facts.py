"""From a parsed receipt to its facts: any field may be missing or of any type, all text is cleaned here."""

from __future__ import annotations

import json
import math

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.receipt import Mask, ReceiptFacts
from aitbc_tui.domain.text import SafeText, clean, clean_lines, literal
from aitbc_tui.receipts.jsontext import JsonValue, members

Object = dict[str, JsonValue]
MAX_TIME = 1 << 40  # seconds; keeps every later date calculation in range


def facts_of(receipt: Object, text: str, mask: Mask) -> ReceiptFacts:
    """The facts of a receipt, given parsed and as its exact text (for the numbers as they were written)."""
    wire = _wire_numbers(text)
    metadata = _object(receipt, "metadata")
    payload, result = _object(metadata, "job_payload"), _object(metadata, "result")
    prompt = payload.get("prompt", _object(payload, "parameters").get("prompt"))
    return ReceiptFacts(
        receipt_id=_text(receipt, "receipt_id", 64),
        job_id=_text(receipt, "job_id", 64),
        provider=_identity(receipt, "provider", Role.MINER, mask),
        client=_identity(receipt, "client", Role.CLIENT, mask),
        version=_text(receipt, "version", 16),
        status=_text(receipt, "status", 32),
        result_status=_text(result, "status", 32),
        error=_text(result, "error", 256),
        units=_number(receipt, "units"),
        units_text=wire.get("units", literal("")),
        unit_type=_text(receipt, "unit_type", 32),
        unit_price=_number(receipt, "unit_price"),
        unit_price_text=wire.get("unit_price", literal("")),
        price=_number(receipt, "price"),
        price_text=wire.get("price", literal("")),
        started_at=_integer(receipt, "started_at"),
        completed_at=_integer(receipt, "completed_at"),
        model_asked=_text(payload, "model", 64),
        model_used=_text(result, "model", 64),
        tokens=_integer(result, "tokens_processed"),
        execution_time=_number(result, "execution_time"),
        duration_ms=_number(_object(metadata, "metrics"), "duration_ms"),
        prompt=_lines(prompt),
        prompt_chars=len(_prose(prompt)),
        output=_lines(result.get("output")),
        output_chars=len(_prose(result.get("output"))),
    )


def nulls_for_numbers(receipt: Object) -> bool:
    """Whether null stands where a number is expected: what a NaN of the miner looks like on the wire."""
    metadata = _object(receipt, "metadata")
    expected = (
        (receipt, ("units", "unit_price", "price", "started_at", "completed_at")),
        (_object(metadata, "result"), ("execution_time", "tokens_processed", "duration")),
        (
            _object(metadata, "metrics"),
            ("duration_ms", "units", "unit_price", "price", "gpu_utilization", "memory_used", "memory_peak"),
        ),
    )
    return any(key in where and where[key] is None for where, keys in expected for key in keys)


def claim_text(value: JsonValue) -> SafeText:
    """An unsigned claim as JSON text, so that a string cannot pass for anything else."""
    try:
        return clean(json.dumps(value, ensure_ascii=False), 120)
    except (RecursionError, ValueError):
        return literal("…")


def _wire_numbers(text: str) -> dict[str, SafeText]:
    try:
        pairs = members(text)
    except ParseError:
        return {}
    wanted = ("units", "unit_price", "price")
    return {
        key: clean(raw, 48) for key, raw in pairs if key in wanted and raw[:1] not in ('"', "{", "[", "n", "t", "f")
    }


def _object(where: Object, key: str) -> Object:
    value = where.get(key)
    return value if isinstance(value, dict) else {}


def _text(where: Object, key: str, limit: int) -> SafeText:
    value = where.get(key)
    return literal("") if value is None else clean(_prose(value), limit)


def _prose(value: JsonValue) -> str:
    return value if isinstance(value, str) else claim_text(value)


def _lines(value: JsonValue) -> tuple[SafeText, ...]:
    return clean_lines(_prose(value)) if value is not None else ()


def _identity(where: Object, key: str, role: Role, mask: Mask) -> Identity | None:
    value = where.get(key)
    return mask(role, value) if isinstance(value, str) and value else None


def _number(where: Object, key: str) -> float | None:
    value = where.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _integer(where: Object, key: str) -> int | None:
    number = _number(where, key)
    return int(number) if number is not None and number.is_integer() and abs(number) < MAX_TIME else None
