"""Event + World -> World. Pure: times come with the event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

from aitbc_tui.domain.node import (
    Block,
    DiskReading,
    GitState,
    Head,
    HostFigures,
    MempoolReading,
    NodeHealth,
    NodeSettings,
    Peers,
    Unit,
)
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.work import CoordinatorHealth, GpuReading, Job, JobList, MinerList, OllamaReading, PaymentState
from aitbc_tui.state.events import Answered, Asked, Event, Failed, Kind, LinkChanged, OwnJobKnown, Submitted, Watching
from aitbc_tui.state.facts import JobFacts, JobResult, Kept, NodeFacts, OwnerView, OwnJob, ReceiptPage, World
from aitbc_tui.state.gpu_during import noted_use
from aitbc_tui.state.miners import with_beats
from aitbc_tui.state.reduce_hosts import (
    failed,
    gpu_cards,
    host_disk,
    host_failed,
    host_figures,
    host_units,
    link_changed,
    unit_name,
)
from aitbc_tui.state.reduce_own import own
from aitbc_tui.state.skew import date_of, noted
from aitbc_tui.state.vanish import Departures

__all__ = ["block_interval", "reduce", "unit_name"]

T = TypeVar("T")
HEIGHTS_KEPT = 256
READ_KEPT = 64
SETTLED_S = 12.0  # a node that has only just begun to propose drops old transactions
CHANGES_KEPT = 120
ARRIVALS_KEPT = 30
INTERVALS_KEPT = 20  # minutes
RECEIPTS_KEPT = 500
JOBS_KEPT = 300


def reduce(world: World, event: Event) -> World:
    """The world after `event`; whatever is unknown to the topology is ignored."""
    match event:
        case Answered():
            return _answered(world, event)
        case Failed():
            return _failed(world, event)
        case LinkChanged():
            return link_changed(world, event)
        case Submitted(submission=new):
            rest = tuple(s for s in world.submissions if s.ledger_id != new.ledger_id)
            return replace(world, submissions=(*rest, new)[-50:])
        case OwnJobKnown():
            mine = OwnJob(event.model, event.submitted_utc, event.expires_utc, event.prompt_length, event.constraints)
            return replace(world, own_jobs={**world.own_jobs, str(event.job_id): mine})
        case Watching(job_id=job_id):
            return replace(world, watched=job_id)
        case Asked(count=count, at=at):
            recent = tuple(mark for mark in world.asked if at - mark[0] < 10.0)
            return replace(world, asked=(*recent, (at, count)))
        case _:
            return own(world, event)


def _answered(world: World, e: Answered) -> World:
    subject = e.source.subject
    match e.source.kind, e.payload:
        case (
            (Kind.HEAD | Kind.HEALTH | Kind.BLOCK | Kind.MEMPOOL | Kind.GIT | Kind.PEERS | Kind.BARE | Kind.SETTINGS),
            _,
        ):
            facts = world.nodes.get(subject)
            if facts is None:
                return world
            facts = _with_pool(world, facts, e) if e.source.kind is Kind.MEMPOOL else facts
            after = _with_node(world, subject, _node_answer(facts, e))
            return _node_clock(after, subject, e.payload, e) if isinstance(e.payload, Head) else after
        case Kind.UNITS, tuple() as units:
            return host_units(world, subject, cast("tuple[Unit, ...]", units), e)
        case Kind.FIGURES, HostFigures() as figures:
            return host_figures(world, subject, figures, e)
        case Kind.DISK, DiskReading() as disk:
            return host_disk(world, subject, disk, e)
        case Kind.COORDINATOR, CoordinatorHealth() as health:
            return replace(world, coordinator=world.coordinator.got(health, e.at, e.rtt_ms))
        case Kind.JOBS, JobList() as jobs:
            return _job_list(_heard(replace(world, jobs=world.jobs.got(jobs, e.at, e.rtt_ms)), e), jobs, e)
        case Kind.MINERS, MinerList() as miners:
            free = world.miners.value.miners if world.miners.value is not None else ()
            before = frozenset(str(m.identity.label) for m in free if not m.inflight)
            world = with_beats(world, miners, e.at)
            return _heard(replace(world, miners=world.miners.got(miners, e.at, e.rtt_ms), free_before=before), e)
        case Kind.RECEIPTS, ReceiptPage() as page:
            return _receipt_page(_heard(world, e), page, e)
        case ((Kind.JOB | Kind.RESULT | Kind.RECEIPT | Kind.PAYMENT), _):
            return _job_answer(world, subject, e)
        case Kind.GPUS, tuple() as cards:
            readings = cast("tuple[GpuReading, ...]", cards)
            return noted_use(gpu_cards(world, subject, readings, e), subject, readings)
        case Kind.OLLAMA, OllamaReading() as reading if subject in world.ollamas:
            now = world.ollamas[subject].got(reading, e.at, e.rtt_ms)
            return replace(world, ollamas={**world.ollamas, subject: now})
    return world


def _node_answer(facts: NodeFacts, e: Answered) -> NodeFacts:
    match e.payload:
        case Head() as head if e.source.kind is Kind.BARE:
            return replace(facts, bare=facts.bare.got(head, e.at, e.rtt_ms))
        case Head() as head:
            return _with_head(facts, head, e)
        case NodeSettings() as settings:
            return replace(facts, settings=facts.settings.got(settings, e.at, e.rtt_ms))
        case NodeHealth() as health:
            return replace(facts, health=facts.health.got(health, e.at, e.rtt_ms))
        case Block() as block:
            return _with_block(facts, block, e.at)
        case MempoolReading() as reading:
            return replace(facts, mempool=facts.mempool.got(reading, e.at, e.rtt_ms))
        case GitState() as git:
            return replace(facts, git=facts.git.got(git, e.at, e.rtt_ms))
        case Peers() as peers:
            return replace(facts, peers=facts.peers.got(peers, e.at, e.rtt_ms))
    return facts


def _with_head(facts: NodeFacts, head: Head, e: Answered) -> NodeFacts:
    changes = facts.changes
    if changes and head.height < changes[-1][1]:  # wiped or replaced: what it said before is not its chain now
        back = (changes[-1][1], head.height, e.utc)
        facts = replace(
            facts, hashes={}, blocks={}, counts={}, departures=Departures(), went_back=back, read_at={}, arrivals={}
        )
        changes = ()
    arrivals = _arrived(facts, head.height, e.at)
    if not changes or changes[-1][1] != head.height:
        changes = (*changes, (e.at, head.height))[-CHANGES_KEPT:]
    facts = replace(
        facts,
        head=facts.head.got(head, e.at, e.rtt_ms),
        hashes=_kept({**facts.hashes, head.height: head.hash}, facts),
        counts=_kept({**facts.counts, head.height: head.tx_count}, facts)
        if head.tx_count is not None
        else facts.counts,
        departures=facts.departures.after_head(head.height, e.at).settle(facts.blocks, facts.counts, e.at),
        changes=changes,
        arrivals=arrivals,
        makes_empty_blocks=facts.makes_empty_blocks or (head.height > 0 and head.tx_count == 0),
    )
    minute = int(e.at // 60)
    if facts.minute is None or minute == facts.minute:
        return replace(facts, minute=minute)
    pace = block_interval(changes)
    return replace(
        facts, minute=minute, intervals=facts.intervals if pace is None else (*facts.intervals, pace)[-INTERVALS_KEPT:]
    )


def _arrived(facts: NodeFacts, height: int, at: float) -> Mapping[int, tuple[float, float]]:
    """Between which two looks each of the newest heights came to this node (monotonic)."""
    before, known = facts.head, facts.changes[-1][1] if facts.changes else None
    if known is None or before.at is None or height <= known:
        return facts.arrivals if known is not None else {}
    asked = before.at - (before.rtt_ms or 0.0) / 1000
    came = dict.fromkeys(range(max(known, height - ARRIVALS_KEPT) + 1, height + 1), (asked, at))
    return dict([*facts.arrivals.items(), *came.items()][-ARRIVALS_KEPT:])


def _with_block(facts: NodeFacts, block: Block, at: float) -> NodeFacts:
    known = facts.hashes.get(block.height)
    if known is not None and known != block.hash and block.height > 0:
        # it says something else than before: whatever it said of this height and above is another chain's
        below = block.height
        facts = replace(
            facts,
            hashes={h: v for h, v in facts.hashes.items() if h < below},
            blocks={h: v for h, v in facts.blocks.items() if h < below},
            counts={h: v for h, v in facts.counts.items() if h < below},
        )
    facts = replace(facts, read_at=_last_read(facts, block.height, at))
    blocks = _kept({**facts.blocks, block.height: block}, facts)
    return replace(
        facts,
        blocks=blocks,
        hashes=_kept({**facts.hashes, block.height: block.hash}, facts),
        makes_empty_blocks=facts.makes_empty_blocks or (block.height > 0 and block.tx_count == 0),
        departures=facts.departures.settle(blocks, facts.counts, at),
    )


def _with_pool(world: World, facts: NodeFacts, e: Answered) -> NodeFacts:
    """The mempool's past; what left a proposer's is looked for in blocks. Another's may forget what is long mined."""
    reading = e.payload
    if not isinstance(reading, MempoolReading):
        return facts
    departures, pool = facts.departures, facts.pool
    before, head = facts.mempool.value, facts.head.value
    if _proposes(world, e) and before is not None and not before.capped and not reading.capped:
        waiting = {str(tx.tx_hash) for tx in reading.transactions}
        if pool.head is not None:
            departures = departures.left([tx for tx in pool.seen if tx not in waiting], pool.head, e.at)
    pool = replace(pool.after(reading, e.at), head=None if head is None else head.height)
    return replace(facts, pool=pool, departures=departures)


