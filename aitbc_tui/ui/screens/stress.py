"""The stress test as a screen (key t): planned, begun by y, watched live, stopped or cancelled; a report at its end."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol, runtime_checkable

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.stress import StressPicture, StressPlan
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.stress_lines import COUNTS, PAYS, Draft, build_draft, build_test, hints


@runtime_checkable
class Stressing(Protocol):
    """A backend that runs stress tests; how they stand is in `Snapshot.stress`."""

    def stress_begin(self, plan: StressPlan) -> Future[None]:
        """Begin one; refused while another is under way."""

    def stress_stop(self) -> None:
        """Send no more; called again: leave what is under way."""

    def stress_cancel(self) -> Future[str]:
        """Cancel what is under way; resolves to how many."""

    def stress_save(self) -> Future[str]:
        """Write the report as it stands; resolves to the file."""


class StressScreen(DetailScreen):
    """Shows the test that is under way or was the last; else the plan of one."""

    BINDINGS = [
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("space,enter", "choose", show=False, priority=True),
        Binding("plus,right", "count(1)", show=False, priority=True),
        Binding("minus,left", "count(-1)", show=False, priority=True),
        Binding("p", "pay", show=False),
        Binding("y", "begin", show=False),
        Binding("n", "another", show=False),
        Binding("s", "stop", show=False),
        Binding("c", "cancel", show=False),
        Binding("w", "save", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._draft = Draft()
        self._new = False  # a plan is shown although a finished test is there
        self._begun = False

    def _picture(self, snapshot: Snapshot) -> StressPicture | None:
        return None if self._new else snapshot.stress

    @property
    def _planning(self) -> bool:
        return self._picture(self.aitbc.current) is None

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        picture = self._picture(snapshot)
        if picture is None:
            return build_draft(snapshot, self._draft, width)
        return build_test(snapshot, picture, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        snapshot = self.aitbc.current
        return hints(self._picture(snapshot), snapshot.environment.access)

    def _show(self, draft: Draft) -> None:
        self._draft = draft
        self.on_snapshot(self.aitbc.current)

    # --- planning

    def action_move(self, step: int) -> None:
        if not self._planning:
            self.body.scroll_by(step)
            return
        last = max(0, len(self.aitbc.current.models) - 1)
        self._show(replace(self._draft, cursor=max(0, min(last, self._draft.cursor + step))))

    def action_choose(self) -> None:
        snapshot = self.aitbc.current
        if not self._planning or self._draft.cursor >= len(snapshot.models):
            return
        name = str(snapshot.models[self._draft.cursor].name)
        chosen = frozenset(self._draft.models(snapshot)) ^ {name}
        self._show(replace(self._draft, chosen=chosen, touched=True))

    def action_count(self, step: int) -> None:
        if self._planning:
            index = COUNTS.index(self._draft.count) + step
            self._show(replace(self._draft, count=COUNTS[max(0, min(len(COUNTS) - 1, index))]))

    def action_pay(self) -> None:
        if self._planning:
            self._show(replace(self._draft, pay=PAYS[(PAYS.index(self._draft.pay) + 1) % len(PAYS)]))

    def action_another(self) -> None:
        picture = self.aitbc.current.stress
        if picture is not None and picture.phase.over:
            self._new, self._begun = True, False
            self._show(Draft())

    # --- the test

    def _backend(self) -> Stressing | None:
        backend = self.aitbc.backend
        if isinstance(backend, Stressing):
            return backend
        self.toast("this session cannot run a stress test", Level.REFUSED)
        return None

    def action_begin(self) -> None:
        if not self._planning or self._begun:
            return
        snapshot = self.aitbc.current
        if snapshot.environment.access is Access.OBSERVE:
            self.toast("a stress test needs access submit, this is observe", Level.REFUSED)
            return
        plan = self._draft.plan(snapshot)
        if plan is None:
            self.toast("no model is chosen: space chooses the one under the cursor", Level.WARN)
            return
        if (backend := self._backend()) is not None:
            self._begun = True
            self.run_worker(self._begin(backend, plan), name="begin")

    async def _begin(self, backend: Stressing, plan: StressPlan) -> None:
        try:
            await outcome(backend.stress_begin(plan))
        except AitbcError as error:
            self._begun = False
            self.aitbc.say(f"not begun: {words(error)}", Level.WARN)
        else:
            self._new = False  # y stays spent: the picture of the test may be painted later than the next key

    def action_stop(self) -> None:
        if self._under_way() and (backend := self._backend()) is not None:
            backend.stress_stop()
            self.toast(in_words("no more is sent; `s` again leaves what is under way, `c` cancels it"))

    def action_cancel(self) -> None:
        if self._under_way() and (backend := self._backend()) is not None:
            self.run_worker(self._said(backend.stress_cancel()), name="cancel")

    def action_save(self) -> None:
        if not self._planning and (backend := self._backend()) is not None:
            self.run_worker(self._said(backend.stress_save()), name="save")

    def _under_way(self) -> bool:
        picture = self._picture(self.aitbc.current)
        return picture is not None and not picture.phase.over

    async def _said(self, future: Future[str]) -> None:
        try:
            text = await outcome(future)
            self.aitbc.say(clean(text, 200))
        except AitbcError as error:
            self.aitbc.say(words(error), Level.WARN)
