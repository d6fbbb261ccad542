"""`coordinate` and `message`: units across nodes, one node at a time; a message to each node's own board."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli import coordinating, coordinator_input
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinating import Outcome
from aitbc_tui.cli.coordinator_input import Request
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.status import hearing, look
from aitbc_tui.config.words import did_you_mean
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.snapshot import Access

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.domain.snapshot import Snapshot
    from aitbc_tui.operations.field import Field


def add(parser: Parser, verb: str) -> None:
    absent = argparse.SUPPRESS
    coordinator_input.add(parser, writes=True)
    if verb == "message":
        parser.add_argument("--message", metavar="TEXT", default=absent, help="what to tell")
        return
    parser.add_argument("--action", metavar="ACTION", default=absent, help=", ".join(coordinator_input.ACTIONS))
    parser.add_argument("--unit", metavar="UNIT", default=absent, help="a configured unit; else all that run")


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.schema:
        return coordinating.print_schema(ctx)
    request = coordinating.read(ctx, args, args.verb)
    return _message(ctx, request) if args.verb == "message" else _coordinate(ctx, request)


def _coordinate(ctx: Context, request: Request) -> int:
    from aitbc_tui.operations import coordinate as operation

    _check_unit(ctx, request)
    order = operation.Order(request.action, request.unit, request.targets, request.force)

    async def work(collector: Collector, field: Field) -> Outcome:
        begun = field.clock()
        if request.dry_run:
            return await _planned(collector, field, request, operation.plan(field, order))
        before = await look(collector, field, request.targets)
        done = await operation.coordinate(field, before, order)
        after = await look(collector, field, request.targets) if field.ends_at - field.clock() > 1.0 else before
        took = field.clock() - begun
        document = operation.document(field, after, order, request.word, done, took, request.verify)
        heard, unheard = hearing(before, request.targets)
        return Outcome(document, tuple(field.tally.errors), unheard, heard, done.outcome == "success")

    need = None if request.dry_run else Access.OPERATE
    what = f"coordinate {request.action} {request.unit}".strip()
    question = f"{request.action} {request.unit or 'all units'} on {', '.join(request.targets)}"
    return coordinating.operate(ctx, request, work, need=need, what=what, question=question)


def _check_unit(ctx: Context, request: Request) -> None:
    """A named unit must be configured on every target."""
    for node in ctx.environment.nodes:
        if node.name in request.targets and request.unit and request.unit not in node.units:
            near = did_you_mean(request.unit, list(node.units))
            raise ConfigError(
                f'no unit "{request.unit}" is configured for {node.name}{near}',
                remedy=f"one of {', '.join(node.units) or 'none'}",
            )


def _message(ctx: Context, request: Request) -> int:
    from aitbc_tui.operations import message as operation

    operation.check_text(request.message)

    async def work(collector: Collector, field: Field) -> Outcome:
        begun = field.clock()
        if request.dry_run:
            steps = [f"post {len(request.message)} characters to {name}, read them back" for name in request.targets]
            return await _planned(collector, field, request, steps)
        before = await look(collector, field, request.targets)
        count = await operation.deliver(field, before, request.targets, request.message)
        took = field.clock() - begun
        document = operation.document(field, before, request.targets, request.word, count, took, request.verify)
        heard, unheard = hearing(before, request.targets)
        return Outcome(document, tuple(field.tally.errors), unheard, heard, count.outcome == "success")

    need = None if request.dry_run else Access.OPERATE
    return coordinating.operate(ctx, request, work, need=need, what="message")


async def _planned(collector: Collector, field: Field, request: Request, steps: list[str]) -> Outcome:
    from aitbc_tui.operations.report import frame, look_into

    begun = field.clock()
    snapshot: Snapshot = await look(collector, field, request.targets)
    nodes = look_into(field.tally, snapshot, request.targets)
    for step in steps:
        field.tally.note("", "", "plan", "step", step)
    summary = f"plan of {request.operation}, {of_things(len(steps), 'step')}; nothing was written"
    took = field.clock() - begun
    return Outcome(frame(request.operation, request.word, nodes, field.tally, took, summary=summary, advice=steps))
