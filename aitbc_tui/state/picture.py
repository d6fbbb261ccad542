"""World -> Snapshot: rows, verdicts, alarms, summaries and the headline of one moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.figures import thousands
from aitbc_tui.domain.observed import Freshness, Trouble
from aitbc_tui.domain.snapshot import (
    Chain,
    GpuRow,
    Headline,
    JobRow,
    LinkRow,
    MempoolRow,
    MinerRow,
    NodeRow,
    Pane,
    PaneSummary,
    ReceiptRow,
    Snapshot,
    Totals,
)
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
from aitbc_tui.state.chain import judge_chain
from aitbc_tui.state.credentials import credential_rows
from aitbc_tui.state.facts import World
from aitbc_tui.state.headline import headline, ranked
from aitbc_tui.state.links import link_rows
from aitbc_tui.state.rules import (
    RULES,
    coordinator_signs,
    gpu_signs,
    job_signs,
    link_signs,
    mempool_signs,
    miner_signs,
    node_signs,
    submission_signs,
)
from aitbc_tui.state.rules_hosts import host_signs
from aitbc_tui.state.rules_receipts import receipt_signs
from aitbc_tui.state.skew import offsets
from aitbc_tui.state.trace import trace


def picture(world: World, now: float, utc: float) -> tuple[World, Snapshot]:
    """The snapshot at `now`, and the world with its alarms brought up to that moment."""
    chain = judge_chain(world, now)
    nodes = node_state.node_rows(world, chain, now, utc)
    pools = mempool_state.mempool_rows(world, chain, now)
    miners = miner_state.miner_rows(world, now)
    jobs = _jobs(world, miners, now, utc)
    gpus = gpu_state.gpu_rows(world, job_state.queued(jobs), now)
    receipts = receipt_state.receipt_rows(world, now)
    links = link_rows(world, now)
    signs = (
        *node_signs(world, nodes, chain, now, utc),
        *host_signs(world, nodes, now),
        *link_signs(world, links, now),
        *coordinator_signs(world, now),
        *miner_signs(world, miners, jobs),
        *job_signs(jobs, miners),
        *receipt_signs(world, receipts),
        *submission_signs(world.submissions),
        *mempool_signs(world, pools),
        *gpu_signs(world, gpus, now),
    )
    memory = world.alarms.after([by_hand(world.topology, one) for one in root_causes(signs)], RULES, now, utc)
    world = replace(world, alarms=memory)
    alarms = memory.alarms(RULES)
    journal = world.journal.after(_verdicts(world, nodes, pools, miners, jobs, gpus, links, now), alarms, utc)
    world = replace(world, journal=journal)
    alarms = (*ranked(alarms), *(a for a in alarms if not a.open))
    hourly = receipt_state.earned_last_hour(world, now) if world.receipts.value is not None else None
    panes = {
        Pane.NODES: node_state.summary(world, chain, nodes, now),
        Pane.MEMPOOL: mempool_state.summary(pools, now),
        Pane.MINERS: miner_state.summary(world, miners, now, utc),
        Pane.JOBS: job_state.summary(world, jobs, now),
        Pane.GPUS: gpu_state.summary(world, gpus, hourly, now),
        Pane.RECEIPTS: receipt_state.summary(world, receipts, now),
        Pane.ALARMS: _alarm_summary(world, alarms, now),
    }
    snapshot = Snapshot(
        now=now,
        utc=datetime.fromtimestamp(utc, UTC),
        environment=world.topology.environment,
        headline=_fallen(world) or headline(world, nodes, chain, alarms, now, utc),
        panes=panes,
        chain=chain,
        nodes=nodes,
        mempools=pools,
        miners=miners,
        jobs=jobs,
        gpus=gpus,
        receipts=receipts,
        alarms=alarms,
        links=links,
        models=receipt_state.offered_models(world),
        past_models=receipt_state.past_models(world),
        ollamas=world.ollamas,
        credentials=credential_rows(world),
        capabilities=world.topology.capabilities,
        pins=world.topology.pins,
        watched=world.watched,
        watched_trouble=_watched_trouble(world),
        submissions=world.submissions,
        totals=_totals(world, chain, nodes, pools, miners, jobs, gpus, receipts, alarms, now),
        coordinator=world.topology.coordinator,
        coordinator_verdict=_coordinator(world, now),
        rules_watched=len(RULES),
        events=world.journal.happenings,
        clocks=offsets(world.clocks, now),
        blocks={name: facts.blocks for name, facts in world.nodes.items()},
        stress=world.stress,
        collector_trouble=world.collector_trouble,
    )
    return world, snapshot


def _fallen(world: World) -> Headline | None:
    """Nothing is said of the network while nobody watches it."""
    words = world.collector_trouble
    return Headline(Level.UNKNOWN, SafeText("unknown"), words, words) if words else None


def _watched_trouble(world: World) -> Trouble | None:
    """Why the owner's view of the job that is open does not come."""
    facts = world.job_facts.get(world.watched) if world.watched is not None else None
    return facts.view.trouble if facts is not None else None


