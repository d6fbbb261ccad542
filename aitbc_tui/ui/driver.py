"""The terminal driver: counts its bytes, knows whether the terminal is behind, asks how wide a disc is drawn."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

from aitbc_tui.ui.painter import FrugalApp

BEHIND_WRITES = 2
ASK_CURSOR = "\x1b[6n"


class CountingDriver(LinuxDriver):
    """Counts what it writes. A terminal that reads slowly leaves writes in the queue: then frames are skipped."""

    written = 0
    asks_width = True

    def start_application_mode(self) -> None:
        if isinstance(self._app, FrugalApp):
            self._app.begin_frames()  # also after a suspension: the shell has written over them
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.asks_width and self.input_tty:
            # Print one disc and ask where the cursor is then; the first frame paints over it. The answer comes as
            # `events.CursorPosition` whenever it comes: nothing waits for it.
            self.write(f"\x1b[H●{ASK_CURSOR}\x1b[H ")

    def stop_application_mode(self) -> None:
        self.write("\x1b[0m")  # the colours of the last frame must not go on in the shell
        super().stop_application_mode()

    def write(self, data: str) -> None:
        self.written += len(data) if data.isascii() else len(data.encode("utf-8", "replace"))
        super().write(data)

    @property
    def behind(self) -> bool:
        thread = self._writer_thread
        return thread is not None and thread._queue.qsize() > BEHIND_WRITES
