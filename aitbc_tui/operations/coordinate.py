"""`coordinate`: start, stop or restart units across nodes, one node at a time, the next when the last is healthy."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.node import Head, Unit
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.git_sync import check_git
from aitbc_tui.operations.report import frame, look_into, online_of
from aitbc_tui.operations.tally import Json, ServiceError
from aitbc_tui.operations.units import RESERVE_S, act, settled, show
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.node import parse_head, parse_mempool

LOOK_S = 0.4
IDLE_S = 10.0  # a head older than this before the operation, with nothing waiting: the chain is idle


@dataclass(frozen=True, slots=True)
class Order:
    """`unit` empty: every configured unit of the node, those that run."""

    action: str
    unit: str
    targets: tuple[str, ...]
    force: bool = False


@dataclass(slots=True)
class Run:
    """Which nodes were done, and which not."""

    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        return "success" if not self.left else "partial" if self.done or self.words else "failed"


async def coordinate(field: Field, before: Snapshot, order: Order) -> Run:
    """Node after node; stops at the first that does not come back."""
    run = Run(left=list(order.targets))
    links = {str(link.host): link for link in before.links}
    for name in order.targets:
        node = field.node(name)
        try:
            link = links.get(node.host)
            if link is not None and link.verdict.level is not Level.GOOD:
                raise ServiceError(f"not reached over SSH, nothing was done: {link.detail}", host=node.host)
            if order.force:
                await check_git(field, node)
            await _one(field, node, order, run)
        except AitbcError as error:
            field.tally.failed(error, name)
            _say_left(field, run, name)
            return run
        run.done.append(name)
        run.left.remove(name)
    return run


def _say_left(field: Field, run: Run, failed: str) -> None:
    rest = [name for name in run.left if name != failed]
    if rest:
        said = (
            f"{failed} is not healthy again; {', '.join(rest)} {'was' if len(rest) == 1 else 'were'} left as they are"
        )
        field.tally.issue("partial", failed, said, f"mend {failed} first, then: aitbc-tui coordinate for the rest")


async def _one(field: Field, node: NodeConfig, order: Order, run: Run) -> None:
    """One node: its units before, the action, its units and its head after, the others as they were."""
    if not node.units:
        raise ServiceError(f"no unit is configured for {node.name}", host=node.host, remedy="units of the node")
    before = await show(field, node.host, node.name, node.units)
    chosen = _chosen(order, before)
    idle = await _idle(field, node)
    head = await _head(field, node)
    if not chosen:
        field.tally.note(node.host, node.name, order.action, "units", "none runs: left as they are")
        return
    for unit in chosen:
        await act(field, node.host, node.name, order.action, unit)
        run.words.append(f"{order.action} {unit} on {node.name}")
    for unit in chosen:
        await settled(field, node.host, node.name, order.action, unit)
    if order.action != "stop":
        await _moves(field, node, head, idle)
    after = await show(field, node.host, node.name, node.units)
    changed = [u for u in node.units if u not in chosen and before[u].running is not after[u].running]
    if changed:
        raise ServiceError(f"{', '.join(changed)} changed state although nobody asked for it", host=node.host)


def _chosen(order: Order, before: dict[str, Unit]) -> list[str]:
    """Without a name, only units whose state the action preserves: a stopped unit is not started by a restart."""
    if order.unit:
        return [order.unit]
    found = [name for name, unit in before.items() if unit.found]
    if order.action == "start":
        return [name for name in found if not before[name].running]
    running = [name for name in found if before[name].running]
    return list(reversed(running)) if order.action == "stop" else running


async def _head(field: Field, node: NodeConfig) -> Head | None:
    try:
        return await field.ask(
            node, requests.head(node.chain_id or ""), lambda body: parse_head(body, None), lambda head: head.height
        )
    except AitbcError:
        return None  # it may be down already; that is why somebody starts it


async def _idle(field: Field, node: NodeConfig) -> bool:
    """Whether the chain stood still before for want of transactions: then no head can be waited for."""
    source = field.producer or node
    try:
        pool = await field.ask(source, requests.mempool(1, source.chain_id or ""), lambda body: parse_mempool(body, 1))
        head = await field.ask(source, requests.head(source.chain_id or ""), lambda body: parse_head(body, None))
    except AitbcError:
        return False
    age = None if head.timestamp is None else field.utc() - head.timestamp.timestamp()
    return pool.count == 0 and age is not None and age > IDLE_S


async def _moves(field: Field, node: NodeConfig, before: Head | None, idle: bool) -> None:
    """Healthy again: it answers, and its head goes on."""
    field.told("wait", node.name, "until its head advances")
    first = before.height if before is not None else None
    seen: int | None = None
    why = "its RPC did not answer"
    while field.ends_at - field.clock() > RESERVE_S:
        try:
            head = await field.ask(node, requests.head(node.chain_id or ""), lambda body: parse_head(body, None))
        except AitbcError as error:
            why = error.detail
        else:
            if first is None:
                first = head.height
            if head.height > first or (idle and head.height == first):
                field.tally.note(
                    node.host, node.name, "GET /rpc/head", "healthy again", {"from": first, "to": head.height}
                )
                return
            seen, why = head.height, f"its head stands at {head.height:,}"
        await asyncio.sleep(LOOK_S)
    field.tally.counted(False)
    kind = "wedge" if seen is not None else "service-offline"
    field.tally.issue(kind, node.name, f"not healthy again in time: {why}", f"aitbc-tui logs {node.name}")
    raise ServiceError(
        f"not healthy again: {why}", host=node.host, remedy=f"aitbc-tui logs {node.name}", timed_out=True
    )


def document(field: Field, after: Snapshot, order: Order, word: str, run: Run, took_s: float, verify: bool) -> Json:
    """The output object."""
    nodes = look_into(field.tally, after, order.targets)
    online = online_of(nodes)
    validation = run.outcome
    if validation == "success" and order.action != "stop" and online < len(nodes):
        validation = "partial"
    done = ", ".join(run.words) or "nothing"
    left = f"; not done: {', '.join(run.left)}" if run.left else ""
    return frame(
        "coordinate",
        word,
        nodes,
        field.tally,
        took_s,
        summary=f"{order.action} {run.outcome}: {done}{left}",
        validation=validation if verify else None,
    )


def plan(field: Field, order: Order) -> list[str]:
    """For `--dry-run`."""
    steps = []
    for name in order.targets:
        node = field.node(name)
        units = order.unit or ", ".join(node.units) or "no configured unit"
        waits = "wait until they are inactive" if order.action == "stop" else "wait until its head advances"
        steps.append(f"{order.action} {units} on {name} ({node.host}), then {waits}, then the next node")
    return steps
