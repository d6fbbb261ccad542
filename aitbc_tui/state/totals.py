"""What the receipts of the ledger add up to: spent, earned, unverified; by model, miner, client and day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation, localcontext
from enum import StrEnum

from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.text import SafeText

UNKNOWN = SafeText("?")
_ZERO = Decimal(0)
_MAX_CHARS = 40


class By(StrEnum):
    """What the totals may be split by. A day is the one on which the receipt was first seen here, in UTC."""

    MODEL = "model"
    MINER = "miner"
    CLIENT = "client"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Charge:
    """One receipt as money. `price` is the number as written; None where there is none that can be added."""

    receipt_id: str
    job_id: str
    canonical_sha256: str
    verdict: ReceiptVerdict
    price: Decimal | None
    ours: bool  # for a job that was submitted from here
    first_seen: float  # UTC seconds
    model: SafeText = UNKNOWN
    miner: SafeText = UNKNOWN
    client: SafeText = UNKNOWN
    failed_inside: bool = False

    def key(self, by: By) -> SafeText:
        match by:
            case By.MODEL:
                return self.model
            case By.MINER:
                return self.miner
            case By.CLIENT:
                return self.client
            case By.DAY:
                return SafeText(datetime.fromtimestamp(self.first_seen, UTC).strftime("%Y-%m-%d"))


@dataclass(frozen=True, slots=True)
class Sums:
    """Money is exact. `repeated` is what valid receipts beyond a job's first one ask for: it is in no other sum.

    `earned`: all valid receipts, whoever paid. `spent`: those of them that are for our own jobs.
    `failed`: the part of `earned` that was charged for failed work. `unpriced` receipts have no usable price.
    """

    receipts: int = 0
    valid: int = 0
    spent: Decimal = _ZERO
    earned: Decimal = _ZERO
    unverified: Decimal = _ZERO
    failed: Decimal = _ZERO
    repeated: Decimal = _ZERO
    unpriced: int = 0


def decimal_of(text: str) -> Decimal | None:
    """A number as it stood on the wire, exactly; None when there is none."""
    if not text or len(text) > _MAX_CHARS:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= 30 else None


def distinct(charges: Iterable[Charge]) -> list[Charge]:
    """Each signed content once: other white space or key order is the same receipt. Oldest first."""
    found: dict[tuple[str, str, bool], Charge] = {}
    for charge in sorted(charges, key=lambda c: c.first_seen):
        found.setdefault((charge.receipt_id, charge.canonical_sha256, _is_valid(charge)), charge)
    return list(found.values())


def total(charges: Iterable[Charge]) -> Sums:
    """Everything together."""
    return _sum(_with_repeats(charges))


def split(charges: Iterable[Charge], by: By) -> list[tuple[SafeText, Sums]]:
    """The same, for each model, miner, client or day; days in order, the others by what they earned."""
    groups: dict[SafeText, list[tuple[Charge, bool]]] = {}
    for charge, repeat in _with_repeats(charges):
        groups.setdefault(charge.key(by), []).append((charge, repeat))
    rows = [(key, _sum(group)) for key, group in groups.items()]
    if by is By.DAY:
        return sorted(rows, key=lambda row: row[0])
    return sorted(rows, key=lambda row: (-row[1].earned, -row[1].receipts, row[0]))


@dataclass(frozen=True, slots=True)
class Series:
    """What one model, miner or client earned day by day. None: a day on which no receipt of it was seen."""

    key: SafeText
    earned: tuple[Decimal | None, ...]


def over_days(charges: Iterable[Charge], by: By, most: int = 60) -> tuple[tuple[SafeText, ...], list[Series]]:
    """The days from the first receipt to the last, at most so many, and the series of each group; the largest first."""
    rows = _with_repeats(charges)
    if not rows:
        return (), []
    ordinals = [_ordinal(charge) for charge, _ in rows]
    last = max(ordinals)
    begin = max(min(ordinals), last - most + 1)
    days = tuple(SafeText(date.fromordinal(day).isoformat()) for day in range(begin, last + 1))
    groups: dict[SafeText, dict[int, list[tuple[Charge, bool]]]] = {}
    for charge, repeat in rows:
        key = SafeText("all") if by is By.DAY else charge.key(by)
        groups.setdefault(key, {}).setdefault(_ordinal(charge), []).append((charge, repeat))
    series = [
        Series(key, tuple(_sum(found[day]).earned if day in found else None for day in range(begin, last + 1)))
        for key, found in groups.items()
    ]
    return days, sorted(series, key=lambda one: (-sum((e for e in one.earned if e), _ZERO), one.key))


def _ordinal(charge: Charge) -> int:
    return datetime.fromtimestamp(charge.first_seen, UTC).toordinal()


def _is_valid(charge: Charge) -> bool:
    return charge.verdict is ReceiptVerdict.VALID


def _with_repeats(charges: Iterable[Charge]) -> list[tuple[Charge, bool]]:
    """Every receipt once, marked when a valid one for the same job came before it."""
    paid: set[str] = set()
    rows = []
    for charge in distinct(charges):
        repeat = _is_valid(charge) and bool(charge.job_id) and charge.job_id in paid
        if _is_valid(charge):
            paid.add(charge.job_id)
        rows.append((charge, repeat))
    return rows


def _sum(rows: Sequence[tuple[Charge, bool]]) -> Sums:
    with localcontext() as exact:
        exact.prec = 120
        once = [(c, c.price or _ZERO) for c, repeat in rows if not repeat]
        good = [(c, price) for c, price in once if _is_valid(c)]
        return Sums(
            receipts=len(rows),
            valid=sum(1 for c, _ in rows if _is_valid(c)),
            spent=sum((price for c, price in good if c.ours), _ZERO),
            earned=sum((price for _, price in good), _ZERO),
            unverified=sum((price for c, price in once if not _is_valid(c)), _ZERO),
            failed=sum((price for c, price in good if c.failed_inside), _ZERO),
            repeated=sum((c.price or _ZERO for c, repeat in rows if repeat), _ZERO),
            unpriced=sum(1 for c, _ in rows if c.price is None),
        )


def plain(amount: Decimal) -> SafeText:
    """At least six decimals, never fewer digits than there are, never an exponent."""
    whole, _, fraction = f"{amount:f}".partition(".")
    return SafeText(f"{whole}.{fraction.ljust(6, '0')}")
