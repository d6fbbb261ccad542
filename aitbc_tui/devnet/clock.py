"""The devnet's time: the machine's own, or a simulated one that tests and screenshots advance by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_SETTLE_ROUNDS = 25


class Clock(Protocol):
    """What every part of the devnet asks for the time; `simulated` decides who writes the Date header."""

    simulated: bool

    def now(self) -> datetime:
        """Aware UTC wall time."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    async def sleep(self, seconds: float) -> None:
        """Wait for that long in this clock's time."""


class RealClock:
    """The machine's own time."""

    simulated = False

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SimulatedClock:
    """Time that stands still until `advance`; wakes sleepers in the order of their deadlines."""

    simulated = True

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + max(0.0, seconds), next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass; returns when everything that was due has run as far as it can."""
        await self._settle()
        end = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():  # the sleeper was cancelled
                continue
            self._elapsed = max(self._elapsed, due)
            future.set_result(None)
            await self._settle()
        self._elapsed = end
        await self._settle()

    @staticmethod
    async def _settle() -> None:
        for _ in range(_SETTLE_ROUNDS):
            await asyncio.sleep(0)


def naive(moment: datetime) -> str:
    """As both servers print it: UTC without Z, and without a fraction when the microseconds are 0."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()
