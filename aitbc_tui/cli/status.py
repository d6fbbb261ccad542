"""`status`: the Node Coordinator's first operation, in the seed's own output object."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli import coordinating, coordinator_input, statuscache
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinating import Outcome
from aitbc_tui.cli.looking import node_errors
from aitbc_tui.cli.options import Parser, seconds
from aitbc_tui.cli.output import warn
from aitbc_tui.config import paths
from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.observed import TroubleKind

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.domain.snapshot import Snapshot
    from aitbc_tui.operations.field import Field


def add(parser: Parser, verb: str) -> None:
    coordinator_input.add(parser)
    parser.add_argument(
        "--max-age", type=seconds, default=None, metavar="SECONDS", help="an answer of at most this age will do"
    )


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.schema:
        return coordinating.print_schema(ctx)
    request = coordinating.read(ctx, args, "status")
    kept = statuscache.find(ctx, request, args.max_age) if args.max_age is not None else None
    if kept is not None:
        return coordinating.finish(ctx, request, Outcome(kept, well=True))

    async def work(collector: Collector, field: Field) -> Outcome:
        begun = field.clock()
        snapshot = await look(collector, field, request.targets)
        from aitbc_tui.operations.report import online_of, status_document

        took = field.clock() - begun
        document = status_document(snapshot, request.targets, request.word, took, request.verify)
        nodes = document["nodes_status"]
        assert isinstance(nodes, dict)
        found = outcome(snapshot, request.targets, document, well=online_of(nodes) == len(nodes))
        if found.well and not found.unheard:
            statuscache.keep(ctx, request, document)
        return found

    _note_room(ctx)
    return coordinating.operate(ctx, request, work)


def _note_room(ctx: Context) -> None:
    """A word beside the answer when the ledger has no room to grow: it is not cut by itself."""
    from aitbc_tui.ledger.space import space_of

    space = space_of(paths.ledger_file())
    if space is not None and space.trouble:
        warn(ctx.err, f"the ledger: {space.trouble}; try: {space.remedy}")


async def look(collector: Collector, field: Field, targets: tuple[str, ...], *, all_facts: bool = False) -> Snapshot:
    """Status figures of the targets, and the source's head: agreement needs that too. With `all_facts` git as well."""
    from aitbc_tui.collect.once import EXACT_MEMPOOL, Wanted, look

    wanted = Wanted(
        heads=True, mempool_limit=EXACT_MEMPOOL, host_facts=True, git=all_facts, nodes=asked(field.environment, targets)
    )
    return await look(collector, wanted, field.left(60.0))


def asked(environment: EnvironmentConfig, targets: tuple[str, ...]) -> tuple[str, ...]:
    source = next((n.name for n in environment.nodes if n.role.value == "genesis"), environment.nodes[0].name)
    return tuple(dict.fromkeys((*targets, source)))


def outcome(snapshot: Snapshot, targets: tuple[str, ...], document: dict[str, object], *, well: bool) -> Outcome:
    """With why nodes were not heard, for the exit code."""
    heard, unheard = hearing(snapshot, targets)
    return Outcome(document, (), unheard, heard, well)


def hearing(snapshot: Snapshot, targets: tuple[str, ...]) -> tuple[int, tuple[AitbcError, ...]]:
    """How many of the targets answered, and why the others did not. A node that has no block yet did answer."""
    rows = tuple(row for row in snapshot.nodes if row.name in targets)
    empty = [row for row in rows if row.head.trouble is not None and row.head.trouble.kind is TroubleKind.EMPTY]
    heard = sum(1 for row in rows if row.head.at is not None or row in empty)
    return heard, tuple(node_errors(tuple(row for row in rows if row not in empty), snapshot.links))
