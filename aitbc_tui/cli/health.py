"""`health`: every check of every node, with pass, warn or fail and why; exit 1 on any fail."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli import coordinating, coordinator_input
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinating import Outcome
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.status import asked, outcome

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.operations.field import Field


def add(parser: Parser, verb: str) -> None:
    coordinator_input.add(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.schema:
        return coordinating.print_schema(ctx)
    request = coordinating.read(ctx, args, "health")
    whole = request.word == coordinator_input.ALL

    async def work(collector: Collector, field: Field) -> Outcome:
        from aitbc_tui.collect.once import EXACT_MEMPOOL, Wanted, look
        from aitbc_tui.operations.checks import Grade
        from aitbc_tui.operations.health import health, health_document

        begun = field.clock()
        nodes = asked(ctx.environment, request.targets)
        wanted = Wanted(
            heads=True,
            mempool_limit=EXACT_MEMPOOL,
            host_facts=True,
            git=True,
            nodes=nodes,
            gpus=whole,
            ollama=whole,
        )
        snapshot = await look(collector, wanted, field.left(60.0))
        checks = await health(field, snapshot, request.targets, whole)
        took = field.clock() - begun
        document = health_document(field, snapshot, request.targets, request.word, checks, took)
        if not request.verify:
            document["validation_status"] = None
        well = not any(check.grade is Grade.FAIL for check in checks)
        return outcome(snapshot, request.targets, document, well=well)

    return coordinating.operate(ctx, request, work)
