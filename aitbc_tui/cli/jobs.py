"""`jobs`: the queue, and what each job waits for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import (
    NONE,
    UNKNOWN,
    Json,
    age,
    document,
    finish,
    judged,
    moment,
    need_coordinator,
    need_key,
    observe,
    or_none,
    print_pane,
    rounded,
    whole_number,
)
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.domain.snapshot import JobRow, Pane

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted

STATES = ("QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELED", "EXPIRED")
LIVE = ("QUEUED", "RUNNING")
MAX_LIMIT = 100  # the coordinator lists no more
RECEIPTS = 50
OWN_READS = 20  # without an admin key our jobs are read one by one


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("--state", type=str.upper, choices=STATES, help="only jobs that are in this state")
    parser.add_argument("--mine", action="store_true", help="only jobs submitted from here or with our client key")
    parser.add_argument(
        "--limit", metavar="N", default=str(MAX_LIMIT), help=f"show at most so many, 1 to {MAX_LIMIT}, newest first"
    )
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    need_coordinator(ctx)
    limit = whole_number(args.limit, "--limit", MAX_LIMIT)
    seen = observe(ctx, lambda collector: _wanted(collector, args.mine))
    world, snapshot, host = seen.world, seen.snapshot, seen.coordinator_host
    if not args.mine:
        need_key(seen, "admin")
    elif not world.topology.has_admin_key:
        need_key(seen, "client")
    if world.topology.has_admin_key:
        needed = [seen.unheard(world.jobs, host)]
        beside = [seen.unheard(world.miners, host), seen.unheard(world.receipts, host)]
    else:
        known = [facts.view for job_id, facts in world.job_facts.items() if job_id in world.own_jobs]
        needed, beside = [seen.unheard(view, host) for view in known], [seen.unheard(world.receipts, host)]
    rows = [row for row in snapshot.jobs if _chosen(row, args)][:limit]
    capped = bool(world.jobs.value and world.jobs.value.capped)
    if args.json:
        listed = [job_json(row, snapshot.now) for row in rows]
        print_json(ctx.out, document(seen, [*needed, *beside], jobs=listed, only_newest=capped))
    elif not needed or any(error is None for error in needed):
        headers = ("state", "job", "age", "left", "model", "miner", "client", "receipt", "price", "next step, or why")
        table = [_cells(row, snapshot.now) for row in rows]
        if args.mine or args.state:
            _print_some(ctx, headers, table)
        else:
            print_pane(ctx, snapshot, Pane.JOBS, headers, table, right=(2, 3, 8))
        if capped:
            ctx.err.write(f"the coordinator lists only the newest {MAX_LIMIT} jobs\n")
    return finish(ctx, needed, beside)


def _wanted(collector: Collector, mine: bool) -> Wanted:
    from aitbc_tui.collect.once import Wanted

    if collector.topology.has_admin_key:
        return Wanted(jobs=True, miners=True, receipts=RECEIPTS)
    if not mine:
        return Wanted()  # refused for the missing key, without asking anybody
    own = collector.hub.world.own_jobs
    newest = sorted(own, key=lambda job_id: -own[job_id].submitted_utc)[:OWN_READS]
    readable = tuple(job_id for job_id in newest if collector.may_read(job_id))
    return Wanted(job_ids=readable, receipts=RECEIPTS)


def _chosen(row: JobRow, args: argparse.Namespace) -> bool:
    return (args.state is None or row.job.state == args.state) and (row.ours or not args.mine)


def _print_some(ctx: Context, headers: tuple[str, ...], table: list[tuple[str, ...]]) -> None:
    if table:
        print_table(ctx.out, headers, table, right=(2, 3, 8))
    else:
        ctx.out.write("no such job in the last 100\n")


def later(seconds: float | None, row: JobRow, now: float, sign: int) -> float | None:
    """An age or a time left, as of now: both were true when the row was seen."""
    return None if seconds is None else seconds + sign * max(0.0, now - row.seen_at)


def receipt_word(row: JobRow) -> str:
    return NONE if row.receipt is None else row.receipt.verdict.value


def _cells(row: JobRow, now: float) -> tuple[str, ...]:
    job = row.job
    left = later(row.left_s, row, now, -1)
    return (
        row.verdict.word,
        job.job_id,
        age(later(row.age_s, row, now, 1)),
        NONE if job.state not in LIVE else UNKNOWN if left is None else age(max(0.0, left)),
        row.model_used or row.model_asked or (UNKNOWN if row.ours else "? not ours"),
        job.miner.label if job.miner else NONE,
        job.client.label if job.client else UNKNOWN,
        receipt_word(row),
        or_none(row.price_text),
        or_none(row.verdict.text),
    )


def job_json(row: JobRow, now: float) -> Json:
    """One job; `state` is the screens' word, `wire_state` the coordinator's."""
    job = row.job
    return {
        "job_id": job.job_id,
        "wire_state": job.state,
        **judged(row.verdict),
        "ours": row.ours,
        "requested_at": moment(job.requested_at),
        "expires_at": moment(job.expires_at),
        "age_s": rounded(later(row.age_s, row, now, 1)),
        "left_s": rounded(later(row.left_s, row, now, -1)),
        "model_asked": row.model_asked,
        "model_used": row.model_used,
        "miner": job.miner.label if job.miner else None,
        "client": job.client.label if job.client else None,
        "result_status": row.result_status,
        "run_s": row.run_s,
        "wait_s": rounded(row.wait_s),
        "receipt": None if row.receipt is None else row.receipt.verdict.value,
        "price": row.price_text,
        "payment_status": job.payment_status,
        "error": job.error,
        "prompt_length": row.prompt_length,
    }
