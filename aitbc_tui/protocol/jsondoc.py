"""One JSON document out of untrusted bytes: size, depth and numbers bounded; ParseError or a value, nothing else."""

from __future__ import annotations

import json
import math
from typing import NoReturn

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.text import clean

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 64


def parse_json(body: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """Parse one document. A key given twice is tolerated, the last one counts; NaN and Infinity are not JSON."""
    text = decode(body, max_bytes)
    try:
        value: object = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ParseError(_too_deep(max_depth)) from None
    except json.JSONDecodeError as error:
        raise ParseError(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except ValueError:
        # The one other ValueError of the stdlib: an integer of more digits than CPython converts.
        raise ParseError("a number of more than 4300 digits") from None
    if _deeper_than(value, max_depth):
        raise ParseError(_too_deep(max_depth))
    return value


def decode(body: bytes, max_bytes: int = MAX_BYTES) -> str:
    """The text of a body; ParseError when it is larger than `max_bytes` or not UTF-8."""
    if len(body) > max_bytes:
        raise ParseError(f"the answer is larger than {max_bytes} bytes")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(f"the answer is not UTF-8: byte {error.start}") from None


def _too_deep(max_depth: int) -> str:
    return f"the answer is nested deeper than {max_depth} levels"


def _no_constant(token: str) -> NoReturn:
    raise ParseError(f"not JSON: {clean(token, 16)} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ParseError(f"the number {clean(text, 24)} is out of range")
    return value


def _deeper_than(value: object, limit: int) -> bool:
    # Level by level, so that nesting costs no stack; a scalar is level 0, [] is level 1.
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limit):
        level = [child for item in level for child in _children(item) if isinstance(child, (dict, list))]
        if not level:
            return False
    return bool(level)


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
