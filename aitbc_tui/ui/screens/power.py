"""A card's power limit as a screen: typed, checked, confirmed, then kept within its time or put back by the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from textual import events
from textual.binding import Binding
from textual.timer import Timer

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.power import PowerChange, PowerPhase, PowerPlan
from aitbc_tui.domain.snapshot import Access, GpuRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.gpu_lines import gpu_row
from aitbc_tui.ui.screens.layout import squeezed
from aitbc_tui.ui.screens.power_lines import build_change, build_draft, build_plan
from aitbc_tui.ui.screens.typing_field import typed


@runtime_checkable
class Powering(Protocol):
    """A backend that changes power limits."""

    def power_plan(self, host: str, index: int, watts: float) -> Future[PowerPlan]:
        """Checked; nothing is changed."""

    def power_change(self, plan: PowerPlan, told: Callable[[PowerChange], None]) -> Future[PowerChange]:
        """Set it, and put it back unless `power_answer` keeps it in time. `told` comes from another thread."""

    def power_answer(self, keep: bool) -> None:
        """Keep what is set, or put it back now."""


class PowerScreen(DetailScreen):
    """One card. Leaving while the new limit waits to be kept puts it back."""

    BINDINGS = [
        Binding("enter", "check", show=False, priority=True),
        Binding("ctrl+y", "change", show=False),
        Binding("y", "keep", show=False),
        Binding("f1", "app.help", show=False),
    ]

    def __init__(self, card: str) -> None:
        super().__init__()
        self._card = card
        self._watts = self._typed = self._trouble = ""
        self._checking = False
        self._plan: PowerPlan | None = None
        self._change: PowerChange | None = None
        self._second: Timer | None = None

    # --- what is shown

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        if self._change is not None:
            return squeezed(build_change(self._change, snapshot.now, width), height)
        if self._plan is not None:
            return squeezed(build_plan(snapshot, self._plan, self._typed, width), height)
        row = gpu_row(snapshot, self._card)
        return build_draft(snapshot, row, self._card, self._watts, self._trouble, self._checking, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        end = [("F1", "help")]
        if self._change is not None and not self._change.over:
            keep = [("y", "keep it")] if self._change.phase is PowerPhase.HELD else []
            return [*keep, ("Esc", "put it back now"), *end]
        if self._change is not None:
            return [("Esc", "back"), *end]
        if self._plan is not None:
            return [("Enter", "cancel (focused)"), ("ctrl+y", "set it"), ("Esc", "back"), *end]
        return [("Enter", "check it"), ("Esc", "back"), *end]

    def _typing_name(self) -> bool:
        return self._plan is not None and self._change is None and self.aitbc.current.environment.production

    def on_key(self, event: events.Key) -> None:
        """Watts first; in production the card's name before it is set."""
        if self._change is not None:
            return
        value = typed(self._typed if self._plan is not None else self._watts, event)
        if value is None or (self._plan is not None and not self._typing_name()):
            return
        event.stop()
        event.prevent_default()
        if self._plan is not None:
            self._typed = value
        else:
            self._watts = "".join(c for c in value if c in "0123456789.")[:7]
        self.on_snapshot(self.aitbc.current)

    # --- keys

    def action_check(self) -> None:
        """Enter checks what was typed; at the question it is the focused button, which cancels."""
        if self._change is not None or self._checking:
            return
        if self._plan is not None:
            self._plan, self._typed = None, ""
            self.on_snapshot(self.aitbc.current)
            return
        row, backend = gpu_row(self.aitbc.current, self._card), self.aitbc.backend
        watts = _number(self._watts)
        if row is None or watts is None:
            self.toast("type the new limit in watts first")
        elif not isinstance(backend, Powering):
            self.toast("this session cannot change anything", Level.REFUSED)
        else:
            self._checking, self._trouble = True, ""
            self.run_worker(self._check(backend, row, watts), name="check", exclusive=True)
            self.on_snapshot(self.aitbc.current)

    async def _check(self, backend: Powering, row: GpuRow, watts: float) -> None:
        try:
            self._plan = await outcome(backend.power_plan(str(row.host), row.reading.index, watts))
        except AitbcError as error:
            self._trouble = f"{words(error)}{f'. {error.remedy}' if error.remedy else ''}"
        self._checking = False
        self.on_snapshot(self.aitbc.current)

    def action_change(self) -> None:
        plan, backend = self._plan, self.aitbc.backend
        if plan is None or self._change is not None or not isinstance(backend, Powering):
            return
        if self.aitbc.current.environment.access is not Access.OPERATE:
            have = self.aitbc.current.environment.access.value
            self.toast(f"setting it needs access operate, this is {have}", Level.REFUSED)
        elif self._typing_name() and self._typed.strip() != self._card:
            self.toast(f"type {self._card} first: that is what it changes", Level.WARN)
        else:
            self._change = PowerChange(plan, PowerPhase.SETTING)
            self._second = self.set_interval(1.0, self._tick)
            # Of the app, not of the screen: leaving must not end the worker that puts it back.
            self.app.run_worker(self._whole(backend, plan), name="power")
            self.on_snapshot(self.aitbc.current)

    async def _whole(self, backend: Powering, plan: PowerPlan) -> None:
        app = self.aitbc
        try:
            ended = await outcome(
                backend.power_change(plan, lambda change: app.from_thread(lambda: self._told(change)))
            )
        except AitbcError as error:
            ended = PowerChange(plan, PowerPhase.FAILED, detail=words(error))
        self._told(ended)
        if app.screen is not self:
            app.say(f"{plan.words}: {ended.phase.value}", Level.NONE if ended.phase is PowerPhase.KEPT else Level.WARN)

    def _told(self, change: PowerChange) -> None:
        self._change = change
        if change.over and self._second is not None:
            self._second.stop()
        if self.is_mounted and self.is_current:
            self.on_snapshot(self.aitbc.current)

    def _tick(self) -> None:
        """The one screen that counts seconds: what is set goes back when they are over."""
        if self.is_current:
            self.on_snapshot(self.aitbc.current)

    def action_keep(self) -> None:
        backend = self.aitbc.backend
        if self._change is not None and self._change.phase is PowerPhase.HELD and isinstance(backend, Powering):
            backend.power_answer(True)

    def action_back(self) -> None:
        """Esc is a no, as silence is."""
        backend = self.aitbc.backend
        if self._change is not None and not self._change.over and isinstance(backend, Powering):
            backend.power_answer(False)
        super().action_back()


def _number(text: str) -> float | None:
    try:
        watts = float(text)
    except ValueError:
        return None
    return watts if 0 < watts < 10_000 else None
