"""The panels of a node's screen: units, host, settings against the source, what was asked of it. Pure."""

from __future__ import annotations

from typing import TypeVar

from aitbc_tui.domain.node import HostFigures, Unit
from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.alarm_evidence import node_row, short_proposer
from aitbc_tui.ui.screens.layout import cut, pad, right, section

T = TypeVar("T")
LEAST_FREE = 0.1  # of disk or memory: below it the host has no room
NEAR_LIMIT = 0.9  # of a unit's own memory limit
LABEL = 12
MOST_SETTINGS = 8
OWN = (
    "proposer_id",
    "enable_block_production",
    "block_production_chains",
    "rpc_bind_host",
    "rpc_bind_port",
    "p2p_bind_host",
    "p2p_bind_port",
)


def why_not(seen: Observed[T], now: float) -> str:
    """Which nothing it is (screens 1.8)."""
    reason = f": {str(seen.trouble.detail).removeprefix('broken: ')}" if seen.trouble is not None else ""
    return {
        Freshness.CONNECTING: "… not heard yet",
        Freshness.UNREACHABLE: "? not learnt",
        Freshness.REFUSED: "□ refused",
        Freshness.ABSENT: "– not in this version",
        Freshness.BROKEN: "▲ broken",
        Freshness.LIMITED: "▲ asked too often",
        Freshness.STALE: f"~ last heard {fmt.age(seen.age(now))} ago",
        Freshness.FRESH: "heard",
    }[seen.freshness(now)] + reason


def age_of(seen: Observed[T], now: float, bound: float) -> str:
    """The age for a title: as fresh as its poll allows, or old and marked."""
    age = seen.age(now)
    if age is None:
        return "never"
    return f"~{fmt.age(age)}" if seen.freshness(now) is Freshness.STALE else fmt.age(age, bound)


def units(snapshot: Snapshot, node: NodeRow, width: int) -> list[Line]:
    """One row a unit; a unit that the host does not know is said so."""
    now, seen = snapshot.now, node.units
    if seen.value is None:
        return [section("Units", width, mark=(Level.UNKNOWN, "unknown")), _words(why_not(seen, now), width)]
    rows = seen.value
    running = sum(1 for unit in rows if unit.running)
    level = Level.GOOD if running == len(rows) else Level.BAD
    stale = seen.freshness(now) is Freshness.STALE
    mark = (level if not stale else Level.STALE, f"{running} of {len(rows)}")
    lines = [section("Units", width, mark=mark, age=age_of(seen, now, 15), stale=stale)]
    name = width - 37
    lines.append(Line((Run(f" {'state':<11}{'unit':<{name}}{'up':>11}{'restarts':>9}", Role.MUTED),)))
    for unit in rows:
        word = str(unit.active) if unit.found else "not there"
        level = Level.GOOD if unit.running else Level.NONE if not unit.found else Level.BAD
        shown = Run(pad(word.upper() if level is Level.BAD else word, 9), level_role(level))
        up = fmt.uptime(unit.uptime_s) if unit.uptime_s is not None else fmt.NONE
        restarts = fmt.UNKNOWN if unit.restarts is None else str(unit.restarts)
        text = f"{pad(str(unit.name).removesuffix('.service'), name)}{right(up, 11)}{right(restarts, 9)}"
        mark_run = Run(f" {glyph(level)} ", level_role(level))
        lines.append(Line((mark_run, shown, Run(text, Role.STALE if stale else Role.TEXT))))
    return lines


