"""The alarms as a screen: choose one, read what it means, go where it points, keep it quiet or acknowledge it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.fold import Fold
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens import actions, registry
from aitbc_tui.ui.screens.alarms_lines import AlarmsView, build_alarms, entries, selected_entry
from aitbc_tui.ui.screens.alarms_looks import looks
from aitbc_tui.ui.screens.filtering import FilterScreen
from aitbc_tui.ui.screens.goto import go_to


class AlarmsScreen(FilterScreen):
    """Selection follows the alarm, not the row. Enter unfolds what stands for several."""

    BINDINGS = [
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("enter", "go", show=False),
        Binding("a", "quiet", show=False),
        Binding("b", "bell", show=False),
        Binding("e", "events", show=False),
        Binding("h", "history", show=False),
        Binding("l", "log", show=False),
        Binding("o", "operate", show=False),
        Binding("v", "verify", show=False),
        Binding("c", "cancel", show=False),
        Binding("y", "copy", show=False),
        Binding("Y", "copy_check", show=False),
        Binding("slash", "filter", show=False),
    ]

    def __init__(self, selected: str | None = None) -> None:
        super().__init__()
        self._view = AlarmsView(selected=selected, unfolded=frozenset({selected} if selected else ()))

    def on_mount(self) -> None:
        mine = looks(self.app)
        self._view = replace(self._view, looked_at=mine.looked_at, bell=mine.bell)
        mine.looked_at = self.aitbc.current.utc.timestamp()
        super().on_mount()

    def on_unmount(self) -> None:
        looks(self.app).looked_at = self.aitbc.current.utc.timestamp()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        return build_alarms(snapshot, self._view, width, height)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if self._typing is not None:
            return self.typing_hints()
        fold = self._fold()
        quiet = [("a", "quiet" if fold is None or fold.newest.kind is AlarmKind.CONDITION else "acknowledge")]
        several = fold is not None and fold.several
        return [
            ("Esc", "back"),
            ("j/k", "alarm"),
            ("Enter", "each of them" if several else "go there"),
            *quiet,
            ("e", "events"),
            ("y", "copy evidence"),
            ("/", "filter"),
            ("h", "history"),
            (":", "command"),
            ("?", "help"),
        ]

    def _fold(self) -> Fold | None:
        chosen = selected_entry(entries(self.aitbc.current, self._view), self._view)
        return None if chosen is None else chosen.fold

    def _chosen(self) -> Alarm | None:
        """The selected alarm; of several the newest."""
        fold = self._fold()
        return None if fold is None else fold.newest

    def _show(self, view: AlarmsView) -> None:
        self._view = view
        self.on_snapshot(self.aitbc.current)

    # --- keys

    def apply_filter(self, text: str) -> None:
        self._view = replace(self._view, filter=text, selected=None)

    def action_move(self, step: int) -> None:
        rows = entries(self.aitbc.current, self._view)
        chosen = selected_entry(rows, self._view)
        if chosen is None:
            return
        index = max(0, min(len(rows) - 1, rows.index(chosen) + step))
        self.body.action_first()
        self._show(replace(self._view, selected=rows[index].key))

    def action_back(self) -> None:
        """Esc undoes the filter first."""
        if self._view.filter:
            self._show(replace(self._view, filter=""))
        else:
            super().action_back()

    def action_go(self) -> None:
        fold, alarm = self._fold(), self._chosen()
        if fold is None or alarm is None:
            self.toast("no alarm is selected")
        elif fold.several:
            self._show(replace(self._view, selected=fold.key, unfolded=self._view.unfolded ^ {fold.key}))
        elif not go_to(self.aitbc, alarm):
            self.toast(f"{alarm.about} has no screen of its own")

    def action_quiet(self) -> None:
        fold = self._fold()
        if fold is None or not fold.newest.open:
            self.toast(in_words("`a` keeps an open alarm quiet: select one"))
            return
        registry.open_quiet(self.aitbc, fold)

    def action_bell(self) -> None:
        mine = looks(self.app)
        mine.bell = not mine.bell
        mine.news(self.aitbc.current)  # what is there now has been seen
        self._show(replace(self._view, bell=mine.bell))

    def action_events(self) -> None:
        registry.open_events(self.aitbc)

    def action_history(self) -> None:
        self._show(replace(self._view, history=not self._view.history))

    def action_log(self) -> None:
        alarm = self._chosen()
        registry.open_logs(self.aitbc, "" if alarm is None else str(alarm.about))

    def action_operate(self) -> None:
        alarm = self._chosen()
        registry.open_operations(self.aitbc, "" if alarm is None else str(alarm.about))

    def action_verify(self) -> None:
        alarm = self._chosen()
        actions.verify_job(self, actions.job_about(self.aitbc.current, "" if alarm is None else str(alarm.about)))

    def action_cancel(self) -> None:
        alarm = self._chosen()
        actions.cancel_job(self, actions.job_about(self.aitbc.current, "" if alarm is None else str(alarm.about)))

    def action_copy_check(self) -> None:
        actions.copy_check(self, self._fold())

    def action_filter(self) -> None:
        self.type_filter(self._view.filter)

    def action_copy(self) -> None:
        fold = self._fold()
        if fold is not None:
            self.aitbc.copy(f"{fold.word} {fold.about}: {fold.evidence}")
