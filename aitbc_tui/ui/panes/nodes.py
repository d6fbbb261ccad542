"""Pane 1: the nodes of the chain, and whether they agree."""

from __future__ import annotations

from math import ceil
from typing import TypeVar

from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import NodeRow, Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.rows import Rows, spine
from aitbc_tui.ui.panes.table import WIDE, Cell, Column, Content, PaneView, Row, pane_lines

T = TypeVar("T")

COLUMNS = (
    Column("state", "state", 13),
    Column("node", "node", 11),
    Column("head", "head", 8, right=True),
    Column("age", "age", 5, right=True),
    Column("lag", "lag", 5, right=True, gap=2),
    Column("hash", "hash", 15, gap=2, needs=70, wide=23),
    Column("peers", "peers", 5, right=True, gap=2, needs=78),
    Column("units", "units", 5, gap=2, needs=86),
    Column("uptime", "uptime", 10, right=True, gap=2, needs=98),
    Column("rtt", "RTT ms", 6, right=True, gap=2, needs=106),
    Column("git", "git", 18, gap=2, needs=120),
    Column("cpu", "cpu%", 4, right=True, gap=2, needs=140),
    Column("memory", "mem GB", 9, right=True, gap=2, needs=150),
    Column("disk", "disk%", 5, right=True, gap=2, needs=158),
    Column("restarts", "restarts", 8, right=True, gap=2, needs=168),
    Column("spark", "s a block, last 20 minutes", 26, gap=2, needs=198),
)


def _mark(observed: Observed[T], now: float, row_stale: bool) -> str:
    return "~" if row_stale or observed.freshness(now) is Freshness.STALE else ""


def _absent(observed: Observed[T], now: float) -> str:
    """What stands where there is no value: not in this version, or not learnt."""
    return fmt.NONE if observed.freshness(now) is Freshness.ABSENT else fmt.UNKNOWN


def fresh_bound(interval_s: float) -> float:
    """The age below which a head is as new as its poll allows, in steps of 5 s."""
    return 5.0 * ceil((interval_s + 2.5) / 5.0)


def _head(node: NodeRow, now: float, stale: bool, bound: float) -> tuple[str, str]:
    if node.head.value is None:
        return fmt.UNKNOWN, fmt.UNKNOWN
    mark = _mark(node.head, now, stale)
    age = node.head.age(now)
    changed = None if node.head_changed_at is None else now - node.head_changed_at
    shown = fmt.age(max(age or 0.0, changed or 0.0), bound) if not mark else fmt.age(age)
    return mark + fmt.number(node.head.value.height, 8 - len(mark)), mark + shown


def _lag(node: NodeRow, stale: bool) -> str:
    if stale or node.lag is None:
        return fmt.UNKNOWN
    return f"{-node.lag:,}" if node.off_chain else f"{node.lag:,}"


def _units(node: NodeRow, now: float, stale: bool) -> str:
    units = node.units.value
    if units is None:
        return _absent(node.units, now) if node.has_units else fmt.NONE
    found = [unit for unit in units if unit.found]
    return f"{_mark(node.units, now, stale)}{sum(unit.running for unit in found)}/{len(found)}"


def _uptime(node: NodeRow, now: float, stale: bool) -> str:
    if node.uptime_s is None:
        return _absent(node.units, now) if node.has_units else fmt.NONE
    mark = _mark(node.units, now, stale)
    return f"~{fmt.uptime_short(node.uptime_s)}" if mark else fmt.uptime(node.uptime_s)


def _git(node: NodeRow, now: float, stale: bool) -> str:
    state = node.git.value
    if state is None:
        return _absent(node.git, now)
    return f"~{state.oid[:7]}" if _mark(node.git, now, stale) else fmt.shorten(state.words, 18)


