"""The dashboard: its keys, focus, selection, filter, order and freeze; `dashboard_panes` shows what they chose."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.widgets import Input

from aitbc_tui.domain.snapshot import Pane
from aitbc_tui.ui.panes.alarms import fold_of
from aitbc_tui.ui.panes.arrange import Mode
from aitbc_tui.ui.screens import actions, registry
from aitbc_tui.ui.screens.dashboard_panes import Choices, PanesScreen
from aitbc_tui.ui.screens.typing_field import place_field
from aitbc_tui.ui.widgets.canvas import Canvas

SORTS = ("", "worst", "newest", "name")


class DashboardScreen(PanesScreen):
    """The screen at the bottom of the stack."""

    BINDINGS = [
        *(Binding(str(pane.value), f"pane({pane.value})", show=False, id=f"pane-{pane.value}") for pane in Pane),
        Binding("0", "overview", show=False, id="overview"),
        Binding("z", "zoom", show=False, id="zoom"),
        Binding("tab", "next_pane(1)", show=False, id="next-pane"),
        Binding("shift+tab", "next_pane(-1)", show=False, id="previous-pane"),
        Binding("down,j", "move(1)", show=False, id="down"),
        Binding("up,k", "move(-1)", show=False, id="up"),
        Binding("pagedown,ctrl+d", "move(8)", show=False, id="page-down"),
        Binding("pageup,ctrl+u", "move(-8)", show=False, id="page-up"),
        Binding("g,home", "move(-100000)", show=False, id="first"),
        Binding("G,end", "move(100000)", show=False, id="last"),
        Binding("right", "columns(1)", show=False, id="columns-right"),
        Binding("left", "columns(-1)", show=False, id="columns-left"),
        Binding("enter", "open", show=False, id="open"),
        Binding("slash", "filter", show=False, id="filter"),
        Binding("s", "sort", show=False, id="sort"),
        Binding("space", "freeze", show=False, id="freeze"),
        Binding("y", "copy", show=False, id="copy"),
        Binding("Y", "copy_check", show=False, id="copy-check"),
        Binding("v", "verify", show=False, id="verify"),
        Binding("n", "submit", show=False, id="submit"),
        Binding("t", "stress", show=False, id="stress"),
        Binding("c", "cancel", show=False, id="cancel"),
        Binding("l", "logs", show=False, id="logs"),
        Binding("o", "operations", show=False, id="operations"),
        Binding("e", "events", show=False, id="events"),
        Binding("a", "acknowledge", show=False, id="acknowledge"),
        Binding("E", "environments", show=False, id="environments"),
    ]

    # --- focus and selection

    def open_pane(self, pane: Pane) -> None:
        """Give a pane the focus; on a small screen it takes the whole of it."""
        self._focus(pane)
        self.on_overview = False
        self.repaint()

    def _focus(self, pane: Pane) -> None:
        """From now on the selection stays on the thing that has it, whatever arrives above it."""
        if pane is not self.focus_pane:
            self.choices.held = ()
            self._forget_closed(pane)
        self.focus_pane = pane
        if self.is_mounted and (key := self.selected()) is not None:
            self.choices.cursor.setdefault(pane, key)

    def _forget_closed(self, pane: Pane) -> None:
        """Who comes to the alarms wants the worst, not the one that was read last time and has closed since."""
        fold = fold_of(self.aitbc.current, self.choices.cursor.get(pane)) if pane is Pane.ALARMS else None
        if fold is not None and not fold.newest.open:
            del self.choices.cursor[pane]

    def forget(self) -> None:
        """Another network: nothing chosen on this one holds."""
        self.choices = Choices()
        self._frozen, self._worst = None, None
        self.focus_pane, self.on_overview, self.zoomed = Pane.NODES, True, False
        self.repaint()

    def action_pane(self, number: int) -> None:
        self.open_pane(Pane(number))

    def action_next_pane(self, step: int) -> None:
        self._focus(Pane((self.focus_pane.value - 1 + step) % len(Pane) + 1))
        self.repaint()

    def action_overview(self) -> None:
        self.zoomed = False
        self.on_overview = True
        self._worst = None
        self.repaint()

    def action_zoom(self) -> None:
        if self.mode is Mode.OVERVIEW:
            self.on_overview = False
        else:
            self.zoomed = not self.zoomed
        self.repaint()

    def action_back(self) -> None:
        """Esc undoes the nearest thing: the filter, the zoom, the single pane."""
        if self.choices.filter.pop(self.focus_pane, ""):
            self.repaint()
        elif self.zoomed or not self.on_overview:
            self.action_overview()

    def action_move(self, step: int) -> None:
        if self.mode is Mode.OVERVIEW:
            number = max(1, min(len(Pane), self.focus_pane.value + step))
            self.focus_pane = Pane(number)
            self.repaint()
            return
        rows = self.rows(self.focus_pane)
        if not rows:
            return
        index = rows.find(self.selected()) or 0
        self.choices.cursor[self.focus_pane] = rows[max(0, min(len(rows) - 1, index + step))].key
        self._repaint_pane()

    def action_columns(self, step: int) -> None:
        before = self.choices.hscroll.get(self.focus_pane, 0)
        self.choices.hscroll[self.focus_pane] = max(0, min(12, before + step))
        self.repaint()

    def on_canvas_clicked(self, event: Canvas.Clicked) -> None:
        name = event.canvas.id or ""
        if name == "list" and event.y > 0:
            self.open_pane(Pane(event.y))
        elif name.startswith("pane"):
            pane = Pane(int(name.removeprefix("pane")))
            if self.mode is Mode.OVERVIEW or pane is not self.focus_pane:
                self.open_pane(pane)
                return
            rows = self.rows(pane)
            if 2 <= event.y < 2 + len(rows):
                self.choices.cursor[pane] = rows[event.y - 2].key
                self.repaint()

    # --- what keys do to the rows

    def action_sort(self) -> None:
        pane = self.focus_pane
        order = SORTS[(SORTS.index(self.choices.sort.get(pane, "")) + 1) % len(SORTS)]
        self.choices.sort[pane] = order
        self.choices.held = ()
        self.toast(f"sorted by {order}" if order else "in the order of the network: worst first, then newest")
        self.repaint()

    def action_freeze(self) -> None:
        self._frozen = self.aitbc.current if self._frozen is None else None
        self.repaint()

    def action_filter(self) -> None:
        field_ = self.query_one("#filter", Input)
        field_.value = self.choices.filter.get(self.focus_pane, "")
        place_field(field_, self.size)
        self.show_hints()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._end_filter()
        text = event.value.strip()
        if text:
            self.choices.filter[self.focus_pane] = text
        else:
            self.choices.filter.pop(self.focus_pane, None)
        self.repaint()

    def _end_filter(self) -> None:
        self.query_one("#filter", Input).display = False
        self.set_focus(None)
        self.show_hints()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and isinstance(self.focused, Input):
            event.stop()
            self._end_filter()

    # --- what keys do with the selected thing

    def action_open(self) -> None:
        if self.mode is Mode.OVERVIEW:
            self.open_pane(self.focus_pane)
            return
        actions.open_selected(self)

    def action_copy(self) -> None:
        actions.copy_selected(self)

    def action_copy_check(self) -> None:
        alarms = self.focus_pane is Pane.ALARMS
        actions.copy_check(self, fold_of(self.aitbc.current, self.selected()) if alarms else None)

    def action_verify(self) -> None:
        actions.verify_selected(self)

    def action_submit(self) -> None:
        actions.submit(self)

    def action_stress(self) -> None:
        actions.stress(self)

    def action_cancel(self) -> None:
        actions.cancel_selected(self)

    def action_logs(self) -> None:
        actions.logs_of_selected(self)

    def action_operations(self) -> None:
        actions.operate_on_selected(self)

    def action_events(self) -> None:
        registry.open_events(self.aitbc)

    def action_acknowledge(self) -> None:
        actions.acknowledge_selected(self)

    def action_environments(self) -> None:
        registry.open_environments(self.aitbc)
