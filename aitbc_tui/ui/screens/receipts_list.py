"""The ledger as a screen: every receipt seen from here, filtered by verdict, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol, runtime_checkable

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ledger.space import Space
from aitbc_tui.operations.export import Entry
from aitbc_tui.state.totals import By, Charge
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.layout import section, text_lines
from aitbc_tui.ui.screens.receipts_list_lines import LedgerView, build_ledger, chosen, filters, header_rows
from aitbc_tui.ui.screens.registry import open_receipt

Read = tuple[tuple[Entry, ...], tuple[Charge, ...], Space | None]


@runtime_checkable
class Bookkeeping(Protocol):
    """A backend with a ledger."""

    def ledger_entries(self) -> Future[Read]:
        """The newest receipts, each as money, and the room that the ledger takes."""

    def export_masked(self) -> Future[str]:
        """Write all of it, masked; resolves to the file."""


class ReceiptsListScreen(ReadingScreen):
    """Read once when it opens, and again by r."""

    BINDINGS = [
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("enter", "open", show=False, priority=True),
        Binding("f", "filter", show=False),
        Binding("d", "split", show=False),
        Binding("w", "export", show=False),
        Binding("r", "read", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._read: Read | None = None
        self._trouble = ""
        self._view = LedgerView()

    def on_mount(self) -> None:
        super().on_mount()
        self.action_read()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        if self._read is None:
            words_ = self._trouble or "… reading the ledger"
            return [section("Ledger", width, heavy=True), *text_lines(words_, width)]
        return build_ledger(*self._read, self._view, _pinned(snapshot), width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        keys = [("Esc", "back"), ("Enter", "open"), ("f", "verdict"), ("d", "totals by"), ("w", "export, masked")]
        return [*keys, ("r", "read again"), ("y", "copy"), (":", "command"), ("?", "help")]

    def _rows(self) -> list[Entry]:
        return chosen(self._read[0], self._view) if self._read is not None else []

    def _show(self, view: LedgerView) -> None:
        self._view = view
        self.on_snapshot(self.aitbc.current)

    def action_move(self, step: int) -> None:
        rows = self._rows()
        if self._read is None or not rows:
            return
        index = max(0, min(len(rows) - 1, self._view.selected + step))
        self._show(replace(self._view, selected=index))
        before = header_rows(*self._read, self._view, _pinned(self.aitbc.current), self.size.width)
        self.body.reveal(0 if index == 0 else before + index)

    def action_filter(self) -> None:
        if self._read is not None:
            there = filters(self._read[0])
            at = there.index(self._view.verdict) if self._view.verdict in there else -1
            self._show(replace(self._view, verdict=there[(at + 1) % len(there)], selected=0))

    def action_split(self) -> None:
        order = list(By)
        self._show(replace(self._view, by=order[(order.index(self._view.by) + 1) % len(order)]))

    def action_open(self) -> None:
        rows = self._rows()
        if rows:
            open_receipt(self.aitbc, rows[min(self._view.selected, len(rows) - 1)].receipt)

    def action_copy(self) -> None:
        rows = self._rows()
        if rows:
            self.aitbc.copy(rows[min(self._view.selected, len(rows) - 1)].stored.receipt_id)

    def action_read(self) -> None:
        backend = self.aitbc.backend
        if isinstance(backend, Bookkeeping):
            self.run_worker(self._load(backend), name="read")
        else:
            self._trouble = "– this session keeps no ledger"

    async def _load(self, backend: Bookkeeping) -> None:
        try:
            self._read = await outcome(backend.ledger_entries())
        except AitbcError as error:
            self._trouble = words(error)
        self.on_snapshot(self.aitbc.current)

    def action_export(self) -> None:
        backend = self.aitbc.backend
        if isinstance(backend, Bookkeeping):
            self.run_worker(self._export(backend), name="export")

    async def _export(self, backend: Bookkeeping) -> None:
        try:
            path = await outcome(backend.export_masked())
        except AitbcError as error:
            self.aitbc.say(words(error), Level.WARN)
        else:
            self.aitbc.say(clean(f"masked, in {path}; the exact bytes: aitbc-tui receipts export --exact", 200))


def _pinned(snapshot: Snapshot) -> set[str]:
    return {str(pin.key_id) for pin in snapshot.pins if pin.role == "signing"}