def _host_cells(node: NodeRow, now: float, stale: bool) -> dict[str, Cell | str]:
    figures = node.figures.value
    unknown = _absent(node.figures, now)
    if figures is None:
        return {"cpu": unknown, "memory": unknown, "disk": unknown}
    mark = _mark(node.figures, now, stale)
    cpu = unknown if figures.cpu_busy is None else f"{mark}{figures.cpu_busy * 100:.0f}"
    memory = disk = fmt.UNKNOWN
    if figures.memory_total is not None and figures.memory_available is not None:
        used = figures.memory_total - figures.memory_available
        memory = f"{mark}{fmt.gigabytes(used)}/{fmt.gigabytes(figures.memory_total)}"
    if figures.disk_total and figures.disk_free is not None:
        disk = f"{mark}{(figures.disk_total - figures.disk_free) * 100 // figures.disk_total}"
    return {"cpu": cpu, "memory": memory, "disk": disk}


def _restarts(node: NodeRow, now: float, stale: bool) -> str:
    counts = [unit.restarts for unit in node.units.value or () if unit.found and unit.restarts is not None]
    return f"{_mark(node.units, now, stale)}{sum(counts)}" if counts else _absent(node.units, now)


def _spark(node: NodeRow) -> str:
    values = node.intervals_s
    if not values:
        return fmt.UNKNOWN
    middle = sorted(values)[len(values) // 2]
    return f"{fmt.spark(values, 20, 2 * middle)}  {middle:.1f}"


def _no_hash(node: NodeRow, now: float) -> str:
    """What stands for a hash that was never learnt: where the state word names the cause, that the node is lost."""
    lost = node.head.freshness(now) in (Freshness.CONNECTING, Freshness.UNREACHABLE)
    return Freshness.UNREACHABLE.value if lost and node.verdict.level is Level.BAD else fmt.UNKNOWN


def node_row(node: NodeRow, now: float, wide: bool, bound: float = 5.0) -> Row:
    stale = node.verdict.level is Level.STALE or node.head.freshness(now) is Freshness.STALE
    word = str(node.verdict.word)
    if stale and word == "stale":
        word = f"stale {fmt.age(node.head.age(now))}"
    elif stale and node.verdict.level is Level.BAD:
        word = f"{word} stale"
    head, age = _head(node, now, stale, bound)
    peers = node.peers.value
    shown_hash = _no_hash(node, now)
    if node.hash_at_common is not None:
        mark = "~" if stale else ""
        shown_hash = mark + fmt.short_hash(node.hash_at_common, (23 if wide else 15) - len(mark))
    rtt = node.head.rtt_ms
    proof = Role.BAD if node.off_chain or node.hash_agrees is False else None
    return Row(
        key=node.name,
        verdict=node.verdict,
        word=word,
        role=Role.STALE if stale else Role.TEXT,
        name=node.name,
        newest=float(node.head.value.height) if node.head.value else -1.0,
        search=node.host,
        cells={
            "node": node.name,
            "head": head,
            "age": age,
            "lag": _lag(node, stale),
            "hash": Cell(shown_hash, proof),
            "peers": _absent(node.peers, now) if peers is None else f"{_mark(node.peers, now, stale)}{peers.count}",
            "units": _units(node, now, stale),
            "uptime": _uptime(node, now, stale),
            "rtt": fmt.NONE if stale else fmt.UNKNOWN if rtt is None else f"{rtt:.0f}",
            "git": _git(node, now, stale),
            **_host_cells(node, now, stale),
            "restarts": _restarts(node, now, stale),
            "spark": Cell(_spark(node), Role.STALE if stale else Role.MUTED),
        },
    )


def content(snapshot: Snapshot, width: int) -> Content:
    height = snapshot.chain.display_height
    header = "hash" if height is None else f"hash at {fmt.thousands(height)}"
    bound = fresh_bound(snapshot.environment.interval_s)
    rows = Rows(
        spine("nodes", snapshot.nodes, lambda node: node.name),
        lambda node: node_row(node, snapshot.now, width >= WIDE, bound),
        lambda node: node.verdict,
    )
    return Content(Pane.NODES, snapshot.panes[Pane.NODES], COLUMNS, rows, {"hash": header})


def build(snapshot: Snapshot, width: int, height: int, view: PaneView) -> list[Line]:
    return pane_lines(content(snapshot, width), width, height, snapshot.now, view)
