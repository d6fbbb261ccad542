"""What receipts add up to: exact money, each job once, nothing unverified among what was earned."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.signing_keys import change_lines, key_change, key_uses
from aitbc_tui.state.totals import By, Charge, Sums, decimal_of, over_days, plain, split, total

DAY = 86_400.0
FIRST = Charge(
    receipt_id="r1",
    job_id="j1",
    canonical_sha256="c1",
    verdict=ReceiptVerdict.VALID,
    price=Decimal("0.1"),
    ours=True,
    first_seen=20_000 * DAY,
    model=SafeText("llama"),
    miner=SafeText("miner·1"),
    client=SafeText("client·1"),
)


def charge(number: int, price: str = "0.1", **changes: object) -> Charge:
    made = replace(
        FIRST,
        receipt_id=f"r{number}",
        job_id=f"j{number}",
        canonical_sha256=f"c{number}",
        price=Decimal(price),
        first_seen=FIRST.first_seen + number,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_money_is_exact() -> None:
    many = [charge(n) for n in range(1, 11)]
    assert sum([0.1] * 10) != 1.0  # what floats would have said
    assert total(many).earned == Decimal(1) and plain(total(many).earned) == "1.000000"
    big = [charge(1, "1e30"), charge(2, "1e-20")]
    assert plain(total(big).earned) == "1" + "0" * 30 + "." + "0" * 19 + "1"


def test_spent_earned_and_unverified_are_told_apart() -> None:
    sums = total(
        [
            charge(1, "1", ours=True),
            charge(2, "2", ours=False),
            charge(3, "4", verdict=ReceiptVerdict.UNTRUSTED_KEY),
            charge(4, "8", ours=True, failed_inside=True),
            charge(5, price="0", verdict=ReceiptVerdict.INVALID),
        ]
    )
    assert sums == Sums(5, 3, Decimal(9), Decimal(11), Decimal(4), Decimal(8), Decimal(0), 0)


def test_a_job_is_paid_once_and_a_copy_is_no_second_receipt() -> None:
    once = charge(1, "1")
    copy = replace(once, first_seen=once.first_seen + 9)  # other white space, the same signed content
    second = charge(2, "5", job_id="j1")
    forged = charge(1, "50", canonical_sha256="x", verdict=ReceiptVerdict.INVALID)
    sums = total([second, copy, once, forged])
    assert (sums.receipts, sums.valid) == (3, 2)
    assert (sums.earned, sums.repeated, sums.unverified) == (Decimal(1), Decimal(5), Decimal(50))
    assert total([charge(1, job_id=""), charge(2, job_id="")]).repeated == 0, "no job named: nothing to compare"


def test_split_by_each() -> None:
    charges = [
        charge(1, "1", model=SafeText("a"), miner=SafeText("m")),
        charge(2, "5", model=SafeText("b"), client=SafeText("c2"), first_seen=FIRST.first_seen + DAY),
        charge(3, "2", model=SafeText("a")),
    ]
    assert [(str(k), s.earned) for k, s in split(charges, By.MODEL)] == [("b", Decimal(5)), ("a", Decimal(3))]
    assert [str(k) for k, _ in split(charges, By.DAY)] == ["2024-10-04", "2024-10-05"]
    assert {str(k) for k, _ in split(charges, By.CLIENT)} == {"client·1", "c2"}
    assert {str(k) for k, _ in split(charges, By.MINER)} == {"m", "miner·1"}
    for by in By:
        assert sum((s.earned for _, s in split(charges, by)), Decimal(0)) == total(charges).earned


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1e999", "x", "9" * 60])
def test_what_is_no_price(text: str) -> None:
    assert decimal_of(text) is None
    assert total([charge(1, price="0", verdict=ReceiptVerdict.VALID), replace(FIRST, price=None)]).unpriced == 1


def test_over_days_has_gaps_where_no_receipt_was_seen() -> None:
    charges = [
        charge(1, "1", model=SafeText("a")),
        charge(2, "5", model=SafeText("b"), first_seen=FIRST.first_seen + 3 * DAY),
        charge(3, "2", model=SafeText("a"), first_seen=FIRST.first_seen + 3 * DAY),
        charge(4, "9", model=SafeText("a"), first_seen=FIRST.first_seen + 3 * DAY, verdict=ReceiptVerdict.INVALID),
    ]
    days, series = over_days(charges, By.MODEL)
    assert days == ("2024-10-04", "2024-10-05", "2024-10-06", "2024-10-07")
    assert [(str(one.key), one.earned) for one in series] == [
        ("b", (None, None, None, Decimal(5))),
        ("a", (Decimal(1), None, None, Decimal(2))),
    ]
    (whole,) = over_days(charges, By.DAY)[1]
    assert whole.earned == (Decimal(1), None, None, Decimal(7))
    assert over_days(charges, By.DAY, 2)[0] == ("2024-10-06", "2024-10-07") and over_days([], By.DAY) == ((), [])


# --- a key that takes another's place


def _change(seen: list[tuple[str, float, float]], pinned: set[str]) -> tuple[str, str] | None:
    change = key_change(key_uses(seen, pinned))
    return None if change is None else (str(change.before.key_id), str(change.new.key_id))


def test_a_new_key_that_nobody_pinned_is_a_change() -> None:
    assert _change([("A", 1, 9), ("B", 5, 6), ("B", 6, 7)], {"A"}) == ("A", "B")
    assert _change([("A", 1, 4), ("B", 5, 6)], set()) == ("A", "B"), "also where nothing is pinned"
    uses = key_uses([("A", 1, 9), ("B", 5, 6), ("B", 4, 7)], {"A"})
    assert [(u.first_seen, u.last_seen, u.receipts, u.pinned) for u in uses] == [(1, 9, 1, True), (4, 7, 2, False)]
    change = key_change(uses)
    assert change is not None
    said = "\n".join(change_lines(change))
    assert "HAS CHANGED" in said and "the pinned key: A" in said and "on 2 receipts: B" in said


def test_what_is_no_change_of_key() -> None:
    assert _change([("A", 1, 9)], set()) is None, "a first key"
    assert _change([("A", 1, 9), ("B", 5, 6)], {"A", "B"}) is None, "both are pinned"
    assert _change([("A", 1, 4), ("B", 5, 9)], {"B"}) is None, "the old one was replaced, and the new one is believed"
    assert _change([("", 1, 4), ("A", 5, 9)], set()) is None, "no key is no other key"
