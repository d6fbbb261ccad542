"""Keys are answered one after the other: what a burst types goes where it would have gone, had it been typed slowly.

Over a slow line many keys arrive at once. Textual gives each to whatever has the focus at that moment, before the Tab
or the screen that stood ahead of it has taken effect: a prompt would land in the field of the model.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from textual import events
from textual.app import App
from textual.dom import DOMNode

PATIENCE_S: Final = 1.0  # for one key to take effect; a screen that hangs must not hold the keys
MOST: Final = 4096  # keys that wait; more in one burst is no typing

Typed = events.Key | events.Paste
Answer = Callable[[Typed], Awaitable[None]]


class InOrder:
    """Hands typed events to `answer`, each when the one before has taken effect; the first at once."""

    def __init__(self, app: App[int], answer: Answer) -> None:
        self._app = app
        self._answer = answer
        self._waiting: deque[Typed] = deque()
        self._settling: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether every key had its turn and took effect."""
        return self._settling is None

    async def take(self, event: Typed) -> None:
        """Answer it, or keep it until its turn. What does not fit in the queue is told by the bell."""
        if self._settling is None:
            chain = self._chain()
            await self._answer(event)
            self._settling = asyncio.create_task(self._rest(chain))
        elif len(self._waiting) < MOST:
            self._waiting.append(event)
        else:
            self._app.bell()

    async def _rest(self, chain: list[DOMNode]) -> None:
        try:
            await self._settle(chain)
            while self._waiting:
                chain = self._chain()
                await self._answer(self._waiting.popleft())
                await self._settle(chain)
        except Exception as fault:  # as in the app's own loop: say so and end
            self._app._handle_exception(fault)
        finally:
            self._settling = None

    def _chain(self) -> list[DOMNode]:
        """Who gets the next key, and everybody to whom it may bubble up."""
        return (self._app.focused or self._app.screen).ancestors_with_self

    async def _settle(self, chain: list[DOMNode]) -> None:
        """Wait until `chain` dealt with the key, and with what followed from it, and the screen in front takes keys."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await _heard(chain)
                await self._app.screen._mounted_event.wait()
                await _heard(self._chain())
        except TimeoutError:
            return  # the next key takes its chance, as it would without us


async def _heard(chain: list[DOMNode]) -> None:
    """Until each has worked off what it was sent so far, the innermost first."""
    for node in chain:
        done = asyncio.Event()
        if node.call_later(done.set):
            await done.wait()
