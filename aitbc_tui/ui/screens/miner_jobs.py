"""A miner's jobs on its screen: the newest with their receipts, how long they ran, why they failed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.snapshot import JobRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.job_panels import receipt_level
from aitbc_tui.ui.screens.layout import clock, cut, pad, right, section, text_lines

EARLIER = 12


def jobs_of(snapshot: Snapshot, label: str) -> list[JobRow]:
    """The jobs of the list that this miner has or had."""
    return [row for row in snapshot.jobs if row.job.miner is not None and row.job.miner.label == label]


def _causes(rows: Sequence[JobRow]) -> list[str]:
    """Why its jobs failed, each cause with how often."""
    bad = Counter(str(row.verdict.text or row.verdict.word) for row in rows if row.verdict.level is Level.BAD)
    return [f"{count} × {cause}" for cause, count in bad.most_common(4)]


def _durations(rows: Sequence[JobRow]) -> str:
    runs = sorted(row.run_s for row in rows if row.run_s is not None)
    if not runs:
        return ""
    return f"run time {runs[0]:.1f} to {runs[-1]:.1f} s, median {median(runs):.1f} s of {of_things(len(runs), 'job')}"


def _job_line(row: JobRow, selected: bool, width: int) -> Line:
    level = row.verdict.level
    at = clock(row.job.requested_at)
    run = fmt.NONE if row.run_s is None else f"{row.run_s:.3f}"
    model = str(row.model_used or row.model_asked or ("?" if row.ours else "? not ours"))
    verdict = (Level.NONE, fmt.NONE)
    if row.receipt is not None:
        verdict = (receipt_level(row.receipt.verdict), row.receipt.verdict.value)
    mark = f"{glyph(verdict[0])} {verdict[1]}" if row.receipt is not None else fmt.NONE
    return Line(
        (
            Run("▌" if selected else " ", Role.ACCENT),
            Run(f"{glyph(level)} {pad(str(row.verdict.word), 9)}", level_role(level)),
            Run(f"{fmt.job_id(row.job.job_id)}  {pad(at, 8)}{right(run, 9)}  {pad(model, 20)} "),
            Run(pad(mark, 21), level_role(verdict[0])),
            Run(right(fmt.price_text(row.price_text, 10), 10)),
            Run("  " + cut(str(row.verdict.text), max(0, width - 94)), Role.MUTED),
        ),
        selected,
    ).fit(width)


def job_lines(snapshot: Snapshot, label: str, chosen: int, width: int) -> list[Line]:
    """The newest of them, the chosen one marked, and how long all of them ran."""
    rows = jobs_of(snapshot, label)[:EARLIER]
    valid = sum(1 for row in rows if row.receipt is not None and row.receipt.valid)
    failed = sum(1 for row in rows if row.verdict.word == "FAILED" or row.job.state == "FAILED")
    text = f"{len(rows)} of the last 100 that the coordinator lists: {valid} with a valid receipt, {failed} failed"
    lines = [section("Its jobs", width, text=text)]
    header = (
        f" {pad('state', 11)}{pad('job', 10)}{pad('at', 8)}    run s  {pad('model', 21)}{pad('receipt', 21)}     price"
    )
    lines.append(Line((Run(cut(header, width), Role.MUTED),)))
    lines += [_job_line(row, index == chosen, width) for index, row in enumerate(rows)]
    whole = jobs_of(snapshot, label)
    for text in (_durations(whole), *_causes(whole)):
        lines += text_lines(text, width, role=Role.MUTED) if text else []
    return lines if rows else [*lines, Line((Run(" – none in the list", Role.MUTED),))]
