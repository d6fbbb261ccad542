"""Background tasks that end with their owner, and steps that must not be torn in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """Owns the tasks of one host; `close` ends them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settle(self, seconds: float) -> None:
        """Give the running tasks that long to end by themselves, and those that they begin meanwhile.

        A command that was cancelled while it started is only then begun to be ended: torn in that, it would live on.
        """
        now = asyncio.get_running_loop().time
        ends = now() + seconds
        while self._tasks and (left := ends - now()) > 0:
            await asyncio.wait(list(self._tasks), timeout=left)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def whole(self, work: Coroutine[Any, Any, T], undo: Callable[[T], None]) -> T:
        """Run `work` to its end even if the caller is cancelled; then its result is given to `undo`.

        A channel whose opening is torn in the middle would stay open on the server without an owner.
        """
        task = self.spawn(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(lambda done: _undo(done, undo))
            raise


def _undo(done: asyncio.Task[T], undo: Callable[[T], None]) -> None:
    if not done.cancelled() and done.exception() is None:
        undo(done.result())


async def both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, T]) -> tuple[T, T]:
    """Run two coroutines together; if one fails or the caller is cancelled, neither survives."""
    one, two = asyncio.ensure_future(first), asyncio.ensure_future(second)
    try:
        return await asyncio.gather(one, two)
    finally:
        one.cancel()
        two.cancel()
        await asyncio.gather(one, two, return_exceptions=True)
