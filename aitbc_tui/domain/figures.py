"""Figures in words: coarse ages (rounded down: "at least"), thousands, short hashes (screens 1.5). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from aitbc_tui.domain.text import SafeText

MINUTE, HOUR, DAY = 60, 3600, 86400


def coarse_age(seconds: float | None, bound_s: float = 5.0) -> SafeText:
    """`<5 s`, 5 s steps to a minute, then minutes, hours to 48 h, days; never a finer claim than the poll allows.

    Below `bound_s` the bound itself is shown; None is `never`.
    """
    if seconds is None:
        return SafeText("never")
    seconds = max(0.0, seconds)
    if seconds < bound_s:
        return SafeText(f"<{bound_s:g} s")
    if seconds < MINUTE:
        return SafeText(f"{int(seconds // 5) * 5} s")
    if seconds < HOUR:
        return SafeText(f"{int(seconds // MINUTE)} m")
    if seconds < 48 * HOUR:
        return SafeText(f"{int(seconds // HOUR)} h")
    return SafeText(f"{int(seconds // DAY)} d")


def duration(seconds: float) -> SafeText:
    """`5d 12h 34m`, as the runbook prints a service's uptime; below a minute `0m`."""
    minutes = int(seconds // MINUTE)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = ([f"{days}d"] if days else []) + ([f"{hours}h"] if days or hours else []) + [f"{minutes}m"]
    return SafeText(" ".join(parts))


def within(seconds: float) -> SafeText:
    """An upper bound in whole seconds, rounded up: `< 3 s`."""
    return SafeText(f"< {ceil(seconds)} s")


def thousands(number: int) -> SafeText:
    """`15298` as `15,298`."""
    return SafeText(f"{number:,}")


def of_things(number: int, thing: str) -> SafeText:
    """`1 height`, `5,640 heights`."""
    return SafeText(f"{number:,} {thing}{'' if number == 1 else 's'}")


def amount_of_bytes(size: int) -> SafeText:
    """`312 kB`, `1.2 MB`, `34 GB`: in steps of a thousand, as `df -H` says it."""
    amount, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return SafeText(f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}")


def short_hash(value: str) -> SafeText:
    """First 8 and last 6 digits, without `0x`."""
    digits = value.removeprefix("0x")
    return SafeText(digits if len(digits) <= 15 else f"{digits[:8]}…{digits[-6:]}")


def clock(utc: float | None, seconds: bool = False) -> SafeText:
    """`12:04` or, in evidence, `12:04:01`; `–` when there is none."""
    if utc is None:
        return SafeText("–")
    return SafeText(datetime.fromtimestamp(utc, UTC).strftime("%H:%M:%S" if seconds else "%H:%M"))


def money(amount: float) -> SafeText:
    """Six decimals: sums of money are never rounded further."""
    return SafeText(f"{amount:.6f}")
