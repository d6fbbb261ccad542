"""Numbers, ages, hashes and prices as the screens write them: in fixed widths, never cut, rounded down."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from rich.cells import cell_len, chop_cells, set_cell_size

NONE = "–"
UNKNOWN = "?"

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def age(seconds: float | None, bound: float = 5) -> str:
    """At most 5 cells, rounded down ("at least"); below `bound` the bound itself: as fresh as its poll allows."""
    if seconds is None:
        return UNKNOWN
    if seconds < bound:
        return f"<{int(bound)} s"
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole - whole % 5 if whole >= 5 else whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} m"
    if whole < 48 * _HOUR:
        return f"{whole // _HOUR} h"
    days = whole // _DAY
    return f"{days} d" if days < 1000 else ">2 y"


def left(seconds: float | None) -> str:
    """Time until something: the same steps, rounded to the nearest; below zero it is over."""
    if seconds is None:
        return UNKNOWN
    if seconds <= 0:
        return "0 s"
    if seconds < _MINUTE:
        return age(max(1.0, seconds), bound=0)
    if seconds < _HOUR - 30:
        return f"{round(seconds / _MINUTE)} m"
    return age(seconds)


def uptime(seconds: float | None) -> str:
    """`5d 12h 34m`, 10 cells when there are days."""
    if seconds is None:
        return UNKNOWN
    minutes = int(seconds) // _MINUTE
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days >= 100:
        return f"{days}d {hours:>2}h"
    if days:
        return f"{days}d {hours:>2}h {minutes:>2}m"
    return f"{hours}h {minutes:>2}m" if hours else f"{minutes}m"


def uptime_short(seconds: float | None) -> str:
    """Days and hours, or hours and minutes: where a mark needs a cell."""
    if seconds is None:
        return UNKNOWN
    hours = int(seconds) // _HOUR
    return f"{hours // 24}d {hours % 24:>2}h" if hours >= 24 else uptime(seconds)


def thousands(value: int | float) -> str:
    return f"{value:,.0f}"


def number(value: int | float | None, width: int) -> str:
    """With thousands; a number too large for its column takes a larger unit, it is never cut."""
    if value is None:
        return UNKNOWN
    text = thousands(value)
    if len(text) <= width:
        return text
    size = abs(value)
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= limit:
            for digits in (1, 0):
                text = f"{value / limit:.{digits}f}{unit}"
                if len(text) <= width:
                    return text
    return text


def decimal(value: float | None, digits: int, width: int = 99) -> str:
    if value is None:
        return UNKNOWN
    text = f"{value:,.{digits}f}"
    return text if len(text) <= width else number(value, width)


def short_hash(value: str, width: int = 15) -> str:
    """First 8 … last 6 digits without `0x` in 15 cells; in 23 cells first 12 … last 10."""
    digits = value.removeprefix("0x")
    if len(digits) <= width:
        return digits
    tail = 6 if width < 20 else 10
    return f"{digits[: width - 1 - tail]}…{digits[-tail:]}"


def shorten(text: str, width: int) -> str:
    """Cut with an ellipsis, counted in cells."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """Break a text of our own at blanks; a word that is too long is broken anywhere."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        candidate = f"{current} {word}" if current else word
        if cell_len(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        pieces = chop_cells(word, max(1, width)) or [""]
        lines += pieces[:-1]
        current = pieces[-1]
    return [*lines, current]


def parts(text: str, width: int, between: str = " · ") -> str:
    """A text of several parts loses its last ones before it is cut inside one."""
    while cell_len(text) > width and between in text:
        text = text.rpartition(between)[0]
    return shorten(text, width)


def counted_parts(text: str, width: int) -> str:
    """`FORK a · STUCK b · 3 more`: parts that do not fit are counted in the last one, which is never lost."""
    *shown, last = text.split(" · ")
    more = re.fullmatch(r"(\d+) more", last)
    hidden = int(more[1]) if more else 0
    if more is None:
        shown.append(last)
    while len(shown) > 1 and cell_len(" · ".join(shown) + (f" · {hidden} more" if hidden else "")) > width:
        shown.pop()
        hidden += 1
    end = f" · {hidden} more" if hidden else ""
    return shorten(" · ".join(shown), width - cell_len(end)) + end if shown else last


def job_id(value: str, digits: int = 8) -> str:
    return value[:digits]


def price(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.6f}"


def price_text(text: str | None, width: int) -> str:
    """A price with at least six decimals where they fit, and never cut; what is no number stays as it is spelt."""
    if not text:
        return NONE
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > 30:
        return text
    places = max(6, -int(value.as_tuple().exponent))
    fits = (t for n in range(places, -1, -1) if len(t := f"{value:,.{n}f}") <= width)
    return next(fits, number(float(value), width))


def units(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.3f}"


def gigabytes(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value / 2**30:.1f}"


def share(part: int | None, whole: int | None) -> str:
    return UNKNOWN if part is None or whole is None else f"{part}/{whole}"


def clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%H:%M")


def clock_at(seconds: float | None, with_seconds: bool = False) -> str:
    """UTC seconds as `12:04`, in evidence `12:04:31`."""
    if seconds is None:
        return UNKNOWN
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S" if with_seconds else "%H:%M")


def date(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def rate(bytes_per_s: float) -> str:
    return f"{bytes_per_s / 1000:.1f} kB/s"


_BLOCKS = "▁▂▃▄▅▆▇"


def spark(values: tuple[float | None, ...], width: int, top: float) -> str:
    """One block character a value, the newest at the right; `top` is a full block. Nothing known: a blank."""
    shown = values[-width:]
    out = ""
    for value in shown:
        if value is None:
            out += " "
        else:
            out += _BLOCKS[max(0, min(6, int(value / top * 7) - 1 if top else 0))]
    return out.rjust(width) if shown else ""
