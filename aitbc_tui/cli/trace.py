"""`trace ID`: the life of one job as a timeline, the missing step by its name, and the miner's cards meanwhile."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli import job as job_command
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.listing import (
    NONE,
    UNKNOWN,
    Json,
    Seen,
    document,
    finish,
    judged,
    need_coordinator,
    observe,
    rounded,
)
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.cli.receiptlist import check_id
from aitbc_tui.domain.snapshot import GpuRow, JobRow, TraceStep
from aitbc_tui.domain.verdict import Level

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("job_id", metavar="ID", help="32 digits, or the first of them, as the screens show it")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    need_coordinator(ctx)
    job_id = job_command.whole_id(ctx, check_id(args.job_id))
    seen = observe(ctx, lambda collector: _wanted(collector, job_id))
    row = seen.snapshot.job(job_id)
    failures = job_command.failures_of(seen, job_id)
    if row is None:
        if args.json:
            print_json(ctx.out, document(seen, failures, trace=None))
        return finish(ctx, [job_command.unknown(seen, job_id, failures)])
    missing, cards = missing_step(row), cards_of(seen, row)
    if args.json:
        print_json(ctx.out, document(seen, failures, trace=trace_json(row, missing, cards)))
    else:
        _print(ctx, row, missing, cards, host_of(seen, row))
    code = finish(ctx, [None], failures)
    return code if code != Exit.OK or missing is None else int(Exit.UNHEALTHY)


def _wanted(collector: Collector, job_id: str) -> Wanted:
    from aitbc_tui.collect.once import Wanted
    from aitbc_tui.state.events import Watching

    collector.hub.emit(Watching(job_id, collector.clock.monotonic()))  # its steps are worked out
    single = (job_id,) if collector.may_read(job_id) else ()
    return Wanted(jobs=True, miners=True, receipts_of=job_id, job_ids=single, gpus=True)


def missing_step(row: JobRow) -> TraceStep | None:
    """The first step that should have been there; None while everything goes as it should."""
    return next((step for step in row.steps if step.verdict.level is Level.BAD), None)


def host_of(seen: Seen, row: JobRow) -> str | None:
    """The host on which this job's miner runs, when that is known."""
    miner = next((m for m in seen.snapshot.miners if m.miner.identity == row.job.miner), None)
    return str(miner.host) if miner is not None and miner.host is not None else None


def cards_of(seen: Seen, row: JobRow) -> list[GpuRow]:
    """The cards of that host."""
    host = host_of(seen, row)
    return [card for card in seen.snapshot.gpus if host is not None and card.host == host]


def trace_json(row: JobRow, missing: TraceStep | None, cards: list[GpuRow]) -> Json:
    return {
        "job_id": row.job.job_id,
        "wire_state": row.job.state,
        **judged(row.verdict),
        "steps": [
            {
                "step": step.step.value,
                **judged(step.verdict),
                "at": None if step.at is None else job_command.moment_of(step.at),
                "after_s": rounded(step.after_s),
                "evidence": step.evidence,
            }
            for step in row.steps
        ],
        "missing": None if missing is None else missing.step.value,
        "gpus": [
            {"gpu": card.name, "utilisation": card.reading.utilisation, "power_w": card.reading.power} for card in cards
        ],
    }


def _print(ctx: Context, row: JobRow, missing: TraceStep | None, cards: list[GpuRow], host: str | None) -> None:
    why = f": {row.verdict.text}" if row.verdict.text not in ("", NONE) else ""
    ctx.out.write(f"Job {row.job.job_id} {row.verdict.word}{why}\n")
    job_command.print_steps(ctx, row)
    if missing is not None:
        ctx.out.write(f"missing: {missing.step.value}: {missing.evidence}\n")
    miner = row.job.miner.label if row.job.miner else UNKNOWN
    for card in cards:
        used = UNKNOWN if card.reading.utilisation is None else f"{card.reading.utilisation:.0f} %"
        ctx.out.write(f"its miner's host: {card.name} at {used}, {card.verdict.word}\n")
    if not cards:
        where = f"on {host}, of which no card was read" if host else "on which host it runs is not known here"
        ctx.out.write(f"its miner {miner}: {where}\n")
