"""What the screens need from the rest of the program; the collector's thread stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from aitbc_tui.domain.snapshot import Snapshot, Submission
from aitbc_tui.domain.work import JobOrder


class Backend(Protocol):
    """Every method is thread-safe and returns at once; futures are resolved in the collector's thread.

    Futures raise the typed errors of `domain.errors` (a refused write is a `GuardError`).
    """

    def start(self) -> None:
        """Import what is heavy and begin collecting, in the backend's own thread."""

    def snapshot(self) -> Snapshot:
        """The newest picture; before anything was heard, one in which everything is connecting."""

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call `wake` (from the collector's thread) whenever a newer snapshot stands ready."""

    def refresh(self) -> None:
        """Ask every source that may be asked now; retry lost connections."""

    def watch_job(self, job_id: str | None) -> None:
        """Follow this job closely (its result, receipt and steps) until told otherwise."""

    def submit(self, order: JobOrder) -> Future[Submission]:
        """Send `order` once. Resolves to its submission: accepted, refused or unknown; never sent again."""

    def cancel(self, job_id: str) -> Future[str]:
        """Cancel one of our jobs; resolves to the state the coordinator then reports."""

    def verify(self, job_id: str) -> Future[str]:
        """Fetch and verify the receipt of a job again; resolves to the verdict."""

    def audit(self, action: str, subject: str) -> None:
        """One line of the audit log, such as an unmasked id; on disk when this returns."""

    def stop(self) -> None:
        """End the collector and every connection; returns when they are gone (at most 3 s)."""
