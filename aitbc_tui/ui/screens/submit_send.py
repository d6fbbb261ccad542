"""The preview as a screen: Cancel is focused, `y` sends, once; the answer opens the job or says why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError, Phase as ErrorPhase
from aitbc_tui.domain.snapshot import Access, Snapshot, Submission
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen, StatusScreen
from aitbc_tui.ui.screens.submit_preview import Phase, Progress, build_preview, settled
from aitbc_tui.ui.screens.submit_state import FormState

# A failure in one of these phases comes before anything was sent; after any other the job may exist.
_BEFORE_SENDING = frozenset(
    {ErrorPhase.CONFIG, ErrorPhase.CONNECT, ErrorPhase.HOST_KEY, ErrorPhase.AUTH, ErrorPhase.GUARD}
)


def accepted_words(ids: Sequence[str]) -> str:
    """What a message says about accepted jobs."""
    jobs = "job" if len(ids) == 1 else f"{len(ids)} jobs"
    return f"{jobs} accepted: {' '.join(one[:8] for one in ids)}"


class PreviewScreen(DetailScreen):
    """One order, as it would be sent."""

    AUTO_FOCUS = ""
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
        return build_preview(
            snapshot, self._state, self._order, self._progress, width, send_focused=self._send_focused
        )

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if self._progress.phase is not Phase.READY or not self._armed:
            return [("Esc", "back, text kept"), ("e", "edit")]
        if self._send_focused:
            return [("Enter", "send (focused)"), ("y", "send"), ("Esc", "cancel"), ("e", "edit")]
        return [("Enter", "cancel (focused)"), ("y", "send"), ("e", "edit")]

    @property
    def _armed(self) -> bool:
        return self.aitbc.current.environment.access is not Access.OBSERVE

    def _show(self, progress: Progress) -> None:
        self._progress = progress
        if self.is_mounted and self.is_current:
            self.on_snapshot(self.aitbc.current)

    def action_other_button(self) -> None:
        if self._progress.phase is Phase.READY and self._armed:
            self._send_focused = not self._send_focused
            self.on_snapshot(self.aitbc.current)

    def action_press(self) -> None:
        if self._send_focused:
            self.action_send()
        else:
            self.action_back()

    def action_send(self) -> None:
        """Send, once: the phase changes before anything is awaited, so a second key finds it changed."""
        if self._progress.phase is not Phase.READY:
            return
        if not self._armed:
            self.toast("y sends: needs access submit, this is observe", Level.REFUSED)
            return
        self._show(Progress(Phase.SENDING))
        # The app owns the work: leaving this screen must not cancel a request that is on its way.
        self.app.run_worker(self._send(), name="submit")

    async def _send(self) -> None:
        """One request after another; the first that is not accepted ends it."""
        done: tuple[Submission, ...] = ()
        single = replace(self._order, count=1)
        for _ in range(self._order.count):
            try:
                answer = await asyncio.shield(asyncio.wrap_future(self.aitbc.backend.submit(single)))
            except AitbcError as error:
                phase = Phase.REFUSED if error.phase in _BEFORE_SENDING else Phase.UNKNOWN
                where = f"{error.host}: " if error.host else ""
                detail = clean(f"{where}{error.detail}", 400)
                self._stopped(Progress(phase, done, detail, clean(error.remedy, 400)))
                return
            outcome = settled(answer)
            if outcome is not None:
                self._stopped(Progress(outcome, done, answer.detail))
                return
            done += (answer,)
            self._show(replace(self._progress, done=done))
        self._accepted(done)

    def _stopped(self, progress: Progress) -> None:
        self._show(progress)
        if not self.is_current:
            words = "refused" if progress.phase is Phase.REFUSED else "unknown, it is not sent again"
            self._tell(f"submission {words}: {progress.detail}", Level.BAD)

    def _accepted(self, done: tuple[Submission, ...]) -> None:
        """Who has gone elsewhere meanwhile is told, not dragged back."""
        ids = tuple(str(one.job_id) for one in done if one.job_id)
        if self.is_current:
            self.app.pop_screen()
            self._on_accepted(ids)
        else:
            self._tell(accepted_words(ids), Level.GOOD)

    def _tell(self, text: str, level: Level) -> None:
        screen = self.app.screen
        if isinstance(screen, StatusScreen):
            screen.toast(text, level)
