"""The Node Coordinator's output: exactly the seed's keys and `evidence`, built from a snapshot. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from aitbc_tui.domain.figures import duration
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Freshness, Observed, Trouble, TroubleKind
from aitbc_tui.domain.snapshot import LinkRow, NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level

Json = dict[str, object]

_KINDS = {
    TroubleKind.CONNECT: "connection",
    TroubleKind.HOST_KEY: "trust",
    TroubleKind.AUTH: "authentication",
    TroubleKind.TUNNEL: "connection",
    TroubleKind.TIMEOUT: "timeout",
    TroubleKind.COMMAND: "command",
    TroubleKind.REFUSED: "permission",
    TroubleKind.ABSENT: "service-offline",
    TroubleKind.EMPTY: "sync",
    TroubleKind.BROKEN: "validation",
    TroubleKind.LIMITED: "timeout",
}
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


@dataclass(slots=True)
class Tally:
    """What was asked for and what came back fresh; the evidence and issues on the way."""

    asked: int = 0
    fresh: int = 0
    evidence: list[Json] = field(default_factory=list)
    issues: list[Json] = field(default_factory=list)

    def count(self, node: NodeRow, what: str, seen: Observed[object], now: float, answer: object) -> bool:
        """One figure: counted, and put into evidence. True when it came back fresh."""
        came = seen.freshness(now) is Freshness.FRESH
        self.asked += 1
        self.fresh += came
        age = seen.age(now)
        self.evidence.append(
            {
                "host": node.host,
                "node": node.name,
                "asked": seen.source,
                "figure": what,
                "answer": answer if came else None,
                "error": seen.trouble.detail if seen.trouble else None,
                "took_ms": None if seen.rtt_ms is None else round(seen.rtt_ms, 1),
                "age_s": None if age is None else round(age, 2),
            }
        )
        return came

    def issue(self, kind: str, node: str, detail: str, remedy: str) -> None:
        self.issues.append({"kind": kind, "node": node, "detail": detail, "remedy": remedy})

    @property
    def confidence(self) -> float:
        return round(self.fresh / self.asked, 2) if self.asked else 0.0


def issue_kind(trouble: Trouble) -> str:
    return _KINDS[trouble.kind]


def _main_units_active(units: tuple[Unit, ...] | None) -> bool | None:
    """Whether the units that make and serve blocks run; None when that is not known."""
    found = [u for u in units or () if u.found]
    return None if not found else all(u.running for u in found)


def node_word(row: NodeRow, link: LinkRow | None, now: float) -> str:
    """online, offline or degraded, by the rule of contract node-2026-04 section 5; never from /health alone."""
    units = row.units.fresh(now)
    active = _main_units_active(units)
    if link is not None and link.verdict.level is not Level.GOOD:
        return "offline"
    answers = row.head.freshness(now) is Freshness.FRESH
    empty = row.head.trouble is not None and row.head.trouble.kind is TroubleKind.EMPTY
    if not answers and not empty:
        node_unit = next((u for u in units or () if u.found), None)
        return "offline" if node_unit is not None and not node_unit.running else "degraded"
    in_step = row.hash_agrees is not False and (row.lag is None or abs(row.lag) <= 1)
    return "online" if answers and active and in_step and row.verdict.level is Level.GOOD else "degraded"


def node_status(row: NodeRow, link: LinkRow | None, tally: Tally, now: float) -> Json:
    """The seed's object for one node; what could not be learnt is null."""
    head = row.head.value
    tally.count(row, "block_height", row.head, now, head.height if head else None)  # type: ignore[arg-type]
    pool = row.mempool.value
    tally.count(row, "mempool_size", row.mempool, now, pool.count if pool else None)  # type: ignore[arg-type]
    peers = row.peers.value
    tally.count(row, "p2p_connections", row.peers, now, peers.count if peers else None)  # type: ignore[arg-type]
    units = {str(u.name): str(u.active) for u in row.units.value or ()}
    tally.count(row, "service_uptime", row.units, now, units or None)  # type: ignore[arg-type]
    size = None if pool is None or row.mempool.freshness(now) is not Freshness.FRESH else pool.count
    if pool is not None and pool.capped and size is not None:
        size = None
        tally.issue("partial", row.name, f"more than {pool.count - 1} pending: not counted", "see the mempool command")
    up = row.uptime_s if row.units.freshness(now) is Freshness.FRESH else None
    return {
        "status": node_word(row, link, now),
        "block_height": head.height if head and row.head.freshness(now) is Freshness.FRESH else None,
        "mempool_size": size,
        "p2p_connections": peers.count if peers and row.peers.freshness(now) is Freshness.FRESH else None,
        "service_uptime": None if up is None else str(duration(up)),
        "last_sync": None if row.last_agreed is None else int(row.last_agreed),
    }


