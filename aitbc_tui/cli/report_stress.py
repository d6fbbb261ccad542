"""`submit --count N --report DIR`: the stress test from the command line, and its report as two files."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.listing import Seen, need_coordinator, need_key, observe, whole_number
from aitbc_tui.cli.looking import MARGIN_S
from aitbc_tui.cli.output import print_json, print_table, warn
from aitbc_tui.cli.report import report
from aitbc_tui.domain.errors import AitbcError, CommandError, ConfigError, TrustError
from aitbc_tui.domain.order import OrderField, OrderFields, check_order, errors_of, make_order
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.stress import MOST_JOBS, StressJob, StressPicture, StressPlan
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted
    from aitbc_tui.operations.stress import StressRun

BAR = 24
CANCEL_S = 20.0
HELP = "aitbc-tui submit --help; nothing was sent"


def run_report(ctx: Context, args: argparse.Namespace, fields: OrderFields) -> int:
    """Check, prepare the folder, run the test, write the report whatever ended it."""
    plan = _plan(args, fields)
    need_coordinator(ctx)
    ctx.require(Access.SUBMIT, "submit")
    folder = Path(args.report)
    _prepare(folder)
    shown = _Progress(ctx)
    runs: list[StressRun] = []
    try:
        seen = observe(ctx, _wanted, lambda collector: _serve(ctx, args, collector, plan, fields, shown, runs))
    except BaseException:
        if runs:
            _save(ctx, folder, runs[0].picture())
        raise
    picture = runs[0].picture()
    files = _save(ctx, folder, picture)
    return _finish(ctx, args, picture, files, seen)


def _plan(args: argparse.Namespace, fields: OrderFields) -> StressPlan:
    count = whole_number(args.count, "--count", MOST_JOBS)
    models = tuple(name.strip() for name in fields.model.split(",") if name.strip())
    one = replace(fields, count="1", model=models[0] if models else "")
    for name in models or ("",):
        for problem in errors_of(check_order(replace(one, model=name), ())):
            raise ConfigError(f"--{problem.field.value}: {problem.text}", remedy=HELP)
    order = make_order(one)
    return StressPlan(models, count, order.prompt, order.ttl_s, order.pay, order.constraints, order.job_type)


def _prepare(folder: Path) -> None:
    """Better now than after a hundred jobs: the report must have a place."""
    from aitbc_tui.ledger.files import private_folder, replace_file

    private_folder(folder)
    probe = folder / ".aitbc-stress"
    replace_file(probe, b"")
    probe.unlink()


def _wanted(collector: Collector) -> Wanted:
    from aitbc_tui.collect.once import Wanted

    return Wanted(miners=True, jobs=True, ollama=True)


async def _serve(
    ctx: Context,
    args: argparse.Namespace,
    collector: Collector,
    plan: StressPlan,
    fields: OrderFields,
    shown: _Progress,
    runs: list[StressRun],
) -> None:
    """On open connections: the last checks, then the test, within the command's time."""
    from aitbc_tui.collect.stress import CollectorField
    from aitbc_tui.operations.stress import StressRun

    assert collector.coordinator is not None
    await collector.coordinator.health()
    seen = Seen(collector.hub.publish(), collector.hub.world)
    error = seen.unheard(seen.world.coordinator, seen.coordinator_host)
    if error is not None:
        raise error
    need_key(seen, "client")
    for model in plan.models:
        for problem in check_order(replace(fields, model=model, count="1"), seen.snapshot.models):
            if problem.field is OrderField.MODEL:
                warn(ctx.err, f"--model {clean(model, 60)}: {problem.text}")
    run = StressRun(plan, CollectorField(collector), shown)
    runs.append(run)
    left = ctx.remaining()
    try:
        async with asyncio.timeout(None if left is None else max(1.0, left - MARGIN_S - 1.0)):
            await run.run()
    except TimeoutError:
        pass  # what has not ended is said to be unfinished
    except asyncio.CancelledError:
        if args.cancel_left:
            await _cancel(ctx, run)
        raise
    if args.cancel_left:
        await _cancel(ctx, run)