def _verdicts(
    world: World,
    nodes: tuple[NodeRow, ...],
    pools: tuple[MempoolRow, ...],
    miners: tuple[MinerRow, ...],
    jobs: tuple[JobRow, ...],
    gpus: tuple[GpuRow, ...],
    links: tuple[LinkRow, ...],
    now: float,
) -> Iterator[tuple[str, Verdict]]:
    """Everything whose change of verdict is news; of jobs only what went wrong, the rest is their life."""
    yield from ((str(row.name), row.verdict) for row in nodes)
    yield from ((f"mempool {row.name}", row.verdict) for row in pools)
    yield from ((str(row.miner.identity.label), row.verdict) for row in miners)
    yield from ((str(row.name), row.verdict) for row in gpus)
    yield from ((f"link {row.host}", row.verdict) for row in links)
    yield "coordinator", _coordinator(world, now)
    for job in jobs:
        if job.job.job_id in world.journal.seen or job.verdict.level in (Level.BAD, Level.WARN):
            yield str(job.job.job_id), job.verdict


def _jobs(world: World, miners: tuple[MinerRow, ...], now: float, utc: float) -> tuple[JobRow, ...]:
    rows = [job_state.job_row(view, miners, now, utc) for view in job_state.job_views(world, now)]
    rows = [replace(r, steps=trace(world, r, utc)) if r.job.job_id == world.watched else r for r in rows]
    return job_state.in_order(rows)


def _coordinator(world: World, now: float) -> Verdict:
    seen = world.coordinator
    if not world.topology.coordinator:
        return Verdict(Level.NONE, SafeText("none"), SafeText("no coordinator is configured"))
    state = seen.freshness(now)
    if state is Freshness.FRESH:
        return Verdict(Level.GOOD, SafeText("answers"))
    if state is Freshness.CONNECTING:
        return Verdict(Level.COMING, SafeText("connecting"))
    why = seen.trouble.detail if seen.trouble else SafeText("")
    return Verdict(Level.STALE if seen.at is not None else Level.WARN, SafeText(state.value), why)


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


def _totals(
    world: World,
    chain: Chain,
    nodes: tuple[NodeRow, ...],
    pools: tuple[MempoolRow, ...],
    miners: tuple[MinerRow, ...],
    jobs: tuple[JobRow, ...],
    gpus: tuple[GpuRow, ...],
    receipts: tuple[ReceiptRow, ...],
    alarms: tuple[Alarm, ...],
    now: float,
) -> Totals:
    pool, capped = mempool_state.pending(pools, now)
    heard = world.jobs.value is not None  # at any time
    queue_known = world.jobs.fresh(now) is not None
    miners_known = world.miners.fresh(now) is not None
    gpus_known = bool(world.gpus) and any(seen.value is not None for seen in world.gpus.values())
    receipts_known = world.receipts.value is not None
    marks = [count for at, count in world.asked if now - at <= 10.0]
    rtts = [row.head.rtt_ms for row in nodes if row.head.rtt_ms is not None and row.head.fresh(now) is not None]
    return Totals(
        pool=pool,
        pool_capped=capped,
        queue=job_state.queued(jobs) if queue_known else None,
        miners_live=miner_state.live(miners) if miners_known else None,
        miners=len(miners) if miners_known else None,
        gpus_used=gpu_state.used(gpus) if gpus_known else None,
        gpus=len(gpus) if gpus_known else None,
        receipts_valid=sum(1 for r in receipts if r.receipt.valid) if receipts_known else None,
        receipts=len(receipts) if receipts_known else None,
        alarms=sum(1 for a in alarms if a.open) if chain.source is not None or heard else None,
        earned=receipt_state.earned_last_hour(world, now)[0] if receipts_known else None,
        requests_per_s=sum(marks) / 10.0,
        rtt_ms=max(rtts) if rtts else None,
    )
