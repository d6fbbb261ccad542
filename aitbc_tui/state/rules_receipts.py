"""The signs of receipts: one a receipt, but one a key where only the key is strange. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from aitbc_tui.domain.figures import clock
from aitbc_tui.domain.receipt import ReceiptVerdict, about_key
from aitbc_tui.domain.snapshot import ReceiptRow
from aitbc_tui.state.alarms import Sign
from aitbc_tui.state.facts import Kept, World
from aitbc_tui.state.rules import sign


def receipt_signs(world: World, rows: Iterable[ReceiptRow]) -> Iterator[Sign]:
    """Receipts that are not valid or doubled, and keys that signed and are not pinned."""
    yield from _strange_keys(world)
    for row in rows:
        about = row.receipt.facts.job_id[:8]
        check = f"aitbc-tui receipts --job {row.receipt.facts.job_id}"
        match row.receipt.verdict:
            case ReceiptVerdict.UNTRUSTED_KEY:
                continue  # said of its key
            case ReceiptVerdict.UNSIGNED:
                yield sign("receipt-unsigned", about, row.receipt.reason, check)
            case ReceiptVerdict.VALID:
                if row.duplicate:
                    yield sign("receipt-duplicate", about, "two receipts name this job", check)
            case _:
                yield sign("receipt-bad", about, f"{row.receipt.verdict.value}: {row.receipt.reason}", check)


def _strange_keys(world: World) -> Iterator[Sign]:
    """One alarm for each key that nobody pinned: whoever acknowledges it has judged the key, not one receipt."""
    by_key: dict[str, list[Kept]] = defaultdict(list)
    for kept in world.book.values():
        if kept.item.receipt.verdict is ReceiptVerdict.UNTRUSTED_KEY:
            by_key[str(kept.item.receipt.signing_key_id)].append(kept)
    for key, found in by_key.items():
        found.sort(key=lambda kept: kept.seen_utc)
        first, newest = found[0], found[-1]
        job = newest.item.receipt.facts.job_id
        check = f"aitbc-tui receipts --job {job}"
        text = f"{job[:8]} verifies, but under a key nobody pinned"
        if len(found) > 1:
            seen = f"seen {clock(first.seen_utc)} to {clock(newest.seen_utc)}"
            text = f"{len(found)} receipts, key nobody pinned; newest {job[:8]}, {seen}"
        yield sign("receipt-attacker-key", about_key(key), text, check)
