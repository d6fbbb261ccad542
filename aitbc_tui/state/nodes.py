"""The verdict on each node, and the Nodes pane's summary."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.figures import clock, coarse_age, short_hash, thousands
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Freshness, Observed, TroubleKind
from aitbc_tui.domain.snapshot import Chain, NodeRow, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.state.chain import BLOCK_TIME_S, fresh_heights, pair, shown_hash
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.links import waiting_word
from aitbc_tui.state.topology import PRODUCER_ROLE, NodeFrame

TOLERATED_LAG = 1
WEDGE_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class _Look:
    """What every check of one node needs."""

    world: World
    frame: NodeFrame
    facts: NodeFacts
    chain: Chain
    now: float
    utc: float
    heights: dict[str, int]

    @property
    def block_time(self) -> float:
        return self.chain.block_interval_s or BLOCK_TIME_S

    @property
    def is_source(self) -> bool:
        return self.chain.source == self.frame.name

    @property
    def still_s(self) -> float | None:
        """For how long this node's head has not moved under our eyes."""
        return self.now - self.facts.changes[-1][0] if self.facts.changes else None


def node_rows(world: World, chain: Chain, now: float, utc: float) -> tuple[NodeRow, ...]:
    heights = fresh_heights(world, now)
    return tuple(
        _row(_Look(world, frame, world.nodes[frame.name], chain, now, utc, heights)) for frame in world.topology.nodes
    )


def _row(look: _Look) -> NodeRow:
    facts, frame, chain = look.facts, look.frame, look.chain
    off = chain.fork is not None and frame.name in chain.fork.nodes
    lag = None
    if chain.source is not None and frame.name in look.heights:
        lag = look.heights[chain.source] - look.heights[frame.name]
    agrees = None
    if chain.source is not None and frame.name in look.heights and not look.is_source:
        found = pair(look.world.nodes[chain.source], facts)
        agrees = False if found.differs is not None else True if found.equal is not None else None
    return NodeRow(
        name=frame.name,
        role=frame.role,
        host=frame.host,
        chain_id=frame.chain_id,
        verdict=judge(look, lag, off),
        head=facts.head,
        health=facts.health,
        mempool=facts.mempool,
        units=facts.units,
        figures=facts.figures,
        peers=facts.peers,
        git=facts.git,
        lag=lag,
        hash_at_common=shown_hash(facts, chain.display_height),
        hash_agrees=agrees,
        off_chain=off,
        last_agreed=facts.last_agreed,
        head_changed_at=facts.changes[-1][0] if facts.changes else None,
        uptime_s=_uptime(facts.units),
        intervals_s=facts.intervals,
    )


def _uptime(units: Observed[tuple[Unit, ...]]) -> float | None:
    return units.value[0].uptime_s if units.value else None


def judge(look: _Look, lag: int | None, off: bool) -> Verdict:
    """One node, the worst thing first (screens 4)."""
    silent = _not_heard(look)
    if silent is not None:
        return silent
    if off and look.chain.fork is not None:
        text = f"other hash at {thousands(look.chain.fork.height)}, last common "
        common = look.chain.fork.last_common
        return _bad("FORK", text + (thousands(common) if common is not None else "not found yet"))
    for check in (_hollow, _stalled, _wedged, _unit_down):
        found = check(look)
        if found is not None:
            return found
    if lag is not None and not look.is_source:
        if lag < -TOLERATED_LAG:
            return Verdict(Level.WARN, SafeText("ahead"), SafeText(f"{-lag} blocks ahead of {look.chain.source}"))
        if lag > TOLERATED_LAG:
            return Verdict(Level.WARN, SafeText("lag"), SafeText(f"{thousands(lag)} blocks behind {look.chain.source}"))
    return _sound(look)


def _bad(word: str, text: str) -> Verdict:
    return Verdict(Level.BAD, SafeText(word), SafeText(text))


