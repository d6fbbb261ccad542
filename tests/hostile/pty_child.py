"""The dashboard on this terminal, fed with hostile (or, with `harmless`, ordinary) snapshots."""

from __future__ import annotations

import itertools
import sys
import threading
from dataclasses import replace

from aitbc_tui.ui.options import DashboardOptions
from aitbc_tui.ui.running import run_dashboard
from tests.fixtures import snapshots
from tests.hostile.soil import NASTY, soiled
from tests.ui.backends import StillBackend


class Feeding(StillBackend):
    """A newer snapshot twice a second, its texts in another order each time."""

    stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._feed, daemon=True).start()

    def _feed(self) -> None:
        for turn in itertools.count():
            if self.stopping.wait(0.5):
                return
            texts = itertools.cycle(NASTY[turn % len(NASTY) :] + NASTY[: turn % len(NASTY)])
            hostile = soiled(snapshots.bad(), lambda texts=texts: next(texts))  # type: ignore[misc]
            self.set(replace(snapshots.bad()) if "harmless" in sys.argv else hostile)

    def stop(self) -> None:
        self.stopping.set()


if __name__ == "__main__":
    sys.exit(run_dashboard(Feeding(snapshots.bad()), DashboardOptions(theme="dark")))
