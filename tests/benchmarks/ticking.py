"""The dashboard on a sound network that goes on by two seconds a frame: prints how many bytes a frame costs.

Every frame is waited for before the next, so the figure is the same on every machine. The first ones, which fill the
screen, are not counted.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from aitbc_tui.ui import pace
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.driver import CountingDriver
from aitbc_tui.ui.options import Clock, DashboardOptions
from tests.state.story import Story
from tests.ui.backends import StillBackend

FIRST, COUNTED, STEP_S = 10, 30, 2.0
SEEN_S = 0.06  # a frame is painted within so long; the next one waits for it in any case


class Ticking(StillBackend):
    """Gives the next picture when the last one is on the screen; ends the app after the last."""

    app: AitbcApp
    written = 0

    def start(self) -> None:
        threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        story, height = Story(), 100
        story.well()
        began = 0
        for turn in range(FIRST + COUNTED):
            if turn == FIRST:
                began = self._count()
            height = story.go_on(STEP_S, height)
            self._show(story)
        self.written = self._count() - began
        self.app.from_thread(lambda: self.app.exit(0))

    def _show(self, story: Story) -> None:
        before = self.app.pace.painted_at
        self.set(story.picture())
        ends = time.monotonic() + 10
        while self.app.pace.painted_at == before and time.monotonic() < ends:
            time.sleep(0.005)
        time.sleep(SEEN_S)

    def _count(self) -> int:
        driver = self.app._driver
        assert isinstance(driver, CountingDriver)
        return driver.written


def main() -> int:
    pace.FAST_S = 0.01  # no waiting for the rhythm: what a frame costs does not depend on it
    story = Story()
    story.well()
    first = story.picture()
    backend = Ticking(first)
    clock = Clock(lambda: backend.snapshot().now, lambda: backend.snapshot().utc)
    app = AitbcApp(backend, DashboardOptions(theme="dark", clock=clock, tick_s=1000.0))
    backend.app = app
    code = app.run()
    print(json.dumps({"bytes_a_tick": backend.written / COUNTED}), flush=True)
    return code or 0


if __name__ == "__main__":
    sys.exit(main())
