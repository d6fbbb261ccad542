"""Which keys signed the receipts that were seen here, and whether one took another's place, as SSH tells it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.text import SafeText


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One signing key: when receipts under it were first and last seen here (UTC seconds), and on how many."""

    key_id: SafeText
    first_seen: float
    last_seen: float
    receipts: int
    pinned: bool


@dataclass(frozen=True, slots=True)
class KeyChange:
    """`new` signs now and nobody pinned it; `before` is the key that was believed, or only used, until then."""

    before: KeyUse
    new: KeyUse


def key_uses(seen: Iterable[tuple[str, float, float]], pinned: Collection[str]) -> list[KeyUse]:
    """From (key, first seen, last seen) of each receipt; the key that was seen first comes first."""
    found: dict[str, KeyUse] = {}
    for key, first, last in seen:
        if not key:
            continue
        old = found.get(key)
        if old is None:
            found[key] = KeyUse(SafeText(key), first, last, 1, key in pinned)
        else:
            begun, ended = min(old.first_seen, first), max(old.last_seen, last)
            found[key] = KeyUse(old.key_id, begun, ended, old.receipts + 1, old.pinned)
    return sorted(found.values(), key=lambda use: (use.first_seen, use.key_id))


def key_change(uses: Iterable[KeyUse]) -> KeyChange | None:
    """The newest key that is not pinned, where another one signed before it. A first key is no change."""
    ordered = list(uses)
    strange = [use for use in ordered if not use.pinned]
    if not strange:
        return None
    new = max(strange, key=lambda use: use.first_seen)
    earlier = [use for use in ordered if use is not new and use.first_seen <= new.first_seen]
    if not earlier:
        return None
    believed = [use for use in earlier if use.pinned]
    return KeyChange(max(believed or earlier, key=lambda use: use.last_seen), new)


def change_lines(change: KeyChange) -> list[SafeText]:
    """What SSH says of a host, said of whoever signs receipts. Both keys in full: they are to be compared."""
    what = "the pinned key" if change.before.pinned else "another key"
    return [
        SafeText("THE KEY THAT SIGNS RECEIPTS HAS CHANGED."),
        SafeText("Somebody may be writing receipts in the coordinator's name; or it was given a new key."),
        SafeText(f"until now {what}: {change.before.key_id}"),
        SafeText(f"now, on {of_things(change.new.receipts, 'receipt')}: {change.new.key_id}"),
        SafeText("Ask whoever runs the coordinator by another way. None of these receipts is called valid meanwhile."),
        SafeText(f"If it is theirs: aitbc-tui trust add signing {change.new.key_id}"),
    ]