def _words(text: str, width: int) -> Line:
    return Line((Run(" " + cut(text, width - 2), Role.UNKNOWN),))


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
        return [section(name, width, mark=(Level.UNKNOWN, "unknown")), _words(why_not(seen, now), width)]
    stale = seen.freshness(now) is Freshness.STALE
    mark = (Level.STALE, "stale") if stale else _room(figures, _closest(node))
    lines = [section(name, width, mark=mark, age=age_of(seen, now, 15), stale=stale)]
    role = Role.STALE if stale else Role.TEXT
    rows = (
        ("cpu", _cpu(figures)),
        ("memory", _memory(node, figures)),
        ("disk", _disk(figures)),
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


def _memory(node: NodeRow, figures: HostFigures) -> str:
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
    return f"{text}; {near}{name} {(unit.memory_held or 0) / 1e6:.1f} MB{limit}"


def _closest(node: NodeRow) -> Unit | None:
    """The unit that is closest to its own limit; else the first whose memory is known."""
    known = [unit for unit in node.units.value or () if unit.memory_bytes]
    return max(known, key=lambda unit: unit.memory_share or 0.0, default=None)


def _disk(figures: HostFigures) -> str:
    total, free = figures.disk_total, figures.disk_free
    if total is None or free is None:
        return "? not asked: health asks for it"
    return f"{(total - free) / 2**30:.0f} of {total / 2**30:.0f} GB"


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


def _no_git(node: NodeRow, now: float) -> tuple[str, str]:
    """A host may do without a tree: that is no matter of the version."""
    trouble = node.git.trouble
    if trouble is not None and node.git.freshness(now) is Freshness.ABSENT:
        return fmt.NONE, trouble.detail.removeprefix(f"{node.host}: ").replace("no git tree", "none")
    return why_not(node.git, now), ""


def settings(snapshot: Snapshot, node: NodeRow, width: int) -> list[Line]:
    """What must agree with the source, as its environment files say it; and its code."""
    source = node_row(snapshot, snapshot.chain.source or "")
    is_source = source is None or source.name == node.name
    rows = _agreed(node, None if is_source else source) or _said(node, None if is_source else source)
    if node.git.value is not None:
        git = node.git.value
        away = f"+{git.ahead or 0} -{git.behind or 0}, " if git.ahead or git.behind else ""
        state = away + ("clean" if not git.changed else f"{git.changed} changed")
        rows.append(("git", f"{git.oid[:7]} {git.branch}", state, False))
    else:
        rows.append(("git", *_no_git(node, snapshot.now), False))
    differ = sum(1 for row in rows if row[3])
    mark = (Level.WARN, f"{differ} differs" if differ == 1 else f"{differ} differ") if differ else (Level.GOOD, "same")
    text = f"against {source.name}" if source is not None and not is_source else "the others are compared with it"
    seen = node.settings.at if node.settings is not None else node.health.at
    age = "never" if seen is None else _minute(snapshot.now - seen)
    return [section("Settings and code", width, mark=mark, text=text, age=age), *(_setting(row, width) for row in rows)]


def _minute(seconds: float) -> str:
    return "<1 m" if seconds < 60 else fmt.age(seconds)


def _agreed(node: NodeRow, source: NodeRow | None) -> list[tuple[str, str, str, bool]]:
    """Keys of its environment files against the source's; those that differ first."""
    mine = node.settings.value if node.settings is not None else None
    theirs = source.settings.value if source is not None and source.settings is not None else None
    if mine is None or not mine.values:
        return []
    rows = []
    for key, value in mine.values.items():
        if theirs is None:
            rows.append((key, str(clean(value, 60)), "", False))
        elif theirs.values.get(key) == value:
            rows.append((key, str(clean(value, 60)), "same", False))
        elif key in OWN:
            rows.append((key, str(clean(value, 60)), "its own", False))
        else:
            rows.append((key, "differs", _how(value, theirs.values.get(key), str(source.name) if source else ""), True))
    kept = sorted(rows, key=lambda row: (not row[3], row[2] == "its own"))[:MOST_SETTINGS]
    return [row for row in rows if row in kept]


def _how(mine: str, theirs: str | None, source: str) -> str:
    """How two values differ: lists by what they have more or less, others by the source's own."""
    if theirs is None:
        return f"not set on {source}"
    ours, others = set(mine.split(",")), set(theirs.split(","))
    if "," not in mine and "," not in theirs:
        return f"{clean(mine, 30)}; {source} {clean(theirs, 30)}"
    more, fewer = len(ours - others), len(others - ours)
    parts = ([f"{more} more"] if more else []) + ([f"{fewer} fewer"] if fewer else [])
    return f"{' and '.join(parts) or 'other order'} than {source}"


def _said(node: NodeRow, source: NodeRow | None) -> list[tuple[str, str, str, bool]]:
    """Without its files: what it says of itself."""
    mine = node.health.value
    theirs = source.health.value if source is not None else None
    chain = str(node.chain_id) or "? not configured"
    rows = [("chain_id", chain, *_same(source is None, chain, str(source.chain_id) if source else ""))]
    if mine is not None:
        chains = ", ".join(mine.supported_chains) or "– none said"
        other = ", ".join(theirs.supported_chains) if theirs is not None else ""
        rows.append(("supported_chains", chains, *_same(source is None, chains, other or "– none said")))
        rows.append(("proposer_id", short_proposer(str(mine.proposer_id)) or fmt.NONE, "its own", False))
    return rows


def _same(is_source: bool, mine: str, theirs: str) -> tuple[str, bool]:
    if is_source:
        return "", False
    return ("same", False) if mine == theirs else (f"source: {theirs or 'none'}", True)


def _setting(row: tuple[str, str, str, bool], width: int) -> Line:
    name, value, remark, differs = row
    shown = f"▲ {value}" if differs else value
    role = Role.WARN if differs else Role.TEXT
    return Line(
        (
            Run(f" {pad(name, 22)} ", Role.MUTED),
            Run(pad(shown, 14), role),
            Run(cut(remark, max(4, width - 39)), Role.MUTED),
        )
    )


def _answer(seen: Observed[T], now: float) -> tuple[str, str, str]:
    """The question, the age of its answer, and how long it took or why there is none."""
    question = str(seen.source).partition(" at ")[0]
    if seen.freshness(now) is not Freshness.FRESH:
        return question, "", why_not(seen, now)
    return question, fmt.age(seen.age(now)), "" if seen.rtt_ms is None else f"{seen.rtt_ms:.0f} ms"


def answers(snapshot: Snapshot, node: NodeRow, width: int) -> list[Line]:
    """What this program asks of it, how old and how slow the answer is; /health is not believed."""
    now = snapshot.now
    rows = [_answer(node.head, now), _answer(node.mempool, now), _answer(node.health, now), _answer(node.peers, now)]
    health = node.health.value
    if health is not None and rows[2][1]:
        rows[2] = (*rows[2][:2], f'"{health.status}": not believed')
    lines = [section("Answers", width, text="what was asked", age=age_of(node.head, now, 5))]
    for question, age, said in rows:
        text = f"{right(age, 5)}  {said}" if age else said
        lines.append(Line((Run(f" {pad(question, 25)} ", Role.MUTED), Run(cut(text, width - 28)))))
    return lines
