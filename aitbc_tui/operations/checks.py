"""The checks of `health` that one look at the network can answer: each passes, warns or fails, and says why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.node import GitState, Unit
from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import GpuRow, LinkRow, NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.tally import connect_kind, issue_kind

MANY_RESTARTS = 5
MEMORY_WARN, MEMORY_FAIL = 0.10, 0.04
LIMIT_WARN, LIMIT_FAIL = 0.90, 0.97  # of a unit's own MemoryMax
LOAD_WARN = 2.0  # a processor
SKEW_WARN_S, SKEW_FAIL_S = 5.0, 60.0  # a host's clock is read to the second
LAG_FAIL = 5
LATE_BLOCKS = 5
BLOCK_TIME_S = 2.0


class Grade(StrEnum):
    """How a check ended."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"  # does not apply, or does not exist in this version

    @property
    def mark(self) -> str:
        """In a cell of a table."""
        return {Grade.PASS: "ok", Grade.WARN: "warn", Grade.FAIL: "FAIL", Grade.SKIP: "–"}[self]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the health report. `kind` is the issue it becomes when it does not pass."""

    node: str
    host: str
    name: str
    grade: Grade
    why: str
    kind: str = "validation"
    remedy: str = ""


_RANK = (Grade.SKIP, Grade.PASS, Grade.WARN, Grade.FAIL)


def worst(checks: Iterable[Check]) -> Check | None:
    """The first of the worst grade; None of none."""
    return max(checks, key=lambda check: _RANK.index(check.grade), default=None)


def of_snapshot(snapshot: Snapshot, rows: Iterable[NodeRow]) -> Iterator[Check]:
    """Everything about the nodes that the look brought."""
    links = {str(link.host): link for link in snapshot.links}
    for row in rows:
        maker = _Maker(str(row.name), row.host)
        yield _connection(maker, links.get(row.host))
        yield _rpc(maker, row, snapshot.now)
        yield from _units(maker, row, snapshot.now)
        yield from _resources(maker, row, snapshot)
        yield _git(maker, row.git, snapshot.now)
        yield _peers(maker, row, snapshot)
        yield _skew(maker, row, snapshot)
        yield from _chain(maker, row, snapshot)


@dataclass(frozen=True, slots=True)
class _Maker:
    node: str
    host: str

    def __call__(self, name: str, grade: Grade, why: str, kind: str = "validation", remedy: str = "") -> Check:
        return Check(self.node, self.host, name, grade, why, kind, remedy)

    def unknown(self, name: str, seen: Observed[object]) -> Check:
        """A figure that did not come."""
        trouble = seen.trouble
        why = str(trouble.detail).removeprefix(f"{self.host}: ") if trouble else "not learnt"
        absent = trouble is not None and seen.at is None and trouble.kind.value == "absent"
        kind = issue_kind(trouble) if trouble else "validation"
        remedy = trouble.remedy if trouble else ""
        return self(name, Grade.SKIP if absent else Grade.FAIL, str(why), kind, str(remedy))


def _connection(make: _Maker, link: LinkRow | None) -> Check:
    if link is None or link.verdict.level is Level.GOOD:
        return make("ssh", Grade.PASS, "connected" if link is None else str(link.verdict.word))
    kind = "trust" if link.host_key_problem else connect_kind(link.detail)
    if link.verdict.word == "login refused":
        kind = "authentication"
    return make("ssh", Grade.FAIL, str(link.detail or link.verdict.word), kind, str(link.remedy))


def _rpc(make: _Maker, row: NodeRow, now: float) -> Check:
    if row.head.freshness(now) is not Freshness.FRESH or row.head.value is None:
        return make.unknown("rpc", row.head)  # type: ignore[arg-type]
    rtt = row.head.rtt_ms
    return make("rpc", Grade.PASS, f"head {row.head.value.height:,}" + (f" in {rtt:.0f} ms" if rtt else ""))


def _units(make: _Maker, row: NodeRow, now: float) -> Iterator[Check]:
    units = row.units.fresh(now)
    if units is None:
        if row.units.trouble is not None:
            yield make.unknown("units", row.units)  # type: ignore[arg-type]
        else:
            yield make("units", Grade.SKIP, "no unit is configured for this node")
        return
    for unit in units:
        yield _unit(make, unit)
    restarted = [u for u in units if (u.restarts or 0) > 0]
    worst = max((u.restarts or 0 for u in restarted), default=0)
    said = ", ".join(f"{u.name} {u.restarts}" for u in restarted) or "none"
    grade = Grade.WARN if worst >= MANY_RESTARTS else Grade.PASS
    yield make("restarts", grade, said, "service-restart", "journalctl of the unit says why it was restarted")
    yield _unit_memory(make, units)


def _unit_memory(make: _Maker, units: Iterable[Unit]) -> Check:
    """Each unit against its own MemoryMax, at which the kernel ends it; cache that can be taken back is not counted."""
    limited = [unit for unit in units if unit.memory_share is not None]
    if not limited:
        return make("unit memory", Grade.SKIP, "no running unit of it has a limit (MemoryMax)")
    worst = max(limited, key=lambda unit: unit.memory_share or 0.0)
    share = worst.memory_share or 0.0
    grade = Grade.FAIL if share >= LIMIT_FAIL else Grade.WARN if share >= LIMIT_WARN else Grade.PASS
    why = f"{str(worst.name).removesuffix('.service')} {worst.memory_words}"
    remedy = "what grows? its journal, then MemoryMax or a restart" if grade is not Grade.PASS else ""
    return make("unit memory", grade, why, "service-offline", remedy)


def _unit(make: _Maker, unit: Unit) -> Check:
    name = f"unit {unit.name}"
    if not unit.found:
        return make(name, Grade.SKIP, "not found on this host")
    if unit.running:
        return make(name, Grade.PASS, f"{unit.active}/{unit.sub}")
    loop = unit.sub == "auto-restart"
    why = f"{unit.active}/{unit.sub}, result {unit.result}" + (": it is restarted again and again" if loop else "")
    remedy = f"aitbc-tui logs {unit.name} --host {make.host}; then service restart {unit.name} --host {make.host}"
    return make(name, Grade.FAIL, why, "service-offline", remedy)


def _resources(make: _Maker, row: NodeRow, snapshot: Snapshot) -> Iterator[Check]:
    figures = row.figures.fresh(snapshot.now)
    if figures is None:
        yield make.unknown("memory", row.figures)  # type: ignore[arg-type]
        return
    if figures.memory_total and figures.memory_available is not None:
        free = figures.memory_available / figures.memory_total
        grade = Grade.FAIL if free < MEMORY_FAIL else Grade.WARN if free < MEMORY_WARN else Grade.PASS
        total = figures.memory_total / 2**30
        yield make("memory", grade, f"{free:.0%} of {total:.1f} GiB available", remedy="what holds the memory?")
    if figures.load1 is not None and figures.cpus:
        grade = Grade.WARN if figures.load1 > LOAD_WARN * figures.cpus else Grade.PASS
        yield make("load", grade, f"load {figures.load1:.2f} on {figures.cpus} processors")


def _git(make: _Maker, seen: Observed[GitState], now: float) -> Check:
    state = seen.fresh(now)
    if state is None:
        check = make.unknown("git", seen)  # type: ignore[arg-type]
        return Check(check.node, check.host, "git", Grade.WARN, check.why, check.kind, check.remedy)
    if state.ahead and state.behind:
        why = f"diverged: {state.ahead} commits of its own, {state.behind} missing"
        return make("git", Grade.WARN, why, "git-conflict", "compare both heads by hand; nothing here merges")
    clean = not (state.ahead or state.behind or state.changed)
    remedy = "" if clean else "aitbc-tui sync --sync-type git"
    return make("git", Grade.PASS if clean else Grade.WARN, state.words, "git-conflict", remedy)


def _peers(make: _Maker, row: NodeRow, snapshot: Snapshot) -> Check:
    peers = row.peers.fresh(snapshot.now)
    if peers is None:
        return make.unknown("p2p", row.peers)  # type: ignore[arg-type]
    if peers.listening is False:
        return make("p2p", Grade.FAIL, "nothing listens on its P2P port", "p2p", "its p2p unit, then its journal")
    if peers.count == 0 and len(snapshot.nodes) > 1:
        return make("p2p", Grade.FAIL, "no peer is connected", "p2p", "aitbc-tui network: both sides of each link")
    return make("p2p", Grade.PASS, f"{peers.count} peers")


def _skew(make: _Maker, row: NodeRow, snapshot: Snapshot) -> Check:
    """The host's clock against ours; shown, and used for nothing else."""
    figures, at = row.figures.fresh(snapshot.now), row.figures.at
    if figures is None or figures.epoch_s is None or at is None:
        return make("clock", Grade.SKIP, "its clock was not read")
    skew = figures.epoch_s + (snapshot.now - at) - snapshot.utc.timestamp()
    grade = Grade.FAIL if abs(skew) > SKEW_FAIL_S else Grade.WARN if abs(skew) > SKEW_WARN_S else Grade.PASS
    way = "ahead of" if skew > 0 else "behind"
    why = f"{abs(skew):.0f} s {way} this machine (read to the second)"
    return make("clock", grade, why, remedy="timedatectl status on that host" if grade is not Grade.PASS else "")


