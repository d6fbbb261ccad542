"""Strict reading of JSON: the caps at their edge, and nothing but ParseError for whatever comes."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.protocol.jsondoc import parse_json


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_size_at_its_edge() -> None:
    assert parse_json(b'"' + b"x" * 98 + b'"', max_bytes=100) == "x" * 98
    with pytest.raises(ParseError, match="larger than 100 bytes"):
        parse_json(b'"' + b"x" * 99 + b'"', max_bytes=100)


@pytest.mark.parametrize("depth", [1, 2, 64])
def test_depth_at_its_edge(depth: int) -> None:
    assert parse_json(nested(depth), max_depth=depth) is not None
    with pytest.raises(ParseError, match=f"deeper than {depth} levels"):
        parse_json(nested(depth + 1), max_depth=depth)


def test_depth_counts_objects_and_scalars_at_the_bottom() -> None:
    assert parse_json(b'{"a":{"b":1}}', max_depth=2) == {"a": {"b": 1}}
    with pytest.raises(ParseError):
        parse_json(b'{"a":{"b":{}}}', max_depth=2)
    assert parse_json(b"1", max_depth=0) == 1


def test_very_deep_is_no_recursion_error() -> None:
    with pytest.raises(ParseError, match="deeper"):
        parse_json(nested(200_000))
    with pytest.raises(ParseError):
        parse_json(b'{"a":' * 100_000)


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_no_number_that_is_none(token: str) -> None:
    with pytest.raises(ParseError):
        parse_json(f'{{"a":{token}}}'.encode())


def test_integers_survive_at_any_usable_length() -> None:
    assert parse_json(b"9007199254740993") == 9007199254740993
    assert parse_json(b"1" * 4300) == int("1" * 4300)
    with pytest.raises(ParseError, match="4300 digits"):
        parse_json(b"1" * 4301)


def test_the_last_of_two_equal_keys_counts() -> None:
    assert parse_json(b'{"a":1,"a":2}') == {"a": 2}


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1} x', b"\xff\xfe", b'"\xed\xa0\x80"', b"\xef\xbb\xbf{}", b"None"])
def test_not_json(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_json(body)


def test_the_error_does_not_repeat_the_document() -> None:
    with pytest.raises(ParseError) as caught:
        parse_json(b'{"prompt":"my secret", oops}')
    assert "secret" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(JSON)
def test_agrees_with_the_stdlib(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary())
def test_arbitrary_bytes(body: bytes) -> None:
    with contextlib.suppress(ParseError):
        parse_json(body)
