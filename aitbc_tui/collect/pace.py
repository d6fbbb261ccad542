"""Rhythm: when each thing is due again, and waking early when somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aitbc_tui.collect.clock import Clock

RESOLUTION_S = 0.001  # what is due within this is due now: a sleep may end a rounding error early
Turn = Callable[[], Awaitable[object]]
Interval = Callable[[], float]


@dataclass(slots=True)
class Due:
    """One thing to do, its interval (which may change), and the moment it is due next."""

    turn: Turn
    interval: Interval
    at: float = 0.0


class Rhythm:
    """Does its things one after the other, so that one server never has two requests of ours at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._dues: list[Due] = []
        self._kick = asyncio.Event()

    def every(self, interval: Interval | float, turn: Turn) -> None:
        given = interval
        chosen: Interval = (lambda: given) if isinstance(given, int | float) else given
        self._dues.append(Due(turn, chosen))

    def refresh(self) -> None:
        """Everything is due now."""
        for due in self._dues:
            due.at = 0.0
        self._kick.set()

    async def run(self) -> None:
        while True:
            now = self._clock.monotonic()
            ready = [due for due in self._dues if due.at - now < RESOLUTION_S]
            for due in ready:
                due.at = self._clock.monotonic() + due.interval()
                await due.turn()
            await self._rest()

    async def _rest(self) -> None:
        next_at = min((due.at for due in self._dues), default=self._clock.monotonic() + 3600.0)
        wait = max(0.0, next_at - self._clock.monotonic())
        if wait <= 0.0:
            await self._clock.sleep(0.0)
            return
        sleeper = asyncio.ensure_future(self._clock.sleep(wait))
        kicked = asyncio.ensure_future(self._kick.wait())
        try:
            await asyncio.wait({sleeper, kicked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeper, kicked):
                task.cancel()
            self._kick.clear()