def _chain(make: _Maker, row: NodeRow, snapshot: Snapshot) -> Iterator[Check]:
    health = row.health.fresh(snapshot.now)
    if health is not None and row.chain_id:
        serves = row.chain_id in health.supported_chains
        said = ", ".join(health.supported_chains) or "none"
        yield make("chain id", Grade.PASS if serves else Grade.FAIL, f"serves {said}; configured {row.chain_id}")
    head = row.head.fresh(snapshot.now)
    if head is None:
        return
    alone = snapshot.chain.compared < 2
    source = snapshot.chain.source
    if row.name != source and not alone:
        yield _agreement(make, row)
        if row.lag is not None:
            behind = row.lag if row.lag >= 0 else -row.lag
            grade = Grade.PASS if behind <= 1 else Grade.WARN if behind <= LAG_FAIL else Grade.FAIL
            way = "behind" if row.lag >= 0 else "ahead of"
            remedy = "aitbc-tui sync --sync-type blockchain" if row.lag > 1 else ""
            yield make("lag", grade, f"{behind:,} blocks {way} {source}", "sync", remedy)
    elif alone:
        yield make("hash", Grade.SKIP, "no other node was heard: nothing to compare with")
    yield _movement(make, row, snapshot)


def _agreement(make: _Maker, row: NodeRow) -> Check:
    if row.hash_agrees is None:
        return make("hash", Grade.WARN, "no common height was compared")
    if row.hash_agrees:
        return make("hash", Grade.PASS, "the same hash at the common height")
    text = str(row.verdict.text) or "another hash at the common height"
    return make("hash", Grade.FAIL, text, "fork", "compare both chains; no node can reorganise by itself")


