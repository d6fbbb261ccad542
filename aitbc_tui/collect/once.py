"""One look for a command: connect, ask what is wanted of everybody at once, and give the snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.hosts import HostPoll
from aitbc_tui.collect.nodes import MEMPOOL_LIMIT, NodePoll
from aitbc_tui.domain.errors import AitbcError, HttpError
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.protocol.trouble import classify
from aitbc_tui.state.block_questions import questions
from aitbc_tui.state.events import Kind, Source

CONNECT_S = 12.0
BLOCK_ROUNDS = 3
WAITED_S = 3.0
EXACT_MEMPOOL = 10_001
Ask = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command needs to know. `nodes` None means all of them; `host_facts` figures, peers and units."""

    heads: bool = False
    nodes: tuple[str, ...] | None = None
    mempool_limit: int = 0
    host_facts: bool = False
    git: bool = False
    jobs: bool = False
    miners: bool = False
    receipts: int = 0
    receipts_of: str = ""
    own_jobs: bool = False
    job_ids: tuple[str, ...] = ()
    gpus: bool = False
    ollama: bool = False

    @property
    def chain(self) -> bool:
        return self.heads or self.mempool_limit > 0

    @property
    def of_coordinator(self) -> bool:
        return bool(self.jobs or self.miners or self.receipts or self.receipts_of or self.own_jobs or self.job_ids)


MEMPOOL_GLANCE = MEMPOOL_LIMIT


async def look(collector: Collector, wanted: Wanted, timeout_s: float) -> Snapshot:
    """Ask once; what fails is in the snapshot with its reason. Never raises for a host that does not answer."""
    by_host: dict[str, list[Ask]] = {name: [] for name in _hosts(collector, wanted)}
    for name, ask in _asks(collector, wanted):
        by_host[name].append(ask)
    try:
        async with asyncio.timeout(timeout_s):
            await asyncio.gather(*(_of_host(collector, name, asks) for name, asks in by_host.items()))
            if wanted.heads:
                await _heads_again(collector, wanted)
                await _blocks(collector, wanted)
    except TimeoutError:
        _overdue(collector, wanted)
    for host in collector.hosts.values():
        collector.hub.link(host.report())
    collector.note_servers()
    return collector.hub.publish()


def _hosts(collector: Collector, wanted: Wanted) -> set[str]:
    t = collector.topology
    nodes = [n for n in t.nodes if wanted.nodes is None or n.name in wanted.nodes]
    found = {n.host for n in nodes} if wanted.chain or wanted.host_facts or wanted.git else set()
    if wanted.of_coordinator:
        found |= {t.coordinator_host} if t.coordinator_host else set()
    found |= {str(h.name) for h in t.hosts if (wanted.gpus and h.gpu) or (wanted.ollama and h.ollama)}
    return found


async def _of_host(collector: Collector, name: str, asks: Iterable[Ask]) -> None:
    """A host is asked as soon as it is reached itself: one that takes long to fail does not use up the others' time."""
    await _connect(collector, name)
    await asyncio.gather(*(ask() for ask in asks))


async def _connect(collector: Collector, name: str) -> None:
    """Wait for the connection; why there is none is told by every source behind it."""
    try:
        await collector.hosts[name].ensure(CONNECT_S)
    except AitbcError as error:
        collector.hub.link(collector.hosts[name].report())
        trouble = classify(error, now=collector.clock.monotonic())
        for node in collector.topology.nodes:
            if node.host == name:
                for kind in (Kind.HEAD, Kind.MEMPOOL, Kind.PEERS):
                    collector.hub.failed(Source(kind, str(node.name)), trouble)


def _asks(collector: Collector, wanted: Wanted) -> Iterator[tuple[str, Ask]]:
    """What is asked of each host, by its name; only of hosts in `_hosts`."""
    chosen = [p for p in collector.nodes if wanted.nodes is None or p.frame.name in wanted.nodes]
    if wanted.chain or wanted.host_facts:
        for poll in chosen:
            yield poll.frame.host, partial(_node, poll, wanted)
    hosts = {p.frame.host for p in chosen}
    for figures in collector.host_polls:
        if figures.host in hosts and (wanted.host_facts or wanted.git):
            yield figures.host, partial(_host, figures, wanted)
    for watch in collector.gpus:
        if wanted.gpus:
            yield watch.host, watch.once
    for ollama in collector.ollamas:
        if wanted.ollama:
            yield ollama.host, ollama.look
    if collector.coordinator is not None and wanted.of_coordinator:
        yield collector.topology.coordinator_host, partial(_coordinator, collector, wanted)


async def _node(poll: NodePoll, wanted: Wanted) -> None:
    """One node, one request after the other; where the first was not answered, the others are not asked."""
    if wanted.heads:
        if not await poll.head_only() and (silent := poll.silence()) is not None:
            poll.failed(silent)
            return
        await poll.health()
    if wanted.mempool_limit:
        await poll.mempool(wanted.mempool_limit)
    if wanted.host_facts:
        await poll.peers()


async def _heads_again(collector: Collector, wanted: Wanted) -> None:
    """One silent node kept the others waiting: their heads are compared as they are now, not as they were before."""
    now, known = collector.clock.monotonic(), collector.hub.world.nodes
    polls = [p for p in collector.nodes if wanted.nodes is None or p.frame.name in wanted.nodes]
    old = [p for p in polls if (known[p.frame.name].head.age(now) or 0.0) > WAITED_S]
    await asyncio.gather(*(p.head_only() for p in old))


async def _host(figures: HostPoll, wanted: Wanted) -> None:
    if wanted.host_facts:
        await figures.figures()
        await figures.units()
    if wanted.git:
        await figures.git()


async def _coordinator(collector: Collector, wanted: Wanted) -> None:
    poll = collector.coordinator
    assert poll is not None
    if wanted.jobs and collector.topology.has_admin_key:
        await poll.jobs()
    if wanted.miners and collector.topology.has_admin_key:
        await poll.miners()
    if wanted.receipts or wanted.receipts_of:
        await poll.pages.all(wanted.receipts or 5, wanted.receipts_of)
    if wanted.own_jobs:
        await poll.own.follow()
    for job_id in wanted.job_ids:
        if collector.topology.has_client_key:
            await poll.own.read(job_id)


async def _blocks(collector: Collector, wanted: Wanted) -> None:
    """Ask for the blocks that decide whether the nodes agree; a fork's first block takes several rounds."""
    polls = {str(p.frame.name): p for p in collector.nodes}
    for _ in range(BLOCK_ROUNDS):
        asked = questions(collector.hub.world, collector.clock.monotonic())
        names = {q.node for q in asked if wanted.nodes is None or q.node in wanted.nodes}
        if not names:
            return
        await asyncio.gather(*(polls[name].blocks() for name in sorted(names)))


def _overdue(collector: Collector, wanted: Wanted) -> None:
    """The command's time is over: whatever was not heard says so."""
    late = HttpError("no answer within the time given", timed_out=True, remedy="--timeout SECONDS")
    trouble = classify(late, now=collector.clock.monotonic())
    for name, facts in collector.hub.world.nodes.items():
        for kind, seen in ((Kind.HEAD, facts.head), (Kind.MEMPOOL, facts.mempool), (Kind.PEERS, facts.peers)):
            if seen.at is None and seen.trouble is None and (wanted.nodes is None or name in wanted.nodes):
                collector.hub.failed(Source(kind, name), trouble)
