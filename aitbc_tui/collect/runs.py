"""Running a plan for the operations screen: guarded, audited, one at a time, its steps and evidence told as it goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aitbc_tui.collect.network_run import run_network
from aitbc_tui.collect.once import EXACT_MEMPOOL, Wanted, look
from aitbc_tui.collect.plans import targets_of, title_of
from aitbc_tui.collect.run_words import ended, result_lines
from aitbc_tui.collect.service_run import run_service
from aitbc_tui.config.paths import state_dir
from aitbc_tui.domain.errors import AitbcError, GuardError
from aitbc_tui.domain.operation import Evidence, Plan, PlanStep, Run, RunState, Verb, Wish
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations import coordinate as coordinating
from aitbc_tui.operations import message as messages
from aitbc_tui.operations.audit import audited
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.guard import require
from aitbc_tui.operations.health import health, health_document
from aitbc_tui.operations.report import status_document
from aitbc_tui.operations.service import find
from aitbc_tui.operations.slots import slot
from aitbc_tui.operations.sync import SyncOrder, sync, sync_document
from aitbc_tui.operations.tally import Json
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.transport.host import Host, HttpAnswer

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

TELL_S = 0.5  # how often a run under way is told
EVIDENCE_KEPT = 400
LOOK_S = 12.0
STOP_RESERVE_S = 3.0  # what is left to an operation that was told to stop: its last comparison
Told = Callable[[Run], None]
_IMPORT = "/rpc/importBlock"


@dataclass(slots=True)
class Progress:
    """What is known of the run now. `place` finds a step by its key and node."""

    plan: Plan
    steps: list[PlanStep]
    evidence: deque[Evidence] = field(default_factory=lambda: deque(maxlen=EVIDENCE_KEPT))
    imported: dict[str, int] = field(default_factory=dict)
    sentence: str = ""
    stopping: bool = False

    def place(self, key: str, where: str) -> int | None:
        found = (i for i, s in enumerate(self.steps) if s.key == key and s.where in (where, "both"))
        return next(found, None)

    def mark(self, key: str, where: str, level: Level, text: str = "") -> None:
        """Move the run on to this step: what ran before it is over."""
        index = self.place(key, where)
        if index is None:
            return
        for i, one in enumerate(self.steps):
            if one.level is Level.RUNNING and i != index:
                self.steps[i] = replace(one, level=Level.GOOD)
        self.steps[index] = replace(self.steps[index], level=level, text=clean(text, 200) or self.steps[index].text)

    def run(self) -> Run:
        return Run(
            self.plan,
            RunState.RUNNING,
            SafeText(self.sentence or "begins. The panes go on; leaving this screen stops nothing."),
            tuple(self.steps),
            tuple(self.evidence),
            if_stopped=self._if_stopped(),
            stopping=self.stopping,
        )

    def _if_stopped(self) -> tuple[SafeText, ...]:
        count = sum(self.imported.values())
        if self.imported:
            kept = f"The {count:,} blocks stay, they are correct; what is missing comes with gossip or the next run."
            return (SafeText(kept), SafeText("Nothing is left half done."))
        if self.plan.wish.verb is Verb.COORDINATE:
            return (SafeText("The node under way is finished; those after it are left as they are."),)
        return (SafeText("What was done stays; nothing more is begun."),)


class Watched:
    """The wire of one operation, every exchange written down as it happens."""

    def __init__(self, collector: Collector, progress: Progress, nodes: dict[tuple[str, str], str]) -> None:
        self._asker = collector.asker
        self._clock = collector.clock
        self._progress = progress
        self._nodes = nodes

    async def send(self, host: str, base: str, ask: Ask) -> HttpAnswer:
        node = self._nodes.get((host, base), host)
        begun, at = self._clock.monotonic(), self._clock.utc()
        height = _height(ask) if ask.target == _IMPORT else None
        what = f"{ask.method} {ask.target}" + (f" {height}" if height is not None else "")
        try:
            answer = await self._asker.send(host, base, ask)
        except AitbcError as error:
            self._note(at, node, what, error.detail, begun)
            raise
        self._note(at, node, what, str(answer.status), begun)
        if height is not None:
            self._imported(node, height)
        return answer

    def host(self, name: str) -> Host:
        return self._asker.host(name)

    def _note(self, at: float, node: str, what: str, answer: str, begun: float) -> None:
        took = (self._clock.monotonic() - begun) * 1000
        self._progress.evidence.append(Evidence(at, clean(node, 40), clean(what, 80), clean(answer, 80), took))

    def _imported(self, node: str, height: int) -> None:
        done = self._progress.imported[node] = self._progress.imported.get(node, 0) + 1
        planned = next((s for s in self._progress.steps if s.key == "import" and s.where == node), None)
        of = planned.name.split(" ")[1] if planned is not None else "?"
        counted = f"{done:,} of {of}"
        if of.replace(",", "").isdigit() and done > int(of.replace(",", "")):
            counted = f"{done:,}, {of} were planned"  # the source went on meanwhile
        self._progress.mark("import", node, Level.RUNNING, f"{counted}, now {height:,}")
        self._progress.sentence = f"{counted} blocks. The panes go on; leaving this screen stops nothing."


def _height(ask: Ask) -> int | None:
    with contextlib.suppress(ValueError, TypeError):
        value = json.loads(ask.body or b"{}").get("height")
        return value if isinstance(value, int) else None
    return None


class Runs:
    """The one operation of this dashboard that may be under way."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._field: Field | None = None
        self._progress: Progress | None = None

    def stop(self) -> None:
        """At the next safe point: no new block, no new node is begun."""
        field_, progress = self._field, self._progress
        if field_ is not None and progress is not None:
            progress.stopping = True
            field_.ends_at = min(field_.ends_at, field_.clock() + STOP_RESERVE_S)

    async def run(self, plan: Plan, told: Told) -> Run:
        """Once. Raises only what happened before anything was sent; afterwards the outcome is in the run."""
        if self._field is not None:
            raise GuardError("an operation is under way on this dashboard", remedy="wait for its end, or stop it")
        collector, wish = self._collector, plan.wish
        setup = collector.setup
        names = {(node.host, node.rpc): node.name for node in setup.environment.nodes}
        progress = self._progress = Progress(plan, list(plan.steps))
        field_ = self._field = Field(
            setup.environment,
            Watched(collector, progress, names),
            collector.clock.monotonic() + wish.timeout_s,
            told=lambda key, node, text: _heard(progress, key, node, text),
            clock=collector.clock.monotonic,
            utc=collector.clock.utc,
        )
        folder = setup.ledger.parent if setup.demo else state_dir()
        teller = asyncio.ensure_future(_tell(progress, told))
        try:
            with self._written(plan) as entry:
                async with slot(folder, setup.environment.name):
                    done = await _WORK[wish.verb](collector, field_, progress, wish)
                entry.append(str(done.document["summary"]))
        finally:
            self._field = self._progress = None
            teller.cancel()
        progress.evidence.extend(_commands(done.document))
        return ended(progress.run(), done, field_.tally.errors)

    @contextmanager
    def _written(self, plan: Plan) -> Iterator[list[str]]:
        """Refuse or go ahead; both stand in the audit. What only reads is not written down."""
        said: list[str] = []
        wish, setup = plan.wish, self._collector.setup
        if wish.reads_only:
            yield said
            return
        one = wish.verb is Verb.SERVICE
        detail = f"{wish.unit}, host {wish.target}" if one else f"nodes {', '.join(targets_of(self._collector, wish))}"
        with audited(self._collector.ledger, title_of(wish).lower(), setup.environment.name, detail) as entry:
            require(self._collector.arming.access, plan.need, title_of(wish).lower(), setup.environment.name)
            if not plan.offered:
                raise GuardError("a check forbids it", remedy="see the plan")
            with self._collector.arming.running():
                yield said
            entry.ended(said[0] if said else "ended")


