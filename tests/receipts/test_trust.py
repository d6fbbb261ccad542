"""Keys as people write them, roles, the policy that follows, and files checked offline."""

from __future__ import annotations

import json

import pytest

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.receipts.envelope import find_receipts
from aitbc_tui.receipts.offline import verify_files
from aitbc_tui.receipts.trust import (
    AttestationPolicy,
    KeyRole,
    Pin,
    TrustStore,
    parse_key,
    parse_role_key,
    store_of,
)
from aitbc_tui.receipts.verify import verify
from tests.receipts import signing
from tests.receipts.vectors import MASK, body, keys, trust

SIGNING = keys()["2026-02"]["signing"]
ATTESTATION = keys()["2026-02"]["attestation"]


def test_both_spellings_name_the_same_key() -> None:
    raw = bytes.fromhex(SIGNING["public_hex"])
    assert parse_key(SIGNING["public_hex"]) == parse_key(SIGNING["public_hex"].upper()) == raw
    assert parse_key(f" {SIGNING['key_id']}\n") == raw
    pin = Pin(raw, KeyRole.SIGNING)
    assert (pin.key_id, pin.short, pin.last8) == (SIGNING["key_id"], "u9CYEA2i…DjQ", "EaRZ0VDjQ"[-8:])


@pytest.mark.parametrize(
    "text", ["", "x", SIGNING["key_id"] + "=", SIGNING["key_id"][:-1], SIGNING["public_hex"][:-1], "é" * 43, "g" * 64]
)
def test_a_bad_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match="64 hex digits or 43 base64url") as caught:
        parse_key(text)
    assert not text.strip("xé") or text not in str(caught.value)


def test_role_and_key() -> None:
    assert parse_role_key(f"attestation:{ATTESTATION['public_hex']}").role is KeyRole.ATTESTATION
    for bad in (SIGNING["key_id"], f"sign:{SIGNING['key_id']}", "signing:"):
        with pytest.raises(ConfigError):
            parse_role_key(bad)


def test_a_key_has_one_role() -> None:
    with pytest.raises(ConfigError, match="for signing and for attestation"):
        store_of([SIGNING["key_id"]], [SIGNING["public_hex"]])


def test_merging_keeps_the_first_of_the_same_pin() -> None:
    first = Pin(parse_key(SIGNING["key_id"]), KeyRole.SIGNING)
    again = Pin(first.key, first.role, note=first.short)
    other = Pin(parse_key(ATTESTATION["key_id"]), KeyRole.ATTESTATION)
    assert TrustStore((first,)).merged([again, other]).pins == (first, other)


def test_attestation_is_required_once_such_a_key_is_known() -> None:
    assert TrustStore().policy is AttestationPolicy.OPTIONAL
    assert store_of([SIGNING["key_id"]]).policy is AttestationPolicy.OPTIONAL
    assert trust().policy is AttestationPolicy.REQUIRED
    assert trust(policy=AttestationPolicy.OPTIONAL).policy is AttestationPolicy.OPTIONAL


def test_without_an_attestation_key() -> None:
    store = store_of([signing.key_id(signing.SIGNER)])
    bare = signing.signed(signing.plain(), attest=False)
    assert verify(bare, store, mask=MASK).valid
    assert verify(bare, store, AttestationPolicy.REQUIRED, mask=MASK).verdict is ReceiptVerdict.ATTESTATION_MISSING
    present = verify(signing.signed(signing.plain()), store, mask=MASK)
    assert present.verdict is ReceiptVerdict.ATTESTATION_INVALID


def test_an_empty_store_makes_nothing_valid() -> None:
    assert verify(body("2026-02/valid-plain.json"), TrustStore(), mask=MASK).verdict is ReceiptVerdict.UNTRUSTED_KEY


def test_rows_of_files() -> None:
    plain, dup1, dup2 = (body(f"2026-02/valid-{name}.json") for name in ("plain", "dup-1", "dup-2"))
    items = b'{"items":[' + dup1 + b"," + dup2 + b"]}"
    rows = verify_files(
        [
            ("one.json", plain),
            ("job.json", b'{"status":"ok","receipt":' + plain + b"}"),
            ("none.json", b'{"result":{},"receipt":null}'),
            ("empty.json", b'{"items":[]}'),
            ("items.json", items),
            ("list.json", b"[" + dup1 + b"]\n"),
            ("text.txt", b"hello"),
        ],
        trust(),
    )
    assert [(row.file, row.where, row.verdict) for row in rows] == [
        ("one.json", "", ReceiptVerdict.VALID),
        ("job.json", "receipt", ReceiptVerdict.VALID),
        ("none.json", "", None),
        ("empty.json", "", None),
        ("items.json", "items[0]", ReceiptVerdict.VALID),
        ("items.json", "items[1]", ReceiptVerdict.VALID),
        ("list.json", "[0]", ReceiptVerdict.VALID),
        ("text.txt", "", None),
    ]
    assert [len(row.remarks) for row in rows] == [0, 0, 0, 0, 1, 1, 1, 0]
    assert list(rows[0].row()) == ["file", "verdict", "reason", "unsigned_claims", "canonical_sha256"]
    assert json.loads(json.dumps([row.row() for row in rows]))[0]["verdict"] == "valid"
    assert verify_files([], trust()) == []


def test_an_explorer_item_that_contradicts_its_payload() -> None:
    plain = body("2026-02/valid-plain.json")
    (row,) = verify_files([("p", b'{"items":[{"receiptId":"a","jobId":"other","payload":' + plain + b"}]}")], trust())
    assert row.verdict is ReceiptVerdict.VALID
    assert [remark.kind.value for remark in row.remarks] == ["other-job"]


def test_an_envelope_with_two_receipts_of_one_name_is_refused() -> None:
    with pytest.raises(ParseError, match="twice"):
        find_receipts(b'{"receipt":null,"receipt":' + body("2026-02/valid-plain.json") + b"}")


def test_a_wrong_role_is_named_and_a_key_in_its_place_is_not_repeated() -> None:
    with pytest.raises(ConfigError, match='"singing" is no key role'):
        parse_role_key("singing:zz")
    with pytest.raises(ConfigError, match="unknown key role") as caught:
        parse_role_key("5e" * 32 + ":signing")
    assert "5e5e" not in str(caught.value)
