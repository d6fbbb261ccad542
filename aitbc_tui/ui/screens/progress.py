"""An operation under way, as a screen; leaving it stops nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from aitbc_tui.domain.operation import Plan, Run, RunState
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.progress_kept import begin, last_run
from aitbc_tui.ui.screens.progress_lines import build_progress


class ProgressScreen(DetailScreen):
    """Opening it with a new plan runs the plan, once."""

    BINDINGS = [
        Binding("s", "stop", show=False),
        Binding("e", "evidence", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._every = False

    def on_mount(self) -> None:
        run = begin(self.aitbc, self._plan)
        if run.plan is not self._plan:
            self.toast("another operation is under way: this is it", Level.WARN)
        super().on_mount()

    def _run(self) -> Run:
        return last_run(self.app) or Run(self._plan, RunState.RUNNING, self._plan.summary, self._plan.steps)

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        return build_progress(self._run(), self._every, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        run = self._run()
        evidence = ("e", "the last four" if self._every else "all evidence")
        if run.over:
            return [evidence, ("y", "copy command"), ("Esc", "back"), ("?", "help")]
        stop = [] if run.stopping or run.plan.wish.reads_only else [("s", "stop after this step")]
        return [*stop, evidence, ("Esc", "leave it running"), ("?", "help")]

    def action_stop(self) -> None:
        if self._run().over:
            self.toast("it is over: nothing to stop")
            return
        self.aitbc.backend.stop_run()
        self.toast("it ends at the next safe point")

    def action_evidence(self) -> None:
        self._every = not self._every
        self.on_snapshot(self.aitbc.current)

    def action_copy(self) -> None:
        self.aitbc.copy(str(self._run().plan.command))
