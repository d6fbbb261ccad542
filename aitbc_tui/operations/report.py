"""The Node Coordinator's output: exactly the seed's keys and `evidence`, built from a snapshot. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aitbc_tui.domain.figures import duration
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Freshness, TroubleKind
from aitbc_tui.domain.snapshot import LinkRow, NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.tally import Json, Tally, connect_kind, issue_kind

SYNC_TYPES = ("blockchain", "mempool", "configuration", "git")
_WORDS = {
    "FORK": "fork",
    "WEDGED": "wedge",
    "STALLED": "stall",
    "HOLLOW": "hollow",
    "DOWN": "service-offline",
    "lag": "sync",
    "ahead": "fork",
    "no blocks": "sync",
    "unit down": "service-offline",
    "host key": "trust",
    "login refused": "authentication",
}


def frame(
    operation: str,
    target_word: str,
    nodes: Mapping[str, Json],
    tally: Tally,
    took_s: float,
    *,
    summary: str,
    validation: str | None = None,
    sync_result: str | None = None,
    synced: Mapping[str, bool | None] | None = None,
    delivery: Mapping[str, int] | None = None,
    advice: Iterable[str] = (),
) -> Json:
    """The output object of any operation: the seed's keys in the seed's order, and `evidence`."""
    remedies = (str(issue["remedy"]) for issue in tally.issues if issue["remedy"])
    return {
        "summary": summary,
        "operation": operation,
        "target_node": target_word,
        "nodes_status": dict(nodes),
        "sync_result": sync_result,
        "sync_details": {f"{name}_synced": (synced or {}).get(name) for name in SYNC_TYPES},
        "message_delivery": {name: (delivery or {}).get(name) for name in ("sent", "delivered", "failed")},
        "issues": tally.issues,
        "recommendations": list(dict.fromkeys((*advice, *remedies))),
        "confidence": tally.confidence,
        "execution_time": round(took_s, 2),
        "validation_status": validation,
        "evidence": tally.evidence,
    }


NOTHING_LEARNT: Json = dict.fromkeys(
    ("status", "block_height", "mempool_size", "p2p_connections", "service_uptime", "last_sync")
)


def _main_units_active(units: tuple[Unit, ...] | None) -> bool | None:
    """Whether the units that make and serve blocks run; None when that is not known."""
    found = [u for u in units or () if u.found]
    return None if not found else all(u.running for u in found)


def node_word(row: NodeRow, link: LinkRow | None, now: float) -> str:
    """online, offline or degraded, by the rule of contract node-2026-04 section 5; never from /health alone.

    Where no unit is configured none is asked for: the word then rests on the chain alone.
    """
    units = row.units.fresh(now)
    active = _main_units_active(units)
    if link is not None and link.verdict.level is not Level.GOOD:
        return "offline"
    answers = row.head.freshness(now) is Freshness.FRESH and row.head.trouble is None
    empty = row.head.trouble is not None and row.head.trouble.kind is TroubleKind.EMPTY
    if not answers and not empty:
        node_unit = next((u for u in units or () if u.found), None)
        return "offline" if node_unit is not None and not node_unit.running else "degraded"
    in_step = row.hash_agrees is not False and (row.lag is None or abs(row.lag) <= 1)
    runs = active or not row.has_units
    return "online" if answers and runs and in_step and row.verdict.level is Level.GOOD else "degraded"


def node_status(row: NodeRow, link: LinkRow | None, tally: Tally, now: float) -> Json:
    """The seed's object for one node; what could not be learnt is null."""
    head, pool, peers = row.head.value, row.mempool.value, row.peers.value
    height = head.height if head else None
    pending = pool.count if pool else None
    connected = peers.count if peers else None
    units = {str(u.name): str(u.active) for u in row.units.value or ()} or None
    has_head = tally.count(row, "block_height", row.head, now, height)  # type: ignore[arg-type]
    has_pool = tally.count(row, "mempool_size", row.mempool, now, pending)  # type: ignore[arg-type]
    no_list = _lists_no_peers(row)
    has_peers = not no_list and tally.count(row, "p2p_connections", row.peers, now, connected)  # type: ignore[arg-type]
    has_units = row.has_units and tally.count(row, "service_uptime", row.units, now, units)  # type: ignore[arg-type]
    if not row.has_units:
        tally.note(row.host, str(row.name), "systemctl show", "service_uptime", None, error="no unit is configured")
    if has_pool and pool is not None and pool.capped:
        has_pool = False
        said = f"more than {pool.count - 1} pending: not counted"
        tally.issue("partial", row.name, said, "see the mempool command")
    return {
        "status": node_word(row, link, now),
        "block_height": height if has_head else None,
        "mempool_size": pending if has_pool else None,
        "p2p_connections": connected if has_peers else None,
        "service_uptime": None if row.uptime_s is None or not has_units else str(duration(row.uptime_s)),
        "last_sync": None if row.last_agreed is None else int(row.last_agreed),
    }


def _lists_no_peers(row: NodeRow) -> bool:
    """A follower of 2026-08: nobody there lists peers, so nothing was asked and nothing is missing."""
    return row.peers.trouble is not None and row.peers.trouble.kind is TroubleKind.ABSENT and row.peers.at is None