def _heard(progress: Progress, key: str, node: str, text: str) -> None:
    """What an operation says of itself, put beside its step."""
    at = "act" if key in ("start", "stop", "restart") else "fetch" if key == "git" else key
    progress.mark(at, node, Level.RUNNING, text)


async def _tell(progress: Progress, told: Told) -> None:
    """A step changes often; it is told at most twice a second."""
    before: Run | None = None
    while True:
        now = progress.run()
        if now != before:
            before = now
            told(now)
        await asyncio.sleep(TELL_S)


def _commands(document: Json) -> list[Evidence]:
    """Commands on hosts; requests were written down as they went."""
    rows = document["evidence"]
    assert isinstance(rows, list)
    found = []
    for row in rows:
        if row["figure"] not in ("answer",) and row["took_ms"] is not None and row["age_s"] == 0.0:
            said = row["error"] or row["answer"]
            asked = clean(str(row["asked"]), 120)
            found.append(Evidence(None, clean(str(row["node"] or row["host"]), 40), asked, clean(str(said), 120)))
    return found


# --- one worker a verb


@dataclass(frozen=True, slots=True)
class Done:
    """The document of an operation, its outcome in the seed's words, and whether somebody stopped it."""

    document: Json
    outcome: str
    lines: tuple[SafeText, ...] = ()
    stopped: bool = False


def _nodes(collector: Collector, targets: tuple[str, ...]) -> tuple[str, ...]:
    nodes = collector.setup.environment.nodes
    source = next((n.name for n in nodes if n.role.value == "genesis"), nodes[0].name)
    return tuple(dict.fromkeys((*targets, source)))


async def _look(
    collector: Collector, field_: Field, targets: tuple[str, ...], *, git: bool = False, whole: bool = False
) -> Snapshot:
    wanted = Wanted(
        heads=True,
        mempool_limit=EXACT_MEMPOOL,
        host_facts=True,
        git=git,
        nodes=_nodes(collector, targets),
        gpus=whole,
        ollama=whole,
    )
    return await look(collector, wanted, min(LOOK_S, max(1.0, field_.ends_at - field_.clock())))


