"""The question before an operation runs: Cancel is focused, the key that runs it is not the one that led here."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.operation import Plan
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.layout import squeezed
from aitbc_tui.ui.screens.plan_lines import allowed, build_confirm, must_type
from aitbc_tui.ui.screens.typing_field import typed

OLD_S = 30.0  # checks older than this run again first


class ConfirmScreen(DetailScreen):
    """One plan, asked once."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("enter", "press", show=False, priority=True),
        Binding("ctrl+y", "confirm", show=False),
        Binding("tab,shift+tab", "other_button", show=False, priority=True),
        Binding("f1", "app.help", show=False),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._typed = ""
        self._run_focused = False
        self._checking = False

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        lines = build_confirm(
            snapshot, self._plan, self._typed, width, run_focused=self._run_focused, checking=self._checking
        )
        return squeezed(lines, height)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        verb = str(self._plan.button).partition(" ")[0].lower()
        typing = must_type(self.aitbc.current, self._plan)
        enter = f"{verb} (focused)" if self._run_focused else "cancel (focused)"
        run = [("ctrl+y", f"{verb}, name typed" if typing else verb)]
        return [("Enter", enter), *run, ("F1" if typing else "?", "help")]

    def on_key(self, event: events.Key) -> None:
        """Where a name is asked for, every printable key is text."""
        if not must_type(self.aitbc.current, self._plan):
            return
        value = typed(self._typed, event)
        if value is not None:
            event.stop()
            event.prevent_default()
            self._typed = value
            self.on_snapshot(self.aitbc.current)

    def action_other_button(self) -> None:
        self._run_focused = not self._run_focused
        self.on_snapshot(self.aitbc.current)

    def action_press(self) -> None:
        if self._run_focused:
            self.action_confirm()
        elif not self._checking:
            self.action_back()

    def action_confirm(self) -> None:
        """Only with the access level, the name typed, and checks that are young."""
        snapshot, plan = self.aitbc.current, self._plan
        if self._checking:
            return
        if not allowed(snapshot, plan):
            self.toast(f"needs access {plan.need.value}", Level.REFUSED)
        elif must_type(snapshot, plan) and self._typed.strip() != plan.wish.target:
            self.toast(f"type {plan.wish.target} first: that is what it changes", Level.WARN)
        elif snapshot.now - plan.checked_at > OLD_S:
            self._checking = True
            self.run_worker(self._check_again(), name="check again")
            self.on_snapshot(snapshot)
        else:
            self._run()

    async def _check_again(self) -> None:
        before = self._plan
        try:
            self._plan = await outcome(self.aitbc.backend.plan(before.wish))
        except AitbcError as error:
            self._checking = False
            self.toast(f"not run: {words(error)}", Level.BAD)
            self.on_snapshot(self.aitbc.current)
            return
        self._checking = False
        if not self.is_current:
            return
        if not self._plan.offered or self._plan.question != before.question:
            self.on_snapshot(self.aitbc.current)
            self.toast("something changed since it was checked: read it again", Level.WARN)
        else:
            self._run()

    def _run(self) -> None:
        app, plan = self.aitbc, self._plan
        app.pop_screen()  # the question
        if len(app.screen_stack) > 1:
            app.pop_screen()  # the plan: what comes back from the progress is where one came from
        registry.open_progress(app, plan)
