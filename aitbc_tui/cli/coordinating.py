"""How every Node Coordinator command runs: guard and audit, one of five slots, the operation, the same output."""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aitbc_tui.cli import coordinator_input, exits
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinator_input import Request
from aitbc_tui.cli.output import advised, failure_line, print_json, print_table
from aitbc_tui.config import paths
from aitbc_tui.domain.errors import AitbcError, ConfigError, GuardError
from aitbc_tui.domain.snapshot import Access

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.operations.field import Field
    from aitbc_tui.operations.tally import Json

MARGIN_S = 1.0  # kept of the command's time for closing and printing


@dataclass(frozen=True, slots=True)
class Outcome:
    """The document of an operation, what failed, which targets were not heard, and whether it is as it should be."""

    document: Json
    errors: tuple[AitbcError, ...] = ()
    unheard: tuple[AitbcError, ...] = ()
    answered: int = 0
    well: bool = True


Work = Callable[["Collector", "Field"], Awaitable[Outcome]]


def print_schema(ctx: Context) -> int:
    from aitbc_tui.operations.models import schemas

    print_json(ctx.out, schemas())
    return exits.Exit.OK


def read(ctx: Context, args: argparse.Namespace, operation: str) -> Request:
    """The request; what is wrong with it stands in an output object too when that was asked for."""
    try:
        return coordinator_input.read(ctx, args, operation)
    except ConfigError as error:
        if args.json:
            word = getattr(args, "target", None) or coordinator_input.ALL
            print_json(ctx.out, refusal(Request(operation, str(word), ()), error))
        raise


def refusal(request: Request, error: AitbcError) -> Json:
    """The output object of an operation that did not begin."""
    from aitbc_tui.operations.report import NOTHING_LEARNT, frame
    from aitbc_tui.operations.tally import Tally

    tally = Tally()
    tally.failed(error)
    nodes = {name: dict(NOTHING_LEARNT) for name in request.targets}
    result = "failed" if request.operation == "sync" else None
    validation = "failed" if request.verify else None
    return frame(
        request.operation,
        request.word,
        nodes,
        tally,
        0.0,
        summary=f"{request.operation} not done: {error.detail}",
        sync_result=result,
        validation=validation,
    )


def operate(
    ctx: Context, request: Request, work: Work, *, need: Access | None = None, what: str = "", question: str = ""
) -> int:
    """Run it. With `need` it is a write: refused below that access, and in the audit before and after.

    With a `question` somebody must have said yes, or `--force`, before anything is connected to.
    """
    try:
        if need is None:
            outcome = _run(ctx, request, work)
        else:
            outcome = _audited(ctx, request, work, need, what or request.operation, question)
    except AitbcError as error:
        if request.json:
            print_json(ctx.out, refusal(request, error))
        raise
    return finish(ctx, request, outcome)


def finish(ctx: Context, request: Request, outcome: Outcome) -> int:
    """Print it, and give the exit code."""
    if request.json:
        print_json(ctx.out, outcome.document)
    else:
        show(ctx, outcome.document)
    return _exit(ctx, request, outcome)


def _audited(ctx: Context, request: Request, work: Work, need: Access, what: str, question: str) -> Outcome:
    from aitbc_tui.ledger.book import Ledger
    from aitbc_tui.operations.audit import audited

    environment = ctx.environment
    with (
        Ledger.open(paths.ledger_file()) as ledger,
        audited(ledger, what, environment.name, f"nodes {', '.join(request.targets)}") as entry,
    ):
        ctx.require(need, what)
        if question:
            confirm(ctx, request.force, question)
        outcome = _run(ctx, request, work)
        entry.ended(str(outcome.document["summary"]))
        return outcome


def _run(ctx: Context, request: Request, work: Work) -> Outcome:
    from aitbc_tui.cli.looking import with_collector
    from aitbc_tui.operations.field import Field
    from aitbc_tui.operations.slots import slot

    left = ctx.remaining()
    ends_at = time.monotonic() + max(0.5, (left if left is not None else 60.0) - MARGIN_S)

    async def inside(collector: Collector) -> Outcome:
        async with slot(paths.state_dir(), ctx.environment.name):
            return await work(collector, Field(ctx.environment, collector.asker, ends_at, told=_teller(ctx, request)))

    return with_collector(ctx, inside)


