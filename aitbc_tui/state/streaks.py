"""Short memories of things that come again and again: lost connections, restarts, answers that fail in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STORM_WINDOW_S = 60.0
STORM_LOSSES = 3
STORM_CALM_S = 18.0
RESTART_WINDOW_S = 90.0
RESTARTS_MANY = 3
ANSWERS_KEPT = 80
FLAKY_WINDOW_S = 30.0
FLAKY_TURNS = 3
FLAKY_CALM_S = 12.0


@dataclass(frozen=True, slots=True)
class Losses:
    """The moments at which one host's connection was lost, as the transport's counter told."""

    count: int = 0
    at: tuple[float, ...] = ()

    def seen(self, count: int, now: float) -> Losses:
        new = max(0, count - self.count)
        recent = tuple(at for at in self.at if now - at < STORM_WINDOW_S)
        return Losses(count, (*recent, *([now] * min(new, STORM_LOSSES)))[-20:])

    def storm(self, now: float) -> int:
        """How many within a minute, if they are a storm that goes on; else 0."""
        recent = [at for at in self.at if now - at < STORM_WINDOW_S]
        return len(recent) if len(recent) >= STORM_LOSSES and now - recent[-1] < STORM_CALM_S else 0


@dataclass(frozen=True, slots=True)
class Restarts:
    """One unit's restart counter at its last readings."""

    readings: tuple[tuple[float, int], ...] = ()

    def seen(self, count: int, now: float) -> Restarts:
        recent = tuple(r for r in self.readings if now - r[0] < RESTART_WINDOW_S and r[1] <= count)
        return Restarts((*recent, (now, count))[-30:])

    @property
    def rising(self) -> bool:
        """Whether it went up between the last two readings."""
        return len(self.readings) >= 2 and self.readings[-1][1] > self.readings[-2][1]

    @property
    def total(self) -> int:
        return self.readings[-1][1] - self.readings[0][1] if self.readings else 0

    @property
    def window_s(self) -> float:
        return self.readings[-1][0] - self.readings[0][0] if self.readings else 0.0


@dataclass(frozen=True, slots=True)
class Answers:
    """The newest answers of one server, good or 500, in the order in which they came."""

    marks: tuple[tuple[float, bool], ...] = ()

    def seen(self, good: bool, now: float) -> Answers:
        return Answers((*self.marks, (now, good))[-ANSWERS_KEPT:])

    def failing_between(self, now: float) -> tuple[int, int] | None:
        """(failed, of how many) when failures come between good answers again and again; else None."""
        recent = [(at, good) for at, good in self.marks if now - at < FLAKY_WINDOW_S]
        turns = sum(1 for (_, a), (_, b) in zip(recent, recent[1:], strict=False) if not a and b)
        failures = [at for at, good in recent if not good]
        if turns < FLAKY_TURNS or not failures or now - failures[-1] > FLAKY_CALM_S:
            return None
        return len(failures), len(recent)


def restarts_of(known: Mapping[tuple[str, str], Restarts], host: str, unit: str) -> Restarts:
    """What is known of a unit's restarts, with or without its suffix."""
    return known.get((host, unit.removesuffix(".service")), Restarts())
