"""Event + World -> World. Pure: times come with the event."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from aitbc_tui.domain.node import (
    DiskReading,
    HostFigures,
    Unit,
)
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.work import CoordinatorHealth, GpuReading, Job, JobList, MinerList, OllamaReading, PaymentState
from aitbc_tui.state.events import Answered, Asked, Event, Failed, Kind, LinkChanged, OwnJobKnown, Submitted, Watching
from aitbc_tui.state.facts import JobFacts, JobResult, Kept, OwnerView, OwnJob, ReceiptPage, World
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
from aitbc_tui.state.reduce_nodes import node_answered, with_node
from aitbc_tui.state.reduce_own import own
from aitbc_tui.state.skew import noted

__all__ = ["reduce", "unit_name"]

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
            return node_answered(world, subject, e)
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
    """What is known of a job before anything was heard of it."""
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
            return with_node(world, subject, replace(facts, **{field: getattr(facts, field).failed(trouble)}))
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
