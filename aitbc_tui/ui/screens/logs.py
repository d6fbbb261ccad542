"""The journal of one unit: follow, hold with "N new", search; the next unit by a key. Bounded in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding

from aitbc_tui.domain.journal import LogTarget
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.screens.filtering import FilterScreen
from aitbc_tui.ui.screens.layout import section, text_lines
from aitbc_tui.ui.screens.log_reading import LogReading, target_for
from aitbc_tui.ui.screens.logs_lines import LogView, build_log, found, matching


class LogsScreen(FilterScreen):
    """`about` names a node, a miner, a host or a unit; without it the first unit of the configuration."""

    BINDINGS = [
        Binding("j,down", "line(1)", show=False, priority=True),
        Binding("k,up", "line(-1)", show=False, priority=True),
        Binding("ctrl+d,pagedown", "half(1)", show=False, priority=True),
        Binding("ctrl+u,pageup", "half(-1)", show=False, priority=True),
        Binding("g,home", "oldest", show=False, priority=True),
        Binding("G,end", "follow", show=False, priority=True),
        Binding("space,f", "hold", show=False),
        Binding("slash", "search", show=False),
        Binding("n", "hit(1)", show=False),
        Binding("N", "hit(-1)", show=False),
        Binding("m", "only", show=False),
        Binding("tab", "unit(1)", show=False, priority=True),
        Binding("shift+tab", "unit(-1)", show=False, priority=True),
        Binding("r", "again", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, about: str = "") -> None:
        super().__init__()
        self._about = about
        self._view = LogView()
        self._reading: LogReading | None = None
        self._held: tuple[SafeText, ...] = ()

    def on_mount(self) -> None:
        targets = list(self.aitbc.backend.log_targets())
        target = target_for(targets, self._about)
        if target is not None:
            self._read(target)
        super().on_mount()

    def on_unmount(self) -> None:
        if self._reading is not None:
            self._reading.close()

    def _read(self, target: LogTarget) -> None:
        if self._reading is not None:
            self._reading.close()
        self._held = ()
        self._view = replace(self._view, held=None)
        self._reading = LogReading(self.aitbc, target, self._came)

    def _came(self, new: int) -> None:
        if not self.is_current:
            return
        self.on_snapshot(self.aitbc.current)

    @property
    def _lines(self) -> tuple[SafeText, ...]:
        """While held, the lines of that moment."""
        if self._view.held is not None:
            return self._held
        return tuple(self._reading.lines) if self._reading is not None else ()

    def on_snapshot(self, snapshot: Snapshot) -> None:
        super().on_snapshot(snapshot)
        if self._view.held is None:
            self.body.action_last()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        reading = self._reading
        if reading is None:
            about = clean(self._about, 60)
            what = f"– no unit of {about} is configured" if about else "– no unit is configured"
            how = "units = [...] of a node, unit = ... of the coordinator or a miner name what can be read"
            title = section("Log", width, mark=(Level.NONE, "none"), heavy=True)
            return [title, *text_lines(what, width), *text_lines(how, width, role=Role.MUTED)]
        target = reading.target
        return build_log(
            target.unit, target.host, self._lines, reading.total, self._view, reading.trouble, reading.remedy, width
        )

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if self._typing is not None:
            return self.typing_hints("search")
        follow = [("space", "hold")] if self._view.held is None else [("G", "follow again")]
        hits = [("n/N", "next, previous"), ("m", "only those")] if self._view.search else []
        more = [("j/k", "line"), ("Tab", "next unit"), ("y", "copy")]
        return [("Esc", "back"), *follow, ("/", "search"), *hits, *more, (":", "command"), ("?", "help")]

    def _show(self, view: LogView) -> None:
        self._view = view
        self.on_snapshot(self.aitbc.current)

    def _hold(self) -> None:
        """From now on the lines stand still; those that come are counted."""
        if self._view.held is None and self._reading is not None:
            self._held = tuple(self._reading.lines)
            self._view = replace(self._view, held=self._reading.total)

    # --- keys

    def apply_filter(self, text: str) -> None:
        self._view = replace(self._view, search=text)
        self.action_hit(-1)

    def action_search(self) -> None:
        self.type_filter(self._view.search)

    def action_line(self, step: int) -> None:
        self._hold()
        self._show(self._view)
        self.body.scroll_by(step)

    def action_half(self, step: int) -> None:
        self.action_line(step * max(1, self.body.size.height // 2))

    def action_oldest(self) -> None:
        self._hold()
        self._show(self._view)
        self.body.action_first()

    def action_follow(self) -> None:
        self._held = ()
        self._show(replace(self._view, held=None))

    def action_hold(self) -> None:
        if self._view.held is None:
            self._hold()
            self._show(self._view)
        else:
            self.action_follow()

    def action_hit(self, step: int) -> None:
        """The next line, from the one at the bottom on, that holds what was searched for."""
        self._hold()
        rows = found(matching(self._lines, self._view), self._view.search)
        if not rows:
            if self._view.search:
                self.toast(f'"{clean(self._view.search, 60)}" is in no line')
            return
        bottom = self.body.top + self.body.size.height - 1
        after = [row for row in rows if row > bottom] if step > 0 else [row for row in rows if row < bottom]
        row = (after[0] if step > 0 else after[-1]) if after else rows[0 if step > 0 else -1]
        self._show(self._view)
        self.body.scroll_by(row - self.body.top - self.body.size.height + 1)

    def action_only(self) -> None:
        if self._view.search:
            self._hold()
            self._show(replace(self._view, only=not self._view.only))

    def action_unit(self, step: int) -> None:
        targets = list(self.aitbc.backend.log_targets())
        if not targets:
            return
        here = targets.index(self._reading.target) if self._reading and self._reading.target in targets else -step
        self._read(targets[(here + step) % len(targets)])
        self.on_snapshot(self.aitbc.current)

    def action_again(self) -> None:
        """Read it from its last lines again, after something ended the reading."""
        if self._reading is not None:
            self._read(self._reading.target)
            self.on_snapshot(self.aitbc.current)

    def action_back(self) -> None:
        """Esc undoes the search first."""
        if self._view.search:
            self._show(replace(self._view, search="", only=False))
        else:
            super().action_back()

    def action_copy(self) -> None:
        if self._lines:
            self.aitbc.copy(str(self._lines[-1]))