def _teller(ctx: Context, request: Request) -> Callable[[str, str, str], None]:
    """Progress on a terminal's standard error; nothing for scripts."""

    def told(step: str, node: str, text: str) -> None:
        if ctx.err.isatty() and not request.json:
            ctx.err.write(f"{node}: {step}: {text}\n")
            ctx.err.flush()

    return told


def _exit(ctx: Context, request: Request, outcome: Outcome) -> int:
    errors = (*outcome.unheard, *outcome.errors)
    if errors:
        codes = [exits.code_of(error) for error in errors]
        first = errors[codes.index(exits.Exit(exits.combine(codes)))]
        ctx.err.write(failure_line(advised(first)) + "\n")
        return exits.for_operation(outcome.answered, outcome.unheard, outcome.errors)
    if outcome.well:
        return exits.Exit.OK
    ctx.err.write(f"aitbc-tui: {outcome.document['summary']}\n")
    return exits.Exit.UNHEALTHY


def confirm(ctx: Context, forced: bool, question: str) -> None:
    """Go on with `--force` or a yes on a terminal; a production environment must be named besides."""
    environment = ctx.environment
    if forced and (ctx.confirmed or not environment.production):
        return
    if not ctx.interactive:
        named = f" and --yes {environment.name}" if environment.production else ""
        raise GuardError(f"{question}: not confirmed", remedy=f"--force{named}, or answer on a terminal")
    if not ctx.ask(question):
        raise GuardError(f"{question}: not confirmed, nothing was done")


def show(ctx: Context, document: Json) -> None:
    """The same as a table."""
    nodes, issues, evidence = document["nodes_status"], document["issues"], document["evidence"]
    assert isinstance(nodes, dict) and isinstance(issues, list) and isinstance(evidence, list)
    ctx.out.write(f"{document['summary']}\n")
    heads = ("node", "status", "height", "mempool", "peers", "uptime", "last agreed")
    keys = ("status", "block_height", "mempool_size", "p2p_connections", "service_uptime", "last_sync")
    rows = [(name, *(_cell(node[key], key) for key in keys)) for name, node in nodes.items()]
    print_table(ctx.out, heads, rows, right=(2, 3, 4))
    for number, step in enumerate((e["answer"] for e in evidence if e["asked"] == "plan"), 1):
        ctx.out.write(f"{number:>3}  {step}\n")
    checks = [e for e in evidence if e["asked"] == "check"]
    if checks:
        ctx.out.write("\n")
        cells = [(c["answer"]["verdict"], c["node"] or c["host"], c["figure"], c["answer"]["why"]) for c in checks]
        print_table(ctx.out, ("verdict", "of", "check", "why"), cells)
    _show_result(ctx, document)
    for issue in issues:
        where = f" {issue['node']}:" if issue["node"] else ""
        ctx.out.write(f"! {issue['kind']:<15}{where} {issue['detail']}\n")
        if issue["remedy"]:
            ctx.out.write(f"  try: {issue['remedy']}\n")
    ctx.out.write(f"confidence {document['confidence']}, {document['execution_time']} s\n")


def _show_result(ctx: Context, document: Json) -> None:
    details, delivery = document["sync_details"], document["message_delivery"]
    assert isinstance(details, dict) and isinstance(delivery, dict)
    touched = {name.removesuffix("_synced"): value for name, value in details.items() if value is not None}
    if document["sync_result"] is not None:
        parts = ", ".join(f"{name} {'synced' if done else 'not synced'}" for name, done in touched.items())
        ctx.out.write(f"sync {document['sync_result']}: {parts or 'nothing was touched'}\n")
    if delivery["sent"] is not None:
        ctx.out.write(f"sent {delivery['sent']}, delivered {delivery['delivered']}, failed {delivery['failed']}\n")


def _cell(value: object, key: str) -> str:
    if value is None:
        return "?"
    if key == "last_sync" and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).strftime("%d %b %H:%M:%S UTC")
    return f"{value:,}" if isinstance(value, int) else str(value)
