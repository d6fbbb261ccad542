"""Event + World -> World. Pure: times come with the event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

from aitbc_tui.domain.node import Block, GitState, Head, HostFigures, MempoolReading, NodeHealth, Peers, Unit
from aitbc_tui.domain.observed import Observed, Trouble
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.work import CoordinatorHealth, GpuReading, Job, JobList, MinerList, OllamaReading
from aitbc_tui.state.events import Answered, Asked, Event, Failed, Kind, LinkChanged, OwnJobKnown, Submitted, Watching
from aitbc_tui.state.facts import JobFacts, JobResult, Kept, NodeFacts, OwnerView, OwnJob, ReceiptPage, World

T = TypeVar("T")
HEIGHTS_KEPT = 256
CHANGES_KEPT = 120
RECEIPTS_KEPT = 500
JOBS_KEPT = 300
MINUTES_KEPT = 20


def reduce(world: World, event: Event) -> World:
    """The world after `event`; whatever is unknown to the topology is ignored."""
    match event:
        case Answered():
            return _answered(world, event)
        case Failed():
            return _failed(world, event)
        case LinkChanged():
            return replace(world, links={**world.links, event.host: event})
        case Submitted(submission=new):
            rest = tuple(s for s in world.submissions if s.ledger_id != new.ledger_id)
            return replace(world, submissions=(*rest, new)[-50:])
        case OwnJobKnown():
            own = OwnJob(event.model, event.submitted_utc, event.expires_utc, event.prompt_length)
            return replace(world, own_jobs={**world.own_jobs, str(event.job_id): own})
        case Watching(job_id=job_id):
            return replace(world, watched=job_id)
        case Asked(count=count, at=at):
            recent = tuple(mark for mark in world.asked if at - mark[0] < 10.0)
            return replace(world, asked=(*recent, (at, count)))


def _answered(world: World, e: Answered) -> World:
    subject = e.source.subject
    match e.source.kind, e.payload:
        case ((Kind.HEAD | Kind.HEALTH | Kind.BLOCK | Kind.MEMPOOL | Kind.GIT | Kind.PEERS), _):
            facts = world.nodes.get(subject)
            return world if facts is None else _with_node(world, subject, _node_answer(facts, e))
        case Kind.UNITS, tuple() as units:
            return _host_units(world, subject, cast("tuple[Unit, ...]", units), e)
        case Kind.FIGURES, HostFigures() as figures:
            return _host_figures(world, subject, figures, e)
        case Kind.COORDINATOR, CoordinatorHealth() as health:
            return replace(world, coordinator=world.coordinator.got(health, e.at, e.rtt_ms))
        case Kind.JOBS, JobList() as jobs:
            return _job_list(replace(world, jobs=world.jobs.got(jobs, e.at, e.rtt_ms)), jobs, e)
        case Kind.MINERS, MinerList() as miners:
            return replace(world, miners=world.miners.got(miners, e.at, e.rtt_ms))
        case Kind.RECEIPTS, ReceiptPage() as page:
            return _receipt_page(world, page, e)
        case ((Kind.JOB | Kind.RESULT | Kind.RECEIPT), _):
            return _job_answer(world, subject, e)
        case Kind.GPUS, tuple() as cards:
            return _gpu_cards(world, subject, cast("tuple[GpuReading, ...]", cards), e)
        case Kind.OLLAMA, OllamaReading() as reading if subject in world.ollamas:
            now = world.ollamas[subject].got(reading, e.at, e.rtt_ms)
            return replace(world, ollamas={**world.ollamas, subject: now})
    return world


def _node_answer(facts: NodeFacts, e: Answered) -> NodeFacts:
    match e.payload:
        case Head() as head:
            return _with_head(facts, head, e)
        case NodeHealth() as health:
            return replace(facts, health=facts.health.got(health, e.at, e.rtt_ms))
        case Block() as block:
            return replace(
                facts,
                blocks=_newest({**facts.blocks, block.height: block}),
                hashes=_newest({**facts.hashes, block.height: block.hash}),
                makes_empty_blocks=facts.makes_empty_blocks or (block.height > 0 and block.tx_count == 0),
            )
        case MempoolReading() as reading:
            return replace(
                facts, mempool=facts.mempool.got(reading, e.at, e.rtt_ms), pool=facts.pool.after(reading, e.at)
            )
        case GitState() as git:
            return replace(facts, git=facts.git.got(git, e.at, e.rtt_ms))
        case Peers() as peers:
            return replace(facts, peers=facts.peers.got(peers, e.at, e.rtt_ms))
    return facts


def _with_head(facts: NodeFacts, head: Head, e: Answered) -> NodeFacts:
    changes = facts.changes
    if changes and head.height < changes[-1][1]:  # wiped or replaced: what it said before is not its chain now
        facts = replace(facts, hashes={}, blocks={})
        changes = ()
    if not changes or changes[-1][1] != head.height:
        changes = (*changes, (e.at, head.height))[-CHANGES_KEPT:]
    facts = replace(
        facts,
        head=facts.head.got(head, e.at, e.rtt_ms),
        hashes=_newest({**facts.hashes, head.height: head.hash}),
        changes=changes,
        makes_empty_blocks=facts.makes_empty_blocks or (head.height > 0 and head.tx_count == 0),
    )
    minute = int(e.at // 60)
    if facts.minute is None or minute == facts.minute:
        return replace(facts, minute=minute)
    pace = block_interval(changes)
    return replace(
        facts, minute=minute, intervals=facts.intervals if pace is None else (*facts.intervals, pace)[-MINUTES_KEPT:]
    )


def block_interval(changes: tuple[tuple[float, int], ...]) -> float | None:
    """Seconds a block over the changes seen; None until the head moved by two blocks or more."""
    if len(changes) < 2:
        return None
    (start, low), (end, high) = changes[0], changes[-1]
    return (end - start) / (high - low) if high - low >= 2 else None


def _newest(items: dict[int, T]) -> Mapping[int, T]:
    """At most HEIGHTS_KEPT heights: the highest ones, and the genesis block."""
    if len(items) <= HEIGHTS_KEPT:
        return items
    keep = sorted(items)[-HEIGHTS_KEPT + 1 :]
    return {height: items[height] for height in ([0] if 0 in items else []) + keep}


def _with_node(world: World, name: str, facts: NodeFacts) -> World:
    return replace(world, nodes={**world.nodes, name: facts})


def unit_name(name: str) -> str:
    """systemd answers with the suffix, whether it was asked with it or not."""
    return name.removesuffix(".service")


def _host_units(world: World, host: str, units: tuple[Unit, ...], e: Answered) -> World:
    if host not in world.units:
        return world
    by_name = {unit_name(u.name): u for u in units}
    nodes = dict(world.nodes)
    for frame in world.topology.nodes:
        if frame.host == host:
            facts = nodes[frame.name]
            mine = tuple(by_name[unit_name(u)] for u in frame.units if unit_name(u) in by_name)
            nodes[frame.name] = replace(facts, units=facts.units.got(mine, e.at, e.rtt_ms))
    return replace(world, units={**world.units, host: world.units[host].got(units, e.at, e.rtt_ms)}, nodes=nodes)


def _host_figures(world: World, host: str, figures: HostFigures, e: Answered) -> World:
    if host not in world.figures:
        return world
    nodes = dict(world.nodes)
    for frame in world.topology.nodes:
        if frame.host == host:
            facts = nodes[frame.name]
            nodes[frame.name] = replace(facts, figures=facts.figures.got(figures, e.at, e.rtt_ms))
    return replace(
        world, figures={**world.figures, host: world.figures[host].got(figures, e.at, e.rtt_ms)}, nodes=nodes
    )


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


def _gpu_cards(world: World, host: str, cards: tuple[GpuReading, ...], e: Answered) -> World:
    """A new history column once a minute, with that minute's last reading."""
    if host not in world.gpus:
        return world
    history = dict(world.gpu_history)
    minute = int(e.at // 60)
    if world.gpu_minute.get(host) != minute:
        for card in cards:
            name = f"{host}:{card.index}"
            history[name] = (*history.get(name, ()), card.utilisation)[-MINUTES_KEPT:]
    return replace(
        world,
        gpus={**world.gpus, host: world.gpus[host].got(cards, e.at, e.rtt_ms)},
        gpu_history=history,
        gpu_minute={**world.gpu_minute, host: minute},
    )


def _failed(world: World, e: Failed) -> World:
    subject, trouble = e.source.subject, e.trouble
    match e.source.kind:
        case Kind.HEAD | Kind.HEALTH | Kind.MEMPOOL | Kind.GIT | Kind.PEERS if subject in world.nodes:
            facts = world.nodes[subject]
            field = e.source.kind.value
            return _with_node(world, subject, replace(facts, **{field: getattr(facts, field).failed(trouble)}))
        case Kind.UNITS:
            return _host_failed(
                replace(world, units=_trouble(world.units, subject, trouble)), subject, "units", trouble
            )
        case Kind.FIGURES:
            after = replace(world, figures=_trouble(world.figures, subject, trouble))
            return _host_failed(after, subject, "figures", trouble)
        case Kind.COORDINATOR:
            return replace(world, coordinator=world.coordinator.failed(trouble))
        case Kind.JOBS:
            return replace(world, jobs=world.jobs.failed(trouble))
        case Kind.MINERS:
            return replace(world, miners=world.miners.failed(trouble))
        case Kind.RECEIPTS:
            return replace(world, receipts=world.receipts.failed(trouble))
        case Kind.JOB | Kind.RESULT | Kind.RECEIPT:
            job = world.job_facts.get(subject) or new_job_facts(subject)
            field = {Kind.JOB: "view", Kind.RESULT: "result", Kind.RECEIPT: "receipt"}[e.source.kind]
            job = replace(job, **{field: getattr(job, field).failed(trouble)})
            return replace(world, job_facts={**world.job_facts, subject: job})
        case Kind.GPUS:
            return replace(world, gpus=_trouble(world.gpus, subject, trouble))
        case Kind.OLLAMA:
            return replace(world, ollamas=_trouble(world.ollamas, subject, trouble))
    return world


def _trouble(items: Mapping[str, Observed[T]], key: str, trouble: Trouble) -> Mapping[str, Observed[T]]:
    return {**items, key: items[key].failed(trouble)} if key in items else items


def _host_failed(world: World, host: str, field: str, trouble: Trouble) -> World:
    nodes = dict(world.nodes)
    for frame in world.topology.nodes:
        if frame.host == host:
            facts = nodes[frame.name]
            nodes[frame.name] = replace(facts, **{field: getattr(facts, field).failed(trouble)})
    return replace(world, nodes=nodes)
