"""Lines of a journal as they arrive from the backend's thread: bounded, in order, ended with the screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from aitbc_tui.domain.journal import LogChunk, LogTarget
from aitbc_tui.domain.text import SafeText

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp

KEPT = 5000


class LogReading:
    """One journal being followed. `came` is called in the screen's loop with how many lines are new."""

    def __init__(self, app: AitbcApp, target: LogTarget, came: Callable[[int], None]) -> None:
        self.target = target
        self.lines: deque[SafeText] = deque(maxlen=KEPT)
        self.total = 0  # also those that fell out of memory
        self.trouble = ""
        self.remedy = ""
        self._app = app
        self._came = came
        self._ended = False
        self._end = app.backend.follow_log(target, self._told)

    def _told(self, chunk: LogChunk) -> None:
        """In the backend's thread."""
        self._app.from_thread(lambda: self._take(chunk))

    def _take(self, chunk: LogChunk) -> None:
        if self._ended:
            return
        self.lines.extend(chunk.lines)
        self.total += len(chunk.lines)
        if chunk.trouble:
            self.trouble, self.remedy = str(chunk.trouble), str(chunk.remedy)
        self._came(len(chunk.lines))

    def close(self) -> None:
        self._ended = True
        self._end()


def target_for(targets: list[LogTarget], about: str) -> LogTarget | None:
    """The journal of a thing: a node, a miner, a host, or a unit by its name."""
    wanted = about.partition(":")[0]
    for names in ([t.about for t in targets], [t.host for t in targets], [t.unit for t in targets]):
        if wanted and wanted in names:
            return targets[names.index(wanted)]
    return targets[0] if targets and not about else None