def _proposes(world: World, e: Answered) -> bool:
    return world.proposer is not None and world.proposer[0] == e.source.subject and e.at - world.proposer[1] > SETTLED_S


def _node_clock(world: World, name: str, head: Head, e: Answered) -> World:
    frame = world.topology.node(name)
    theirs = date_of(head.timestamp, head.block_age_s)
    host = frame.host if frame is not None else ""
    return replace(world, clocks=noted(world.clocks, host, theirs, e.utc, e.at, http=True))


def _heard(world: World, e: Answered) -> World:
    """An answer of the coordinator: good, and with a date by its clock."""
    date = getattr(e.payload, "server_time", None)
    host = world.topology.coordinator_host
    clocks = noted(world.clocks, host, date.timestamp() if date else None, e.utc, e.at, http=True)
    return replace(world, answers=world.answers.seen(True, e.at), clocks=clocks)


def _refused(world: World, e: Failed) -> World:
    """A 500 of the coordinator counts; whatever else went wrong says nothing about its health."""
    status = e.trouble.status
    return replace(world, answers=world.answers.seen(False, e.at)) if status is not None and status >= 500 else world


def block_interval(changes: tuple[tuple[float, int], ...]) -> float | None:
    """Seconds a block over the changes seen; None until the head moved by two blocks or more."""
    if len(changes) < 2:
        return None
    (start, low), (end, high) = changes[0], changes[-1]
    return (end - start) / (high - low) if high - low >= 2 else None