def _movement(make: _Maker, row: NodeRow, snapshot: Snapshot) -> Check:
    """By the age of the head on the node's own clock; an idle chain that makes no empty blocks is no stall."""
    head = row.head.value
    age = head.block_age_s if head is not None else None
    if age is None:
        return make("moving", Grade.SKIP, "the head's age is not known")
    limit = LATE_BLOCKS * max(snapshot.chain.block_interval_s or BLOCK_TIME_S, 1.0)
    if age <= limit:
        return make("moving", Grade.PASS, f"newest block {age:.0f} s old")
    pool = row.mempool.fresh(snapshot.now)
    kind = "stall" if row.name == snapshot.chain.source else "wedge"
    if pool is not None and pool.count == 0 and kind == "stall":
        return make("moving", Grade.WARN, f"newest block {age:.0f} s old, and nothing waits: idle", "stall")
    remedy = f"aitbc-tui logs {make.node}"
    return make("moving", Grade.FAIL, f"newest block {age:.0f} s old", kind, remedy)


def of_gpus(snapshot: Snapshot) -> Iterator[Check]:
    """The cards, and the Ollama of each host that has one."""
    for card in snapshot.gpus:
        yield _card(card)
    for host, seen in snapshot.ollamas.items():
        make = _Maker("", host)
        reading = seen.fresh(snapshot.now)
        if reading is None:
            yield make.unknown("ollama", seen)  # type: ignore[arg-type]
        else:
            yield make("ollama", Grade.PASS, f"{len(reading.models)} models, {len(reading.loaded)} loaded")


def _card(card: GpuRow) -> Check:
    make = _Maker("", str(card.host))
    bad = card.reading.lost or card.verdict.level is Level.BAD
    grade = Grade.FAIL if bad else Grade.WARN if card.verdict.level is Level.WARN else Grade.PASS
    why = str(card.verdict.text or card.verdict.word)
    return make(f"gpu {card.name}", grade, why, remedy="dmesg on that host" if bad else "")
