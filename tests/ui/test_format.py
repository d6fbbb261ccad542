"""Numbers and ages as section 1.5 of the screens wants them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.ui import format as fmt


@pytest.mark.parametrize(
    ("seconds", "bound", "text"),
    [
        (0, 5, "<5 s"),
        (4.99, 5, "<5 s"),
        (5, 5, "5 s"),
        (9.9, 5, "5 s"),
        (14, 15, "<15 s"),
        (19, 20, "<20 s"),
        (47, 5, "45 s"),
        (59.9, 5, "55 s"),
        (60, 5, "1 m"),
        (119, 5, "1 m"),
        (3599, 5, "59 m"),
        (3600, 5, "1 h"),
        (47.9 * 3600, 5, "47 h"),
        (48 * 3600, 5, "2 d"),
        (None, 5, "?"),
    ],
)
def test_ages_are_coarse_and_rounded_down(seconds: float | None, bound: float, text: str) -> None:
    assert fmt.age(seconds, bound) == text


@given(st.floats(0, 10**10, allow_nan=False))
def test_an_age_never_needs_more_than_five_cells_and_never_says_more_than_is_so(seconds: float) -> None:
    text = fmt.age(seconds)
    assert len(text) <= 5
    if text[0].isdigit():
        number, unit = text.split(" ")
        assert int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit] <= seconds


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        (999, 5, "999"),
        (15234, 8, "15,234"),
        (1234567, 5, "1.2M"),
        (15234, 5, "15.2k"),
        (-4, 5, "-4"),
        (123456789012, 6, "123.5G"),
        (None, 5, "?"),
    ],
)
def test_a_number_takes_a_larger_unit_before_it_is_cut(value: int | None, width: int, text: str) -> None:
    assert fmt.number(value, width) == text
    assert len(text) <= width


def test_hashes_keep_both_ends() -> None:
    value = "0x8f3ab1c0e5d2" + "0" * 42 + "41aa7c21d9"
    assert fmt.short_hash(value) == "8f3ab1c0…7c21d9"
    assert fmt.short_hash(value, 23) == "8f3ab1c0e5d2…41aa7c21d9"
    assert fmt.short_hash("0xabc") == "abc"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5 * 86400 + 12 * 3600 + 34 * 60 + 59, "5d 12h 34m"),
        (2 * 86400 + 3 * 3600 + 8 * 60, "2d  3h  8m"),
        (3 * 3600 + 60, "3h  1m"),
        (59, "0m"),
        (400 * 86400, "400d  0h"),
        (None, "?"),
    ],
)
def test_uptime(seconds: float | None, text: str) -> None:
    assert fmt.uptime(seconds) == text
    assert len(text) <= 10


def test_prices_and_units_are_in_full() -> None:
    assert fmt.price(1.2176) == "1.217600"
    assert fmt.units(14.2) == "14.200"
    assert fmt.price(None) == "?"


@pytest.mark.parametrize(("seconds", "text"), [(900, "15 m"), (894, "15 m"), (590, "10 m"), (42, "40 s"), (-1, "0 s")])
def test_time_left(seconds: float, text: str) -> None:
    assert fmt.left(seconds) == text


def test_parts_are_dropped_whole() -> None:
    assert fmt.parts("one · two · three", 12) == "one · two"
    assert fmt.parts("a very long single part", 10) == "a very lo…"
    assert fmt.shorten("日本語テキスト", 6) == "日本…"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, "FORK at 15,229 · STUCK 5e1f · TRUST 82d4 · 2 more"),
        (45, "FORK at 15,229 · STUCK 5e1f · 3 more"),
        (30, "FORK at 15,229 · 4 more"),
        (20, "FORK at 15… · 4 more"),
    ],
)
def test_what_does_not_fit_is_counted(width: int, shown: str) -> None:
    assert fmt.counted_parts("FORK at 15,229 · STUCK 5e1f · TRUST 82d4 · 2 more", width) == shown


def test_nothing_left_out_is_not_counted() -> None:
    assert fmt.counted_parts("FORK at 15,229 · STUCK 5e1f", 40) == "FORK at 15,229 · STUCK 5e1f"
    assert fmt.counted_parts("FORK at 15,229 · STUCK 5e1f", 26) == "FORK at 15,229 · 1 more"
    assert fmt.counted_parts("FORK at 15,229", 8) == "FORK at…"


def test_clock_is_utc() -> None:
    assert fmt.clock(datetime(2026, 11, 22, 11, 58, tzinfo=UTC)) == "11:58"
    assert fmt.clock_at(None) == "?"


def test_sparks_are_one_cell_a_value() -> None:
    assert fmt.spark((0.0, 50.0, 100.0, None), 6, 100.0) == "  ▁▃▇ "
    assert fmt.spark((), 6, 100.0) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.0912", "0.091200"),
        ("0.13038", "0.130380"),
        ("1", "1.000000"),
        ("12.345678", "12.34568"),
        ("1234567.5", "1.2M"),
        (None, "–"),
        ("1e999999", "1e999999"),
        ("NaN", "NaN"),
        ("free", "free"),
    ],
)
def test_prices_of_a_column_have_six_decimals_and_are_never_cut(text: str | None, shown: str) -> None:
    assert fmt.price_text(text, 8) == shown
