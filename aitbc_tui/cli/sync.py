"""`sync`: blockchain, mempool, configuration, git or all, in at most 60 seconds, with what it is and what it is not."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli import coordinating, coordinator_input
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinating import Outcome
from aitbc_tui.cli.coordinator_input import Request
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.status import hearing, look
from aitbc_tui.domain.errors import ConfigError, GuardError
from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.snapshot import Access

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.operations.field import Field
    from aitbc_tui.operations.sync_run import SyncOrder


def add(parser: Parser, verb: str) -> None:
    absent = argparse.SUPPRESS
    coordinator_input.add(parser, writes=True)
    parser.add_argument("--sync-type", metavar="TYPE", default=absent, help=", ".join(coordinator_input.SYNC_TYPES))
    parser.add_argument("--key", action="append", default=absent, metavar="KEY", help="configuration: copy this key")
    parser.add_argument("--tx", action="append", default=absent, metavar="HASH", help="mempool: send this stranded one")


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.schema:
        return coordinating.print_schema(ctx)
    request = coordinating.read(ctx, args, "sync")
    _check(request)

    levels = list(Access)
    allowed = levels.index(ctx.environment.access) >= levels.index(Access.OPERATE)
    refused = _unconfirmed(ctx, request) if allowed and not request.dry_run else None

    async def work(collector: Collector, field: Field) -> Outcome:
        from aitbc_tui.operations.sync_run import SyncOrder

        order = SyncOrder(
            sync_type=request.sync_type,
            targets=request.targets,
            force=request.force,
            keys=request.keys,
            transactions=request.transactions,
            write_config=refused is None and bool(request.keys),
        )
        if request.dry_run:
            return await planned(collector, field, request, order)
        return await done(collector, field, request, order, refused)

    need = None if request.dry_run else Access.OPERATE
    return coordinating.operate(ctx, request, work, need=need, what=f"sync {request.sync_type}")


def _check(request: Request) -> None:
    from aitbc_tui.operations.config_sync import check_keys

    check_keys(request.keys)
    if request.keys and request.sync_type not in ("configuration", "all"):
        raise ConfigError("--key goes with --sync-type configuration")
    if request.transactions and request.sync_type not in ("mempool", "all"):
        raise ConfigError("--tx goes with --sync-type mempool")
    if request.transactions and not request.force:
        raise GuardError("--tx sends a stranded transaction to the proposer", remedy="--force, when that is meant")


def _unconfirmed(ctx: Context, request: Request) -> GuardError | None:
    """Configuration is written only with force or a yes. What differs is shown all the same."""
    if request.sync_type != "configuration" and not request.keys:
        return None
    question = f"copy {', '.join(request.keys)} to {request.word}" if request.keys else "sync the configuration"
    try:
        coordinating.confirm(ctx, request.force, question)
    except GuardError as error:
        return error
    return None


async def planned(collector: Collector, field: Field, request: Request, order: SyncOrder) -> Outcome:
    """The plan, and the nodes as they are; nothing is written."""
    from aitbc_tui.operations.report import frame, look_into
    from aitbc_tui.operations.sync_report import plan

    begun = field.clock()
    snapshot = await look(collector, field, request.targets)
    nodes = look_into(field.tally, snapshot, request.targets)
    steps = plan(field, order)
    for step in steps:
        field.tally.note("", "", "plan", "step", step)
    summary = f"plan of sync {order.sync_type}, {of_things(len(steps), 'step')}; nothing was written"
    took = field.clock() - begun
    document = frame("sync", request.word, nodes, field.tally, took, summary=summary, advice=steps)
    return Outcome(document)


async def done(
    collector: Collector, field: Field, request: Request, order: SyncOrder, refused: GuardError | None
) -> Outcome:
    """Health before, the sync itself, health after."""
    from aitbc_tui.operations.sync import sync
    from aitbc_tui.operations.sync_report import sync_document

    begun = field.clock()
    before = await look(collector, field, request.targets, all_facts=False)
    heard, unheard = hearing(before, request.targets)
    run = await sync(field, before, order)
    if run.outcome == "success":
        unheard = ()  # a checkout moves while the node's RPC is silent: what was asked for is done
    if refused is not None:
        field.tally.failed(refused)
    after = await look(collector, field, request.targets) if field.ends_at - field.clock() > 1.0 else before
    document = sync_document(field, after, order, request.word, run, field.clock() - begun, request.verify)
    return Outcome(document, tuple(field.tally.errors), unheard, heard, run.outcome == "success")