def node_issues(row: NodeRow, link: LinkRow | None, tally: Tally, now: float) -> None:
    """Every cause of a figure that is missing and every finding, each once."""
    seen: set[tuple[str, str]] = set()

    def add(kind: str, detail: str, remedy: str) -> None:
        if (kind, detail) not in seen:
            seen.add((kind, detail))
            tally.issue(kind, str(row.name), detail, remedy)

    if link is not None and link.verdict.level is not Level.GOOD and link.detail:
        kind = "trust" if link.host_key_problem else connect_kind(link.detail)
        if link.verdict.word == "login refused":
            kind = "authentication"
        add(kind, link.detail, link.remedy)
        return
    for figure in (row.head, row.mempool, row.peers, row.units):
        if figure.trouble is not None and not (figure is row.peers and _lists_no_peers(row)):
            trouble = figure.trouble
            kind = connect_kind(trouble.detail) if trouble.kind is TroubleKind.CONNECT else issue_kind(trouble)
            if trouble.kind is TroubleKind.ABSENT and figure is not row.head:
                kind = "partial"  # this version has no such figure: nothing is offline for that
            add(kind, trouble.detail, trouble.remedy)
    kind = _WORDS.get(str(row.verdict.word), "")
    if kind and row.verdict.text:
        add(kind, row.verdict.text, _remedy(kind))
    peers = row.peers.fresh(now)
    if peers is not None and peers.count == 0:
        add("p2p", "no established peer on the P2P port", "check the p2p unit and its peers on both sides")


def _remedy(kind: str) -> str:
    return {
        "fork": "compare both chains; no node can reorganise by itself",
        "wedge": "aitbc-tui nodes; a wedged follower needs a sync from the producer",
        "stall": "the producer's journal, then its unit",
        "hollow": "copy the chain database from the producer",
        "service-offline": "systemctl status of the unit, then its journal",
        "sync": "wait, or sync from the producer",
    }.get(kind, "aitbc-tui doctor")


def look_into(tally: Tally, snapshot: Snapshot, targets: tuple[str, ...]) -> dict[str, Json]:
    """`nodes_status` of the targets, with their figures in evidence and what is wrong with them among the issues."""
    links = {str(link.host): link for link in snapshot.links}
    rows = target_rows(snapshot, targets)
    nodes = {str(row.name): node_status(row, links.get(row.host), tally, snapshot.now) for row in rows}
    for row in rows:
        node_issues(row, links.get(row.host), tally, snapshot.now)
    _name_fallback(tally, snapshot)
    return nodes


def target_rows(snapshot: Snapshot, targets: tuple[str, ...]) -> list[NodeRow]:
    """The nodes that an operation concerns."""
    return [row for row in snapshot.nodes if row.name in targets]


def _name_fallback(tally: Tally, snapshot: Snapshot) -> None:
    """Which node stood in for the producer when that was not heard."""
    producer = next((row for row in snapshot.nodes if row.role == "genesis"), None)
    source = snapshot.chain.source
    if producer is not None and source is not None and source != producer.name:
        tally.note(producer.host, str(producer.name), "the chain's head", "source", f"{source}, as a fallback")


def status_document(
    snapshot: Snapshot, targets: tuple[str, ...], target_word: str, took_s: float, verify: bool = True
) -> Json:
    """The whole output object of `status`."""
    tally = Tally()
    nodes = look_into(tally, snapshot, targets)
    rows = target_rows(snapshot, targets)
    online, total = online_of(nodes), len(nodes)
    return frame(
        "status",
        target_word,
        nodes,
        tally,
        took_s,
        summary=status_summary(snapshot, rows, nodes, tally),
        validation=validation(online, answered(snapshot, rows), total) if verify else None,
        advice=("nodes are online and agree",) if online == total and not tally.issues else (),
    )


def online_of(nodes: Mapping[str, Json]) -> int:
    """How many of them are online."""
    return sum(1 for node in nodes.values() if node["status"] == "online")


def answered(snapshot: Snapshot, rows: Iterable[NodeRow]) -> int:
    """How many answered just now."""
    return sum(1 for row in rows if row.head.freshness(snapshot.now) is Freshness.FRESH)


def validation(online: int, answered: int, total: int) -> str:
    """success: every node online and agreeing; failed: none answered; partial: between."""
    return "success" if online == total else "failed" if answered == 0 else "partial"


def status_summary(snapshot: Snapshot, rows: list[NodeRow], nodes: Mapping[str, Json], tally: Tally) -> str:
    """How many are online and at which heights; else the first that is not, with what keeps it from that."""
    online, total = online_of(nodes), len(nodes)
    if online == total and total > 0:
        heights = ", ".join(f"{r.name} {r.head.value.height:,}" for r in rows if r.head.value)
        agree = ", the same hash at the common height" if snapshot.chain.compared > 1 else ""
        return f"{total} of {total} nodes online: {heights}{agree}"
    off = next((r for r in rows if nodes[str(r.name)]["status"] != "online"), None)
    if off is None:
        return f"{online} of {total} nodes online"
    sound = off.verdict.level is Level.GOOD  # the chain is; then something else of it was not learnt, or is down
    word = str(nodes[str(off.name)]["status"]) if sound else str(off.verdict.word)
    why = "" if sound else str(off.verdict.text).removeprefix(f"{off.name}: ")
    found = next((str(issue["detail"]) for issue in tally.issues if issue["node"] == str(off.name)), "")
    return f"{online} of {total} nodes online: {off.name} {word}" + (f", {why or found}" if why or found else "")
