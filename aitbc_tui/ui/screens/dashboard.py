"""The dashboard: seven panes, or the overview, or one pane; focus, selection, filter, order and freeze."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from aitbc_tui.domain.snapshot import Access, Pane, Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.panes import overview
from aitbc_tui.ui.panes.arrange import Mode, Place, arrange, lower_panes, mode_for
from aitbc_tui.ui.panes.builders import build_pane, safe_content
from aitbc_tui.ui.panes.rows import Rows
from aitbc_tui.ui.panes.table import PaneView, selected_key, visible
from aitbc_tui.ui.screens import actions, registry
from aitbc_tui.ui.screens.base import StatusScreen
from aitbc_tui.ui.widgets.canvas import Canvas

SORTS = ("", "worst", "newest", "name")


@dataclass
class Choices:
    """What the reader chose, per pane; outlives every snapshot."""

    cursor: dict[Pane, str] = field(default_factory=dict)
    filter: dict[Pane, str] = field(default_factory=dict)
    sort: dict[Pane, str] = field(default_factory=dict)
    hscroll: dict[Pane, int] = field(default_factory=dict)
    held: tuple[str, ...] = ()


class DashboardScreen(StatusScreen):
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

    def __init__(self) -> None:
        super().__init__()
        self.focus_pane = Pane.NODES
        self.zoomed = False
        self.on_overview = True  # below 120x40: the list has the focus, not a pane
        self.choices = Choices()
        self._frozen: Snapshot | None = None
        self._worst: tuple[Pane, Pane] | None = None
        self._places: dict[str, Place | None] = {}

    def compose(self) -> ComposeResult:
        yield from self.top()
        yield Canvas(id="strip", classes="placed")
        yield Canvas(id="list", classes="placed")
        yield Canvas(id="small", classes="placed")
        for pane in Pane:
            yield Canvas(id=f"pane{pane.value}", classes="placed")
        yield Input(id="filter", compact=True)
        yield from self.bottom()

    def on_mount(self) -> None:
        self.query_one("#filter", Input).cursor_blink = False
        super().on_mount()

    # --- what is shown

    @property
    def mode(self) -> Mode:
        mode = mode_for(*self.size, zoomed=self.zoomed)
        if mode is Mode.OVERVIEW and not self.on_overview:
            return Mode.ONE
        return mode

    def view(self, pane: Pane, snapshot: Snapshot) -> PaneView:
        focused = pane is self.focus_pane and self.mode is not Mode.OVERVIEW
        chosen = self.choices
        return PaneView(
            focused=focused,
            cursor=chosen.cursor.get(pane),
            filter=chosen.filter.get(pane, ""),
            sort=chosen.sort.get(pane, ""),
            hscroll=chosen.hscroll.get(pane, 0),
            frozen_s=None if self._frozen is None else snapshot.now - self._frozen.now,
            held=chosen.held if focused else (),
        )

    def shown(self, snapshot: Snapshot) -> Snapshot:
        """While frozen: the rows of that moment; ages, alarms and the verdict go on."""
        frozen = self._frozen
        if frozen is None:
            return snapshot
        panes = {**frozen.panes, Pane.ALARMS: snapshot.panes[Pane.ALARMS]}
        return replace(
            frozen,
            now=snapshot.now,
            utc=snapshot.utc,
            headline=snapshot.headline,
            alarms=snapshot.alarms,
            totals=snapshot.totals,
            panes=panes,
        )

    def rows(self, pane: Pane) -> Rows:
        snapshot = self.shown(self.aitbc.current)
        return visible(safe_content(snapshot, pane, self.size.width), self.view(pane, snapshot))

    def selected(self, pane: Pane | None = None) -> str | None:
        """The key of the selected thing of a pane (the one in focus)."""
        pane = pane or self.focus_pane
        snapshot = self.shown(self.aitbc.current)
        return selected_key(self.rows(pane), self.view(pane, snapshot))

    def on_snapshot(self, snapshot: Snapshot) -> None:
        if self.mode is Mode.SMALL:
            self._show_small(snapshot)
            return
        super().on_snapshot(snapshot)
        shown = self.shown(snapshot)
        self._hold_order(shown)
        boxes = self._boxes(shown)
        self._place(boxes)
        for name, (_, lines) in boxes.items():
            self.query_one(f"#{name}", Canvas).show(lines)

    def _boxes(self, shown: Snapshot) -> dict[str, tuple[Place, list[Line]]]:
        """Where each canvas stands and what it shows."""
        width, height = self.size
        if self.mode is Mode.ALL:
            return {
                f"pane{pane.value}": (at, build_pane(shown, pane, at.width, at.height, self.view(pane, shown)))
                for pane, at in arrange(width, height).items()
            }
        if self.mode is Mode.ONE:
            at = Place(0, 3, width, height - 4)
            pane = self.focus_pane
            lines = overview.one_pane(shown, pane, at.width, at.height, self.view(pane, shown))
            strip = [overview.strip_line(shown, width)]
            return {"strip": (Place(0, 2, width, 1), strip), f"pane{pane.value}": (at, lines)}
        worst = self._worst or overview.two_worst(shown)
        self._worst = worst
        listed = Place(0, 2, width, 8)
        boxes = {"list": (listed, overview.overview_lines(shown, width, self.focus_pane))}
        for pane, at in zip(worst, lower_panes(width, height), strict=True):
            view = self.view(pane, shown)
            boxes[f"pane{pane.value}"] = (at, overview.overview_pane(shown, pane, at.width, at.height, view))
        return boxes

    def _show_small(self, snapshot: Snapshot) -> None:
        width, height = self.size
        boxes = {"small": (Place(0, 0, width, height), overview.too_small(snapshot, width, height))}
        self._place(boxes)
        self.query_one("#small", Canvas).show(boxes["small"][1])

    def _place(self, boxes: dict[str, tuple[Place, list[Line]]]) -> None:
        names = ["strip", "list", "small", *(f"pane{pane.value}" for pane in Pane)]
        for name in names:
            at = boxes[name][0] if name in boxes else None
            if name in self._places and self._places[name] == at:
                continue
            self._places[name] = at
            canvas = self.query_one(f"#{name}", Canvas)
            canvas.display = at is not None
            if at is not None:
                canvas.styles.offset = (at.x, at.y)
                canvas.styles.width, canvas.styles.height = at.width, at.height

    def _hold_order(self, shown: Snapshot) -> None:
        """Rows keep their order while the pane has the focus; new ones come in where they belong."""
        content = safe_content(shown, self.focus_pane, self.size.width)
        view = replace(self.view(self.focus_pane, shown), filter="")
        self.choices.held = visible(content, view).keys

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        access = self.aitbc.current.environment.access
        submit = [("n", "submit")] if access is not Access.OBSERVE else []
        common = [("/", "filter"), ("s", "sort"), ("space", "freeze")]
        end = [(":", "command"), ("?", "help"), ("q", "quit")]
        if self.mode is Mode.OVERVIEW:
            return [("1-7", "pane"), ("Enter", "open"), *submit, ("/", "filter"), ("space", "freeze"), *end]
        if self.mode is Mode.ONE:
            back = "overview" if not self.zoomed else "all panes"
            return [("Esc", back), ("Enter", "open"), *submit, ("s", "sort"), ("/", "filter"), ("j/k", "row"), *end]
        cancel = [("c", "cancel")] if access is not Access.OBSERVE and self.focus_pane is Pane.JOBS else []
        more = [("v", "verify"), ("l", "logs"), ("o", "operations"), ("r", "refresh"), ("y", "copy")]
        return [("1-7", "pane"), ("z", "zoom"), ("Enter", "open"), *submit, *cancel, *common, *more, *end]

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
        self.focus_pane = pane
        if self.is_mounted and (key := self.selected()) is not None:
            self.choices.cursor.setdefault(pane, key)

    def forget(self) -> None:
        """Another network: nothing chosen on this one holds."""
        self.choices = Choices()
        self._frozen, self._worst = None, None
        self.focus_pane, self.on_overview, self.zoomed = Pane.NODES, True, False
        self.repaint()

    def repaint(self) -> None:
        if self.is_mounted:
            self.on_snapshot(self.aitbc.current)

    def _repaint_pane(self) -> None:
        """A key that moves within a pane changes no other: the answer costs a seventh."""
        if not self.is_mounted or self.mode is not Mode.ALL:
            self.repaint()
            return
        shown, pane = self.shown(self.aitbc.current), self.focus_pane
        at = arrange(*self.size)[pane]
        lines = build_pane(shown, pane, at.width, at.height, self.view(pane, shown))
        self.query_one(f"#pane{pane.value}", Canvas).show(lines)
        self.show_hints()

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
        field_.styles.offset = (0, self.size.height - 1)
        field_.display = True
        field_.focus()

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
