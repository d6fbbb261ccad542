"""`job ID`: the facts of one job, the steps of its life, its result and the verdict on its receipt."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.jobs import job_json, later
from aitbc_tui.cli.listing import (
    NONE,
    UNKNOWN,
    Json,
    Seen,
    age,
    distinct,
    document,
    finish,
    judged,
    moment,
    need_coordinator,
    observe,
    or_none,
    rounded,
)
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.cli.paid import Settlement
from aitbc_tui.cli.receiptlist import check_id, receipt_json, sum_text
from aitbc_tui.domain.errors import AitbcError, ConfigError, HttpError
from aitbc_tui.domain.figures import clock, of_things
from aitbc_tui.domain.observed import Observed, TroubleKind
from aitbc_tui.domain.snapshot import JobRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted

LINES_SHOWN = 200
_BEGINNING = re.compile(r"[0-9a-f]{6,31}")
_STEP_WORDS = {Level.GOOD: "done", Level.BAD: "MISSING", Level.RUNNING: "under way", Level.WAITS: "due"}
NOT_KEPT = "its text is not kept here, and no receipt holds it"


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("job_id", metavar="ID", help="32 digits, or the first of them, as the screens show it")
    parser.add_argument(
        "--show-prompt", action="store_true", help="print the prompt, and for other clients' jobs the output too"
    )
    parser.add_argument(
        "--payment", action="store_true", help="job, payment, receipt, chain: what was paid, and where that can be seen"
    )
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    need_coordinator(ctx)
    job_id = whole_id(ctx, check_id(args.job_id))
    paid = Settlement(job_id, args.payment)
    seen = observe(ctx, lambda collector: _wanted(collector, job_id), paid.look)
    row = seen.snapshot.job(job_id)
    failures = failures_of(seen, job_id)
    if row is None:
        if args.json:
            print_json(ctx.out, document(seen, failures, job=None))
        return finish(ctx, [unknown(seen, job_id, failures)])
    if args.json:
        more = {"payment": paid.json(row)} if args.payment else {}
        whole = whole_json(row, seen.snapshot.now, args.show_prompt)
        print_json(ctx.out, document(seen, failures, job=whole, **more))
    else:
        _print(ctx, row, seen.snapshot.now, args.show_prompt)
        if args.payment:
            paid.print(ctx, row)
    if found := paid.failures(row):
        return finish(ctx, found, failures)
    return finish(ctx, [None], failures)


def whole_id(ctx: Context, typed: str) -> str:
    """The id that begins so, when one job of the list does: the screens show eight digits of it."""
    if not _BEGINNING.fullmatch(typed):
        return typed

    def wanted(collector: Collector) -> Wanted:
        from aitbc_tui.collect.once import Wanted

        return Wanted(jobs=True)

    known = observe(ctx, wanted).snapshot.jobs
    found = sorted({str(row.job.job_id) for row in known if row.job.job_id.startswith(typed)})
    if len(found) > 1:
        raise ConfigError(f"{typed} begins {len(found)} ids: {', '.join(found[:3])}", remedy="type more of it")
    return found[0] if found else typed


def _wanted(collector: Collector, job_id: str) -> Wanted:
    from aitbc_tui.collect.once import Wanted
    from aitbc_tui.state.events import Watching

    collector.hub.emit(Watching(job_id, collector.clock.monotonic()))  # its steps are worked out
    single = (job_id,) if collector.may_read(job_id) else ()
    return Wanted(jobs=True, miners=True, receipts_of=job_id, job_ids=single)


def failures_of(seen: Seen, job_id: str) -> list[AitbcError]:
    """What was asked and not heard. Answers that there is no such thing are no failures."""
    world, host = seen.world, seen.coordinator_host
    figures: list[Observed[Any]] = [world.receipts]
    if world.topology.has_admin_key:
        figures += [world.jobs, world.miners]
    facts = world.job_facts.get(job_id)
    if facts is not None and facts.view.trouble is not None:
        figures.append(facts.view)
    asked = [figure for figure in figures if figure.trouble is None or figure.trouble.kind is not TroubleKind.EMPTY]
    return distinct(seen.unheard(figure, host) for figure in asked)


def unknown(seen: Seen, job_id: str, failures: list[AitbcError]) -> AitbcError:
    """Nobody here knows the job; or it could not be asked."""
    if failures:
        return failures[0]
    topology = seen.world.topology
    asked = ["the list of the newest 100"] if topology.has_admin_key else []
    asked += ["our client key"] if topology.has_client_key else []
    where = " and ".join(asked)
    return HttpError(
        f"no job {job_id} is known under {where}: unknown, older, or another client's"
        if where
        else f"job {job_id} cannot be read without a client or admin key",
        status=404,
        host=seen.coordinator_host,
        remedy="aitbc-tui jobs lists ids" if topology.has_admin_key else "client_file or admin_file of the coordinator",
    )


def _output(row: JobRow, unfolded: bool) -> tuple[SafeText, ...] | None:
    """Other clients' output stays folded, like prompts."""
    return row.output if row.ours or unfolded else None