def node_issues(row: NodeRow, link: LinkRow | None, tally: Tally, now: float) -> None:
    """Every cause of a figure that is missing and every finding, each once."""
    seen: set[tuple[str, str]] = set()

    def add(kind: str, detail: str, remedy: str) -> None:
        if (kind, detail) not in seen:
            seen.add((kind, detail))
            tally.issue(kind, str(row.name), detail, remedy)

    if link is not None and link.verdict.level is not Level.GOOD and link.detail:
        kind = "trust" if link.host_key_problem else "connection"
        if link.verdict.word == "login refused":
            kind = "authentication"
        add(kind, link.detail, link.remedy)
        return
    for figure in (row.head, row.mempool, row.peers, row.units):
        if figure.trouble is not None and figure.freshness(now) is not Freshness.FRESH:
            add(issue_kind(figure.trouble), figure.trouble.detail, figure.trouble.remedy)
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


def status_document(
    snapshot: Snapshot, targets: tuple[str, ...], target_word: str, took_s: float, verify: bool = True
) -> Json:
    """The whole output object of `status`."""
    tally = Tally()
    links = {str(link.host): link for link in snapshot.links}
    rows = [row for row in snapshot.nodes if row.name in targets]
    nodes = {str(row.name): node_status(row, links.get(row.host), tally, snapshot.now) for row in rows}
    for row in rows:
        node_issues(row, links.get(row.host), tally, snapshot.now)
    words = [str(node["status"]) for node in nodes.values()]
    online, total = words.count("online"), len(words)
    answered = sum(1 for row in rows if row.head.freshness(snapshot.now) is Freshness.FRESH)
    return {
        "summary": _summary(snapshot, rows, online, total),
        "operation": "status",
        "target_node": target_word,
        "nodes_status": nodes,
        "sync_result": None,
        "sync_details": dict.fromkeys(
            ("blockchain_synced", "mempool_synced", "configuration_synced", "git_synced"), None
        ),
        "message_delivery": dict.fromkeys(("sent", "delivered", "failed"), None),
        "issues": tally.issues,
        "recommendations": _recommendations(tally),
        "confidence": tally.confidence,
        "execution_time": round(took_s, 2),
        "validation_status": _validation(online, answered, total) if verify else None,
        "evidence": tally.evidence,
    }


def _validation(online: int, answered: int, total: int) -> str:
    """success: every node online and agreeing; failed: none answered; partial: between."""
    return "success" if online == total else "failed" if answered == 0 else "partial"


def _summary(snapshot: Snapshot, rows: list[NodeRow], online: int, total: int) -> str:
    if online == total and total > 0:
        heights = ", ".join(f"{r.name} {r.head.value.height:,}" for r in rows if r.head.value)
        agree = ", the same hash at the common height" if snapshot.chain.compared > 1 else ""
        return f"{total} of {total} nodes online: {heights}{agree}"
    off = next((r for r in rows if r.verdict.level is not Level.GOOD), rows[0] if rows else None)
    first = f": {off.name} {off.verdict.word} {off.verdict.text}".rstrip() if off is not None else ""
    return f"{online} of {total} nodes online{first}"


def _recommendations(tally: Tally) -> list[str]:
    return list(dict.fromkeys(str(issue["remedy"]) for issue in tally.issues if issue["remedy"]))
