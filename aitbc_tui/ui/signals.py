"""Ends the app on SIGTERM, SIGHUP and SIGINT, also where the terminal takes no more bytes."""

from __future__ import annotations

import os
import signal
import sys
import termios
import threading
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp

FORCED_EXIT_S = 2.7  # a terminal that is gone must not keep the process


def handle_signals(app: AitbcApp) -> None:
    """From now on these end the app, with 128 + the signal's number; without a terminal nothing is changed."""
    if app.is_headless:
        return

    def end(number: int, frame: FrameType | None) -> None:
        code = 128 + number
        # A terminal that hung up may take no more bytes: then nothing below would ever return.
        timer = threading.Timer(FORCED_EXIT_S, _end_by_force, (app, code))
        timer.daemon = True
        timer.start()
        app.from_thread(lambda: app.exit(code))

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        # Not the loop's own handlers: a loop that waits for a stalled terminal would never call them.
        signal.signal(number, end)


def _end_by_force(app: AitbcApp, code: int) -> None:
    """The terminal takes no more bytes, but its line discipline is given back; the ledger's writes are whole."""
    attributes = getattr(app._driver, "attrs_before", None)
    if attributes is not None:
        with suppress(termios.error):  # it may be gone
            termios.tcsetattr(sys.__stdin__.fileno() if sys.__stdin__ else 0, termios.TCSANOW, attributes)
    os._exit(code)
