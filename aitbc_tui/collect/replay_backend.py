"""A recording in the place of the collector: the same screens over it, with seek and speed, and nothing to write to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from aitbc_tui.collect.replay import Recording
from aitbc_tui.domain.errors import GuardError, ParseError
from aitbc_tui.domain.journal import LogChunk, LogTarget, Told
from aitbc_tui.domain.operation import Plan, Run, Wish
from aitbc_tui.domain.snapshot import Headline, Snapshot, Submission
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import JobOrder

T = TypeVar("T")
STEP_S = 0.25
SPEEDS = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
JOIN_S = 3.0


class ReplayBackend:
    """Implements `ui.backend.Backend`. The recording is played in a thread of its own."""

    def __init__(self, recording: Recording, speed: float = 1.0, timer: Callable[[], float] = time.monotonic) -> None:
        self._recording = recording
        self._timer = timer
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None
        self._kick = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._snapshot = recording.snapshot
        self._origin = recording.snapshot.now - recording.at
        self._speed = speed
        self._at = recording.at  # at the moment `_since`
        self._since = timer()
        self._trouble = ""

    # --- where it stands

    @property
    def position(self) -> float:
        """Seconds since the beginning of the recording."""
        with self._lock:
            return self._position()

    def _position(self) -> float:
        passed = (self._timer() - self._since) * self._speed
        return max(0.0, min(self._recording.seconds, self._at + passed))

    @property
    def seconds(self) -> float:
        return self._recording.seconds

    @property
    def speed(self) -> float:
        return self._speed

    def seek(self, at: float) -> None:
        """Show this moment; on from there at the same speed."""
        with self._lock:
            self._at, self._since = max(0.0, min(at, self._recording.seconds)), self._timer()
        self._kick.set()

    def at_speed(self, speed: float) -> None:
        """0 stands still."""
        with self._lock:
            self._at, self._since, self._speed = self._position(), self._timer(), speed
        self._kick.set()

    def monotonic(self) -> float:
        """The collector's clock as it was."""
        return self._origin + self.position

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self._recording.begun_utc + self.position, UTC)

    # --- as a backend

    def start(self) -> None:
        if self._thread is None:
            with self._lock:
                self._since = self._timer()
            self._thread = threading.Thread(target=self._main, name="replay", daemon=True)
            self._thread.start()

    def _main(self) -> None:
        while not self._stopping.is_set():
            self._show(self.position)
            self._kick.wait(STEP_S)
            self._kick.clear()

    def _show(self, at: float) -> None:
        try:
            newest = self._recording.seek(at)
        except ParseError as error:
            self._trouble = error.detail
            self.at_speed(0.0)
            newest = self._snapshot
        changed = newest is not self._snapshot or bool(self._trouble)
        self._snapshot = newest
        if changed and self._wake is not None:
            self._wake()

    def snapshot(self) -> Snapshot:
        if not self._trouble:
            return self._snapshot
        words = clean(f"the replay ended: {self._trouble}", 200)
        headline = Headline(Level.UNKNOWN, SafeText("unknown"), words, words)
        return replace(self._snapshot, headline=headline, collector_trouble=words)

    def on_change(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def stop(self) -> None:
        self._stopping.set()
        self._kick.set()
        if self._thread is not None:
            self._thread.join(JOIN_S)

    def refresh(self) -> None:
        """Nothing can be asked of a recording."""

    def watch_job(self, job_id: str | None) -> None:
        """What was not read then cannot be read now."""

    def ask_blocks(self, heights: Sequence[int]) -> None:
        """What was not read then cannot be read now."""

    def audit(self, action: str, subject: str) -> None:
        """Ids in a recording are scrubbed: unmasking shows no more than the mask."""

    def acknowledge(self, rule: str, abouts: tuple[str, ...]) -> None:
        """Findings stay as they were."""

    def snooze(self, rule: str, abouts: tuple[str, ...], seconds: float, why: str = "") -> None:
        """Alarms stay as they were."""

    def log_targets(self) -> Sequence[LogTarget]:
        return ()

    def follow_log(self, target: LogTarget, told: Told) -> Callable[[], None]:
        told(LogChunk(trouble=SafeText("a recording holds no logs")))
        return lambda: None

    def submit(self, order: JobOrder) -> Future[Submission]:
        return _refused()

    def cancel(self, job_id: str) -> Future[str]:
        return _refused()

    def verify(self, job_id: str) -> Future[str]:
        return _refused()

    def plan(self, wish: Wish) -> Future[Plan]:
        return _refused()

    def run(self, plan: Plan, told: Callable[[Run], None]) -> Future[Run]:
        return _refused()

    def arm(self) -> Future[None]:
        return _refused()

    def stop_run(self) -> None:
        """None was begun."""


def _refused() -> Future[T]:
    refused: Future[T] = Future()
    refused.set_exception(GuardError("this is a recording: nothing can be asked or written", remedy="q ends it"))
    return refused