def whole_json(row: JobRow, now: float, unfolded: bool) -> Json:
    """Everything known of one job."""
    output = _output(row, unfolded)
    return {
        **job_json(row, now),
        "steps": [
            {
                "step": step.step.value,
                **judged(step.verdict),
                "at": None if step.at is None else moment_of(step.at),
                "after_s": rounded(step.after_s),
                "evidence": step.evidence,
            }
            for step in row.steps
        ],
        "output": None if output is None else "\n".join(output),
        "output_trouble": row.output_trouble.detail if row.output_trouble else None,
        "receipt": None if row.receipt is None else receipt_json(row.receipt),
        **({"prompt": None if row.prompt is None else "\n".join(row.prompt)} if unfolded else {}),
    }


def moment_of(utc: float) -> str | None:
    from datetime import UTC, datetime

    return moment(datetime.fromtimestamp(utc, UTC))


def _payment(row: JobRow) -> str:
    """The owner's view has the field, empty where nothing is paid; the admin's list has no such column."""
    seen = row.job.owner_view or (row.ours and row.job.expires_at is not None)
    return row.job.payment_status or ("none" if seen else UNKNOWN)


def _print(ctx: Context, row: JobRow, now: float, unfolded: bool) -> None:
    job = row.job
    why = f": {row.verdict.text}" if row.verdict.text not in ("", NONE) else ""
    ctx.out.write(f"Job {job.job_id} {row.verdict.word}{why}\n")
    left = later(row.left_s, row, now, -1)
    expires = f"{clock(job.expires_at.timestamp(), seconds=True)}" if job.expires_at else UNKNOWN
    facts = [
        ("wire state", job.state),
        ("requested", f"{moment(job.requested_at) or UNKNOWN}, {age(later(row.age_s, row, now, 1))} ago"),
        ("expires", f"{expires}, {age(max(0.0, left))} left" if left is not None else expires),
        ("model asked", row.model_asked or UNKNOWN),
        ("model used", row.model_used or UNKNOWN),
        ("miner", job.miner.label if job.miner else NONE),
        ("client", f"{job.client.label if job.client else UNKNOWN}{', ours' if row.ours else ''}"),
        ("payment", _payment(row)),
        ("error", or_none(job.error)),
        ("prompt", UNKNOWN if row.prompt_length is None else of_things(row.prompt_length, "character")),
        ("result", row.result_status or NONE),
    ]
    ctx.out.write("".join(f"  {name:<12} {value}\n" for name, value in facts))
    print_steps(ctx, row)
    _print_receipt(ctx, row)
    if unfolded:
        _print_lines(ctx, "prompt", row.prompt, NOT_KEPT)
    output = _output(row, unfolded)
    if output is not None or row.ours:
        trouble = row.output_trouble.detail if row.output_trouble else "none"
        _print_lines(ctx, "output", output, trouble)
    elif row.output:
        ctx.out.write("output: another client's; --show-prompt prints it\n")


def print_steps(ctx: Context, row: JobRow) -> None:
    if not row.steps:
        return
    table = [
        (
            step.verdict.word,
            _STEP_WORDS.get(step.verdict.level, NONE),
            step.at_text,
            NONE if step.after_s is None else f"{step.after_s:.0f} s",
            step.evidence,
        )
        for step in row.steps
    ]
    ctx.out.write("\n")
    print_table(ctx.out, ("step", "state", "at", "after", "evidence"), table, right=(3,))
    ctx.out.write("\n")


def _print_receipt(ctx: Context, row: JobRow) -> None:
    receipt = row.receipt
    if receipt is None:
        ctx.out.write("receipt: none is known\n")
        return
    ctx.out.write(f"receipt: {receipt.verdict.value}: {receipt.reason}\n  {sum_text(receipt)} AITBC\n")
    for remark in receipt.remarks:
        ctx.out.write(f"  ! {remark.detail}\n")
    if receipt.unsigned_claims:
        ctx.out.write(f"  not signed, only claimed: {', '.join(name for name, _ in receipt.unsigned_claims)}\n")


def _print_lines(ctx: Context, name: str, lines: tuple[SafeText, ...] | None, none: str) -> None:
    if lines is None:
        ctx.out.write(f"{name}: {none}\n")
        return
    ctx.out.write(f"{name}:\n" + "".join(f"  {line}\n" for line in lines[:LINES_SHOWN]))
    if len(lines) > LINES_SHOWN:
        ctx.out.write(f"  … {len(lines) - LINES_SHOWN} more lines; --json has them\n")
