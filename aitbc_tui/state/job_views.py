"""Everything that is known of each job, joined: the admin list, the owner's view, its receipt, our own notes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.work import Job, JobList
from aitbc_tui.state.clockwork import server_age
from aitbc_tui.state.facts import JobFacts, OwnerView, OwnJob, World
from aitbc_tui.state.overtaken import Taken, overtaken

LIVE = ("QUEUED", "RUNNING")
HIGH_VALUE = 10.0  # AIT; contract platform 2026-08, pain 5: from here on a bond and two proofs are wanted, unsaid


@dataclass(frozen=True, slots=True)
class JobView:
    """One job with all that is known of it, from whichever source."""

    job: Job
    facts: JobFacts | None
    own: OwnJob | None
    receipt: VerifiedReceipt | None
    age_s: float | None
    seen_at: float
    our_key: bool = False  # submitted with our client key, from wherever
    overtaken: bool = False  # its miner took another one since
    refused: bool = False  # whoever told of it tells us no more
    high_value: bool = False  # paid so much that the platform wants what no shipped miner shows


def job_views(world: World, now: float) -> tuple[JobView, ...]:
    """The admin list joined with the owner's views; the newer of the two speaks."""
    jobs: dict[str, tuple[Job, float, float | None]] = {}
    listed = world.jobs.value
    if listed is not None and world.jobs.at is not None:
        for job in listed.jobs:
            jobs[job.job_id] = (
                job,
                world.jobs.at,
                server_age(job.requested_at, listed.server_time, world.jobs.at, now),
            )
    for job_id, facts in world.job_facts.items():
        view = facts.view
        if view.value is None or view.at is None:
            continue
        own = view.value
        age = server_age(own.job.requested_at, own.server_time, view.at, now)
        old = jobs.get(job_id)
        if old is None:
            jobs[job_id] = (own.job, view.at, age)
        else:
            jobs[job_id] = (_joined(old[0], own.job, newer=view.at >= old[1]), max(old[1], view.at), old[2])
    receipts = {str(k.item.receipt.facts.job_id): k.item.receipt for k in world.book.values()}
    told = frozenset(job.job_id for job in listed.jobs) if listed is not None else frozenset()
    views = [_view(world, j, at, age, receipts, j.job_id in told) for j, at, age in jobs.values()]
    behind = _overtaken(world, views)
    return tuple(replace(v, overtaken=True) if v.job.job_id in behind else v for v in views)


def _overtaken(world: World, views: list[JobView]) -> set[str]:
    """Jobs that run on a miner which runs one at a time, and has taken another since, or is done with it already."""
    miners = world.miners.value.miners if world.miners.value is not None else ()
    single = {str(m.identity.label) for m in miners if m.concurrency == 1}
    by_miner: dict[str, list[Taken]] = {}
    for view in views:
        if view.job.miner is None or view.facts is None or not view.facts.first_seen:
            continue
        miner, first_seen = str(view.job.miner.label), view.facts.first_seen
        if miner in single:
            running, begun = view.job.state == "RUNNING", first_seen.get("RUNNING")
            taken = Taken(str(view.job.job_id), running, begun, min(first_seen.values()), view.job.requested_at)
            by_miner.setdefault(miner, []).append(taken)
    return {job_id for jobs in by_miner.values() for job_id in overtaken(jobs)}


def _joined(listed: Job, own: Job, newer: bool) -> Job:
    """The owner's view has more fields; the admin list has the client."""
    state, miner = (own.state, own.miner) if newer else (listed.state, listed.miner)
    return Job(
        job_id=own.job_id,
        state=state,
        requested_at=own.requested_at or listed.requested_at,
        client=listed.client or own.client,
        miner=miner,
        expires_at=own.expires_at,
        error=own.error,
        payment_id=own.payment_id,
        payment_status=own.payment_status,
        owner_view=True,
    )


def _view(
    world: World, job: Job, at: float, age: float | None, receipts: dict[str, VerifiedReceipt], listed: bool
) -> JobView:
    facts = world.job_facts.get(job.job_id)
    receipt = facts.receipt.value if facts is not None and facts.receipt.value is not None else None
    ours = job.client is not None and job.client.label == world.topology.client
    own, proof = world.own_jobs.get(job.job_id), receipt or receipts.get(job.job_id)
    high = _high_value(world, facts)
    return JobView(job, facts, own, proof, age, at, ours, refused=_refused(world, facts, listed), high_value=high)


def _refused(world: World, facts: JobFacts | None, listed: bool) -> bool:
    """Every source that ever told of this job refuses us now: the list of all jobs, and the view of its owner."""
    told: list[Observed[JobList] | Observed[OwnerView]] = []
    if listed:
        told.append(world.jobs)
    if facts is not None and facts.view.value is not None:
        told.append(facts.view)
    return bool(told) and all(seen.trouble is not None and seen.trouble.refused for seen in told)


def _high_value(world: World, facts: JobFacts | None) -> bool:
    payment = facts.payment.value if facts is not None else None
    amount = payment.amount if payment is not None else None
    return amount is not None and amount >= HIGH_VALUE and world.topology.of_platform("coordinator")


def left_s(view: JobView, utc: float) -> float | None:
    """Seconds until expiry by the span the coordinator itself gave; None for other clients' jobs."""
    job = view.job
    if job.expires_at is not None and job.requested_at is not None and view.age_s is not None:
        return (job.expires_at - job.requested_at).total_seconds() - view.age_s
    if view.own is not None and view.own.expires_utc is not None:
        return view.own.expires_utc - utc
    return None
