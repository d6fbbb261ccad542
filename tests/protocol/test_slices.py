"""Cutting values out of a document: the same bytes, the same value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.protocol import slices

from .test_jsondoc import JSON

SPACED = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", "\r\n : ")])


@given(st.dictionaries(st.text(), JSON), SPACED)
def test_members(document: dict[str, object], separators: tuple[str, str]) -> None:
    text = json.dumps(document, separators=separators, ensure_ascii=False)
    spans = slices.members(text)
    assert {key: json.loads(text[start:end]) for key, (start, end) in spans.items()} == document


@given(st.lists(JSON), SPACED)
def test_elements(document: list[object], separators: tuple[str, str]) -> None:
    text = " " + json.dumps(document, separators=separators)
    assert [json.loads(text[start:end]) for start, end in slices.elements(text)] == document


def test_bytes_are_kept_as_printed() -> None:
    text = '{ "a" : { "n" : 1.0 , "e":1E5, "t" : "\\u00e4ä" } , "b":2}'
    assert slices.cut(text, slices.members(text)["a"]) == '{ "n" : 1.0 , "e":1E5, "t" : "\\u00e4ä" }'.encode()


def test_of_a_repeated_key_the_last_counts_as_in_the_parser() -> None:
    text = '{"a":1,"a":2}'
    assert slices.cut(text, slices.members(text)["a"]) == b"2" == str(json.loads(text)["a"]).encode()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a"', '{"a":', '{"a" 1}', "{1:2}x{", '{"a":1,}'])
def test_what_is_no_object(text: str) -> None:
    if text == "{1:2}x{":
        assert slices.members(text) == {"1": (3, 4)}, "only accepted documents come here; no exception either way"
        return
    with pytest.raises(ParseError):
        slices.members(text)
