"""Times in every spelling of the field, and ages by one clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.protocol.times import age_s, parse_http_date, parse_utc

MOMENT = datetime(2026, 11, 22, 3, 51, 6, 887602, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T03:51:06.887602",
        "2026-11-22 03:51:06.887602",
        "2026-11-22T03:51:06.887602Z",
        "2026-11-22T03:51:06.887602999",
        "2026-11-22T03:51:06.887602+00:00",
        "2026-11-22T03:51:06.887602+00:00Z",
        "2026-11-22T04:51:06.887602+01:00",
        "2026-11-21T22:21:06.887602-0530",
    ],
)
def test_spellings(text: str) -> None:
    assert parse_utc(text) == MOMENT


def test_fractions_may_be_absent_or_short() -> None:
    assert parse_utc("2025-01-01T00:00:00") == datetime(2025, 1, 1, tzinfo=UTC)
    assert parse_utc("2025-01-01T00:00:00.5") == datetime(2025, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-13-01T00:00:00", "2026-11-22", "2026-11-22T24:00:00", "2026-11-22T03:51:06+99:99", 5, None]
    + ["2" * 99, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "２026-11-22T03:51:06"],
)
def test_what_is_no_time(text: object) -> None:
    assert parse_utc(text) is None


def test_http_date() -> None:
    assert parse_http_date("Sun, 22 Nov 2026 03:51:06 GMT") == datetime(2026, 11, 22, 3, 51, 6, tzinfo=UTC)
    for text in (None, "", "yesterday", "Sun, 99 Nov 2026 03:51:06 GMT", "x" * 100):
        assert parse_http_date(text) is None


def test_age_is_by_one_clock_and_the_headers_coarseness_is_no_future() -> None:
    assert age_s(MOMENT + timedelta(seconds=4), MOMENT) == 4.0
    assert age_s(MOMENT - timedelta(seconds=2.5), MOMENT) == 0.0
    assert age_s(MOMENT - timedelta(seconds=3), MOMENT) == -3.0
    assert age_s(None, MOMENT) is None
    assert age_s(MOMENT, None) is None


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_round_trip(moment: datetime) -> None:
    assert parse_utc(moment.isoformat()) == moment.replace(tzinfo=UTC)


@given(st.text())
def test_any_text(text: str) -> None:
    parse_utc(text)
    parse_http_date(text)
