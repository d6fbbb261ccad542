"""A node's machine: processor, memory against the units' limits, disk, clock, peers. Pure."""

from __future__ import annotations

from aitbc_tui.domain.node import HostFigures, Unit
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.alarm_evidence import node_row
from aitbc_tui.ui.screens.layout import cut, section
from aitbc_tui.ui.screens.observed_words import age_of, unknown_line, why_not

LEAST_FREE = 0.1  # of disk or memory: below it the host has no room
NEAR_LIMIT = 0.9  # of a unit's own memory limit
LABEL = 12
OLDER_S = 60.0


def _room(figures: HostFigures, closest: Unit | None) -> tuple[Level, str]:
    tight = ["unit memory"] if closest is not None and (closest.memory_share or 0.0) >= NEAR_LIMIT else []
    for name, total, free in (
        ("disk", figures.disk_total, figures.disk_free),
        ("memory", figures.memory_total, figures.memory_available),
    ):
        if total and free is not None and free / total < LEAST_FREE:
            tight.append(name)
    return (Level.WARN, f"{' and '.join(tight)} tight") if tight else (Level.GOOD, "room")


def host(snapshot: Snapshot, node: NodeRow, width: int) -> list[Line]:
    """Its machine: processor, memory, disk, clock, peers."""
    now, seen = snapshot.now, node.figures
    figures = seen.value
    name = f"Host {node.host}"
    if figures is None:
        return [section(name, width, mark=(Level.UNKNOWN, "unknown")), unknown_line(why_not(seen, now), width)]
    stale = seen.freshness(now) is Freshness.STALE
    mark = (Level.STALE, "stale") if stale else _room(figures, _closest(node))
    lines = [section(name, width, mark=mark, age=age_of(seen, now, 15), stale=stale)]
    role = Role.STALE if stale else Role.TEXT
    rows = (
        ("cpu", _cpu(figures)),
        ("memory", _memory(node, figures, now)),
        ("disk", _disk(figures, now)),
        ("clock", _clock(snapshot, node)),
        ("peers", _peers(snapshot, node)),
    )
    return [*lines, *(_row(label, text, width, role) for label, text in rows)]


def _row(label: str, text: str, width: int, role: Role = Role.TEXT) -> Line:
    return Line((Run(f" {label:<{LABEL - 1}}", Role.MUTED), Run(cut(text, width - LABEL - 1), role)))


def _cpu(figures: HostFigures) -> str:
    busy = fmt.UNKNOWN if figures.cpu_busy is None else f"{figures.cpu_busy * 100:.0f} %"
    cores = fmt.UNKNOWN if figures.cpus is None else str(figures.cpus)
    load = fmt.UNKNOWN if figures.load1 is None else f"{figures.load1:.2f}"
    return f"{busy} of {cores}, load {load}"


def _memory(node: NodeRow, figures: HostFigures, now: float) -> str:
    total, free = figures.memory_total, figures.memory_available
    if total is None or free is None:
        return "? not learnt"
    text = f"{fmt.gigabytes(total - free)} of {fmt.gigabytes(total)} GB"
    unit = _closest(node)
    if unit is None:
        return text
    name = str(unit.name).removesuffix(".service").removeprefix("aitbc-blockchain-")
    limit = f", limit {fmt.gigabytes(unit.memory_limit)} GB" if unit.memory_limit else ""
    near = "▲ " if (unit.memory_share or 0.0) >= NEAR_LIMIT else ""
    held = f"{near}{name} {(unit.memory_held or 0) / 1e6:.1f} MB{limit}"
    return f"{text}; {held}{_ago(node.units.at, now)}"


def _closest(node: NodeRow) -> Unit | None:
    """The unit that is closest to its own limit; else the first whose memory is known."""
    known = [unit for unit in node.units.value or () if unit.memory_bytes]
    return max(known, key=lambda unit: unit.memory_share or 0.0, default=None)


def _disk(figures: HostFigures, now: float) -> str:
    total, free = figures.disk_total, figures.disk_free
    if total is None or free is None:
        return "? not asked: health asks for it"
    return f"{(total - free) / 2**30:.0f} of {total / 2**30:.0f} GB{_ago(figures.disk_at, now)}"


def _ago(at: float | None, now: float) -> str:
    """When it was learnt, where that is longer ago than the age in the panel's title says."""
    return "" if at is None or now - at < OLDER_S else f", {fmt.age(now - at)} ago"


def _clock(snapshot: Snapshot, node: NodeRow) -> str:
    """Against the source's clock; both were measured against ours."""
    source = node_row(snapshot, snapshot.chain.source or "")
    if source is None or node.clock_off_s is None or source.clock_off_s is None:
        return "? not measured yet"
    if source.name == node.name:
        ahead = node.clock_off_s
        return f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} ours"
    ahead = node.clock_off_s - source.clock_off_s
    return f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} {source.name}"


def _peers(snapshot: Snapshot, node: NodeRow) -> str:
    seen = node.peers.value
    if seen is None:
        return why_not(node.peers, snapshot.now)
    listening = {True: "", False: "; it does not listen", None: ""}[seen.listening]
    lease = "" if seen.leases_left_s is None else " lease" if seen.count == 1 else " leases"
    return f"{seen.count}{lease} ({', '.join(seen.addresses) or 'none'}){listening}"
