"""Every vector of the contract, and every receipt found anywhere in the captures."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.receipt import ReceiptVerdict, VerifiedReceipt
from aitbc_tui.receipts.envelope import find_receipts
from aitbc_tui.receipts.offline import verify_document
from aitbc_tui.receipts.trust import AttestationPolicy
from aitbc_tui.receipts.verify import verify
from tests.receipts.vectors import CAPTURES, MASK, RECEIPTS, body, expected, trust


@pytest.mark.parametrize("vector", expected(), ids=lambda vector: vector["file"])
def test_the_vector_gets_its_verdict(vector: dict[str, Any]) -> None:
    store = trust(vector["generation"])
    receipt = verify(body(vector["file"]), store, mask=MASK)
    lenient = verify(body(vector["file"]), store, AttestationPolicy.OPTIONAL, mask=MASK)
    assert receipt.verdict == vector["verdict"]
    assert lenient.verdict == vector["verdict_attestation_optional"]
    assert [name for name, _ in receipt.unsigned_claims] == vector["unsigned_claims"]
    assert receipt.canonical_bytes_len == vector["canonical_bytes"]
    assert receipt.canonical_sha256 == vector["canonical_sha256"]
    assert receipt.body == body(vector["file"])


def test_every_vector_file_is_listed() -> None:
    files = {str(path.relative_to(RECEIPTS)) for path in RECEIPTS.glob("2026-*/*.json")}
    assert files == {vector["file"] for vector in expected()}


@pytest.mark.parametrize("vector", expected(), ids=lambda vector: vector["file"])
def test_the_keys_of_the_other_generation_are_strangers(vector: dict[str, Any]) -> None:
    other = "2026-08" if vector["generation"] == "2026-02" else "2026-02"
    verdict = verify(body(vector["file"]), trust(other), mask=MASK).verdict
    assert verdict in (ReceiptVerdict.UNTRUSTED_KEY, ReceiptVerdict.UNSIGNED, ReceiptVerdict.INVALID)
    if vector["signature"] == "valid":
        assert verdict is ReceiptVerdict.UNTRUSTED_KEY


def _documents(path: Path) -> Iterator[bytes]:
    """The JSON documents of a capture: the file, or the lines of it that are JSON."""
    if path.suffix == ".json":
        yield path.read_bytes()
        return
    for line in path.read_bytes().splitlines():
        if line.startswith(b"{"):
            yield line


def _captured() -> list[tuple[Path, VerifiedReceipt]]:
    found: list[tuple[Path, VerifiedReceipt]] = []
    for path in sorted(CAPTURES.rglob("*")):
        if path.suffix not in (".json", ".jsonl", ".txt"):
            continue
        for document in _documents(path):
            try:
                found += [(path, receipt) for receipt in verify_document(document, trust(), mask=MASK)]
            except ParseError:  # a capture of something else
                assert b'"sig"' not in document and b'\\"sig\\"' not in document, path
    return found


def test_every_captured_receipt_verifies() -> None:
    found = _captured()
    with_signature = {
        path
        for path in CAPTURES.rglob("*")
        if path.is_file() and re.search(rb'\\?"sig\\?"', path.read_bytes()) and path.suffix != ".log"
    }
    assert {path for path, _ in found} == with_signature
    assert len({receipt.facts.receipt_id for _, receipt in found}) >= 20
    assert {receipt.verdict for _, receipt in found} == {ReceiptVerdict.VALID}


def test_exact_bytes_are_kept_out_of_an_envelope() -> None:
    """The receipt cut out of the explorer's page is byte for byte the one that /receipt answers."""
    page = json.loads((CAPTURES / "coordinator-2026-02/350-tz-explorer.json").read_text())
    alone = json.loads((CAPTURES / "coordinator-2026-02/349-tz-receipt.json").read_text())
    (found,) = find_receipts(page["response"]["body_bytes_utf8"].encode())
    assert found.body == alone["response"]["body_bytes_utf8"].encode()
    assert hashlib.sha256(found.body).digest() == hashlib.sha256(body("2026-02/valid-tz-vienna.json")).digest()
