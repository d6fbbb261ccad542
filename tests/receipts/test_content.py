"""What the content says, beside the verdict; and what is kept out of sight."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aitbc_tui.domain.receipt import CheckName, RemarkKind, VerifiedReceipt, short_hash, short_key
from aitbc_tui.receipts.content import Context, with_duplicate_of, with_duplicates
from aitbc_tui.receipts.envelope import utc_seconds
from aitbc_tui.receipts.offline import verify_document
from aitbc_tui.receipts.verify import verify
from tests.receipts import signing
from tests.receipts.vectors import CAPTURES, MASK, body, edited, trust


def _remarks(receipt: VerifiedReceipt) -> dict[RemarkKind, str]:
    return {remark.kind: remark.detail for remark in receipt.remarks}


def _recorded(file: str, **context: Any) -> VerifiedReceipt:
    return verify(body(file), trust(), mask=MASK, context=Context(**context))


def _made(context: Context | None = None, **changes: Any) -> VerifiedReceipt:
    receipt = verify(signing.signed(signing.plain(**changes)), signing.trust(), mask=MASK, context=context or Context())
    assert receipt.valid
    return receipt


def test_a_billed_failure() -> None:
    receipt = _recorded("2026-08/valid-failed-result.json")
    assert receipt.valid
    assert _remarks(receipt) == {
        RemarkKind.FAILED_INSIDE: 'result.status is "failed", and billed: No models available in Ollama'
    }
    assert receipt.facts.status == "COMPLETED" and receipt.facts.result_status == "failed"


def test_a_failure_that_cost_nothing_is_not_called_billed() -> None:
    for price in (0.0, -1.0, None):
        plain = signing.plain(price=price)
        plain["metadata"]["result"] |= {"status": "failed", "error": "no model"}
        receipt = verify(signing.signed(plain), signing.trust(), mask=MASK)
        assert _remarks(receipt)[RemarkKind.FAILED_INSIDE] == 'result.status is "failed": no model', price


def test_an_error_without_a_status_is_a_failure_too() -> None:
    plain = signing.plain()
    plain["metadata"]["result"] = {"error": "ollama timed out"}
    receipt = verify(signing.signed(plain), signing.trust(), mask=MASK)
    assert _remarks(receipt)[RemarkKind.FAILED_INSIDE] == "no result.status, but an error: ollama timed out"
    plain["metadata"]["result"] = {"error": "ignored", "status": "completed"}
    assert not verify(signing.signed(plain), signing.trust(), mask=MASK).has(RemarkKind.FAILED_INSIDE)


def test_a_declared_price() -> None:
    receipt = _recorded("2026-02/valid-price-override.json")
    assert receipt.valid and receipt.sum_mark == "≠"
    assert receipt.checks[-1].name is CheckName.PRICE and receipt.checks[-1].passed is False
    assert "but the price is" in _remarks(receipt)[RemarkKind.PRICE_MISMATCH]


def test_a_plain_one_gives_no_cause_for_a_remark() -> None:
    receipt = _recorded("2026-02/valid-plain.json")
    assert receipt.remarks == () and receipt.sum_mark == "="


@pytest.mark.parametrize(
    ("units", "unit_price", "price", "mark"),
    [
        ("1.25", "0.02", "0.025", "="),
        ("0.001", "0.02", "2e-05", "="),
        ("0.001", "0.02", "0.00002", "="),
        ("1.0", "1", "1.000000", "="),
        ("1.25", "0.02", "0.025001", "≠"),
        ("1.25", "0.02", "0.0250001", "≠"),
        ("0.1234567", "1", "0.123457", "="),  # the coordinator rounds to six decimals
        ("0.1234567", "1", "0.1234567", "≠"),
        ("0.0000025", "1", "2e-06", "="),  # half a digit: decimal to even, the float is below
        ("0.0000035", "1", "3e-06", "="),  # the float 3.5e-06 is below half
        ("0.0000035", "1", "4e-06", "="),  # decimal
        ("0.0000035", "1", "5e-06", "≠"),
        ("0", "0.02", "0", "="),
        ("1e308", "1e308", "1", "≠"),
        ("null", "0.02", "0", "?"),
        ('"1.25"', "0.02", "0.025", "?"),
        ("true", "1", "1", "?"),
        ("[]", "1", "1", "?"),
        ("7" * 60, "1", "7" * 60, "?"),
    ],
)
def test_price_against_units_times_unit_price(units: str, unit_price: str, price: str, mark: str) -> None:
    unsigned = f'{{"receipt_id":"x","units":{units},"unit_price":{unit_price},"price":{price}}}'
    receipt = verify(unsigned.encode(), trust(), mask=MASK)
    assert receipt.sum_mark == mark
    assert receipt.checks[-1].passed is {"=": True, "≠": False, "?": None}[mark]


def test_numbers_are_kept_as_they_were_written() -> None:
    facts = verify(b'{"receipt_id":"x","units":1.50,"unit_price":2E-2,"price":3.0e-2}', trust(), mask=MASK).facts
    assert (facts.units_text, facts.unit_price_text, facts.price_text) == ("1.50", "2E-2", "3.0e-2")
    assert (facts.units, facts.unit_price, facts.price) == (1.5, 0.02, 0.03)


def test_the_checks_in_their_order_and_words() -> None:
    receipt = verify(body("2026-08/valid-hand-driven.json"), trust("2026-02"), mask=MASK)
    assert [(check.name.value, check.passed, check.detail) for check in receipt.checks] == [
        ("canonical bytes", True, "808 bytes, SHA-256 22b60bc8…6cda1"),
        ("alg", True, "Ed25519, exactly"),
        ("signature", True, "verifies under the key inside the receipt"),
        ("signing key pinned", False, "no: 0EqyMnQr…hzc is not in the trust store"),
        (
            "attestation",
            False,
            "1 present, 1 bad: one is made with oJql9Hpn…pPA, which nobody has pinned for attestation",
        ),
        ("price", True, "1.250 s × 0.020000 = 0.025000, same as signed"),
    ]
    assert verify(body("2026-08/valid-hand-driven.json"), trust(), mask=MASK).checks[4].detail == (
        "1 present, verifies under the pinned key"
    )


@pytest.mark.parametrize("changes", [{"price": -0.025}, {"units": -1.25, "price": -0.025}, {"unit_price": -0.02}])
def test_below_zero(changes: dict[str, Any]) -> None:
    assert _made(**changes).has(RemarkKind.NEGATIVE_PRICE)


def test_another_job_than_asked_for() -> None:
    assert _remarks(_recorded("2026-02/valid-plain.json", job_id="f" * 32)) == {
        RemarkKind.OTHER_JOB: "names job f0d35e68, not ffffffff"
    }
    assert not _recorded("2026-02/valid-plain.json", job_id="f0d35e687cc84a739f58b07621d1e845").remarks


@pytest.mark.parametrize(
    ("asked", "used", "substituted"),
    [
        ("llama3.2:latest", "llama3.2:latest", False),
        ("llama3.2", "llama3.2:latest", False),
        ("mistral:latest", "llama3.2:latest", True),
        ("host:5000/llama3.2", "host:5000/llama3.2:latest", False),
    ],
)
def test_a_substituted_model(asked: str, used: str, substituted: bool) -> None:
    receipt = _made(metadata={"job_payload": {"model": asked}, "result": {"model": used}})
    assert receipt.has(RemarkKind.MODEL_SUBSTITUTED) is substituted


def test_the_recorded_zone_of_vienna() -> None:
    page = json.loads((CAPTURES / "coordinator-2026-02/350-tz-explorer.json").read_text())
    (receipt,) = verify_document(page["response"]["body_bytes_utf8"].encode(), trust(), mask=MASK)
    assert receipt.valid
    assert _remarks(receipt) == {RemarkKind.TIME_ZONE_OFF: "times are 1 h early: the server's clock is not set to UTC"}


@pytest.mark.parametrize(
    ("off", "kind"),
    [
        (0, None),
        (-1, None),
        (60, None),
        (-3600, RemarkKind.TIME_ZONE_OFF),
        (3601, RemarkKind.TIME_ZONE_OFF),
        (5.5 * 3600, RemarkKind.TIME_ZONE_OFF),
        (5.75 * 3600 - 30, RemarkKind.TIME_ZONE_OFF),
        (200, RemarkKind.TIMES_ODD),
        (15 * 3600, RemarkKind.TIMES_ODD),
    ],
)
def test_times_against_the_moment_of_issue(off: float, kind: RemarkKind | None) -> None:
    kinds = {remark.kind for remark in _made(Context(issued_at=1795319757 - off)).remarks}
    assert kinds == ({kind} if kind else set())


@pytest.mark.parametrize(
    ("off", "kind"), [(0.4, None), (-3600.3, RemarkKind.TIME_ZONE_OFF), (-3590, None), (-200, None)]
)
def test_times_against_the_moment_of_submission(off: float, kind: RemarkKind | None) -> None:
    kinds = {remark.kind for remark in _made(Context(requested_at=1795319755 - off)).remarks}
    assert kinds == ({kind} if kind else set())


def test_completed_before_it_started() -> None:
    assert _made(started_at=1795319767).has(RemarkKind.TIMES_ODD)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-22T03:52:24.612931", 1795319544.612931),
        ("2026-11-22 03:52:24", 1795319544.0),
        ("2026-11-22T03:52:24Z", 1795319544.0),
        ("2026-11-22T04:52:24+01:00", 1795319544.0),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_of_the_coordinator_are_utc(text: str, seconds: float | None) -> None:
    assert utc_seconds(text) == seconds


def test_two_receipts_of_one_job_mark_each_other() -> None:
    files = ["2026-02/valid-dup-1.json", "2026-02/valid-dup-2.json", "2026-02/valid-plain.json"]
    first, second, other = with_duplicates([_recorded(file) for file in files])
    assert _remarks(first)[RemarkKind.DUPLICATE] == "receipt 8bd3ee3d names the same job"
    assert _remarks(second)[RemarkKind.DUPLICATE] == "receipt 4476742d names the same job"
    assert other.remarks == ()


def test_the_same_receipt_twice_is_no_duplicate_and_a_forgery_marks_nobody() -> None:
    one = _recorded("2026-02/valid-dup-1.json")
    forged = verify(edited("2026-02/valid-dup-1.json", receipt_id="f" * 32), trust(), mask=MASK)
    assert all(not receipt.has(RemarkKind.DUPLICATE) for receipt in with_duplicates([one, one, forged]))
    assert with_duplicate_of(with_duplicate_of(one, ["x"]), []) == one


def test_ids_are_masked_and_prompts_folded() -> None:
    receipt = _made()
    facts = receipt.facts
    assert facts.provider is not None and facts.client is not None
    assert facts.client.label.startswith("client·") and facts.client.secret == "client-secret-key"
    assert (facts.prompt, facts.prompt_chars, facts.output_chars) == (("say", "hello"), 9, 5)
    for shown in (repr(receipt), str(receipt), repr(facts)):
        assert "secret" not in shown and "hello" not in shown
    known = _recorded("2026-02/valid-real-miner-lifecycle.json").facts
    assert known.provider is not None and known.provider.label == "gpu-1"
    assert (known.execution_time, known.duration_ms, known.tokens) == (4.067749738693237, 25495, 8)


def test_text_is_cleaned_where_it_enters() -> None:
    receipt = _made(status="\x1b[31mOK\x1b]0;x\x07", metadata={"result": {"error": "a\u202eb", "status": "failed"}})
    assert "\x1b" not in receipt.facts.status and "\u202e" not in _remarks(receipt)[RemarkKind.FAILED_INSIDE]
    claimed = verify(edited("2026-02/valid-plain.json", zk_status="\x1b[2J"), trust(), mask=MASK)
    assert "\x1b" not in claimed.unsigned_claims[0][1]


def test_a_nan_that_became_null_is_hinted_at() -> None:
    broken = edited("2026-02/valid-plain.json", units=None)
    assert "NaN" in verify(broken, trust(), mask=MASK).reason
    assert "NaN" not in verify(body("2026-02/tampered-price.json"), trust(), mask=MASK).reason


def test_short_forms() -> None:
    assert short_key("0EqyMnQrtKs6E2i9RhXk5tAiSrcaAWuvhSCjMsl3hzc") == "0EqyMnQr…hzc"
    assert short_key("AAAA") == "AAAA"
    assert short_hash("22b60bc84518e53d4f4e334090938cf5aa99aa99f7c629ebf270086c7996cda1") == "22b60bc8…6cda1"


@pytest.mark.parametrize(
    ("others", "says"),
    [
        (("bbbb2222",), "receipt bbbb2222 names the same job"),
        (("bbbb2222", "aaaa1111"), "receipt aaaa1111 and 1 more names the same job"),
        (("cccc3333", "bbbb2222", "aaaa1111"), "receipt aaaa1111 and 2 more names the same job"),
    ],
)
def test_a_duplicate_is_named_and_the_others_are_counted(others: tuple[str, ...], says: str) -> None:
    receipt = _made()
    marked = with_duplicate_of(receipt, [*others, receipt.facts.receipt_id])
    assert _remarks(marked)[RemarkKind.DUPLICATE] == says
    assert with_duplicate_of(marked, [receipt.facts.receipt_id]).remarks == receipt.remarks, "and no longer"
