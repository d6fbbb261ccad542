"""How often one server may be asked, learnt from its own headers and refusals; shared by all behind the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aitbc_tui.domain.errors import HttpError
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.capability import Generation
from aitbc_tui.protocol.rates import OURS, bucket

WINDOW_S = 60.0
DEFAULT_PAUSE_S = 60.0
LIMITED_QUEUE_S = 5.0
SMALLEST = 0.1  # of our share: others drink from the same bucket, and it was empty again and again
RECOVERS_S = 300.0  # without a refusal, until a reduced share is doubled again


@dataclass(slots=True)
class Budget:
    """`limit` requests a minute once the server has named one (or has refused); before that there is none.

    `ours` is the part of it that one dashboard takes; halved by every refusal, since others then use the rest.
    """

    limit: int | None = None
    paused_until: float | None = None
    limits_requests: bool = False
    ours: int | None = None
    _sent: list[float] = field(default_factory=list)
    _part: float = 1.0
    _refused_at: float | None = None

    def check(self, now: float, host: str) -> None:
        """Raise instead of sending when the server asked for a pause or the share is used up."""
        if self.paused_until is not None and now < self.paused_until:
            wait = self.paused_until - now
            raise self._limited(f"asked too often, pauses {wait:.0f} s", wait, host)
        share = self.share(now)
        if share is not None and self.spent_lately(now) >= share:
            wait = WINDOW_S - (now - self._sent[0])
            raise self._limited(f"our share of {self.limit} requests a minute is used up", wait, host)

    def share(self, now: float) -> int | None:
        """Requests a minute that are ours at the moment; None: no limit is known."""
        if self.limit is None:
            return None
        if self._refused_at is not None and self._part < 1.0 and now - self._refused_at > RECOVERS_S:
            self._part, self._refused_at = min(1.0, self._part * 2), now
        whole = self.limit * OURS if self.ours is None else min(self.ours, self.limit * OURS)
        return max(1, int(whole * self._part))

    def spent_lately(self, now: float) -> int:
        """Our requests of the last minute."""
        self._sent = [at for at in self._sent if now - at < WINDOW_S]
        return len(self._sent)

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
            self._part, self._refused_at = max(SMALLEST, self._part / 2), now

    def queue_interval(self, wanted_s: float) -> float:
        """How often the queue is asked: every 5 s at most on a server that limits requests."""
        return max(wanted_s, LIMITED_QUEUE_S) if self.limits_requests else wanted_s


class Meter:
    """The budgets of one server: one for everything, or in 2026-08 one for each bucket that it counts."""

    def __init__(self) -> None:
        self.generation = Generation.UNKNOWN
        self._buckets: dict[str, Budget] = {}

    def of(self, ask: Ask) -> Budget:
        """The budget that this request is taken from."""
        kind = bucket(self.generation, ask)
        known = self._buckets.get(kind.name)
        if known is None:
            known = Budget(kind.limit, limits_requests=kind.limit is not None, ours=kind.ours)
            self._buckets[kind.name] = known
        return known

    @property
    def limits_requests(self) -> bool:
        return any(budget.limits_requests for budget in self._buckets.values())

    def queue_interval(self, wanted_s: float) -> float:
        """How often the queue is asked: every 5 s at most on a server that limits requests."""
        return max(wanted_s, LIMITED_QUEUE_S) if self.limits_requests else wanted_s

    def tightest(self, now: float) -> tuple[str, Budget] | None:
        """The bucket that pauses, else the limited one of which most is used up."""

        def used(item: tuple[str, Budget]) -> tuple[bool, float]:
            budget = item[1]
            pauses = budget.paused_until is not None and now < budget.paused_until
            return pauses, budget.spent_lately(now) / (budget.share(now) or 1)

        limited = [(name, b) for name, b in self._buckets.items() if b.share(now) or b.limits_requests]
        return max(limited, key=used, default=None)
