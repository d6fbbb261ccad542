"""A node's settings and code against the source's: what must agree, what is its own, what differs. Pure."""

from __future__ import annotations

from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.alarm_evidence import node_row, short_proposer
from aitbc_tui.ui.screens.layout import cut, pad, section
from aitbc_tui.ui.screens.observed_words import why_not

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
    text = f"against {source.name}" if source is not None and not is_source else "the source of comparison"
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
