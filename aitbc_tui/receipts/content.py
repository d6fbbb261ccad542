"""What a receipt says, beside who signed it: failures inside, prices, models, times, duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation, localcontext

from aitbc_tui.domain.receipt import ReceiptFacts, Remark, RemarkKind, VerifiedReceipt
from aitbc_tui.domain.text import SafeText, clean, literal

_FAILED = frozenset({"failed", "error", "errored", "timeout", "cancelled", "canceled"})
_ZONE_STEP_S = 900  # every time zone in use is a multiple of a quarter of an hour
_ZONE_MAX_S = 14 * 3600
_SLACK_S = 60  # completed and issued are two moments of one request; beyond this they are not
_MAX_NUMBER_CHARS = 40  # the longest float has 24


@dataclass(frozen=True, slots=True)
class Context:
    """What is known from elsewhere. Times are unix seconds of true UTC.

    `issued_at`: when the coordinator's explorer says the receipt was made. `requested_at`: when the job was
    submitted, which 2026-02 puts into the receipt as `started_at`.
    """

    job_id: str | None = None
    issued_at: float | None = None
    requested_at: float | None = None


NOTHING_KNOWN = Context()


def remarks_of(facts: ReceiptFacts, context: Context = NOTHING_KNOWN) -> tuple[Remark, ...]:
    """Everything the content of one receipt gives cause to say, in the order of RemarkKind."""
    rules: tuple[Callable[[ReceiptFacts, Context], Remark | None], ...] = (
        _failed_inside,
        _sum,
        _other_job,
        _times,
        _negative,
        _substituted,
    )
    return tuple(remark for rule in rules if (remark := rule(facts, context)) is not None)


def _failed_inside(facts: ReceiptFacts, _: Context) -> Remark | None:
    status = facts.result_status.lower()
    if status in _FAILED:
        priced = facts.price is not None and facts.price > 0
        why = f": {facts.error}" if facts.error else ""
        billed = ", and billed" if priced else ""
        return Remark(RemarkKind.FAILED_INSIDE, clean(f'result.status is "{facts.result_status}"{billed}{why}'))
    if facts.error and not status:
        return Remark(RemarkKind.FAILED_INSIDE, clean(f"no result.status, but an error: {facts.error}"))
    return None


def product(facts: ReceiptFacts) -> Decimal | None:
    """Units x unit price to six decimals out of the numbers as written; None when one is missing."""
    units, unit_price = _decimal(facts.units_text), _decimal(facts.unit_price_text)
    if units is None or unit_price is None:
        return None
    with localcontext() as ctx:
        ctx.prec = 700  # 1e308 x 1e308 and six decimals still fit
        return (units * unit_price).quantize(Decimal("0.000001"))


def price_matches(facts: ReceiptFacts) -> bool | None:
    """Whether price is units x unit price to the last digit; None when that cannot be compared.

    The coordinator computes `round(units * unit_price, 6)` in floats, which at exactly half a digit may differ
    from decimal arithmetic by one: either of the two is a match.
    """
    exact, price = product(facts), _decimal(facts.price_text)
    if exact is None or price is None or facts.units is None or facts.unit_price is None:
        return None
    return price in (exact, Decimal(repr(round(facts.units * facts.unit_price, 6))))


def _decimal(text: str) -> Decimal | None:
    if not text or len(text) > _MAX_NUMBER_CHARS:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _sum(facts: ReceiptFacts, _: Context) -> Remark | None:
    matches = price_matches(facts)
    if matches is None:
        named = (("units", facts.units_text), ("unit_price", facts.unit_price_text), ("price", facts.price_text))
        absent = ", ".join(name for name, text in named if _decimal(text) is None) or "a number"
        return Remark(RemarkKind.NOT_COMPARABLE, SafeText(f"no usable number for {absent}"))
    return None if matches else Remark(RemarkKind.PRICE_MISMATCH, sum_text(facts))


def sum_text(facts: ReceiptFacts) -> SafeText:
    """The recomputed price in words: `1.250 s × 0.020000 = 0.025000, same as signed`."""
    matches, exact = price_matches(facts), product(facts)
    if matches is None or exact is None:
        return literal("cannot be recomputed: units, unit_price or price is missing or no number")
    unit = "s" if facts.unit_type == "gpu_seconds" else facts.unit_type
    left = f"{_at_least(facts.units_text, 3)} {unit} × {_at_least(facts.unit_price_text, 6)}"
    price = _at_least(facts.price_text, 6)
    if matches:
        return clean(f"{left} = {price}, same as signed")
    return clean(f"{left} = {_plain(exact)}, but the price is {price}")


def _at_least(text: str, places: int) -> str:
    """A wire number in full, padded to so many decimals; never rounded."""
    value = _decimal(text)
    return text if value is None else _plain(value, places)


def _plain(value: Decimal, places: int = 6) -> str:
    if abs(value.adjusted()) > 30:
        return str(value)
    whole, _, fraction = f"{value:f}".partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}"


def _other_job(facts: ReceiptFacts, context: Context) -> Remark | None:
    if context.job_id is None or facts.job_id == clean(context.job_id, 64):
        return None
    named = facts.job_id[:8] or "none"
    return Remark(RemarkKind.OTHER_JOB, clean(f"names job {named}, not {context.job_id[:8]}"))


def _times(facts: ReceiptFacts, context: Context) -> Remark | None:
    started, completed = facts.started_at, facts.completed_at
    if context.issued_at is not None and completed is not None:
        off = completed - context.issued_at
        zone = _zone_of(off, _SLACK_S)
        if zone is not None:
            return _zone_remark(zone)
        if abs(off) > _SLACK_S:
            return Remark(RemarkKind.TIMES_ODD, SafeText(f"completed_at is {_span(off)} from the moment it was issued"))
    elif context.requested_at is not None and started is not None:
        # Only an all but exact match tells a zone from the wait in a queue.
        zone = _zone_of(started - context.requested_at, 2)
        if zone is not None:
            return _zone_remark(zone)
    if started is not None and completed is not None and completed < started:
        return Remark(RemarkKind.TIMES_ODD, SafeText(f"completed {_span(started - completed)} before it started"))
    return None


def _zone_of(off: float, slack: float) -> int | None:
    """The UTC offset that explains a difference, in seconds; None when none does."""
    zone = round(off / _ZONE_STEP_S) * _ZONE_STEP_S
    fits = zone != 0 and abs(zone) <= _ZONE_MAX_S and abs(off - zone) <= slack
    return zone if fits else None


def _zone_remark(zone: int) -> Remark:
    text = f"times are {_span(zone)} {'early' if zone < 0 else 'late'}: the server's clock is not set to UTC"
    return Remark(RemarkKind.TIME_ZONE_OFF, SafeText(text))


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} m" if minutes else "", f"{rest} s" if rest else ""]
    return " ".join(part for part in parts if part) or "0 s"


def _negative(facts: ReceiptFacts, _: Context) -> Remark | None:
    figures = (("price", facts.price), ("unit_price", facts.unit_price), ("units", facts.units))
    below = [name for name, value in figures if value is not None and value < 0]
    return Remark(RemarkKind.NEGATIVE_PRICE, SafeText(f"{' and '.join(below)} below zero")) if below else None


def _substituted(facts: ReceiptFacts, _: Context) -> Remark | None:
    asked, used = facts.model_asked, facts.model_used
    if not asked or not used or _tagged(asked) == _tagged(used):
        return None
    return Remark(RemarkKind.MODEL_SUBSTITUTED, clean(f"asked for {asked}, ran {used}"))


def _tagged(model: str) -> str:
    """Ollama reads a model without a tag as `:latest`."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def with_duplicates(receipts: Sequence[VerifiedReceipt]) -> tuple[VerifiedReceipt, ...]:
    """The same receipts, those of one job with different ids marked as duplicates of each other.

    The same receipt seen twice is no duplicate. What nobody signed takes no part: anybody could have sent it.
    """
    by_job: dict[str, set[str]] = {}
    for receipt in receipts:
        if receipt.valid and receipt.facts.job_id:
            by_job.setdefault(receipt.facts.job_id, set()).add(receipt.facts.receipt_id)
    return tuple(
        with_duplicate_of(receipt, by_job.get(receipt.facts.job_id, set())) if receipt.valid else receipt
        for receipt in receipts
    )


def with_duplicate_of(receipt: VerifiedReceipt, ids: Iterable[str]) -> VerifiedReceipt:
    """The receipt, marked when `ids` (receipts known for its job) hold another one than itself."""
    others = sorted(set(ids) - {receipt.facts.receipt_id})
    kept = tuple(remark for remark in receipt.remarks if remark.kind is not RemarkKind.DUPLICATE)
    if not others:
        return receipt if len(kept) == len(receipt.remarks) else replace(receipt, remarks=kept)
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    detail = clean(f"receipt {others[0][:8]}{more} names the same job")
    return replace(receipt, remarks=(*kept, Remark(RemarkKind.DUPLICATE, detail)))
