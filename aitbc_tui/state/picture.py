"""World -> Snapshot: rows, verdicts, alarms, summaries and the headline of one moment. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.figures import thousands
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.snapshot import Headline, Pane, PaneSummary, Snapshot, Totals
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state import gpus as gpu_state
from aitbc_tui.state import jobs as job_state
from aitbc_tui.state import mempools as mempool_state
from aitbc_tui.state import miners as miner_state
from aitbc_tui.state import nodes as node_state
from aitbc_tui.state import receipts as receipt_state
from aitbc_tui.state.by_hand import by_hand
from aitbc_tui.state.causes import root_causes
from aitbc_tui.state.credentials import credential_rows
from aitbc_tui.state.facts import World
from aitbc_tui.state.headline import headline, ranked
from aitbc_tui.state.rows import Rows, rows_of, signs_of, verdicts_of
from aitbc_tui.state.rules import RULES
from aitbc_tui.state.skew import offsets


def picture(world: World, now: float, utc: float) -> tuple[World, Snapshot]:
    """The snapshot at `now`, and the world with its alarms brought up to that moment."""
    rows = rows_of(world, now, utc)
    signs = root_causes(signs_of(world, rows, now, utc))
    memory = world.alarms.after([by_hand(world.topology, one) for one in signs], RULES, now, utc)
    world = replace(world, alarms=memory)
    alarms = memory.alarms(RULES)
    world = replace(world, journal=world.journal.after(verdicts_of(world, rows), alarms, utc))
    alarms = (*ranked(alarms, utc), *(a for a in alarms if not a.open))
    return world, Snapshot(
        now=now,
        utc=datetime.fromtimestamp(utc, UTC),
        environment=world.topology.environment,
        headline=_fallen(world) or headline(world, rows.nodes, rows.chain, alarms, now, utc),
        panes=_panes(world, rows, alarms, now, utc),
        chain=rows.chain,
        nodes=rows.nodes,
        mempools=rows.pools,
        miners=rows.miners,
        jobs=rows.jobs,
        gpus=rows.gpus,
        receipts=rows.receipts,
        alarms=alarms,
        links=rows.links,
        models=receipt_state.offered_models(world),
        past_models=receipt_state.past_models(world),
        ollamas=world.ollamas,
        credentials=credential_rows(world),
        capabilities=world.topology.capabilities,
        pins=world.topology.pins,
        watched=world.watched,
        watched_trouble=_watched_trouble(world),
        submissions=world.submissions,
        totals=_totals(world, rows, alarms, now),
        coordinator=world.topology.coordinator,
        coordinator_verdict=rows.coordinator,
        rules_watched=len(RULES),
        events=world.journal.happenings,
        clocks=offsets(world.clocks, now),
        blocks={name: facts.blocks for name, facts in world.nodes.items()},
        stress=world.stress,
        collector_trouble=world.collector_trouble,
    )


def _panes(world: World, rows: Rows, alarms: tuple[Alarm, ...], now: float, utc: float) -> dict[Pane, PaneSummary]:
    hourly = receipt_state.earned_last_hour(world, now) if world.receipts.value is not None else None
    return {
        Pane.NODES: node_state.summary(world, rows.chain, rows.nodes, now),
        Pane.MEMPOOL: mempool_state.summary(rows.pools, now),
        Pane.MINERS: miner_state.summary(world, rows.miners, now, utc),
        Pane.JOBS: job_state.summary(world, rows.jobs, now),
        Pane.GPUS: gpu_state.summary(world, rows.gpus, hourly, now),
        Pane.RECEIPTS: receipt_state.summary(world, rows.receipts, now),
        Pane.ALARMS: _alarm_summary(world, alarms, now),
    }


def _fallen(world: World) -> Headline | None:
    """Nothing is said of the network while nobody watches it."""
    words = world.collector_trouble
    return Headline(Level.UNKNOWN, SafeText("unknown"), words, words) if words else None


def _watched_trouble(world: World) -> Trouble | None:
    """Why the owner's view of the job that is open does not come."""
    facts = world.job_facts.get(world.watched) if world.watched is not None else None
    return facts.view.trouble if facts is not None else None


def _alarm_summary(world: World, alarms: tuple[Alarm, ...], now: float) -> PaneSummary:
    opened = [a for a in alarms if a.open]
    bad = sum(1 for a in opened if a.level is Level.BAD)
    closed = len(alarms) - len(opened)
    watched = f"{thousands(len(RULES))} rules watched"
    heard = [facts.head.at for facts in world.nodes.values()] + [world.jobs.at]
    newest = max((at for at in heard if at is not None), default=None)
    if opened:
        verdict = Verdict(Level.BAD if bad else Level.WARN, SafeText(f"{len(opened)} open"))
        counts = f"{bad} bad, {len(opened) - bad} warn, {watched}"
        return PaneSummary(
            verdict, SafeText(counts), short=SafeText(f"{bad} bad, {len(opened) - bad} warn"), oldest_at=newest
        )
    if newest is None:
        verdict = Verdict(Level.UNKNOWN, SafeText("cannot know yet"))
        return PaneSummary(verdict, SafeText("nothing was heard yet"), short=SafeText("nothing was heard yet"))
    counts = f"{watched}, 0 open, {closed} closed in 24 h"
    empty = () if alarms else (SafeText(f"no open alarm, {watched}"),)
    verdict = Verdict(Level.GOOD, SafeText("none"))
    return PaneSummary(verdict, SafeText(counts), short=SafeText(f"0 open, {watched}"), oldest_at=newest, empty=empty)


def _totals(world: World, rows: Rows, alarms: tuple[Alarm, ...], now: float) -> Totals:
    pool, capped = mempool_state.pending(rows.pools, now)
    heard = world.jobs.value is not None  # at any time
    queue_known = world.jobs.fresh(now) is not None
    miners_known = world.miners.fresh(now) is not None
    gpus_known = bool(world.gpus) and any(seen.value is not None for seen in world.gpus.values())
    receipts_known = world.receipts.value is not None
    marks = [count for at, count in world.asked if now - at <= 10.0]
    rtts = [row.head.rtt_ms for row in rows.nodes if row.head.rtt_ms is not None and row.head.fresh(now) is not None]
    return Totals(
        pool=pool,
        pool_capped=capped,
        queue=job_state.queued(rows.jobs) if queue_known else None,
        miners_live=miner_state.live(rows.miners) if miners_known else None,
        miners=len(rows.miners) if miners_known else None,
        gpus_used=gpu_state.used(rows.gpus) if gpus_known else None,
        gpus=len(rows.gpus) if gpus_known else None,
        receipts_valid=sum(1 for r in rows.receipts if r.receipt.valid) if receipts_known else None,
        receipts=len(rows.receipts) if receipts_known else None,
        alarms=sum(1 for a in alarms if a.open) if rows.chain.source is not None or heard else None,
        earned=receipt_state.earned_last_hour(world, now)[0] if receipts_known else None,
        requests_per_s=sum(marks) / 10.0,
        rtt_ms=max(rtts) if rtts else None,
    )
