"""Remote text is made safe where it enters, over all of Unicode."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.domain.text import SafeText, clean, clean_lines

FORBIDDEN = {"Cc", "Cs"}


@given(st.text(st.characters()))
def test_no_control_bidi_or_surrogate_passes(raw: str) -> None:
    text = clean(raw)
    assert isinstance(text, SafeText)
    assert len(text) <= 256
    for char in text:
        assert unicodedata.category(char) not in FORBIDDEN, hex(ord(char))
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u200d\ufeff"


@given(st.binary(max_size=2000))
def test_any_bytes_become_text(raw: bytes) -> None:
    assert clean(raw, 100).encode("utf-8") is not None


def test_escape_sequences_are_shown_and_not_sent() -> None:
    assert clean("\x1b]52;c;aGk=\x07\x9b2J") == "␛]52;c;aGk=␇\ufffd2J"


def test_the_limit_cuts_with_an_ellipsis() -> None:
    assert clean("abcdef", 4) == "abc…"
    assert clean("abcd", 4) == "abcd"


def test_lines_are_split_before_they_are_cleaned() -> None:
    assert clean_lines("a\r\nb\x1b\tc\rd") == ("a", "b␛    c", "d")
    assert len(clean_lines("x\n" * 1000)) == 200
    assert clean_lines(b"a\r\n\xff\xc3\x1b[2J\r\xe2\x82\xac") == ("a", "\ufffd\ufffd␛[2J", "€"), "as a host prints it"
