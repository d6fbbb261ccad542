"""The exact text of a value inside a JSON document: a signature covers what was printed, not what a parser made of it.

Only for text that `parse_json` has accepted: depth and numbers are bounded there.
"""

from __future__ import annotations

import json
import re

from aitbc_tui.domain.errors import ParseError

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def members(text: str, start: int = 0) -> dict[str, tuple[int, int]]:
    """For each key of the object at `start`, where its value begins and ends; of a repeated key the last."""
    at = _expect(text, start, "{")
    spans: dict[str, tuple[int, int]] = {}
    if text[at : at + 1] == "}":
        return spans
    while True:
        key, at = _value(text, at)
        at = _expect(text, at, ":")
        _, end = _value(text, at)
        spans[str(key)] = (at, end)
        at = _skip(text, end)
        if text[at : at + 1] != ",":
            return spans
        at = _skip(text, at + 1)


def elements(text: str, start: int = 0) -> list[tuple[int, int]]:
    """Where each element of the array at `start` begins and ends."""
    at = _expect(text, start, "[")
    spans: list[tuple[int, int]] = []
    if text[at : at + 1] == "]":
        return spans
    while True:
        _, end = _value(text, at)
        spans.append((at, end))
        at = _skip(text, end)
        if text[at : at + 1] != ",":
            return spans
        at = _skip(text, at + 1)


def cut(text: str, span: tuple[int, int]) -> bytes:
    """The bytes of a span as they stood in the answer."""
    return text[span[0] : span[1]].encode("utf-8")


def _value(text: str, at: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise ParseError(f"not JSON at character {at}") from None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, token: str) -> int:
    """Skip white space, the token, and white space again."""
    at = _skip(text, at)
    if text[at : at + 1] != token:
        raise ParseError(f"expected {token} at character {at}")
    return _skip(text, at + 1)
