"""The verdict on each mempool. A follower's never drains by design, and that is no alarm (contract fact 7).

In 2026-08 nothing is sent on: what a follower was given waits there for ever, and that is one (contract pain 18).
"""

from __future__ import annotations

from statistics import median

from aitbc_tui.domain.figures import coarse_age, short_hash, thousands
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import Chain, MempoolRow, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.flow import rates
from aitbc_tui.state.topology import PLATFORM, PRODUCER_ROLE, NodeFrame

STUCK_S = 60.0
NOT_SENT_ON_S = 18.0  # 2026-08: at the hub a transaction is in a block after ten seconds
FLOOD_S = 7.0  # three readings in a row


def mempool_rows(world: World, chain: Chain, now: float) -> tuple[MempoolRow, ...]:
    """Every node's mempool, judged."""
    return tuple(_row(world, frame, chain, now) for frame in world.topology.nodes)


def _drains(world: World, frame: NodeFrame, chain: Chain) -> bool:
    """Only a proposer's mempool drains; with a single node, that node's must."""
    if len(world.topology.nodes) == 1:
        return True
    return frame.name == chain.proposer if chain.proposer is not None else frame.role == PRODUCER_ROLE


def _row(world: World, frame: NodeFrame, chain: Chain, now: float) -> MempoolRow:
    facts = world.nodes[frame.name]
    reading = facts.mempool.value
    fees = sorted(float(tx.fee) for tx in reading.transactions if tx.fee is not None) if reading else []
    drains = _drains(world, frame, chain)
    came, went, capped = rates(world, facts, drains, now)
    return MempoolRow(
        name=frame.name,
        verdict=_kept(world, frame, chain, now) if not drains else _verdict(facts, now),
        reading=facts.mempool,
        in_per_min=came,
        out_per_min=went,
        oldest_since=facts.pool.oldest(),
        drains=drains,
        rates_capped=capped,
        fee_min=fees[0] if fees else None,
        fee_median=float(median(fees)) if fees else None,
        fee_max=fees[-1] if fees else None,
        history=facts.pool.history,
    )


def _kept(world: World, frame: NodeFrame, chain: Chain, now: float) -> Verdict:
    """Of a node that makes no blocks."""
    facts = world.nodes[frame.name]
    if facts.mempool.freshness(now) is not Freshness.FRESH:
        return _verdict(facts, now)
    if frame.generation != PLATFORM:
        return Verdict(Level.NONE, SafeText("keeps"), SafeText("followers never drain: not counted"))
    source = world.nodes.get(SafeText(chain.source or ""))
    stuck = [tx for tx, since in facts.pool.seen.items() if now - since > NOT_SENT_ON_S and not _had(source, tx)]
    if not stuck:
        return Verdict(Level.NONE, SafeText("keeps"), SafeText("followers send nothing on: not counted"))
    oldest = min(stuck, key=lambda tx: facts.pool.seen[tx])
    which = short_hash(oldest) if len(stuck) == 1 else f"{len(stuck)}, the oldest {short_hash(oldest)},"
    text = f"{which} waits {coarse_age(now - facts.pool.seen[oldest])}: sent on to nobody"
    return Verdict(Level.WARN, SafeText("left here"), SafeText(text))


def _had(source: NodeFacts | None, tx_hash: str) -> bool:
    """Whether the node that makes the blocks has it as well, waiting or in a block that was read."""
    if source is None:
        return False
    mined = {str(tx.tx_hash) for block in source.blocks.values() for tx in block.transactions}
    return tx_hash in source.pool.seen or tx_hash in mined


