"""The dashboard's panes: where each stands at this size, what the reader chose of it, and what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from textual.app import ComposeResult
from textual.widgets import Input

from aitbc_tui.domain.snapshot import Access, Pane, Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.panes import overview
from aitbc_tui.ui.panes.arrange import Mode, Place, arrange, fits_all, lower_panes, mode_for
from aitbc_tui.ui.panes.builders import build_pane, safe_content
from aitbc_tui.ui.panes.rows import Rows
from aitbc_tui.ui.panes.table import PaneView, selected_key, visible
from aitbc_tui.ui.screens.base import StatusScreen
from aitbc_tui.ui.screens.typing_field import typing_hints
from aitbc_tui.ui.widgets.canvas import Canvas


@dataclass
class Choices:
    """What the reader chose, per pane; outlives every snapshot."""

    cursor: dict[Pane, str] = field(default_factory=dict)
    filter: dict[Pane, str] = field(default_factory=dict)
    sort: dict[Pane, str] = field(default_factory=dict)
    hscroll: dict[Pane, int] = field(default_factory=dict)
    held: tuple[str, ...] = ()


class PanesScreen(StatusScreen):
    """Seven panes, or the overview, or one pane; keys and focus are those of `DashboardScreen`."""

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
        if self.query_one("#filter", Input).display:
            return typing_hints("filters", width)
        common = [("/", "filter"), ("s", "sort"), ("space", "freeze")]
        end = [(":", "command"), ("?", "help"), ("q", "quit")]
        if self.mode is Mode.OVERVIEW:
            return [("1-7", "pane"), ("Enter", "open"), *submit, ("/", "filter"), ("space", "freeze"), *end]
        if self.mode is Mode.ONE:
            back = "all panes" if fits_all(*self.size) else "overview"
            opens = [("Enter", "open")] if self.rows(self.focus_pane) else []
            return [("Esc", back), *opens, *submit, ("s", "sort"), ("/", "filter"), ("j/k", "row"), *end]
        cancel = [("c", "cancel")] if access is not Access.OBSERVE and self.focus_pane is Pane.JOBS else []
        more = [("v", "verify"), ("l", "logs"), ("o", "operations"), ("r", "refresh"), ("y", "copy")]
        return [("1-7", "pane"), ("z", "zoom"), ("Enter", "open"), *submit, *cancel, *common, *more, *end]

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
