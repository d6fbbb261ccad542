"""The terminal driver, with two figures of its own: how much was written, and whether the terminal is behind."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

BEHIND_WRITES = 2


class CountingDriver(LinuxDriver):
    """Counts what it writes. A terminal that reads slowly leaves writes in the queue: then frames are skipped."""

    written = 0

    def write(self, data: str) -> None:
        self.written += len(data) if data.isascii() else len(data.encode("utf-8", "replace"))
        super().write(data)

    @property
    def behind(self) -> bool:
        thread = self._writer_thread
        return thread is not None and thread._queue.qsize() > BEHIND_WRITES