def _verdict(facts: NodeFacts, now: float) -> Verdict:
    state = facts.mempool.freshness(now)
    trouble = facts.mempool.trouble
    why = trouble.detail if trouble else SafeText("")
    if state is Freshness.STALE:
        return Verdict(Level.STALE, SafeText("stale"), why)
    if state is not Freshness.FRESH:
        level = {
            Freshness.CONNECTING: Level.COMING,
            Freshness.ABSENT: Level.NONE,
            Freshness.REFUSED: Level.REFUSED,
        }.get(state, Level.WARN)
        word = {Freshness.CONNECTING: "waits", Freshness.UNREACHABLE: "no answer"}.get(state, state.value)
        return Verdict(level, SafeText(word), why)
    since = facts.pool.capped_since
    if since is not None and now - since > FLOOD_S and facts.mempool.value is not None:
        text = f"{facts.mempool.value.count:,} or more wait, for {coarse_age(now - since)}: the API counts no further"
        return Verdict(Level.WARN, SafeText("flooded"), SafeText(text))
    oldest = facts.pool.oldest()
    if oldest is not None and now - oldest > STUCK_S:
        return Verdict(Level.WARN, SafeText("waits long"), SafeText(f"the oldest waits {coarse_age(now - oldest)}"))
    empty = facts.mempool.value is not None and facts.mempool.value.count == 0
    return Verdict(Level.GOOD, SafeText("empty" if empty else "drains"))


def pending(rows: tuple[MempoolRow, ...], now: float) -> tuple[int | None, bool]:
    """What waits at the producer, and whether that is only a lower bound. Followers are not counted."""
    counted = [row.reading.fresh(now) for row in rows if row.drains]
    known = [reading for reading in counted if reading is not None]
    if not known or len(known) < len(counted):
        return None, False
    return sum(r.count for r in known), any(r.capped for r in known)


def summary(rows: tuple[MempoolRow, ...], now: float) -> PaneSummary:
    """The pane's title: how many wait at the producer, and the worst verdict."""
    count, capped = pending(rows, now)
    words = "? pending" if count is None else f"{thousands(count)}{'+' if capped else ''} pending"
    worst = min(rows, key=lambda r: severity(r.verdict.level), default=None)
    verdict = Verdict(Level.NONE, SafeText("none")) if worst is None else _pane_verdict(rows, worst)
    times = [r.reading.at for r in rows]
    oldest = None if not times or None in times else min(t for t in times if t is not None)
    producer = next((r for r in rows if r.drains), None)
    flow = ""
    if producer is not None and producer.in_per_min is not None and producer.out_per_min is not None:
        more = "+" if producer.rates_capped else ""
        flow = f", {producer.in_per_min:.0f}{more} in and {producer.out_per_min:.0f}{more} out a minute"
    return PaneSummary(
        verdict=verdict,
        counts=SafeText(words),
        note=SafeText(_note(rows, worst)),
        short=SafeText(words + flow),
        oldest_at=oldest,
        empty=() if any(r.reading.at is not None for r in rows) else (SafeText("asked as soon as a node answers"),),
    )


def _pane_verdict(rows: tuple[MempoolRow, ...], worst: MempoolRow) -> Verdict:
    if worst.verdict.level is Level.COMING:
        return Verdict(Level.COMING, SafeText("waits"))
    if worst.verdict.level in (Level.GOOD, Level.NONE):
        return next((r.verdict for r in rows if r.drains), worst.verdict)
    return worst.verdict


def _fees(least: float, most: float | None) -> str:
    return f"fee {least:g}" if most is None or most == least else f"fee {least:g} to {most:g}"


def _note(rows: tuple[MempoolRow, ...], worst: MempoolRow | None) -> str:
    if worst is not None and worst.verdict.level in (Level.BAD, Level.WARN) and worst.verdict.text:
        return f"{worst.name}: {worst.verdict.text.removeprefix(f'{worst.name}: ')}"
    parts = []
    producer = next((r for r in rows if r.drains and r.fee_min is not None), None)
    if producer is not None and producer.fee_min is not None:
        parts.append(_fees(producer.fee_min, producer.fee_max))
    kept = next((r for r in rows if r.verdict.word == "keeps"), None)
    if kept is not None:
        parts.append(str(kept.verdict.text))
    return " · ".join(parts)
