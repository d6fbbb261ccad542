"""A miner as a screen: is it alive, what has it, what did it do."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import MinerLog
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.miner_jobs import EARLIER, jobs_of
from aitbc_tui.ui.screens.miner_lines import Logs, build_miner, miner_row, unknown_miner

MOST_UNITS = 8


@runtime_checkable
class LogReader(Protocol):
    """A backend that reads a miner unit's journal once."""

    def miner_log(self, host: str, unit: str) -> Future[MinerLog]:
        """Its newest lines, and what they say it can do."""


class MinerScreen(ReadingScreen):
    """j and k choose among its jobs, Enter opens one."""

    BINDINGS = [
        Binding("j", "move(1)", show=False, priority=True),
        Binding("k", "move(-1)", show=False, priority=True),
        Binding("enter", "job", show=False),
        Binding("u", "unmask", show=False),
        Binding("r", "read", show=False),
        Binding("l", "log", show=False),
        Binding("o", "operate", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label
        self._chosen: str | None = None
        self._unmasked = False
        self._logs: tuple[MinerLog, ...] = ()
        self._log_trouble = ""

    def on_mount(self) -> None:
        super().on_mount()
        self.action_read()

    def _ids(self) -> list[str]:
        return [str(row.job.job_id) for row in jobs_of(self.aitbc.current, self.label)[:EARLIER]]

    def _index(self) -> int:
        ids = self._ids()
        return ids.index(self._chosen) if self._chosen in ids else 0

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        row = miner_row(snapshot, self.label)
        if row is None:
            return unknown_miner(self.label, width)
        logs = Logs(self._logs, self._log_trouble)
        return build_miner(snapshot, row, self._index(), self._unmasked, width, logs)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        keys = [
            ("Esc", "back"),
            ("j/k", "job"),
            ("Enter", "open it"),
            ("l", "log"),
            ("r", "read log"),
            ("u", "unmask"),
            ("y", "copy"),
        ]
        return [*keys, (":", "command"), ("?", "help")]

    def action_read(self) -> None:
        """The log of each miner unit of its host, once: what it declared is told nowhere else."""
        row, backend = miner_row(self.aitbc.current, self.label), self.aitbc.backend
        if row is None or row.host is None or not isinstance(backend, LogReader) or not row.units:
            return
        units = [str(unit.name) for unit in row.units[:MOST_UNITS]]
        self.run_worker(self._read(backend, str(row.host), units), name="log", exclusive=True)

    async def _read(self, backend: LogReader, host: str, units: Sequence[str]) -> None:
        found = []
        self._log_trouble = ""
        for unit in units:
            try:
                found.append(await outcome(backend.miner_log(host, unit)))
            except AitbcError as error:
                self._log_trouble = f"{unit}: {words(error)}"
        self._logs = tuple(found)
        self.on_snapshot(self.aitbc.current)

    def action_move(self, step: int) -> None:
        ids = self._ids()
        if ids:
            self._chosen = ids[max(0, min(len(ids) - 1, self._index() + step))]
            self.on_snapshot(self.aitbc.current)

    def action_job(self) -> None:
        ids = self._ids()
        if ids:
            registry.open_job(self.aitbc, ids[self._index()])
        else:
            self.toast("none of the listed jobs is its")

    def action_unmask(self) -> None:
        """Until this screen is left; written down before it is shown, for the id may be a live key."""
        try:
            self.aitbc.backend.audit("unmask", f"miner {self.label}")
        except AitbcError as error:
            self.toast(f"not unmasked, for it could not be written down: {clean(str(error))}", Level.WARN)
            return
        self._unmasked = True
        self.on_snapshot(self.aitbc.current)

    def action_log(self) -> None:
        row = miner_row(self.aitbc.current, self.label)
        registry.open_logs(self.aitbc, self.label if row is None or row.host is None else str(row.host))

    def action_operate(self) -> None:
        registry.open_operations(self.aitbc)

    def action_copy(self) -> None:
        self.aitbc.copy(self.label)
