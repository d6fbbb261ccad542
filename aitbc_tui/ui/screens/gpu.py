"""A card as a screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.gpu_lines import build_gpu, gpu_row, unknown_gpu


class GpuScreen(DetailScreen):
    """j and k go to the next card."""

    BINDINGS = [
        Binding("j", "move(1)", show=False, priority=True),
        Binding("k", "move(-1)", show=False, priority=True),
        Binding("enter", "job", show=False),
        Binding("m", "miner", show=False),
        Binding("l", "log", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__()
        self.card = name

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        row = gpu_row(snapshot, self.card)
        return unknown_gpu(self.card, width) if row is None else build_gpu(snapshot, row, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        row = gpu_row(self.aitbc.current, self.card)
        more = [("m", "miner")] if row is not None and row.miner is not None else []
        more += [("Enter", "its job")] if row is not None and row.job is not None else []
        return [("Esc", "back"), ("j/k", "card"), *more, ("l", "log"), ("y", "copy"), (":", "command"), ("?", "help")]

    def action_move(self, step: int) -> None:
        names = [str(row.name) for row in self.aitbc.current.gpus]
        here = names.index(self.card) if self.card in names else -step
        if 0 <= here + step < len(names):
            self.card = names[here + step]
            self.body.action_first()
            self.on_snapshot(self.aitbc.current)

    def action_job(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        if row is None or row.job is None:
            self.toast("no job runs on it now")
        else:
            registry.open_job(self.aitbc, str(row.job))

    def action_miner(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        if row is None or row.miner is None:
            self.toast("no miner is configured for it")
        else:
            registry.open_miner(self.aitbc, str(row.miner))

    def action_log(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        registry.open_logs(self.aitbc, self.card if row is None else str(row.host))

    def action_copy(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        if row is not None:
            self.aitbc.copy(str(row.reading.uuid))
