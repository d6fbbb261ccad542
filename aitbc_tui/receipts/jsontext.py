"""JSON as receipts need it: parsed strictly by the stdlib's rules, and cut into the exact slices it came in."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import NoReturn, TypeAlias

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.text import clean

JsonValue: TypeAlias = "None | bool | int | float | str | list[JsonValue] | dict[str, JsonValue]"

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 200
# CPython refuses longer ones by default, so no coordinator can have signed one.
MAX_DIGITS = 4300

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING_RE = re.compile(_STRING, re.DOTALL)
_TOKEN_RE = re.compile(_STRING + r"|[][{}]", re.DOTALL)
_SCALAR_RE = re.compile(r"[^][{}\",: \t\n\r]+")


class RefusedJson(ParseError):
    """Well-formed to a lenient reader, but ambiguous or unbounded: two readers could see two receipts."""


def decode(body: bytes) -> str:
    """The text of a body; not UTF-8 or too large is a ParseError."""
    if len(body) > MAX_BYTES:
        raise ParseError(f"{len(body)} bytes is larger than the {MAX_BYTES} accepted")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(f"not UTF-8: byte {error.start}") from None


def parse(text: str) -> JsonValue:
    """Parse one JSON document. Nothing but ParseError (or its RefusedJson) comes out of it."""
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_int=_bounded_int,
            parse_float=_finite_float,
        )
    except json.JSONDecodeError as error:
        raise ParseError(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise RefusedJson(_too_deep()) from None
    if _deeper_than(value, MAX_DEPTH):
        raise RefusedJson(_too_deep())
    return value


def _too_deep() -> str:
    return f"nested deeper than {MAX_DEPTH} levels"


def _deeper_than(value: JsonValue, limit: int) -> bool:
    level: list[JsonValue] = [value]
    for _ in range(limit + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _no_duplicates(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise RefusedJson(f'the key "{clean(twice, 40)}" stands twice in one object')
    return found


def _no_constant(word: str) -> NoReturn:
    raise RefusedJson(f"{word} is not JSON")


def _bounded_int(text: str) -> int:
    digits = len(text.lstrip("-"))
    try:
        if digits <= MAX_DIGITS:
            return int(text)
    except ValueError:  # this interpreter was told to accept fewer
        pass
    raise RefusedJson(f"an integer of {digits} digits")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise RefusedJson("a number beyond the range of a float")
    return value


def members(text: str) -> list[tuple[str, str]]:
    """The members of the object `text` holds, each as its key and the exact text of its value.

    Values are cut out, not parsed: one bad receipt in a page must not cost the others.
    """
    found: list[tuple[str, str]] = []
    at = _open(text, "{")
    while text[at : at + 1] != "}":
        match = _STRING_RE.match(text, at)
        if match is None:
            raise ParseError(f"not JSON: a key is missing at character {at}")
        key = parse(match[0])
        at = _skip(text, match.end())
        if text[at : at + 1] != ":":
            raise ParseError(f"not JSON: no colon at character {at}")
        start = _skip(text, at + 1)
        end = _value_end(text, start)
        found.append((str(key), text[start:end]))
        at = _next(text, end, "}")
    _close(text, at)
    return found


def elements(text: str) -> list[str]:
    """The elements of the array `text` holds, each as its exact text."""
    found: list[str] = []
    at = _open(text, "[")
    while text[at : at + 1] != "]":
        end = _value_end(text, at)
        found.append(text[at:end])
        at = _next(text, end, "]")
    _close(text, at)
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _open(text: str, bracket: str) -> int:
    at = _skip(text, 0)
    if text[at : at + 1] != bracket:
        raise ParseError("not a JSON object" if bracket == "{" else "not a JSON array")
    return _skip(text, at + 1)


def _next(text: str, end: int, bracket: str) -> int:
    """From the end of one value to the start of the next one, or to the closing bracket."""
    at = _skip(text, end)
    if text[at : at + 1] == bracket:
        return at
    if text[at : at + 1] != ",":
        raise ParseError(f"not JSON: cut off or malformed at character {at}")
    at = _skip(text, at + 1)
    if text[at : at + 1] in (bracket, ""):
        raise ParseError(f"not JSON: cut off or malformed at character {at}")
    return at


def _close(text: str, at: int) -> None:
    if _skip(text, at + 1) != len(text):
        raise ParseError(f"not JSON: more text after its end at character {at + 1}")


def _value_end(text: str, start: int) -> int:
    """Where the value beginning at `start` ends: brackets are counted, so depth costs no stack."""
    first = text[start : start + 1]
    if first in ("{", "["):
        depth = 0
        for token in _TOKEN_RE.finditer(text, start):
            if token[0] in ("{", "["):
                depth += 1
            elif token[0] in ("}", "]"):
                depth -= 1
                if depth == 0:
                    return token.end()
        raise ParseError("not JSON: cut off before its end")
    match = (_STRING_RE if first == '"' else _SCALAR_RE).match(text, start)
    if match is None:
        raise ParseError(f"not JSON: a value is missing at character {start}")
    return match.end()
