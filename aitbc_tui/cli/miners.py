"""`miners`: who lives by heartbeat and work, never by the platform's status word."""

from __future__ import annotations

import argparse

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import (
    UNKNOWN,
    Json,
    age,
    document,
    finish,
    judged,
    moment,
    need_coordinator,
    need_key,
    number,
    observe,
    or_none,
    print_pane,
    rounded,
)
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.snapshot import MinerRow, Pane

RECEIPTS = 50


def add(parser: Parser, verb: str) -> None:
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    need_coordinator(ctx)
    from aitbc_tui.collect.once import Wanted

    # Beside the list: the queue and the models for "runs", receipts for the work done; as on the screen.
    seen = observe(ctx, lambda _: Wanted(miners=True, jobs=True, receipts=RECEIPTS, ollama=True))
    need_key(seen, "admin")
    world, snapshot = seen.world, seen.snapshot
    host = seen.coordinator_host
    main = seen.unheard(world.miners, host)
    beside = [seen.unheard(world.jobs, host), seen.unheard(world.receipts, host)]
    beside += [seen.unheard(figure, name) for name, figure in world.ollamas.items()]
    if args.json:
        rows = [_json(row, snapshot.now) for row in snapshot.miners]
        print_json(ctx.out, document(seen, [main, *beside], miners=None if main else rows))
    elif main is None:
        headers = ("state", "miner", "beat", "load", "done", "fail", "avg s", "runs", "host", "region", "jobs/h", "why")
        table = [_cells(row, snapshot.now) for row in snapshot.miners]
        print_pane(ctx, snapshot, Pane.MINERS, headers, table, right=(2, 3, 4, 5, 6, 10))
    return finish(ctx, [main], beside)


def _beat(row: MinerRow, now: float) -> float | None:
    return None if row.beat_age_s is None else row.beat_age_s + max(0.0, now - row.seen_at)


def _cells(row: MinerRow, now: float) -> tuple[str, ...]:
    miner = row.miner
    average = None if miner.average_duration_ms is None else miner.average_duration_ms / 1000
    return (
        row.verdict.word,
        miner.identity.label,
        age(_beat(row, now)),
        f"{number(miner.inflight)}/{number(miner.concurrency)}",
        number(miner.jobs_completed),
        number(miner.jobs_failed),
        number(average, 1),
        UNKNOWN if row.runs is None else f"{row.runs[0]} of {row.runs[1]}",
        row.host or UNKNOWN,
        or_none(miner.region),
        number(row.jobs_per_hour),
        or_none(row.verdict.text),
    )


def _json(row: MinerRow, now: float) -> Json:
    miner = row.miner
    return {
        "miner": miner.identity.label,
        **judged(row.verdict),
        "beat_age_s": rounded(_beat(row, now)),
        "beat_limit_s": row.beat_limit_s,
        "last_heartbeat": moment(miner.last_heartbeat),
        "platform_says": miner.status,
        "inflight": miner.inflight,
        "concurrency": miner.concurrency,
        "jobs_completed": miner.jobs_completed,
        "jobs_failed": miner.jobs_failed,
        "average_duration_ms": miner.average_duration_ms,
        "runs": None if row.runs is None else {"held": row.runs[0], "queued_models": row.runs[1]},
        "host": row.host,
        "region": miner.region,
        "last_job": row.last_job,
        "jobs_per_hour": row.jobs_per_hour,
    }
