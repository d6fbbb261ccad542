"""Which module builds which pane; and a pane that fails inside this program says so, the others go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.ui.paint import Line, Role, Run, glyph
from aitbc_tui.ui.panes import alarms, gpus, jobs, mempool, miners, nodes, receipts
from aitbc_tui.ui.panes.table import Content, PaneView
from aitbc_tui.ui.panes.title import NAMES, title_line

_log = logging.getLogger(__name__)
_logged: set[tuple[str, str]] = set()

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


def safe_content(snapshot: Snapshot, pane: Pane, width: int) -> Content:
    """The rows for keys and clicks; none where the pane cannot be drawn."""
    try:
        return content_of(snapshot, pane, width)
    except Exception as fault:
        report(f"pane {NAMES[pane]}", fault)
        return Content(pane, snapshot.panes[pane], (), ())


def build_pane(snapshot: Snapshot, pane: Pane, width: int, height: int, view: PaneView) -> list[Line]:
    return guarded(pane, width, height, lambda: _BUILD[pane](snapshot, width, height, view))


def guarded(pane: Pane, width: int, height: int, build: Callable[[], list[Line]]) -> list[Line]:
    """A fault in one builder is logged once and shown in its pane; it must not end the dashboard."""
    try:
        return build()
    except Exception as fault:
        report(f"pane {NAMES[pane]}", fault)
        verdict = Verdict(Level.WARN, SafeText("broken here"))
        title = title_line(str(pane.value), NAMES[pane], verdict, "nothing is known of it", width, focused=False)
        lines = [title, Line(), broken_line(fault)]
        return [line.fit(width) for line in (lines + [Line()] * height)[:height]]


def broken_line(fault: Exception) -> Line:
    text = f" this program could not draw it ({type(fault).__name__}); the log has the details"
    return Line((Run(" "), Run(glyph(Level.WARN), Role.WARN), Run(text)))


def report(what: str, fault: Exception) -> None:
    """Into the log, once per place and kind."""
    key = (what, repr(fault)[:200])
    if key not in _logged:
        _logged.add(key)
        _log.error("could not draw %s", what, exc_info=fault)
