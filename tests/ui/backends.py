"""A backend that shows one snapshot until told otherwise and writes down what it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from aitbc_tui.domain.snapshot import Snapshot, Submission
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ui.app import AitbcApp, Clock, DashboardOptions


class StillBackend:
    """Nothing moves by itself."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.asked: list[str] = []
        self.orders: list[JobOrder] = []
        self.wake: Callable[[], None] = lambda: None
        self.verdict = "valid"

    def set(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.wake()

    def start(self) -> None:
        self.asked.append("start")

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def on_change(self, wake: Callable[[], None]) -> None:
        self.wake = wake

    def refresh(self) -> None:
        self.asked.append("refresh")

    def watch_job(self, job_id: str | None) -> None:
        self.asked.append(f"watch {job_id}")

    def submit(self, order: JobOrder) -> Future[Submission]:
        self.orders.append(order)
        return Future()

    def cancel(self, job_id: str) -> Future[str]:
        self.asked.append(f"cancel {job_id}")
        return Future()

    def verify(self, job_id: str) -> Future[str]:
        self.asked.append(f"verify {job_id}")
        done: Future[str] = Future()
        done.set_result(self.verdict)
        return done

    def stop(self) -> None:
        self.asked.append("stop")


def app_for(snapshot: Snapshot, *, ascii: bool = False, theme: str = "dark") -> AitbcApp:
    """The application on this snapshot, its clock standing still at the snapshot's moment."""
    clock = Clock(lambda: snapshot.now, lambda: snapshot.utc)
    return AitbcApp(StillBackend(snapshot), DashboardOptions(ascii=ascii, theme=theme, clock=clock))


def screen_text(app: AitbcApp) -> list[str]:
    """The cells that are on the screen now, row by row."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
