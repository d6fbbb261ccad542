"""Runs the dashboard until it is left, and gives the terminal and its signals back as they were."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from aitbc_tui.ui import theme
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.backend import Backend
from aitbc_tui.ui.options import DashboardOptions


@contextmanager
def _stopping_given_back() -> Iterator[None]:
    """The driver's handlers of ctrl+z and of going on paint on a screen that is no more: they end with it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)


def run_dashboard(backend: Backend, options: DashboardOptions | None = None) -> int:
    """Show the dashboard until it is left; returns the exit code. The backend is stopped on the way out.

    What ends it unforeseen is raised again, with the terminal as it was found.
    """
    options = options or DashboardOptions()
    if not options.ascii and theme.wants_ascii(os.environ, sys.stdout.encoding or "ascii"):
        options = replace(options, ascii=True)
    app = AitbcApp(backend, options)
    try:
        with _stopping_given_back():
            code = app.run(mouse=options.mouse)
    finally:
        app.backend.stop()
    if app.crashed is not None:
        raise app.crashed
    return code if code is not None else app.return_code or 0