async def _cancel(ctx: Context, run: StressRun) -> None:
    if not any(job.under_way for job in run.picture().jobs):
        return
    async with asyncio.timeout(CANCEL_S):
        done, left = await run.cancel_left()
    ctx.err.write(f"\n{done} of {left} jobs that were left are cancelled\n")


class _Progress:
    """A bar on a terminal; else a line whenever a job changes its state."""

    def __init__(self, ctx: Context) -> None:
        self._err = ctx.err
        self._bar = ctx.err.isatty()
        self._said: dict[int, str] = {}
        self._line = ""

    def __call__(self, picture: StressPicture) -> None:
        if self._bar:
            self._draw(picture)
            return
        for job in picture.jobs:
            word = str(job.cause or job.state)
            if word != "unsent" and word != "sending" and self._said.get(job.number) != word:
                self._said[job.number] = word
                self._err.write(f"{job.number + 1}/{len(picture.jobs)} {job.job_id or '–'} {word}\n")
        self._err.flush()

    def _draw(self, picture: StressPicture) -> None:
        line = bar(picture)
        if line != self._line:
            self._err.write(f"\r\x1b[K{line}" + ("\n" if picture.phase.over else ""))
            self._err.flush()
            self._line = line


def bar(picture: StressPicture) -> str:
    """`[######······] 6/12 ended, 2 running, 3 queued, 1 failed`."""
    f = picture.figures
    full = BAR * f.ended // max(1, f.planned)
    note = f"; {picture.note}" if picture.note else ""
    words = f"{f.ended}/{f.planned} ended, {f.running} running, {f.queued} queued, {f.failed} failed{note}"
    return f"[{'#' * full}{'.' * (BAR - full)}] {clean(words, 100)}"


def _save(ctx: Context, folder: Path, picture: StressPicture) -> list[Path]:
    from aitbc_tui.ledger.files import replace_file
    from aitbc_tui.operations.stress_report import as_markdown, json_bytes, name_of

    name, env = name_of(picture), ctx.environment.name
    files = [folder / f"{name}.md", folder / f"{name}.json"]
    replace_file(files[0], as_markdown(picture, env).encode("utf-8"))
    replace_file(files[1], json_bytes(picture, env))
    ctx.err.write("".join(f"report: {file}\n" for file in files))
    return files


def _finish(ctx: Context, args: argparse.Namespace, picture: StressPicture, files: Sequence[Path], seen: Seen) -> int:
    from aitbc_tui.operations.stress_report import as_json, figure_rows

    failures = _failures(picture.jobs, seen.coordinator_host)
    if args.json:
        whole = as_json(picture, ctx.environment.name)
        print_json(ctx.out, {**whole, "files": [str(file) for file in files]})
    else:
        print_table(ctx.out, ("figure", "value"), figure_rows(picture.figures))
        for cause, count in picture.figures.causes:
            ctx.out.write(f"{count} x {clean(cause, 200)}\n")
    return report(failures, ctx.err) if failures else Exit.OK


def _failures(jobs: Sequence[StressJob], host: str) -> list[AitbcError]:
    """One line a kind of failure, each with its exit code."""
    found: list[AitbcError] = []
    trust = [job for job in jobs if job.cause == "no receipt" or job.cause.startswith("receipt ")]
    unknown = [job for job in jobs if job.cause.startswith("unknown")]
    open_ = [job for job in jobs if not job.ended]
    ids = {id(job) for job in (*trust, *unknown, *open_)}
    failed = [job for job in jobs if id(job) not in ids and job.cause != "completed"]
    if failed:
        found.append(CommandError(f"{len(failed)} of {len(jobs)} failed: {failed[0].cause}", host=host))
    if unknown:
        words = f"unknown whether {len(unknown)} of {len(jobs)} were submitted"
        found.append(CommandError(words, host=host, remedy="aitbc-tui jobs, before sending by hand", timed_out=True))
    if open_:
        words = f"{len(open_)} of {len(jobs)} not finished in the time given; what was sent lives on"
        found.append(CommandError(words, host=host, remedy="--timeout SECONDS", timed_out=True))
    if trust:
        words = f"{len(trust)} of {len(jobs)} have no valid receipt: {trust[0].cause}"
        found.append(TrustError(words, host=host, remedy="aitbc-tui trust list"))
    return found
