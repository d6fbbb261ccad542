"""The verdict on each node, and the Nodes pane's summary."""

from __future__ import annotations

from aitbc_tui.domain.figures import clock, of_things, short_hash, thousands, within
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.snapshot import Chain, NodeRow, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.state.chain import fresh_heights, pair, shown_hash
from aitbc_tui.state.facts import World
from aitbc_tui.state.judging import judge
from aitbc_tui.state.judging_look import Look
from aitbc_tui.state.judging_progress import closes_in
from aitbc_tui.state.skew import offset


def node_rows(world: World, chain: Chain, now: float, utc: float) -> tuple[NodeRow, ...]:
    """Every configured node, judged, in the order of the configuration."""
    heights = fresh_heights(world, now)
    return tuple(
        _row(Look(world, frame, world.nodes[frame.name], chain, now, utc, heights)) for frame in world.topology.nodes
    )


def _row(look: Look) -> NodeRow:
    facts, frame, chain = look.facts, look.frame, look.chain
    off = chain.fork is not None and frame.name in chain.fork.nodes
    judged = judge(look)
    agrees = None
    if chain.source is not None and frame.name in look.heights and not look.is_source:
        found = pair(look.world.nodes[chain.source], facts)
        agrees = False if found.differs is not None else True if found.equal is not None else None
    return NodeRow(
        name=frame.name,
        role=frame.role,
        host=frame.host,
        chain_id=frame.chain_id,
        verdict=judged.verdict,
        head=facts.head,
        health=facts.health,
        mempool=facts.mempool,
        units=facts.units,
        figures=facts.figures,
        peers=facts.peers,
        git=facts.git,
        lag=look.lag(),
        hash_at_common=shown_hash(facts, chain.display_height),
        hash_agrees=agrees,
        off_chain=off,
        last_agreed=facts.last_agreed,
        head_changed_at=facts.changes[-1][0] if facts.changes else None,
        uptime_s=_uptime(facts.units),
        intervals_s=facts.intervals,
        rule=judged.rule,
        check=SafeText(judged.check),
        closes_in_s=closes_in(look),
        clock_off_s=offset(look.world.clocks.get(frame.host), look.now),
        settings=facts.settings,
        has_units=bool(frame.units),
    )


def _uptime(units: Observed[tuple[Unit, ...]]) -> float | None:
    return units.value[0].uptime_s if units.value else None


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


def of_node(row: NodeRow) -> str:
    """What is wrong with it, its name once: the words of a lost connection begin with the host, often of that name."""
    return f"{row.name}: {str(row.verdict.text).removeprefix(f'{row.name}: ')}"


def _title(world: World, chain: Chain, rows: tuple[NodeRow, ...], silent: list[NodeRow]) -> tuple[Verdict, str, str]:
    total, heard = len(rows), len(rows) - len(silent)
    if not rows:
        return Verdict(Level.NONE, SafeText("none")), "no node is configured", "no node is configured"
    also = f", {len(silent)} not heard" if silent else ""
    if chain.fork is not None:
        names = ", ".join(chain.fork.nodes)
        counts = f"{len(chain.fork.nodes)} of {total} split off{also}"
        return Verdict(Level.BAD, SafeText("FORK")), counts, f"{names} at {thousands(chain.fork.height)}"
    worst = min(rows, key=lambda r: severity(r.verdict.level))
    if worst.verdict.level is Level.BAD:
        return Verdict(Level.BAD, worst.verdict.word), f"{worst.name}{also}", of_node(worst)
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
        return of_node(worst)
    parts = []
    if chain.block_interval_s is not None:
        parts.append(f"one block every {chain.block_interval_s:.1f} s")
    if chain.heights_compared and chain.compared_since is not None and len(rows) > 1:
        parts.append(
            f"the same hash at every height compared since {clock(chain.compared_since)}, "
            f"{of_things(chain.heights_compared, 'height')}"
        )
    if chain.propagation_s:
        parts.append(f"a block is on every node in {within(max(chain.propagation_s.values()))}")
    return " · ".join(parts)
