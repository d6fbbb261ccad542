"""What a run of each verb does, its steps marked as it goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aitbc_tui.collect.network_run import host_line, run_network
from aitbc_tui.collect.once import EXACT_MEMPOOL, Wanted, look
from aitbc_tui.collect.plan_draft import targets_of
from aitbc_tui.collect.run_progress import Progress, heard
from aitbc_tui.collect.run_words import Done, result_lines
from aitbc_tui.collect.service_run import run_service
from aitbc_tui.domain.operation import Verb, Wish
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations import coordinate as coordinating
from aitbc_tui.operations import message as messages
from aitbc_tui.operations.checks import Grade, worst
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.health import health, health_document
from aitbc_tui.operations.report import status_document
from aitbc_tui.operations.service import find
from aitbc_tui.operations.sync import sync
from aitbc_tui.operations.sync_report import sync_document
from aitbc_tui.operations.sync_run import SyncOrder
from aitbc_tui.operations.tally import Json

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

LOOK_S = 12.0
_GRADES = {Grade.PASS: Level.GOOD, Grade.WARN: Level.WARN, Grade.FAIL: Level.BAD, Grade.SKIP: Level.NONE}


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
    field_.told = lambda key, node, text: heard(progress, key, named.host, text)  # its steps stand under its host
    document, outcome = await run_service(collector, field_, named, wish.action)
    acted = progress.place("act", named.host)
    if outcome == "success" or (acted is not None and progress.steps[acted].level is Level.RUNNING):
        unsure = any(issue["kind"] == "partial" for issue in field_.tally.issues)  # whether a job ran was not known
        progress.mark("wait", named.host, Level.UNKNOWN if unsure else Level.GOOD)
        progress.mark("act", named.host, Level.GOOD if outcome == "success" else Level.BAD)
    else:  # nothing was done to it: its job did not end, or it was not found
        progress.mark("wait", named.host, Level.BAD)
    return Done(document, outcome, result_lines(document), progress.stopping)


async def _network(collector: Collector, field_: Field, progress: Progress, wish: Wish) -> Done:
    document, checks = await run_network(collector, field_)
    lines = []
    for host in field_.environment.hosts:
        lines.append(host_line(host, checks))
        found = worst(check for check in checks if check.host == host)
        level = Level.UNKNOWN if found is None else _GRADES[found.grade]
        progress.mark(
            "probe", host, level, "" if found is None or level is Level.GOOD else f"{found.name}: {found.why}"
        )
    return Done(document, "success", tuple(lines))


Worker = Callable[["Collector", Field, Progress, Wish], Awaitable[Done]]
WORK: dict[Verb, Worker] = {
    Verb.STATUS: _status,
    Verb.HEALTH: _health,
    Verb.SYNC: _sync,
    Verb.MESSAGE: _message,
    Verb.COORDINATE: _coordinate,
    Verb.SERVICE: _service,
    Verb.NETWORK: _network,
}
