"""A backend whose answers are given by the test, when it wants; and words to drive the application with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

from textual.command import Command, CommandList, CommandPalette

from aitbc_tui.domain.snapshot import Snapshot, Submission
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.options import Clock, DashboardOptions
from tests.ui.backends import StillBackend, screen_text


class PromisingBackend(StillBackend):
    """Keeps what it promised, so that a test can answer, refuse, or stay silent."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot)
        self.submissions: list[Future[Submission]] = []
        self.cancellations: list[Future[str]] = []
        self.verifications: list[Future[str]] = []

    def submit(self, order: JobOrder) -> Future[Submission]:
        self.orders.append(order)
        self.submissions.append(Future())
        return self.submissions[-1]

    def cancel(self, job_id: str) -> Future[str]:
        self.asked.append(f"cancel {job_id}")
        self.cancellations.append(Future())
        return self.cancellations[-1]

    def verify(self, job_id: str) -> Future[str]:
        self.asked.append(f"verify {job_id}")
        self.verifications.append(Future())
        return self.verifications[-1]


class AuditingBackend(PromisingBackend):
    """One that also keeps an audit log."""

    def audit(self, action: str, subject: str) -> None:
        self.asked.append(f"audit {action} {subject}")


def app_on(backend: StillBackend) -> AitbcApp:
    """The application, its clock standing still at the snapshot's moment."""
    first = backend.snapshot()
    clock = Clock(lambda: first.now, lambda: first.utc)
    return AitbcApp(backend, DashboardOptions(theme="dark", clock=clock))


def text_of(app: AitbcApp) -> str:
    """What the terminal shows now."""
    return "\n".join(screen_text(app))


async def until(happened: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that another task does; fails when it does not come."""
    for _ in range(int(seconds * 100)):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it did not happen within {seconds:.0f} s")


def first_offered(app: AitbcApp) -> str:
    """What Enter in the palette would run."""
    if not isinstance(app.screen, CommandPalette):
        return ""
    listed = app.screen.query_one(CommandList)
    first = listed.get_option_at_index(0) if listed.option_count else None
    return str(first.hit.text) if isinstance(first, Command) else ""
