"""SIGTERM and SIGHUP end a command as tidily as an exception does, with the exit code a shell expects."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Signalled(SystemExit):
    """A `SystemExit`, because an event loop lets nothing else through from inside a task."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Handlers for SIGTERM and SIGHUP, unless the caller had them ignored (nohup)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    taken = [number for number, handler in before.items() if handler is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


def _raise(number: int, frame: FrameType | None) -> None:
    raise Signalled(number)
