"""Ends the devnet when its parent is gone, however it went: a kernel signal where there is one, and a slow look."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LOOK_S = 0.5
GRACE_S = 5.0  # for closing in good order; then the process ends as it is


class Lifeline:
    """Calls `end` once the parent that was there at the start is not the parent any more.

    The kernel's signal also comes when only the thread that started us ends, so it is a reason to look, no more.
    """

    def __init__(self, parent: int, end: Callable[[], None]) -> None:
        self._parent = parent or os.getppid()
        self._end = end
        self._last: threading.Timer | None = None
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._look)
        _ask_kernel(signal.SIGUSR1)
        self._task = loop.create_task(self._watch())

    def _look(self) -> None:
        if os.getppid() != self._parent and self._last is None:
            # A thread's timer: whatever hangs on the loop while it closes cannot stop it.
            self._last = threading.Timer(GRACE_S, os._exit, (1,))
            self._last.daemon = True
            self._last.start()
            self._end()

    async def _watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(_LOOK_S)

    def close(self) -> None:
        self._task.cancel()


def _ask_kernel(number: signal.Signals) -> None:
    """Linux only; elsewhere the look alone has to do."""
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return
    prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
