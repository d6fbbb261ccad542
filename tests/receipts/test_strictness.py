"""Hostile JSON: a typed error or the verdict invalid, never another exception, never a second reading."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.receipts.canonical import NOT_SIGNED, canonical
from aitbc_tui.receipts.envelope import find_receipts
from aitbc_tui.receipts.jsontext import MAX_BYTES, MAX_DEPTH, RefusedJson, elements, members, parse
from aitbc_tui.receipts.offline import verify_document, verify_files
from aitbc_tui.receipts.verify import verify
from tests.receipts import signing
from tests.receipts.vectors import MASK, body, trust

PLAIN = body("2026-02/valid-price-override.json")


def _with(value: str) -> bytes:
    """A genuine receipt with one more raw value in its metadata."""
    assert PLAIN.count(b'"job_constraints":{}') == 1
    return PLAIN.replace(b'"job_constraints":{}', b'"job_constraints":{"x":' + value.encode() + b"}")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ('{"a":1,"a":1}', "twice"),
        ('{"a":1,"\\u0061":2}', "twice"),
        ("NaN", "NaN"),
        ("-Infinity", "Infinity"),
        ("1e999", "float"),
        ("9" * 4301, "4301 digits"),
        ("[" * 5000 + "]" * 5000, "deeper"),
        ("[" * 200_000 + "]" * 200_000, "deeper"),
        ('{"a":' * 300 + "1" + "}" * 300, "deeper"),
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_invalid(value: str, why: str) -> None:
    receipt = verify(_with(value), trust(), mask=MASK)
    assert receipt.verdict is ReceiptVerdict.INVALID
    assert why in receipt.reason
    assert receipt.facts.receipt_id == "" and receipt.canonical_sha256 == ""
    (row,) = verify_files([("f", _with(value))], trust())
    assert row.verdict is ReceiptVerdict.INVALID
    assert row.row()["canonical_sha256"] is None


def test_a_second_status_cannot_hide_behind_the_first() -> None:
    for twice in (
        PLAIN.replace(b'"version"', b'"price":0.01,"version"', 1),
        PLAIN.replace(b'"version"', b'"receipt_id":"0","version"', 1),
    ):
        assert verify(twice, trust(), mask=MASK).verdict is ReceiptVerdict.INVALID


@pytest.mark.parametrize("limit", [0, 640])
def test_the_bound_on_integers_is_ours_and_not_the_interpreters(limit: int) -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(limit)
    try:
        receipt = verify(_with("-" + "9" * 4301), trust(), mask=MASK)
    finally:
        sys.set_int_max_str_digits(before)
    assert receipt.verdict is ReceiptVerdict.INVALID and "4301 digits" in receipt.reason


@pytest.mark.parametrize("digits", [1, 40, 4300])
def test_long_integers_stay_integers(digits: int) -> None:
    for number in (int("7" * digits), -int("7" * digits)):
        signed = signing.signed(signing.plain(metadata={"result": {"n": number}}, price=number))
        receipt = verify(signed, signing.trust(), mask=MASK)
        assert receipt.verdict is ReceiptVerdict.VALID
        assert receipt.facts.price is None or receipt.facts.price == float(number)


def test_depth_within_the_bound_is_accepted() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH - 10):
        deep = [deep]
    assert verify(signing.signed(signing.plain(metadata=deep)), signing.trust(), mask=MASK).valid


def test_lone_surrogates_are_signed_text_and_safe_to_show() -> None:
    signed = signing.signed(signing.plain(receipt_id="\ud83d", client="\udc00", metadata={"\ud800": "\ud83d"}))
    receipt = verify(signed, signing.trust(), mask=MASK)
    assert receipt.valid
    receipt.facts.receipt_id.encode("utf-8")
    str(receipt).encode("utf-8")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"null",
        b"7",
        b'"text"',
        b"{",
        b"[",
        b"[1,]",
        b"{}",
        b'{"a":1,}',
        b'{"a" 1}',
        b"{'a':1}",
        b"[{}]",
        b"hello",
        b"\xff\xfe",
        b'\xef\xbb\xbf{"receipt_id":1}',
        b'{"receipt_id":1} trailing',
        b'{"receipt_id":1,"x":tru}',
        b'{"receipt_id":1',
        b'{"receipt_id":"\\ud83"}',
        b'{"job_id":"x"}',
        b'{"items":7}',
        b'{"body_bytes_utf8":"\\ud83d"}',
        b'{"body_bytes_utf8":"{\\"receipt_id\\":\\"\\ud83d\\"}"}',
        b" " * (MAX_BYTES + 1),
    ],
)
def test_what_is_no_receipt_says_so(document: bytes) -> None:
    with pytest.raises(ParseError):
        verify_document(document, trust(), mask=MASK)
    (row,) = verify_files([("f", document)], trust())
    assert row.verdict is None and row.reason
    with pytest.raises(ParseError):
        verify(document, trust(), mask=MASK)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FINITE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(
    NOT_SIGNED | {"receipt_id", "job_id", "provider", "client", "status", "units", "unit_price", "price", "started_at"}
) + ["completed_at", "metadata", "items", "receipt", "payload", "response", "body_bytes_utf8", "issuedAt", "jobId"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12) | JSON)
def test_any_json_gives_a_verdict_or_a_parse_error(value: Any) -> None:
    document = json.dumps(value).encode()
    for check in (
        lambda: verify(document, trust(), mask=MASK),
        lambda: verify_document(document, trust(), mask=MASK),
    ):
        with suppress(ParseError):
            check()
    verify_files([("f", document)], trust())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\ue0123 -.receipt_id', max_size=60).map(str.encode))
def test_any_bytes_give_a_verdict_or_a_parse_error(document: bytes) -> None:
    verify_files([("f", document)], trust())


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=8), FINITE, max_size=5))
def test_the_canonical_form_is_the_stdlibs(receipt: dict[str, Any]) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items() if item is not None}
        return [plain(item) for item in value if item is not None] if isinstance(value, list) else value

    body_only = {key: value for key, value in receipt.items() if key not in NOT_SIGNED}
    wanted = json.dumps(plain(body_only), separators=(",", ":"), sort_keys=True).encode("ascii")
    read_back = parse(json.dumps(receipt, ensure_ascii=True, indent=1))
    assert isinstance(read_back, dict)
    assert canonical(read_back).message == canonical(receipt).message == wanted


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(), FINITE, max_size=5), st.lists(FINITE, max_size=5), st.sampled_from([None, 2]))
def test_slices_are_the_exact_text_of_the_values(mapping: dict[str, Any], array: list[Any], indent: int | None) -> None:
    text = json.dumps(mapping, indent=indent)
    assert {key: json.loads(raw) for key, raw in members(text)} == mapping
    assert all(raw in text for _, raw in members(text))
    assert [json.loads(raw) for raw in elements(json.dumps(array, indent=indent))] == array


def test_one_bad_receipt_in_a_page_costs_only_itself() -> None:
    good, other = PLAIN, body("2026-02/valid-dup-1.json")
    page = b'{"items":[' + b",".join([good, _with("[" * 9000 + "]" * 9000), _with('{"a":1,"a":2}'), other]) + b"]}"
    verdicts = [receipt.verdict.value for receipt in verify_document(page, trust(), mask=MASK)]
    assert verdicts == ["valid", "invalid", "invalid", "valid"]
    assert [found.body for found in find_receipts(page)][::3] == [good, other]


def test_a_refusal_is_a_parse_error_where_nothing_claims_to_be_a_receipt() -> None:
    with pytest.raises(RefusedJson):
        verify(b'{"a":1,"a":2}', trust(), mask=MASK)


@pytest.mark.parametrize("around", ["", " ", "\n\t ", "\r\n"])
def test_space_around_a_list_or_an_object_is_no_part_of_it(around: str) -> None:
    assert elements(f"{around}[{around}1{around},{around}[2 ]{around}]{around}") == ["1", "[2 ]"]
    assert members(f'{around}{{{around}"a"{around}:{around}1{around}}}{around}') == [("a", "1")]
    assert elements(f"[{around}]{around}") == [] and members(f"{{{around}}}{around}") == []
    for more in ("1", "]", ","):
        with pytest.raises(ParseError):
            elements(f"[1]{around}{more}")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"nope", "not JSON: Expecting value"),
        (b"", "not JSON: Expecting value"),
        (b'"text"', "no receipt: neither one itself"),
        (b"5", "no receipt: neither one itself"),
    ],
)
def test_what_is_no_json_is_told_from_what_holds_no_receipt(document: bytes, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        find_receipts(document)
