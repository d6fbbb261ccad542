"""How far each host's clock is off ours: measured and shown, and never part of an age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

SAMPLES = 5
OLD_S = 120.0
LIMIT_S = 5.0
ALIKE_S = 2.0


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Seconds by which one clock is ahead of ours. `http`: by a Date header; else by the host's own shell."""

    samples: tuple[float, ...] = ()
    at: float = 0.0
    http: bool = False


def sample(known: ClockReading | None, theirs: float, ours: float, at: float, *, http: bool) -> ClockReading:
    """One more measurement; a Date header counts more than a shell, for it is read beside what is shown."""
    if known is not None and known.http and not http and at - known.at < OLD_S:
        return known
    kept = known.samples if known is not None and known.http is http else ()
    # both are cut to whole seconds, so half a second is added on average
    return ClockReading((*kept, theirs + 0.5 - ours)[-SAMPLES:], at, http)


def offset(reading: ClockReading | None, now: float) -> float | None:
    """Seconds ahead of ours, by the middle of the newest measurements; None when none is recent."""
    if reading is None or not reading.samples or now - reading.at > OLD_S:
        return None
    return float(median(reading.samples))


def offsets(clocks: Mapping[str, ClockReading], now: float) -> dict[str, float]:
    """By host, how many seconds its clock is ahead of ours; without those that were not measured yet."""
    found = {host: offset(reading, now) for host, reading in clocks.items()}
    return {host: value for host, value in found.items() if value is not None}


def wrong(found: Mapping[str, float]) -> dict[str, float]:
    """The clocks that are off. When all others are off alike it is ours, which is named by an empty host."""
    off = {host: value for host, value in found.items() if abs(value) > LIMIT_S}
    if len(off) >= 2 and len(off) == len(found) and max(off.values()) - min(off.values()) < ALIKE_S:
        return {"": -float(median(off.values()))}
    return off


def date_of(timestamp: datetime | None, age_s: float | None) -> float | None:
    """The moment a server gave for its answer, from a block's time and its age by the server's own clock."""
    return None if timestamp is None or age_s is None else timestamp.timestamp() + age_s


def noted(
    clocks: Mapping[str, ClockReading], host: str, theirs: float | None, ours: float, at: float, *, http: bool
) -> Mapping[str, ClockReading]:
    """The readings with one more of this host; unchanged where the server told no time."""
    if theirs is None or not host:
        return clocks
    return {**clocks, host: sample(clocks.get(host), theirs, ours, at, http=http)}


def without(clocks: Mapping[str, ClockReading], host: str) -> Mapping[str, ClockReading]:
    """After a host was away its clock is measured anew."""
    return {**clocks, host: replace(clocks[host], samples=())} if host in clocks else clocks