def _not_heard(look: _Look) -> Verdict | None:
    head = look.facts.head
    state = head.freshness(look.now)
    if state is Freshness.FRESH:
        return None
    trouble = head.trouble
    why = trouble.detail if trouble else SafeText("")
    if trouble is not None and trouble.kind is TroubleKind.EMPTY:
        return Verdict(Level.WARN, SafeText("no blocks"), why)
    if _down(look):
        return _bad("DOWN", f"no answer, and {_dead_unit(look)} is not active")
    if state is Freshness.STALE:
        age = coarse_age(head.age(look.now))
        return Verdict(Level.STALE, SafeText(f"stale {age}"), why)
    link = look.world.links.get(look.frame.host)
    if state in (Freshness.CONNECTING, Freshness.UNREACHABLE):
        return waiting_word(link, trouble, look.now)
    level = Level.REFUSED if state is Freshness.REFUSED else Level.WARN
    return Verdict(level, SafeText(state.value), why)


def _down(look: _Look) -> bool:
    trouble = look.facts.head.trouble
    return trouble is not None and trouble.kind is not TroubleKind.EMPTY and _dead_unit(look) is not None


def _dead_unit(look: _Look) -> SafeText | None:
    units = look.facts.units.fresh(look.now) or ()
    return next((u.name for u in units if u.found and not u.running), None)


def _hollow(look: _Look) -> Verdict | None:
    newest = max((b for h, b in look.facts.blocks.items() if h > 0), key=lambda b: b.height, default=None)
    if newest is None or not newest.hollow:
        return None
    return _bad("HOLLOW", f"block {thousands(newest.height)} has no proposer or no parent")


def _stalled(look: _Look) -> Verdict | None:
    """The producer's head stands still although it should move; an idle chain is no stall (contract fact 10)."""
    if not look.is_source or look.still_s is None:
        return None
    limit = max(5 * look.block_time, 10.0, look.frame.heartbeat_s)
    head = look.facts.head.value
    age = None if head is None or head.block_age_s is None else head.block_age_s
    still = max(look.still_s, age if age is not None and look.facts.makes_empty_blocks else 0.0)
    if still <= limit:
        return None
    oldest = look.facts.pool.oldest()
    waiting = oldest is not None and look.now - oldest > limit
    if not look.facts.makes_empty_blocks and not waiting:
        return None
    due = max(look.block_time, look.frame.heartbeat_s)
    return _bad("STALLED", f"no new block for {coarse_age(still)}; one was due every {due:.1f} s")


def _wedged(look: _Look) -> Verdict | None:
    source = look.chain.source
    if look.is_source or source is None or look.still_s is None:
        return None
    since = look.facts.changes[-1][0]
    moved = look.world.nodes[source].changes
    passed = [height for at, height in moved if at > since]
    if len(passed) < WEDGE_BLOCKS or look.still_s < WEDGE_BLOCKS * look.block_time:
        return None
    blocks = moved[-1][1] - look.facts.changes[-1][1]
    if blocks < WEDGE_BLOCKS:
        return None
    return _bad(
        "WEDGED", f"head stands at {thousands(look.facts.changes[-1][1])} while {source} made {thousands(blocks)} more"
    )


def _unit_down(look: _Look) -> Verdict | None:
    dead = _dead_unit(look)
    return None if dead is None else Verdict(Level.WARN, SafeText("unit down"), SafeText(f"{dead} is not active"))


def _sound(look: _Look) -> Verdict:
    if look.frame.role == PRODUCER_ROLE:
        quiet = look.still_s is not None and look.still_s > 5 * look.block_time
        return Verdict(Level.GOOD, SafeText("idle" if quiet else "produces"))
    if look.is_source:
        alone = len(look.world.topology.nodes) > 1
        word, level = ("unknown", Level.UNKNOWN) if alone else ("moves", Level.GOOD)
        return Verdict(level, SafeText(word), SafeText("the producer is not heard: nothing to compare with"))
    source = look.chain.source
    found = pair(look.world.nodes[source], look.facts) if source else None
    if found is None or found.equal is None:
        return Verdict(Level.COMING, SafeText("comparing"), SafeText("no common height was compared yet"))
    return Verdict(Level.GOOD, SafeText("agrees"))


