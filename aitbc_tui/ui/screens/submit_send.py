"""The preview as a screen: Cancel is focused, `y` sends, once; the answer opens the job or says why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Access, Snapshot, Submission
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.futures import certainly_not_done, outcome, words
from aitbc_tui.ui.screens.layout import squeezed
from aitbc_tui.ui.screens.submit_preview import Phase, Progress, build_preview, settled
from aitbc_tui.ui.screens.submit_state import FormState

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp


def accepted_words(ids: Sequence[str]) -> str:
    """What a message says about accepted jobs."""
    jobs = "job" if len(ids) == 1 else f"{len(ids)} jobs"
    return f"{jobs} accepted: {' '.join(one[:8] for one in ids)}"


class PreviewScreen(DetailScreen):
    """One order, as it would be sent."""

    BINDINGS = [
        Binding("y", "send", show=False),
        Binding("enter", "press", show=False),
        Binding("tab,shift+tab,left,right", "other_button", show=False, priority=True),
        Binding("e", "back", show=False),
    ]

    def __init__(self, state: FormState, order: JobOrder, on_accepted: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__()
        self._on_accepted = on_accepted
        self._state = state
        self._order = order
        self._progress = Progress()
        self._send_focused = False

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        lines = build_preview(
            snapshot, self._state, self._order, self._progress, width, send_focused=self._send_focused
        )
        return squeezed(lines, height)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if self._progress.phase is not Phase.READY or not self._armed:
            return [("Esc", "back, text kept"), ("e", "edit"), ("?", "help")]
        if self._send_focused:
            return [("Enter", "send (focused)"), ("y", "send"), ("Esc", "cancel"), ("e", "edit"), ("?", "help")]
        return [("Enter", "cancel (focused)"), ("y", "send"), ("e", "edit"), ("?", "help")]

    @property
    def _armed(self) -> bool:
        return self.aitbc.current.environment.access is not Access.OBSERVE

    def _show(self, progress: Progress) -> None:
        self._progress = progress
        if self.is_current:
            self.on_snapshot(self.aitbc.current)

    def action_other_button(self) -> None:
        if self._progress.phase is Phase.READY and self._armed:
            self._send_focused = not self._send_focused
            self.on_snapshot(self.aitbc.current)

    def action_press(self) -> None:
        if self._progress.phase is Phase.SENDING:
            return  # a second Enter must not hide the answer
        if self._send_focused:
            self.action_send()
        else:
            self.action_back()

    def action_send(self) -> None:
        """Send, once: the phase changes before anything is awaited, so a second key finds it changed."""
        if self._progress.phase is not Phase.READY:
            return
        if not self._armed:
            self.toast(in_words("`y` sends: needs access submit, this is observe"), Level.REFUSED)
            return
        self._show(Progress(Phase.SENDING))
        # The app owns the work: leaving this screen must not cancel a request that is on its way.
        self.app.run_worker(self._send(self.aitbc), name="submit")

    async def _send(self, app: AitbcApp) -> None:
        """One request after another; the first that is not accepted ends it."""
        done: tuple[Submission, ...] = ()
        single = replace(self._order, count=1)
        for _ in range(self._order.count):
            try:
                answer = await outcome(app.backend.submit(single))
            except AitbcError as error:
                phase = Phase.REFUSED if certainly_not_done(error) else Phase.UNKNOWN
                self._stopped(app, Progress(phase, done, words(error), clean(error.remedy, 400)))
                return
            stop = settled(answer)
            if stop is not None:
                self._stopped(app, Progress(stop, done, answer.detail))
                return
            done += (answer,)
            self._show(replace(self._progress, done=done))
        self._accepted(app, done)

    def _stopped(self, app: AitbcApp, progress: Progress) -> None:
        self._show(progress)
        if app.screen is not self:
            what = "refused" if progress.phase is Phase.REFUSED else "unknown, it is not sent again"
            app.say(f"submission {what}: {progress.detail}", Level.BAD)

    def _accepted(self, app: AitbcApp, done: tuple[Submission, ...]) -> None:
        """Who has gone elsewhere meanwhile is told, not dragged back."""
        ids = tuple(str(one.job_id) for one in done if one.job_id)
        if app.screen is self:
            app.pop_screen()
            self._on_accepted(ids)
        else:
            app.say(accepted_words(ids), Level.GOOD)
