"""Runs the dashboard on a still snapshot in this process's terminal; wakes it without anything new."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace

from aitbc_tui.ui.options import Clock, DashboardOptions
from aitbc_tui.ui.running import run_dashboard
from tests.fixtures import snapshots
from tests.ui.backends import StillBackend


class WakingBackend(StillBackend):
    """Says ten times a second that something is new, and gives an equal snapshot."""

    stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._wake, daemon=True).start()

    def _wake(self) -> None:
        while not self.stopping.wait(0.1):
            self.set(replace(snapshots.bad()))

    def stop(self) -> None:
        self.stopping.set()
        os.kill(os.getpid(), signal.SIGCONT)  # as a terminal does that hangs up while this still ends
        print("stopped")


if __name__ == "__main__":
    still = snapshots.bad()
    clock = Clock(lambda: still.now, lambda: still.utc)
    sys.exit(run_dashboard(WakingBackend(still), DashboardOptions(theme="dark", clock=clock, tick_s=0.25)))
