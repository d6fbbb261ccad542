"""Receipts with their verdicts, duplicates, sums and what models cost so far."""

from __future__ import annotations

from collections import Counter
from statistics import median, quantiles

from aitbc_tui.domain.estimate import FEW
from aitbc_tui.domain.figures import money
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.receipt import ReceiptVerdict, RemarkKind
from aitbc_tui.domain.snapshot import OfferedModel, PaneSummary, ReceiptRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.clockwork import server_age
from aitbc_tui.state.facts import Kept, World
from aitbc_tui.state.miners import HOUR_S, LISTED, reaches_back, silent_summary

SHOWN = LISTED
_LEVEL = {
    ReceiptVerdict.VALID: Level.GOOD,
    ReceiptVerdict.UNSIGNED: Level.WARN,
    ReceiptVerdict.ATTESTATION_MISSING: Level.WARN,
}


def verdict_of(verdict: ReceiptVerdict, reason: SafeText) -> Verdict:
    """A receipt's verdict as its row shows it."""
    return Verdict(_LEVEL.get(verdict, Level.BAD), SafeText(verdict.value), reason)


def receipt_rows(world: World, now: float, shown: int = SHOWN) -> tuple[ReceiptRow, ...]:
    """Newest first."""
    per_job = Counter(str(k.item.receipt.facts.job_id) for k in world.book.values())
    kept = sorted(world.book.values(), key=_moment, reverse=True)
    return tuple(_row(k, per_job, now) for k in kept[:shown])


def _moment(kept: Kept) -> float:
    issued = kept.item.issued_at
    return issued.timestamp() if issued is not None else float(kept.item.receipt.facts.completed_at or kept.seen_utc)


def _row(kept: Kept, per_job: Counter[str], now: float) -> ReceiptRow:
    receipt = kept.item.receipt
    return ReceiptRow(
        receipt=receipt,
        verdict=verdict_of(receipt.verdict, receipt.reason),
        issued_at=kept.item.issued_at,
        age_s=server_age(kept.item.issued_at, kept.server_time, kept.seen_at, now),
        seen_at=kept.seen_at,
        sum_mark=str(receipt.sum_mark),
        duplicate=per_job[str(receipt.facts.job_id)] > 1,
        key_since=kept.item.key_since,
    )


def earned(rows: tuple[ReceiptRow, ...]) -> float:
    """The sum of the valid receipts listed."""
    return sum(r.receipt.facts.price or 0.0 for r in rows if r.receipt.valid)


def earned_last_hour(world: World, now: float) -> tuple[float, bool]:
    """The valid receipts of the last hour, and whether that is all of them.

    Until the receipts known reach back an hour, the sum is a lower bound.
    """
    total = 0.0
    for kept in world.book.values():
        age = server_age(kept.item.issued_at, kept.server_time, kept.seen_at, now)
        if age is not None and age < HOUR_S and kept.item.receipt.valid:
            total += kept.item.receipt.facts.price or 0.0
    return total, reaches_back(world, now)


def summary(world: World, rows: tuple[ReceiptRow, ...], now: float) -> PaneSummary:
    """The pane's title: how many are valid and what they sum up to, or why it is empty."""
    seen: Observed[object] = world.receipts  # type: ignore[assignment]
    if not world.topology.coordinator:
        none = SafeText("no coordinator is configured")
        return PaneSummary(Verdict(Level.NONE, SafeText("none")), short=none, empty=(none,))
    if seen.value is None:
        return silent_summary(seen, now, "receipts")
    if not rows:
        none = SafeText("no receipt yet: one is made for every job that completes")
        return PaneSummary(
            Verdict(Level.NONE, SafeText("none")), short=none, oldest_at=seen.at, bound_s=15, empty=(none,)
        )
    valid, total = sum(1 for r in rows if r.receipt.valid), len(rows)
    bad = [r for r in rows if not r.receipt.valid]
    if bad:
        first = bad[0]
        word = {ReceiptVerdict.UNTRUSTED_KEY: "UNTRUSTED"}.get(
            first.receipt.verdict, first.receipt.verdict.value.upper()
        )
        same = sum(1 for r in bad if r.receipt.verdict is first.receipt.verdict)
        verdict = Verdict(Level.BAD, SafeText(f"{same} {word}"))
        counts = f"{valid} of {total} valid"
        note = f"{first.receipt.facts.job_id[:8]}: {first.receipt.reason}"
    else:
        verdict, counts = Verdict(Level.GOOD, SafeText("valid")), f"{valid} of {total}, {money(earned(rows))} AITBC"
        note = _content_note(rows)
    skipped = world.receipts.value.skipped if world.receipts.value else 0
    if skipped:
        note = f"{skipped} receipts could not be read: the coordinator answers 500 for them"
    short = f"{valid} of {total} valid"
    return PaneSummary(verdict, SafeText(counts), SafeText(note), SafeText(short), seen.at, 15.0)


def _content_note(rows: tuple[ReceiptRow, ...]) -> str:
    for row in rows:
        if row.duplicate:
            return f"two receipts name the job {row.receipt.facts.job_id[:8]}"
        if row.receipt.has(RemarkKind.FAILED_INSIDE):
            return f"{row.receipt.facts.job_id[:8]}: valid, and priced, though the result inside says failed"
    return ""


def offered_models(world: World) -> tuple[OfferedModel, ...]:
    """Models the miners' Ollamas hold, and what their valid receipts cost so far."""
    hosts: dict[str, list[SafeText]] = {}
    for host, seen in world.ollamas.items():
        for model in seen.value.models if seen.value else ():
            hosts.setdefault(str(model.name), []).append(SafeText(host))
    return tuple(_offer(world, name, tuple(where)) for name, where in sorted(hosts.items()))


def past_models(world: World) -> tuple[OfferedModel, ...]:
    """Models of valid receipts that no Ollama holds as far as heard: what they cost stays known while that is away."""
    held = {str(model.name) for seen in world.ollamas.values() for model in (seen.value.models if seen.value else ())}
    used = {str(k.item.receipt.facts.model_used or "") for k in world.book.values() if k.item.receipt.valid}
    return tuple(_offer(world, name, ()) for name in sorted(used - held - {""}))


def _offer(world: World, name: str, hosts: tuple[SafeText, ...]) -> OfferedModel:
    facts = [k.item.receipt.facts for k in world.book.values() if k.item.receipt.valid]
    mine = [f for f in facts if f.model_used == name and f.price is not None]
    prices = sorted(f.price for f in mine if f.price is not None)
    seconds = [f.units for f in mine if f.units is not None and f.unit_type == "gpu_seconds"]
    low = high = None
    if len(prices) > FEW:
        cuts = quantiles(prices, n=20, method="inclusive")
        low, high = cuts[0], cuts[-1]
    elif len(prices) >= 2:
        low, high = prices[0], prices[-1]
    return OfferedModel(
        name=SafeText(name),
        hosts=hosts,
        receipts=len(prices),
        price_median=float(median(prices)) if prices else None,
        price_low=low,
        price_high=high,
        seconds_median=float(median(seconds)) if seconds else None,
    )
