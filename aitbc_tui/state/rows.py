"""The rows of every pane at one moment, each judged, and the signs that they give. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import Chain, GpuRow, JobRow, LinkRow, MempoolRow, MinerRow, NodeRow, ReceiptRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state import jobs as job_state
from aitbc_tui.state.alarms import Sign
from aitbc_tui.state.chain import judge_chain
from aitbc_tui.state.facts import World
from aitbc_tui.state.gpus import gpu_rows
from aitbc_tui.state.job_views import job_views
from aitbc_tui.state.links import link_rows
from aitbc_tui.state.mempools import mempool_rows
from aitbc_tui.state.miners import miner_rows
from aitbc_tui.state.nodes import node_rows
from aitbc_tui.state.receipts import receipt_rows
from aitbc_tui.state.rules import (
    coordinator_signs,
    gpu_signs,
    job_signs,
    ledger_signs,
    link_signs,
    mempool_signs,
    miner_signs,
    node_signs,
    submission_signs,
)
from aitbc_tui.state.rules_hosts import host_signs
from aitbc_tui.state.rules_receipts import receipt_signs
from aitbc_tui.state.trace import trace


@dataclass(frozen=True, slots=True)
class Rows:
    """What the panes list, and what of the chain their verdicts rest on."""

    chain: Chain
    nodes: tuple[NodeRow, ...]
    pools: tuple[MempoolRow, ...]
    miners: tuple[MinerRow, ...]
    jobs: tuple[JobRow, ...]
    gpus: tuple[GpuRow, ...]
    receipts: tuple[ReceiptRow, ...]
    links: tuple[LinkRow, ...]
    coordinator: Verdict


def rows_of(world: World, now: float, utc: float) -> Rows:
    """Every pane's rows at this moment; `now` is monotonic, `utc` this machine's clock, both in seconds."""
    chain = judge_chain(world, now)
    miners = miner_rows(world, now)
    jobs = _jobs(world, miners, now, utc)
    return Rows(
        chain=chain,
        nodes=node_rows(world, chain, now, utc),
        pools=mempool_rows(world, chain, now),
        miners=miners,
        jobs=jobs,
        gpus=gpu_rows(world, job_state.queued(jobs), now),
        receipts=receipt_rows(world, now),
        links=link_rows(world, now),
        coordinator=_coordinator(world, now),
    )


def _jobs(world: World, miners: tuple[MinerRow, ...], now: float, utc: float) -> tuple[JobRow, ...]:
    rows = [job_state.job_row(view, miners, now, utc) for view in job_views(world, now)]
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


def signs_of(world: World, rows: Rows, now: float, utc: float) -> Iterator[Sign]:
    """Every sign of every rule, causes and consequences alike."""
    yield from node_signs(world, rows.nodes, rows.chain, now, utc)
    yield from host_signs(world, rows.nodes, now)
    yield from link_signs(world, rows.links, now)
    yield from coordinator_signs(world, now)
    yield from miner_signs(world, rows.miners, rows.jobs)
    yield from job_signs(rows.jobs, rows.miners)
    yield from receipt_signs(world, rows.receipts)
    yield from submission_signs(world.submissions)
    yield from mempool_signs(world, rows.pools)
    yield from gpu_signs(world, rows.gpus, now)
    yield from ledger_signs(world)


def verdicts_of(world: World, rows: Rows) -> Iterator[tuple[str, Verdict]]:
    """Everything whose change of verdict is news; of jobs only what went wrong, the rest is their life."""
    yield from ((str(row.name), row.verdict) for row in rows.nodes)
    yield from ((f"mempool {row.name}", row.verdict) for row in rows.pools)
    yield from ((str(row.miner.identity.label), row.verdict) for row in rows.miners)
    yield from ((str(row.name), row.verdict) for row in rows.gpus)
    yield from ((f"link {row.host}", row.verdict) for row in rows.links)
    yield "coordinator", rows.coordinator
    for job in rows.jobs:
        if job.job.job_id in world.journal.seen or job.verdict.level in (Level.BAD, Level.WARN):
            yield str(job.job.job_id), job.verdict
