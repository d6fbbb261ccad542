"""One test for each known mistake: our verdict or our bytes differ from what the mistake gives."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from aitbc_tui.domain.receipt import CheckName, ReceiptVerdict
from aitbc_tui.receipts.canonical import NOT_SIGNED, canonical
from aitbc_tui.receipts.trust import AttestationPolicy, KeyRole, decode_exact
from aitbc_tui.receipts.verify import verify
from tests.receipts import signing
from tests.receipts.vectors import MASK, body, edited, expected, trust

VERIFYING = [vector["file"] for vector in expected() if vector["signature"] == "valid"]
NEW = [file for file in VERIFYING if file.startswith("2026-08")]
NULLED = [*NEW, "2026-02/malleable-null-field-added.json"]
KEY_ORDER = "2026-02/valid-key-order.json"
WHOLE_FLOATS = [
    f"2026-02/valid-{name}.json" for name in ("price-override", "constraints", "dup-1", "dup-2", "newer-dependencies")
]

EMPTIES = [file for file in VERIFYING if b'"job_constraints":{}' in body(file).replace(b'": ', b'":')]

Mistake = Callable[[dict[str, Any]], bytes]


def _stripped(receipt: dict[str, Any], keys: frozenset[str] = NOT_SIGNED) -> dict[str, Any]:
    return {key: value for key, value in receipt.items() if key not in keys}


def _dump(value: Any, **options: Any) -> bytes:
    options = {"separators": (",", ":"), "sort_keys": True, **options}
    return json.dumps(value, **options).encode("utf-8", "surrogatepass")


def _no_nulls(value: Any, arrays: bool = True) -> Any:
    if isinstance(value, dict):
        return {key: _no_nulls(item, arrays) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_no_nulls(item, arrays) for item in value if item is not None or not arrays]
    return value


def _no_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _no_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in ({}, [])}
    return value


def _utf16_sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _utf16_sorted(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_utf16_sorted(item) for item in value] if isinstance(value, list) else value


def _text(receipt: dict[str, Any]) -> str:
    return canonical(receipt).message.decode()


MISTAKES: list[tuple[str, Mistake, list[str]]] = [
    ("sha-256 raw first", lambda r: hashlib.sha256(canonical(r).message).digest(), VERIFYING),
    ("sha-256 hex first", lambda r: hashlib.sha256(canonical(r).message).hexdigest().encode(), VERIFYING),
    (
        "wire order",
        lambda r: _dump(_no_nulls(_stripped(r)), sort_keys=False),
        VERIFYING,
    ),
    ("default separators", lambda r: _dump(_no_nulls(_stripped(r)), separators=(", ", ": ")), VERIFYING),
    ("attestations left in", lambda r: _dump(_no_nulls(_stripped(r, NOT_SIGNED - {"attestations"}))), VERIFYING),
    (
        "only signature and attestations out",
        lambda r: _dump(_no_nulls(_stripped(r, frozenset({"signature", "attestations"})))),
        NEW,
    ),
    (
        "and zk_proof and privacy_level",
        lambda r: _dump(_no_nulls(_stripped(r, frozenset({"signature", "attestations", "zk_proof", "privacy_level"})))),
        NEW,
    ),
    ("nulls kept", lambda r: _dump(_stripped(r)), NULLED),
    (
        "nulls out at top level only",
        lambda r: _dump({key: value for key, value in _stripped(r).items() if value is not None}),
        NULLED,
    ),
    (
        "empty containers out",
        lambda r: _dump(_no_empty(_no_nulls(_stripped(r)))),
        EMPTIES,
    ),
    ("raw UTF-8", lambda r: _dump(_no_nulls(_stripped(r)), ensure_ascii=False), [KEY_ORDER]),
    (
        "UTF-16 key order",
        lambda r: _dump(_utf16_sorted(_no_nulls(_stripped(r))), sort_keys=False),
        [KEY_ORDER],
    ),
    ("a fast library's floats", lambda r: _text(r).replace("e-05", "e-5").encode(), [KEY_ORDER]),
    ("decimal floats", lambda r: _text(r).replace("2e-05", "0.00002").encode(), [KEY_ORDER]),
    ("javascript numbers", lambda r: _text(r).replace(".0,", ",").replace(".0}", "}").encode(), WHOLE_FLOATS),
]


def _signed_over(receipt: dict[str, Any], message: bytes) -> bool:
    seal = receipt["signature"]
    key, sig = decode_exact(seal["key_id"], 32), decode_exact(seal["sig"], 64)
    assert key is not None and sig is not None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(sig, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize(("mistake", "files"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_the_mistake_fails_where_we_do_not(mistake: Mistake, files: list[str]) -> None:
    assert files
    for file in files:
        receipt = json.loads(body(file))
        assert mistake(receipt) != canonical(receipt).message, file
        assert not _signed_over(receipt, mistake(receipt)), file
        assert _signed_over(receipt, canonical(receipt).message), file


def test_the_contract_counts_the_same_files() -> None:
    assert (len(VERIFYING), len(EMPTIES), len(NEW)) == (17, 13, 3)


@pytest.mark.parametrize("mistake", [row[1] for row in MISTAKES[:5]], ids=[row[0] for row in MISTAKES[:5]])
def test_a_receipt_signed_by_the_mistake_is_invalid(mistake: Mistake) -> None:
    receipt = signing.plain(attestations=[])
    body_of_mistake = signing.signed(receipt, message=mistake(receipt))
    assert verify(body_of_mistake, signing.trust(), mask=MASK).verdict is ReceiptVerdict.INVALID


def _verdict_of(**changes: Any) -> ReceiptVerdict:
    return verify(signing.signed(signing.plain(**changes)), signing.trust(), mask=MASK).verdict


def test_nulls_inside_arrays_are_dropped_too() -> None:
    assert _text({"a": [None, "x", [2, None], {"y": None}]}) == '{"a":["x",[2],{}]}'
    assert _verdict_of(metadata={"result": {"rows": [1, None, 2]}}) is ReceiptVerdict.VALID
    receipt = signing.plain(metadata={"result": {"rows": [1, None, 2]}})
    kept = signing.signed(receipt, message=_dump(_no_nulls(receipt, arrays=False)))
    assert verify(kept, signing.trust(), mask=MASK).verdict is ReceiptVerdict.INVALID


@pytest.mark.parametrize("key", sorted(NOT_SIGNED))
def test_the_same_names_deeper_inside_are_signed(key: str) -> None:
    metadata = {"job_payload": {key: "mine"}}
    assert _verdict_of(metadata=metadata) is ReceiptVerdict.VALID
    received = json.loads(signing.signed(signing.plain(metadata=metadata)))
    received["metadata"]["job_payload"][key] = "yours"
    assert verify(json.dumps(received).encode(), signing.trust(), mask=MASK).verdict is ReceiptVerdict.INVALID


def test_text_is_not_normalised() -> None:
    composed = "Gr\u00fc\u00dfe, \u212b"
    signed = signing.signed(signing.plain(metadata={"result": {"output": composed}}))
    assert verify(signed, signing.trust(), mask=MASK).verdict is ReceiptVerdict.VALID
    received = json.loads(signed)
    received["metadata"]["result"]["output"] = unicodedata.normalize("NFKD", composed)
    assert verify(json.dumps(received).encode(), signing.trust(), mask=MASK).verdict is ReceiptVerdict.INVALID


@pytest.mark.parametrize(
    "respell",
    [
        lambda text: text + "=" * (-len(text) % 4),
        lambda text: text.replace("-", "+").replace("_", "/"),
        lambda text: text + "\n",
        lambda text: text[:-1] + chr(ord(text[-1]) + 1),  # the same bytes, other unused bits
    ],
    ids=["padded", "standard alphabet", "newline", "unused bits"],
)
@pytest.mark.parametrize("part", ["key_id", "sig"])
def test_only_one_spelling_of_base64_is_accepted(respell: Callable[[str], str], part: str) -> None:
    genuine = signing.signed(signing.plain())
    received = json.loads(genuine)
    respelt = respell(received["signature"][part])
    assert respelt != received["signature"][part]
    received["signature"][part] = respelt
    receipt = verify(json.dumps(received).encode(), signing.trust(), mask=MASK)
    assert verify(genuine, signing.trust(), mask=MASK).valid
    assert receipt.verdict is ReceiptVerdict.INVALID
    assert part in receipt.reason


def test_a_valid_receipt_names_the_pin_it_was_checked_against() -> None:
    store = signing.trust()
    dated = replace(store, pins=tuple(replace(pin, added=date(2026, 2, 12)) for pin in store.pins))
    pinned = next(pin for pin in dated.pins if pin.role is KeyRole.SIGNING)
    for trusted, since in ((store, ""), (dated, ", 12 Feb")):
        checks = verify(signing.signed(signing.plain()), trusted, mask=MASK).checks
        (check,) = [check for check in checks if check.name is CheckName.PINNED]
        assert (check.passed, check.detail) == (True, f"{pinned.short}{since}")


def test_roles_are_never_mixed() -> None:
    swapped = verify(body("2026-02/tampered-attestation-swapped-in-as-signature.json"), trust(), mask=MASK)
    assert swapped.verdict is ReceiptVerdict.UNTRUSTED_KEY
    assert "attestation only" in swapped.reason
    (pinned,) = [check for check in swapped.checks if check.name is CheckName.PINNED]
    assert pinned.passed is False and "pinned for attestation only" in pinned.detail
    signature = json.loads(body("2026-02/valid-plain.json"))["signature"]
    backwards = verify(edited("2026-02/valid-plain.json", attestations=[signature]), trust(), mask=MASK)
    assert backwards.verdict is ReceiptVerdict.ATTESTATION_INVALID
    assert "signing only" in backwards.reason


def test_the_embedded_key_is_never_trusted() -> None:
    minted = verify(signing.signed(signing.plain()), trust(), mask=MASK)
    assert minted.verdict is ReceiptVerdict.UNTRUSTED_KEY


def test_missing_attestations_are_noticed() -> None:
    bare = signing.signed(signing.plain(), attest=False)
    assert verify(bare, signing.trust(), mask=MASK).verdict is ReceiptVerdict.ATTESTATION_MISSING
    assert verify(bare, signing.trust(), AttestationPolicy.OPTIONAL, mask=MASK).verdict is ReceiptVerdict.VALID
    for policy, passed, says in (
        (AttestationPolicy.REQUIRED, False, "none, although one is required"),
        (AttestationPolicy.OPTIONAL, None, "none, and none is required"),
    ):
        checks = verify(bare, signing.trust(), policy, mask=MASK).checks
        assert [(c.passed, c.detail) for c in checks if c.name is CheckName.ATTESTATION] == [(passed, says)]
    emptied = edited("2026-02/valid-plain.json", attestations=[])
    assert verify(emptied, trust(), mask=MASK).verdict is ReceiptVerdict.ATTESTATION_MISSING


@pytest.mark.parametrize("attestations", ["x", {}, [None], ["x"], [[]], 7, [{}] * 1000, False])
def test_attestations_of_any_shape_count_as_bad(attestations: Any) -> None:
    odd = edited("2026-02/valid-plain.json", attestations=attestations)
    for policy in AttestationPolicy:
        assert verify(odd, trust(), policy, mask=MASK).verdict is ReceiptVerdict.ATTESTATION_INVALID


@pytest.mark.parametrize(
    "signature", ["x", {}, [], 7, True, {"alg": "Ed25519"}, {"alg": "Ed25519", "key_id": 1, "sig": 2}]
)
def test_signatures_of_any_shape_are_invalid(signature: Any) -> None:
    assert verify(edited(KEY_ORDER, signature=signature), trust(), mask=MASK).verdict is ReceiptVerdict.INVALID


@pytest.mark.parametrize("signature", [..., None])
def test_no_signature_is_unsigned(signature: Any) -> None:
    assert verify(edited(KEY_ORDER, signature=signature), trust(), mask=MASK).verdict is ReceiptVerdict.UNSIGNED


def test_claims_are_shown_as_claims() -> None:
    receipt = verify(body("2026-08/malleable-tee-status-verified.json"), trust(), mask=MASK)
    assert receipt.verdict is ReceiptVerdict.VALID
    assert dict(receipt.unsigned_claims) == {"tee_status": '"verified"', "zk_status": '"not_required"'}
    for claim in ("reinvest_amount", "zk_proof", "privacy_level", "tee_quote"):
        added = verify(edited("2026-02/valid-plain.json", **{claim: {"x": 1}}), trust(), mask=MASK)
        assert (added.verdict, added.unsigned_claims) == (ReceiptVerdict.VALID, ((claim, '{"x": 1}'),))