def summary(world: World, chain: Chain, rows: tuple[NodeRow, ...], now: float) -> PaneSummary:
    """The pane's title and the evidence line under its rows."""
    silent = [r for r in rows if r.name not in fresh_heights(world, now)]
    verdict, counts, short = _title(world, chain, rows, silent)
    return PaneSummary(
        verdict=verdict,
        counts=SafeText(counts),
        note=SafeText(_note(world, chain, rows)),
        short=SafeText(short),
        oldest_at=_oldest(rows),
        bound_s=5.0,
        empty=(SafeText("no node is configured: add [[env.NAME.nodes]] to the configuration"),) if not rows else (),
    )


def _oldest(rows: tuple[NodeRow, ...]) -> float | None:
    times = [r.head.at for r in rows]
    return None if not times or any(at is None for at in times) else min(at for at in times if at is not None)


def _title(world: World, chain: Chain, rows: tuple[NodeRow, ...], silent: list[NodeRow]) -> tuple[Verdict, str, str]:
    total, heard = len(rows), len(rows) - len(silent)
    if not rows:
        return Verdict(Level.NONE, SafeText("none")), "no node is configured", "no node is configured"
    also = f", {len(silent)} not heard" if silent else ""
    if chain.fork is not None:
        names = ", ".join(chain.fork.nodes)
        counts = f"{len(chain.fork.nodes)} of {total} split off{also}"
        return _bad("FORK", ""), counts, f"{names} at {thousands(chain.fork.height)}"
    worst = min(rows, key=lambda r: severity(r.verdict.level))
    if worst.verdict.level is Level.BAD:
        return Verdict(Level.BAD, worst.verdict.word), f"{worst.name}{also}", f"{worst.name}: {worst.verdict.text}"
    if heard == 0:
        coming = all(r.verdict.level is Level.COMING for r in rows)
        word = Verdict(Level.COMING, SafeText("connecting")) if coming else worst.verdict
        return word, f"0 of {total}", f"0 of {total} heard"
    if silent or worst.verdict.level is not Level.GOOD:
        level = worst.verdict.level
        return Verdict(level, worst.verdict.word), f"{worst.name} · {heard} of {total} heard", f"{worst.name}"
    if total == 1:
        return Verdict(Level.GOOD, rows[0].verdict.word), "one node: nothing to compare with", "one node"
    at = f" at {thousands(chain.display_height)}" if chain.display_height is not None else ""
    return (
        Verdict(Level.GOOD, SafeText("agree")),
        f"{chain.agreeing} of {total}{at}",
        f"{chain.agreeing} of {total}{at}",
    )


def _note(world: World, chain: Chain, rows: tuple[NodeRow, ...]) -> str:
    if chain.fork is not None and chain.source is not None:
        fork, other = chain.fork, chain.fork.nodes[0]
        proposer = fork.proposers.get(other)
        by = f', proposer "{proposer}"' if proposer else ""
        common = thousands(fork.last_common) if fork.last_common is not None else "not found yet"
        here = short_hash(fork.hashes.get(chain.source, SafeText("?")))[:8]
        there = short_hash(fork.hashes.get(other, SafeText("?")))[:8]
        return (
            f"{thousands(fork.height)}: {chain.source} {here}… ≠ {other} {there}…{by} · last common {common} "
            f"· since {clock(fork.since, seconds=True)}"
        )
    worst = min(rows, key=lambda r: severity(r.verdict.level), default=None)
    if worst is not None and worst.verdict.level not in (Level.GOOD, Level.NONE) and worst.verdict.text:
        return f"{worst.name}: {worst.verdict.text}"
    parts = []
    if chain.block_interval_s is not None:
        parts.append(f"one block every {chain.block_interval_s:.1f} s")
    if chain.heights_compared and chain.compared_since is not None and len(rows) > 1:
        parts.append(
            f"the same hash at every height compared since {clock(chain.compared_since)}, "
            f"{thousands(chain.heights_compared)} heights"
        )
    return " · ".join(parts)
