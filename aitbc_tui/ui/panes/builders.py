"""Which module builds which pane."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.panes import alarms, gpus, jobs, mempool, miners, nodes, receipts
from aitbc_tui.ui.panes.table import Content, PaneView

_CONTENT: Mapping[Pane, Callable[[Snapshot, int], Content]] = {
    Pane.NODES: nodes.content,
    Pane.MEMPOOL: mempool.content,
    Pane.MINERS: miners.content,
    Pane.JOBS: jobs.content,
    Pane.GPUS: gpus.content,
    Pane.RECEIPTS: receipts.content,
    Pane.ALARMS: alarms.content,
}
_BUILD: Mapping[Pane, Callable[[Snapshot, int, int, PaneView], list[Line]]] = {
    Pane.NODES: nodes.build,
    Pane.MEMPOOL: mempool.build,
    Pane.MINERS: miners.build,
    Pane.JOBS: jobs.build,
    Pane.GPUS: gpus.build,
    Pane.RECEIPTS: receipts.build,
    Pane.ALARMS: alarms.build,
}


def content_of(snapshot: Snapshot, pane: Pane, width: int) -> Content:
    return _CONTENT[pane](snapshot, width)


def build_pane(snapshot: Snapshot, pane: Pane, width: int, height: int, view: PaneView) -> list[Line]:
    return _BUILD[pane](snapshot, width, height, view)
