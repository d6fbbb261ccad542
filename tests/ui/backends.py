"""A backend that shows one snapshot until told otherwise and writes down what it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from aitbc_tui.domain.journal import LogTarget, Told
from aitbc_tui.domain.operation import Plan, Run, Wish
from aitbc_tui.domain.snapshot import Snapshot, Submission
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.options import Clock, DashboardOptions


class StillBackend:
    """Nothing moves by itself."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.started = False
        self.asked: list[str] = []
        self.orders: list[JobOrder] = []
        self.wake: Callable[[], None] = lambda: None
        self.verdict = "valid"
        self.targets: Sequence[LogTarget] = ()
        self.readers: list[Told] = []
        self.wishes: list[Wish] = []
        self.plans: list[Future[Plan]] = []
        self.ran: list[Plan] = []
        self.runs: list[tuple[Callable[[Run], None], Future[Run]]] = []

    def set(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.wake()

    def start(self) -> None:
        self.started = True  # not among what is asked: it may come late

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

    def acknowledge(self, rule: str, abouts: tuple[str, ...]) -> None:
        self.asked.append(f"acknowledge {rule} {' '.join(abouts)}")

    def snooze(self, rule: str, abouts: tuple[str, ...], seconds: float, why: str = "") -> None:
        self.asked.append(f"snooze {rule} {' '.join(abouts)} {seconds:.0f} {why}")

    def ask_blocks(self, heights: Sequence[int]) -> None:
        self.asked.append(f"blocks {max(heights)}..{min(heights)}")

    def log_targets(self) -> Sequence[LogTarget]:
        return self.targets

    def follow_log(self, target: LogTarget, told: Told) -> Callable[[], None]:
        self.asked.append(f"follow {target.unit}")
        self.readers.append(told)
        return lambda: self.asked.append(f"unfollow {target.unit}")

    def plan(self, wish: Wish) -> Future[Plan]:
        self.wishes.append(wish)
        self.plans.append(Future())
        return self.plans[-1]

    def run(self, plan: Plan, told: Callable[[Run], None]) -> Future[Run]:
        self.ran.append(plan)
        self.runs.append((told, Future()))
        return self.runs[-1][1]

    def arm(self) -> Future[None]:
        self.asked.append("arm")
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def stop_run(self) -> None:
        self.asked.append("stop run")

    def stop(self) -> None:
        self.asked.append("stop")


def app_for(snapshot: Snapshot, *, ascii: bool = False, theme: str = "dark") -> AitbcApp:
    """The application on this snapshot, its clock standing still at the snapshot's moment."""
    clock = Clock(lambda: snapshot.now, lambda: snapshot.utc)
    return AitbcApp(StillBackend(snapshot), DashboardOptions(ascii=ascii, theme=theme, clock=clock))


def screen_text(app: AitbcApp) -> list[str]:
    """The cells that are on the screen now, row by row."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
