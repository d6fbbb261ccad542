"""A node as a screen: blocks side by side, its units and machine, its log; followed while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding

from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.alarm_evidence import node_row
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.log_reading import LogReading, target_for
from aitbc_tui.ui.screens.node_blocks import COUNT, Window, first_window, missing, moved
from aitbc_tui.ui.screens.node_lines import build_node, unknown_node

ASK_EVERY_S = 2.0
ASKED_AT_MOST = 3  # times for one block: a node may never answer for it
BLOCKS_AT = 4  # rows of the body before the first block


class NodeScreen(ReadingScreen):
    """`[` and `]` bring older and newer blocks, `g` the fork or the newest."""

    BINDINGS = [
        Binding("j,down", "move(-1)", show=False, priority=True),
        Binding("k,up", "move(1)", show=False, priority=True),
        Binding("left_square_bracket", "page(-1)", show=False),
        Binding("right_square_bracket", "page(1)", show=False),
        Binding("g", "fork", show=False, priority=True),
        Binding("l", "log", show=False),
        Binding("o", "operate", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__()
        self.node_name = name
        self._window: Window | None = None
        self._log: LogReading | None = None
        self._asked: dict[int, int] = {}
        self._asked_at: float | None = None

    def on_mount(self) -> None:
        target = target_for(list(self.aitbc.backend.log_targets()), self.node_name)
        if target is not None:
            self._log = LogReading(self.aitbc, target, lambda new: self._came())
        super().on_mount()

    def on_unmount(self) -> None:
        if self._log is not None:
            self._log.close()

    def _came(self) -> None:
        if self.is_current:
            self.on_snapshot(self.aitbc.current)

    def _row(self) -> NodeRow | None:
        return node_row(self.aitbc.current, self.node_name)

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        node = node_row(snapshot, self.node_name)
        if node is None:
            return unknown_node(self.node_name, width)
        self._window = self._window or first_window(snapshot, self.node_name)
        self._ask(snapshot)
        log = self._log
        lines, trouble = (tuple(log.lines), log.trouble) if log is not None else ((), "")
        return build_node(snapshot, node, self._window, lines, trouble, width)

    def _ask(self, snapshot: Snapshot) -> None:
        """Ask for blocks that are missing, rarely, and not for ever."""
        if self._window is None or (self._asked_at is not None and snapshot.now - self._asked_at < ASK_EVERY_S):
            return
        wanted = [h for h in missing(snapshot, self._window) if self._asked.get(h, 0) < ASKED_AT_MOST]
        if wanted:
            self._asked_at = snapshot.now
            for height in wanted:
                self._asked[height] = self._asked.get(height, 0) + 1
            self.aitbc.backend.ask_blocks(wanted)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        fork = self._window is not None and self._window.fork is not None
        return [
            ("Esc", "back"),
            ("j/k", "block"),
            ("[ ]", "older, newer"),
            ("g", "to the fork" if fork else "to the newest"),
            ("l", "log"),
            ("o", "operations"),
            ("y", "copy"),
            (":", "command"),
            ("?", "help"),
        ]

    def _show(self, window: Window | None) -> None:
        self._window = window
        self._asked_at = None
        self.on_snapshot(self.aitbc.current)

    def _highest(self) -> int:
        heads = [row.head.value.height for row in self.aitbc.current.nodes if row.head.value is not None]
        return max(heads, default=0)

    # --- keys

    def action_move(self, step: int) -> None:
        """One block up (newer) or down; the table follows."""
        window = self._window
        if window is None:
            return
        chosen = max(0, min(self._highest(), window.selected + step))
        top = window.top
        if chosen > top:
            top = chosen
        elif chosen <= top - COUNT:
            top = chosen + COUNT - 1
        self._show(replace(window, top=top, selected=chosen))
        self.body.reveal(BLOCKS_AT + top - chosen)

    def action_page(self, step: int) -> None:
        if self._window is not None:
            self._show(moved(self._window, step * COUNT, self._highest()))

    def action_fork(self) -> None:
        self.body.action_first()
        self._show(first_window(self.aitbc.current, self.node_name))

    def action_log(self) -> None:
        registry.open_logs(self.aitbc, self.node_name)

    def action_operate(self) -> None:
        registry.open_operations(self.aitbc, self.node_name)

    def action_copy(self) -> None:
        """The whole hash of the selected block at this node."""
        if self._window is None:
            return
        block = self.aitbc.current.blocks.get(self.node_name, {}).get(self._window.selected)
        if block is None:
            self.toast(f"{self.node_name} has not answered for block {self._window.selected:,}")
        else:
            self.aitbc.copy(str(block.hash))
