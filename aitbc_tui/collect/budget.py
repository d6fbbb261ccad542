"""How often one server may be asked, learnt from its own headers and refusals; shared by all behind the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aitbc_tui.domain.errors import HttpError

WINDOW_S = 60.0
DEFAULT_PAUSE_S = 60.0
OURS = 0.6  # of a limited budget; the rest is for other operators behind the same address
LIMITED_QUEUE_S = 5.0


@dataclass(slots=True)
class Budget:
    """`limit` requests a minute once the server has named one (or has refused); before that there is none."""

    limit: int | None = None
    paused_until: float | None = None
    limits_requests: bool = False
    _sent: list[float] = field(default_factory=list)

    def check(self, now: float, host: str) -> None:
        """Raise instead of sending when the server asked for a pause or the share is used up."""
        if self.paused_until is not None and now < self.paused_until:
            wait = self.paused_until - now
            raise self._limited(f"asked too often, pauses {wait:.0f} s", wait, host)
        self._sent = [at for at in self._sent if now - at < WINDOW_S]
        if self.limit is not None and len(self._sent) >= max(1, int(self.limit * OURS)):
            wait = WINDOW_S - (now - self._sent[0])
            raise self._limited(f"our share of {self.limit} requests a minute is used up", wait, host)

    def _limited(self, words: str, wait: float, host: str) -> HttpError:
        remedy = "the budget is shared by all who come through this host"
        return HttpError(words, status=429, retry_after_s=wait, host=host, remedy=remedy)

    def spent(self, now: float) -> None:
        self._sent.append(now)

    def learn(self, status: int, headers: Mapping[str, str], now: float) -> None:
        """Take what the answer says about limits."""
        named = headers.get("x-ratelimit-limit", "")
        if named.isdigit() and int(named) > 0:
            self.limits_requests = True
            self.limit = int(named)
        if status == 429:
            self.limits_requests = True
            after = headers.get("retry-after", "")
            self.paused_until = now + (float(after) if after.isdigit() else DEFAULT_PAUSE_S)

    def queue_interval(self, wanted_s: float) -> float:
        """How often the queue is asked: every 5 s at most on a server that limits requests."""
        return max(wanted_s, LIMITED_QUEUE_S) if self.limits_requests else wanted_s