async def _after(collector: Collector, field_: Field, targets: tuple[str, ...], before: Snapshot) -> Snapshot:
    return await _look(collector, field_, targets) if field_.ends_at - field_.clock() > 1.0 else before


def _seen(progress: Progress, targets: tuple[str, ...], document: Json) -> None:
    nodes = document["nodes_status"]
    assert isinstance(nodes, dict)
    for name in targets:
        status = (nodes.get(name) or {}).get("status")
        level = Level.GOOD if status == "online" else Level.WARN if status == "degraded" else Level.BAD
        progress.mark("look", name, level, str(status or "? not learnt"))


async def _status(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    begun, targets = field_.clock(), targets_of(collector, wish)
    for name in targets:
        progress.mark("look", name, Level.RUNNING)
    snapshot = await _look(collector, field_, targets)
    document = status_document(snapshot, targets, wish.target, field_.clock() - begun)
    _seen(progress, targets, document)
    return Done(document, "success", result_lines(document))


async def _health(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    begun, targets = field_.clock(), targets_of(collector, wish)
    whole = wish.target == "all"
    snapshot = await _look(collector, field_, targets, git=True, whole=whole)
    checks = await health(field_, snapshot, targets, whole)
    document = health_document(field_, snapshot, targets, wish.target, checks, field_.clock() - begun)
    _seen(progress, targets, document)
    return Done(document, "success", result_lines(document))


async def _sync(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    begun, targets = field_.clock(), targets_of(collector, wish)
    order = SyncOrder(wish.sync_type, targets, keys=wish.keys, write_config=bool(wish.keys))
    before = await _look(collector, field_, targets)
    run = await sync(field_, before, order)
    after = await _after(collector, field_, targets, before)
    document = sync_document(field_, after, order, wish.target, run, field_.clock() - begun, True)
    for kind, nodes in run.results.items():
        for name, well in nodes.items():
            keys = {"blockchain": ("backup", "import", "compare"), "git": ("fetch", "forward")}.get(kind, ("send",))
            for key in keys:
                progress.mark(key, name, Level.GOOD if well else Level.WARN)
    return Done(document, run.outcome, result_lines(document), progress.stopping)


async def _message(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    begun, targets = field_.clock(), targets_of(collector, wish)
    before = await _look(collector, field_, targets)
    count = await messages.deliver(field_, before, targets, wish.message)
    took = field_.clock() - begun
    document = messages.document(field_, before, targets, wish.target, count, took, True)
    for name in targets:
        for key in ("post", "read"):
            progress.mark(key, name, Level.GOOD if count.outcome == "success" else Level.WARN)
    return Done(document, count.outcome, result_lines(document), progress.stopping)


async def _coordinate(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    """Node by node from here, so that a wish to stop is heard between two of them."""
    begun, targets = field_.clock(), targets_of(collector, wish)
    before = await _look(collector, field_, targets)
    total = coordinating.Run(left=list(targets))
    for name in targets:
        if progress.stopping:
            said = f"stopped: {', '.join(total.left)} left as {'it is' if len(total.left) == 1 else 'they are'}"
            field_.tally.issue("partial", name, said, "run it again for the rest")
            break
        progress.mark("act", name, Level.RUNNING)
        one = await coordinating.coordinate(
            field_, before, coordinating.Order(wish.action, wish.unit, (name,), force=True)
        )
        total.words += one.words
        well = one.outcome == "success"
        for key in ("act", "wait"):
            progress.mark(key, name, Level.GOOD if well else Level.BAD)
        if not well:
            rest = [other for other in total.left if other != name]
            if rest:
                field_.tally.issue("partial", name, f"{', '.join(rest)} not touched", f"mend {name} first")
            break
        total.done.append(name)
        total.left.remove(name)
    after = await _after(collector, field_, targets, before)
    order = coordinating.Order(wish.action, wish.unit, targets, force=True)
    document = coordinating.document(field_, after, order, wish.target, total, field_.clock() - begun, True)
    return Done(document, total.outcome, result_lines(document), progress.stopping and bool(total.left))


async def _service(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    named = find(field_.environment, wish.unit, wish.target)
    document, outcome = await run_service(collector, field_, named, wish.action)
    for key in ("wait", "act"):
        progress.mark(key, named.host, Level.GOOD if outcome == "success" else Level.BAD)
    return Done(document, outcome, result_lines(document), progress.stopping)


async def _network(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    document, lines = await run_network(collector, field_)
    for host in field_.environment.hosts:
        progress.mark("probe", host, Level.GOOD)
    return Done(document, "success", lines)


Worker = Callable[["Collector", Field, Progress, Wish], Awaitable[Done]]
_WORK: dict[Verb, Worker] = {
    Verb.STATUS: _status,
    Verb.HEALTH: _health,
    Verb.SYNC: _sync,
    Verb.MESSAGE: _message,
    Verb.COORDINATE: _coordinate,
    Verb.SERVICE: _service,
    Verb.NETWORK: _network,
}