def _kept(items: dict[int, T], facts: NodeFacts) -> Mapping[int, T]:
    """The highest HEIGHTS_KEPT heights, the genesis block, and whatever was read lately or decides about a fork."""
    if len(items) <= HEIGHTS_KEPT:
        return items
    newest = sorted(items)[-HEIGHTS_KEPT:]
    older = {0, *facts.anchors, *facts.read_at}
    return {height: items[height] for height in sorted({*(older & items.keys()), *newest})}


def _last_read(facts: NodeFacts, height: int, at: float) -> Mapping[int, float]:
    """When blocks were read, the newest reading last; as many as a search for a split needs side by side."""
    read = {h: when for h, when in facts.read_at.items() if h != height}
    return dict([*read.items(), (height, at)][-READ_KEPT:])


def _with_node(world: World, name: str, facts: NodeFacts) -> World:
    return replace(world, nodes={**world.nodes, name: facts})


def _job_list(world: World, jobs: JobList, e: Answered) -> World:
    """Remember when each wire state of each listed job was first and last seen: no API tells."""
    facts = dict(world.job_facts)
    for job in jobs.jobs:
        facts[job.job_id] = _seen(facts.get(job.job_id) or new_job_facts(job.job_id), job, e.utc)
    if len(facts) > JOBS_KEPT:
        listed = {str(job.job_id) for job in jobs.jobs} | set(world.own_jobs)
        facts = {job_id: f for job_id, f in facts.items() if job_id in listed}
    return replace(world, job_facts=facts)


