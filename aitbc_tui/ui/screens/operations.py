"""The operations screen: choose one of them and its target; Enter leads to the plan, which writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.binding import Binding

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.operations_lines import (
    OFFERS,
    Choice,
    Part,
    build_operations,
    complete,
    parts_of,
    targets_of,
    trouble_of,
    units_of,
    wish_of,
)
from aitbc_tui.ui.screens.progress_kept import last_run
from aitbc_tui.ui.screens.typing_field import typed


class OperationsScreen(DetailScreen):
    """Tab moves between what, to whom, which unit, the message; up and down choose."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("down", "choose(1)", show=False, priority=True),
        Binding("up", "choose(-1)", show=False, priority=True),
        Binding("j", "choose(1)", show=False),
        Binding("k", "choose(-1)", show=False),
        Binding("tab", "part(1)", show=False, priority=True),
        Binding("shift+tab", "part(-1)", show=False, priority=True),
        Binding("enter", "press", show=False, priority=True),
        Binding("p", "progress", show=False),
        Binding("f1", "app.help", show=False),
    ]

    def __init__(self, target: str = "") -> None:
        super().__init__()
        self._choice = Choice(target=target)

    def on_mount(self) -> None:
        self._choice = replace(self._choice, services=tuple(self.aitbc.backend.log_targets()))
        super().on_mount()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        return build_operations(snapshot, self._choice, width, height)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        wish = wish_of(self.aitbc.current, self._choice)
        enter = "look at it" if wish.reads_only else "plan it"
        last = [("p", "the last run")] if last_run(self.app) is not None else []
        keys = [("Esc", "back"), ("up/down", "choose"), ("Tab", "next"), ("Enter", enter), *last]
        return [*keys, ("F1" if self._choice.part is Part.TEXT else "?", "help")]

    def _show(self, choice: Choice) -> None:
        self._choice = complete(self.aitbc.current, choice)
        self.on_snapshot(self.aitbc.current)

    def on_key(self, event: events.Key) -> None:
        if self._choice.part is not Part.TEXT:
            return
        value = typed(self._choice.text, event)
        if value is not None:
            event.stop()
            event.prevent_default()
            self._show(replace(self._choice, text=value))

    def action_choose(self, step: int) -> None:
        snapshot, choice = self.aitbc.current, complete(self.aitbc.current, self._choice)
        if choice.part is Part.OFFER:
            self._show(replace(choice, offer=max(0, min(len(OFFERS) - 1, choice.offer + step))))
        elif choice.part is Part.TARGET:
            self._show(replace(choice, target=_next(targets_of(snapshot, choice), choice.target, step)))
        elif choice.part is Part.UNIT:
            self._show(replace(choice, unit=_next(units_of(snapshot, choice, choice.target), choice.unit, step)))

    def action_part(self, step: int) -> None:
        choice = complete(self.aitbc.current, self._choice)
        parts = parts_of(choice)
        self._show(replace(choice, part=parts[(parts.index(choice.part) + step) % len(parts)]))

    def action_press(self) -> None:
        snapshot = self.aitbc.current
        trouble = trouble_of(snapshot, self._choice)
        if trouble:
            self.toast(trouble, Level.WARN)
            return
        registry.open_plan(self.aitbc, wish_of(snapshot, self._choice))

    def action_progress(self) -> None:
        run = last_run(self.app)
        if run is None:
            self.toast("nothing was run from here yet")
        else:
            registry.open_progress(self.aitbc, run.plan)


def _next(names: list[str], chosen: str, step: int) -> str:
    if not names:
        return ""
    here = names.index(chosen) if chosen in names else 0
    return names[max(0, min(len(names) - 1, here + step))]
