"""What the screens need from the rest of the program; the collector's thread stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

from aitbc_tui.domain.journal import LogTarget, Told
from aitbc_tui.domain.operation import Plan, Run, Wish
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

    def acknowledge(self, rule: str, abouts: tuple[str, ...]) -> None:
        """Close the findings of one rule that somebody has seen."""

    def snooze(self, rule: str, abouts: tuple[str, ...], seconds: float, why: str = "") -> None:
        """Keep these alarms out of row 0 for a time, never out of the list; 0 ends that."""

    def ask_blocks(self, heights: Sequence[int]) -> None:
        """Ask every node for these blocks, once; the answers stand in `Snapshot.blocks`."""

    def log_targets(self) -> Sequence[LogTarget]:
        """The configured units whose journals can be read, in the order of the configuration."""

    def follow_log(self, target: LogTarget, told: Told) -> Callable[[], None]:
        """Read a journal, and go on reading. `told` is called in the backend's thread; call what is returned to end."""

    def plan(self, wish: Wish) -> Future[Plan]:
        """Run the checks of an operation; nothing is written."""

    def run(self, plan: Plan, told: Callable[[Run], None]) -> Future[Run]:
        """Run a plan, once, at most one at a time; `told` hears of every step in the backend's thread."""

    def arm(self) -> Future[None]:
        """Lend access operate for ten minutes more, where it runs out; audited."""

    def stop_run(self) -> None:
        """End the run under way at its next safe point."""

    def stop(self) -> None:
        """End the collector and every connection; returns when they are gone (at most 3 s)."""
