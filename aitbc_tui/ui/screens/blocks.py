"""The blocks browser: recent blocks of every node side by side, read when it opens and again by r."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.spreading import Spreading
from aitbc_tui.state.tx_checks import NodeView
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.blocks_lines import at, build_blocks, heights
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.layout import section, text_lines

LIMITS = (20, 50, 100)
BURST_S = 10.0


@runtime_checkable
class Browsing(Protocol):
    """A backend that can read blocks."""

    def recent_blocks(self, limit: int) -> Future[tuple[NodeView, ...]]:
        """So many of every node, newest first."""


@runtime_checkable
class Bursting(Protocol):
    """A backend that can ask every node for its head without pause for a while."""

    def burst(self, seconds: float) -> Future[Spreading]:
        """How long new blocks took from node to node."""


class BlocksScreen(ReadingScreen):
    """Selection follows the height."""

    BINDINGS = [
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("r", "read", show=False),
        Binding("m", "more", show=False),
        Binding("b", "burst", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._views: tuple[NodeView, ...] | None = None
        self._trouble = ""
        self._limit = LIMITS[0]
        self._height: int | None = None
        self._spreading: tuple[SafeText, ...] = ()

    def on_mount(self) -> None:
        super().on_mount()
        self.action_read()

    def _index(self) -> int:
        rows = heights(self._views or ())
        return rows.index(self._height) if self._height in rows else 0

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        if self._views is None:
            return [section("Blocks", width, heavy=True), *text_lines(self._trouble or "… asking every node", width)]
        return build_blocks(self._views, self._index(), width, self._spreading)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        keys = [("Esc", "back"), ("j/k", "block"), ("r", "read again"), ("m", "more")]
        return [*keys, ("b", "propagation"), ("y", "copy hash"), (":", "command"), ("?", "help")]

    def action_move(self, step: int) -> None:
        rows = heights(self._views or ())
        if rows:
            index = max(0, min(len(rows) - 1, self._index() + step))
            self._height = rows[index]
            self.on_snapshot(self.aitbc.current)
            self.body.reveal(index + 1)

    def action_more(self) -> None:
        self._limit = LIMITS[min(len(LIMITS) - 1, LIMITS.index(self._limit) + 1)]
        self.action_read()

    def action_burst(self) -> None:
        """Propagation, finer than the polls: ten seconds of asking every node as fast as it answers."""
        backend = self.aitbc.backend
        if not isinstance(backend, Bursting):
            self.toast("this session cannot ask for heads")
        elif not any(worker.name == "burst" and worker.is_running for worker in self.workers):
            self._spreading = (SafeText(f"… asking every node for its head for {BURST_S:.0f} s"),)
            self.run_worker(self._measure(backend), name="burst")
            self.on_snapshot(self.aitbc.current)

    async def _measure(self, backend: Bursting) -> None:
        try:
            self._spreading = tuple((await outcome(backend.burst(BURST_S))).lines())
        except AitbcError as error:
            self._spreading = (SafeText(f"▲ {words(error)}"),)
        self.on_snapshot(self.aitbc.current)

    def action_copy(self) -> None:
        rows = heights(self._views or ())
        if rows:
            block = next(b for v in self._views or () if (b := at(v, rows[self._index()])) is not None)
            self.aitbc.copy(str(block.hash))

    def action_read(self) -> None:
        backend = self.aitbc.backend
        if isinstance(backend, Browsing):
            self.run_worker(self._load(backend), name="read", exclusive=True)
        else:
            self._trouble = "– this session cannot ask for blocks"

    async def _load(self, backend: Browsing) -> None:
        try:
            self._views = await outcome(backend.recent_blocks(self._limit))
        except AitbcError as error:
            self._trouble = words(error)
        self.on_snapshot(self.aitbc.current)
