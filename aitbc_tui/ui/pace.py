"""When to paint: at most once a second, less on a slow link, never faster than the terminal reads. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FAST_S = 1.0  # sources are asked every 2 s; what a key asks for is painted at once
SLOW_S = 5.0
WISHED_S = 7.5  # --slow-link: who asks for it pays by the byte
VERY_SLOW_S = 15.0
SLOW_RTT_MS = 300.0
VERY_SLOW_RTT_MS = 1000.0
LAG_S = 30.0  # a terminal that was behind is taken for a slow one for so long


@dataclass(slots=True)
class Pace:
    """Remembers when was painted; all times are monotonic seconds given by the caller."""

    slow_link: bool = False
    painted_at: float | None = None
    skipped: int = 0
    lags_until: float = 0.0

    def slow(self, rtt_ms: float | None) -> bool:
        lags = self.painted_at is not None and self.painted_at < self.lags_until
        return self.slow_link or lags or (rtt_ms is not None and rtt_ms > SLOW_RTT_MS)

    def skip(self, now: float) -> None:
        """The terminal has not yet read the last frames: this one is left out, and the next ones come slower."""
        self.skipped += 1
        self.painted_at = now
        self.lags_until = now + LAG_S

    def period(self, rtt_ms: float | None) -> float:
        if rtt_ms is not None and rtt_ms > VERY_SLOW_RTT_MS:
            return VERY_SLOW_S
        if self.slow_link:
            return WISHED_S
        return SLOW_S if self.slow(rtt_ms) else FAST_S

    def wait(self, now: float, rtt_ms: float | None) -> float:
        """Seconds until the next frame may be painted; 0: now."""
        if self.painted_at is None:
            return 0.0
        return max(0.0, self.painted_at + self.period(rtt_ms) - now)
