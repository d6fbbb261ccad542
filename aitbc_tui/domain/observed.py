"""Freshness as a type: a figure with its source, the moment it was received, and why there is no newer one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from aitbc_tui.domain.figures import coarse_age
from aitbc_tui.domain.text import SafeText

T = TypeVar("T")


class Freshness(StrEnum):
    """What may be said of a figure now. Only `FRESH` takes part in a verdict."""

    CONNECTING = "connecting"  # never asked to the end; nothing known
    FRESH = "fresh"
    STALE = "stale"  # older than its limit, or refused since; the last value is kept and marked
    UNREACHABLE = "unreachable"  # never seen, and the newest attempt failed to get through
    REFUSED = "refused"  # 401/403, or an SSH login refused
    ABSENT = "absent"  # this version has no such thing, or it is not configured
    BROKEN = "broken"  # answered with 5xx or with something that is not the contract's
    LIMITED = "limited"  # 429


class TroubleKind(StrEnum):
    """Why the newest attempt brought nothing."""

    CONNECT = "connect"
    HOST_KEY = "host-key"
    AUTH = "auth"
    TUNNEL = "tunnel"
    TIMEOUT = "timeout"
    COMMAND = "command"
    REFUSED = "refused"
    ABSENT = "absent"
    EMPTY = "empty"  # answered properly that there is nothing yet, e.g. 404 "no blocks yet"
    BROKEN = "broken"
    LIMITED = "limited"


_KIND_TO_FRESHNESS = {
    TroubleKind.REFUSED: Freshness.REFUSED,
    TroubleKind.AUTH: Freshness.REFUSED,
    TroubleKind.ABSENT: Freshness.ABSENT,
    TroubleKind.EMPTY: Freshness.ABSENT,
    TroubleKind.BROKEN: Freshness.BROKEN,
    TroubleKind.LIMITED: Freshness.LIMITED,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """The newest failed attempt, in words an operator can act on. `retry_at` is monotonic seconds."""

    kind: TroubleKind
    detail: SafeText
    remedy: SafeText = SafeText("")
    status: int | None = None
    since: float = 0.0
    retry_at: float | None = None
    what: str = ""  # a broken answer, more closely: too-large, error-in-200, other-service

    @property
    def refused(self) -> bool:
        """Whether the other side said no to us: it will go on saying so, so there is nothing to wait for.

        What we did not send at all (`GuardError`) is no answer of anybody.
        """
        return self.kind is TroubleKind.AUTH or (self.kind is TroubleKind.REFUSED and self.status is not None)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A value was asked for at `asked_at`, and something cheaper that is read more often showed later that it holds."""

    asked_at: float
    by: SafeText


@dataclass(frozen=True, slots=True)
class Observed(Generic[T]):
    """One figure. All times are seconds of the collector's monotonic clock.

    `value` is the last good one and is never wiped; `at` the moment it was received, or confirmed last; `trouble` is
    None when the newest attempt succeeded. Older than `limit_s` is stale, and so is at once what was refused since.
    """

    source: str
    limit_s: float
    value: T | None = None
    at: float | None = None
    rtt_ms: float | None = None
    trouble: Trouble | None = None
    confirmed: Confirmation | None = None

    def age(self, now: float) -> float | None:
        """Seconds since the value was received; None when it never was."""
        return None if self.at is None else max(0.0, now - self.at)

    def freshness(self, now: float) -> Freshness:
        if self.at is not None:
            refused = self.trouble is not None and self.trouble.refused
            return Freshness.FRESH if now - self.at <= self.limit_s and not refused else Freshness.STALE
        if self.trouble is None:
            return Freshness.CONNECTING
        return _KIND_TO_FRESHNESS.get(self.trouble.kind, Freshness.UNREACHABLE)

    def fresh(self, now: float) -> T | None:
        """The value if it may be used in a verdict, else None."""
        return self.value if self.freshness(now) is Freshness.FRESH else None

    def got(self, value: T, at: float, rtt_ms: float | None = None) -> Observed[T]:
        """The same figure after a good answer."""
        return replace(self, value=value, at=at, rtt_ms=rtt_ms, trouble=None, confirmed=None)

    def held(self, value: T, at: float, by: Confirmation) -> Observed[T]:
        """The same figure when something else showed at `at` that it still holds; how long the answer took stays."""
        return replace(self, value=value, at=at, confirmed=by)

    def asked(self, now: float) -> str:
        """What was asked; and how long ago, where the value was only confirmed since."""
        if self.confirmed is None:
            return self.source
        return f"{self.source} {coarse_age(now - self.confirmed.asked_at)} ago, since then {self.confirmed.by}"

    def failed(self, trouble: Trouble) -> Observed[T]:
        """The same figure after a failed attempt; keeps the value and the first moment of the trouble."""
        if self.trouble is not None and self.trouble.kind is trouble.kind:
            trouble = replace(trouble, since=self.trouble.since)
        return replace(self, trouble=trouble)
