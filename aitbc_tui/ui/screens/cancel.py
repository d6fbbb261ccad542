"""The question before a job is cancelled: keeping it is focused, `y` cancels, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.cancel_lines import Asked, build_cancel
from aitbc_tui.ui.screens.futures import certainly_not_done, outcome, words
from aitbc_tui.ui.screens.layout import squeezed

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp


class CancelScreen(DetailScreen):
    """One job, named before anything is asked of the coordinator."""

    BINDINGS = [
        Binding("y", "confirm", show=False),
        Binding("enter", "press", show=False),
        Binding("tab,shift+tab,left,right", "other_button", show=False, priority=True),
    ]

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self._job_id = job_id
        self._asked = Asked.READY
        self._detail = ""
        self._send_focused = False

    @property
    def _armed(self) -> bool:
        return self._asked is Asked.READY and self.aitbc.current.environment.access is not Access.OBSERVE

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        lines = build_cancel(snapshot, self._job_id, self._asked, self._detail, width, send_focused=self._send_focused)
        return squeezed(lines, height)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if not self._armed:
            return [("Esc", "back"), ("r", "refresh"), ("?", "help")]
        first = [("Enter", "cancel it (focused)")] if self._send_focused else [("Enter", "keep it (focused)")]
        return [*first, ("y", "cancel the job"), ("Tab", "other button"), ("Esc", "back"), ("?", "help")]

    def _show(self, asked: Asked, detail: str = "") -> None:
        self._asked, self._detail = asked, detail
        if self.is_current:
            self.on_snapshot(self.aitbc.current)

    def action_other_button(self) -> None:
        if self._armed:
            self._send_focused = not self._send_focused
            self.on_snapshot(self.aitbc.current)

    def action_press(self) -> None:
        if self._send_focused and self._armed:
            self.action_confirm()
        else:
            self.action_back()

    def action_confirm(self) -> None:
        """Ask, once: the state changes before anything is awaited."""
        if self._asked is not Asked.READY:
            return
        if not self._armed:
            self.toast(in_words("`y` cancels the job: needs access submit, this is observe"), Level.REFUSED)
            return
        self._show(Asked.SENDING)
        self.app.run_worker(self._cancel(self.aitbc), name="cancel")

    async def _cancel(self, app: AitbcApp) -> None:
        short = clean(self._job_id[:8])
        try:
            answer = await outcome(app.backend.cancel(self._job_id))
        except AitbcError as error:
            asked = Asked.REFUSED if certainly_not_done(error) else Asked.UNKNOWN
            self._show(asked, words(error))
            if app.screen is not self:
                app.say(f"cancelling {short}: {asked.value}: {words(error)}", Level.WARN)
            return
        if app.screen is self:
            app.pop_screen()
        app.say(f"{short} is now {clean(answer)}", Level.GOOD if answer == "CANCELED" else Level.WARN)
