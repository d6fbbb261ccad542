"""`cancel ID…`: with our own client key only; every target is named before anything is sent."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import (
    UNKNOWN,
    Json,
    Seen,
    age,
    document,
    finish,
    need_coordinator,
    need_key,
    observe,
)
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.cli.receiptlist import check_id
from aitbc_tui.domain.errors import AitbcError, CommandError, HttpError
from aitbc_tui.domain.snapshot import Access, Snapshot

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one target: the state that the coordinator then reported, or why not."""

    job_id: str
    state: str | None
    error: AitbcError | None


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("job_ids", metavar="ID", nargs="+", help="jobs submitted with our client key")
    parser.add_argument("--dry-run", action="store_true", help="name the targets, cancel nothing")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    need_coordinator(ctx)
    ids = list(dict.fromkeys(check_id(text) for text in args.job_ids))
    if not args.dry_run:
        ctx.require(Access.SUBMIT, "cancel")
    from aitbc_tui.collect.once import Wanted

    done: list[Outcome] = []

    async def act(collector: Collector) -> None:
        seen = Seen(collector.hub.publish(), collector.hub.world)
        need_key(seen, "client")
        _name_targets(ctx, ids, seen.snapshot)
        if not args.dry_run:
            done.extend([await _cancel(collector, job_id) for job_id in ids])

    seen = observe(ctx, lambda collector: Wanted(jobs=True, job_ids=tuple(filter(collector.may_read, ids))), act)
    if args.json:
        print_json(ctx.out, document(seen, [one.error for one in done], dry_run=args.dry_run, jobs=_json(ids, done)))
    else:
        for one in done:
            if one.error is None:
                ctx.out.write(f"{one.job_id} {one.state}\n")
    if args.dry_run:
        ctx.err.write("nothing was cancelled: --dry-run\n")
    return finish(ctx, [one.error for one in done])


def _name_targets(ctx: Context, ids: list[str], snapshot: Snapshot) -> None:
    """On standard error, before the first request: what these jobs are, as far as they are known."""
    rows = {str(row.job.job_id): row for row in snapshot.jobs}
    table = []
    for job_id in ids:
        row = rows.get(job_id)
        if row is None:
            table.append((job_id, UNKNOWN, UNKNOWN, UNKNOWN))
        else:
            table.append((job_id, row.verdict.word, row.model_asked or UNKNOWN, age(row.age_s)))
    ctx.err.write(f"cancel {len(ids)} {'job' if len(ids) == 1 else 'jobs'} in environment {ctx.environment.name}:\n")
    print_table(ctx.err, ("job", "state", "model", "age"), table, right=(3,))
    ctx.err.flush()


async def _cancel(collector: Collector, job_id: str) -> Outcome:
    try:
        return Outcome(job_id, await collector.must_write().cancel(job_id), None)
    except HttpError as error:
        return Outcome(job_id, None, _in_words(job_id, error))
    except AitbcError as error:
        error.detail = f"{job_id}: {error.detail}"
        return Outcome(job_id, None, error)


def _in_words(job_id: str, error: HttpError) -> AitbcError:
    """404 and 409 are told apart; without a sure answer it may have been done."""
    host = error.host
    if error.status == 404:
        return HttpError(f"{job_id}: {error.detail}", status=404, host=host, remedy=error.remedy)
    if error.status == 409:
        said = error.body_detail or "not cancelable"
        return HttpError(
            f"{job_id}: it is over already, nothing to cancel ({said})",
            status=409,
            host=host,
            remedy=f"aitbc-tui job {job_id}",
        )
    if error.status is None or error.status >= 500:
        return CommandError(
            f"{job_id}: unknown whether it was cancelled ({error.detail})",
            host=host,
            remedy=f"look it up: aitbc-tui job {job_id}",
            timed_out=error.status is None,
        )
    return HttpError(f"{job_id}: {error.detail}", status=error.status, host=host, remedy=error.remedy)


def _json(ids: list[str], done: list[Outcome]) -> list[Json]:
    known: Mapping[str, Outcome] = {one.job_id: one for one in done}
    rows: list[Json] = []
    for job_id in ids:
        one = known.get(job_id)
        error = one.error.detail if one is not None and one.error is not None else None
        rows.append({"job_id": job_id, "state": one.state if one else None, "error": error})
    return rows
