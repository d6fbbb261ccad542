"""A plan as a screen: its checks have run, nothing is written. Enter goes on to the question."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.operation import Plan, Wish
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.panes.builders import report
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.layout import squeezed
from aitbc_tui.ui.screens.plan_lines import allowed, build_plan, build_planning, forbidden


class PlanScreen(DetailScreen):
    """The checks begin when it opens; `d` runs them again."""

    BINDINGS = [
        Binding("enter", "go_on", show=False),
        Binding("d", "again", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, wish: Wish) -> None:
        super().__init__()
        self._wish = wish
        self._plan: Plan | None = None
        self._trouble = ""
        self._remedy = ""

    def on_mount(self) -> None:
        self.action_again()
        super().on_mount()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        if self._plan is None:
            return build_planning(self._wish, width, self._trouble, self._remedy)
        return squeezed(build_plan(snapshot, self._plan, width), height)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        plan = self._plan
        if plan is None:
            return [("d", "check again"), ("Esc", "leave"), ("?", "help")]
        offered = plan.offered and allowed(self.aitbc.current, plan)
        enter = [("Enter", "run it" if plan.wish.reads_only else "go on to confirm")] if offered else []
        return [*enter, ("d", "dry run" if offered else "check again"), ("y", "copy command"), ("Esc", "leave"), *_HELP]

    # --- keys

    def action_again(self) -> None:
        """Run the checks (again): that is what a dry run does."""
        self._trouble = self._remedy = ""
        before = self._plan
        self._plan = None
        self.run_worker(self._check(before is not None), name="plan", exclusive=True)
        if self.is_mounted:
            self.on_snapshot(self.aitbc.current)

    async def _check(self, again: bool) -> None:
        try:
            self._plan = await outcome(self.aitbc.backend.plan(self._wish))
        except AitbcError as error:
            self._trouble, self._remedy = str(words(error)), error.remedy
        except Exception as fault:  # a fault of this program must not end the dashboard
            report("plan", fault)
            self._trouble = f"it failed inside this program ({type(fault).__name__}); the log has the details"
        self.on_snapshot(self.aitbc.current)
        if again and self._plan is not None:
            self.toast("checked again; nothing was written")

    def action_go_on(self) -> None:
        plan = self._plan
        if plan is None:
            self.toast("there is no plan yet")
        elif not plan.offered:
            self._say_not_offered(plan)
        elif not allowed(self.aitbc.current, plan):
            have = self.aitbc.current.environment.access.value
            self.toast(f"Enter would run it: needs access {plan.need.value}, this is {have}", Level.REFUSED)
        elif plan.wish.reads_only:
            self.app.pop_screen()
            registry.open_progress(self.aitbc, plan)
        else:
            registry.open_confirm(self.aitbc, plan)

    def _say_not_offered(self, plan: Plan) -> None:
        if forbidden(plan):
            self.toast("not offered: a check forbids it", Level.BAD)
        else:
            self.toast("nothing to do: no step would change anything")

    def action_copy(self) -> None:
        if self._plan is not None:
            self.aitbc.copy(str(self._plan.command))


_HELP = (("?", "help"),)
