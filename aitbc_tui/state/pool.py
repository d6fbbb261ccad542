"""A mempool's short past: when each transaction was first seen here, and how many came and went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aitbc_tui.domain.node import MempoolReading

WATCH_S = 60.0
SEEN_KEPT = 5000
HISTORY = 20


@dataclass(frozen=True, slots=True)
class PoolMemory:
    """`seen` maps a transaction hash to the monotonic moment of its first sight, for those still pending."""

    seen: Mapping[str, float] = field(default_factory=dict)
    came: tuple[tuple[float, int], ...] = ()
    went: tuple[tuple[float, int], ...] = ()
    first_at: float | None = None
    history: tuple[int, ...] = ()  # pending, one a minute
    history_at: float | None = None
    capped_since: float | None = None  # more wait than was asked for, in every reading since
    head: int | None = None  # the highest block known at the newest reading

    def after(self, reading: MempoolReading, at: float) -> PoolMemory:
        """The memory after `reading`. A capped reading shows only a part: what left it may still be pending."""
        now_pending = {str(tx.tx_hash) for tx in reading.transactions[:SEEN_KEPT]}
        new = [h for h in now_pending if h not in self.seen]
        gone = 0 if reading.capped else sum(1 for h in self.seen if h not in now_pending)
        seen = {h: self.seen.get(h, at) for h in now_pending}
        first = self.first_at is None
        history, history_at = self.history, self.history_at
        if history_at is None or at - history_at >= WATCH_S:
            history, history_at = (*history, reading.count)[-HISTORY:], at
        return PoolMemory(
            seen=seen,
            came=self.came if first else _window(self.came, at, len(new)),
            went=self.went if first else _window(self.went, at, gone),
            first_at=at if first else self.first_at,
            history=history,
            history_at=history_at,
            capped_since=None if not reading.capped else at if self.capped_since is None else self.capped_since,
        )

    def rates(self, now: float) -> tuple[float | None, float | None]:
        """Transactions per minute in and out; None until a whole minute was watched."""
        if self.first_at is None or now - self.first_at < WATCH_S:
            return None, None
        return (
            float(sum(n for at, n in self.came if now - at <= WATCH_S)),
            float(sum(n for at, n in self.went if now - at <= WATCH_S)),
        )

    def oldest(self) -> float | None:
        """When the transaction that waits longest was first seen (monotonic)."""
        return min(self.seen.values(), default=None)


def _window(marks: tuple[tuple[float, int], ...], at: float, count: int) -> tuple[tuple[float, int], ...]:
    kept = tuple(mark for mark in marks if at - mark[0] <= WATCH_S)
    return (*kept, (at, count)) if count else kept