def new_job_facts(job_id: str) -> JobFacts:
    return JobFacts(
        view=Observed(f"GET /v1/jobs/{job_id[:8]}…", 12.0),
        result=Observed(f"GET /v1/jobs/{job_id[:8]}…/result", 3600.0),
        receipt=Observed(f"GET /v1/jobs/{job_id[:8]}…/receipt", 3600.0),
    )


def _seen(facts: JobFacts, job: Job, utc: float) -> JobFacts:
    state = str(job.state)
    return replace(
        facts,
        first_seen=facts.first_seen if state in facts.first_seen else {**facts.first_seen, state: utc},
        last_seen={**facts.last_seen, state: utc},
        miner_seen=str(job.miner.label) if job.miner else facts.miner_seen,
    )


def _job_answer(world: World, job_id: str, e: Answered) -> World:
    facts = world.job_facts.get(job_id) or new_job_facts(job_id)
    match e.payload:
        case OwnerView(job=job) as view:
            facts = _seen(replace(facts, view=facts.view.got(view, e.at, e.rtt_ms)), job, e.utc)
        case JobResult() as result:
            facts = replace(facts, result=facts.result.got(result, e.at, e.rtt_ms))
        case PaymentState() as payment:
            facts = replace(facts, payment=facts.payment.got(payment, e.at, e.rtt_ms))
        case VerifiedReceipt() as receipt:
            facts = replace(facts, receipt=facts.receipt.got(receipt, e.at, e.rtt_ms))
    return replace(world, job_facts={**world.job_facts, job_id: facts})


def _receipt_page(world: World, page: ReceiptPage, e: Answered) -> World:
    book = dict(world.book)
    for item in page.items:
        key = str(item.receipt.facts.receipt_id) or item.receipt.canonical_sha256
        old = book.get(key)
        seen_at, seen_utc = (old.seen_at, old.seen_utc) if old else (e.at, e.utc)
        book[key] = Kept(item, seen_at, seen_utc, old.server_time if old else page.server_time)
    if len(book) > RECEIPTS_KEPT:
        book = dict(sorted(book.items(), key=lambda kv: kv[1].seen_utc)[-RECEIPTS_KEPT:])
    return replace(world, receipts=world.receipts.got(page, e.at, e.rtt_ms), book=book)


def _failed(world: World, e: Failed) -> World:
    subject, trouble = e.source.subject, e.trouble
    match e.source.kind:
        case Kind.HEAD | Kind.HEALTH | Kind.MEMPOOL | Kind.GIT | Kind.PEERS | Kind.BARE | Kind.SETTINGS if (
            subject in world.nodes
        ):
            facts = world.nodes[subject]
            field = e.source.kind.value
            return _with_node(world, subject, replace(facts, **{field: getattr(facts, field).failed(trouble)}))
        case Kind.UNITS:
            return host_failed(replace(world, units=failed(world.units, subject, trouble)), subject, "units", trouble)
        case Kind.DISK:
            return replace(world, disks=failed(world.disks, subject, trouble))
        case Kind.FIGURES:
            after = replace(world, figures=failed(world.figures, subject, trouble))
            return host_failed(after, subject, "figures", trouble)
        case Kind.COORDINATOR:
            return replace(world, coordinator=world.coordinator.failed(trouble))
        case Kind.JOBS:
            return _refused(replace(world, jobs=world.jobs.failed(trouble)), e)
        case Kind.MINERS:
            return _refused(replace(world, miners=world.miners.failed(trouble)), e)
        case Kind.RECEIPTS:
            return _refused(replace(world, receipts=world.receipts.failed(trouble)), e)
        case Kind.JOB | Kind.RESULT | Kind.RECEIPT | Kind.PAYMENT:
            job = world.job_facts.get(subject) or new_job_facts(subject)
            field = "view" if e.source.kind is Kind.JOB else e.source.kind.value
            job = replace(job, **{field: getattr(job, field).failed(trouble)})
            return replace(world, job_facts={**world.job_facts, subject: job})
        case Kind.GPUS:
            return replace(world, gpus=failed(world.gpus, subject, trouble))
        case Kind.OLLAMA:
            return replace(world, ollamas=failed(world.ollamas, subject, trouble))
    return world
