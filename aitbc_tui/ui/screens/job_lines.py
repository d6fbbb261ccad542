"""The lines of a job's screen (screens 2.6): title, sentence, do, timeline, then the panels. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.snapshot import JobRow, Snapshot, TraceStep
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens import job_panels as panels
from aitbc_tui.ui.screens.job_miner import earlier, miner_panel
from aitbc_tui.ui.screens.job_text import headline, sentence, to_do
from aitbc_tui.ui.screens.layout import GAP, beside, clock, cut, do_lines, pad, right, section, text_lines

RIGHT = 44  # width of the right panels at 120 columns
EVIDENCE_AT = 32


@dataclass(frozen=True, slots=True)
class DetailView:
    """What the reader asked to see on one detail screen; forgotten when it is left."""

    unfolded: bool = False
    unmasked: bool = False


def split(width: int, other: int = RIGHT) -> tuple[int, int]:
    """The widths of two panels: at 120 columns as drawn, wider ones share the rest."""
    other += max(0, width - 120) // 3
    return width - GAP - other, other


def _step_line(step: TraceStep, width: int) -> Line:
    level = step.verdict.level
    missing = level in (Level.BAD, Level.WARN)
    name = step.step.value.upper() if level is Level.BAD else step.step.value
    at, evidence = str(step.at_text), str(step.evidence)
    if len(at) > 8:  # "between A and B": the moment at which it was seen stands in the column
        evidence = f"{at}; {evidence}" if evidence else at
        at = clock(step.at)
    after = fmt.NONE if step.after_s is None else _after(step.after_s)
    done = level is Level.GOOD
    name_role = level_role(level) if missing else Role.TEXT if done else Role.MUTED
    return Line(
        (
            Run("▌" if missing else " ", Role.ACCENT),
            Run(f"{glyph(level)} ", level_role(level)),
            Run(pad(name, 12), name_role),
            Run(f"{pad(at, 9)} {right(after, 5)}  ", Role.TEXT if done or missing else Role.MUTED),
            Run(cut(evidence, width - EVIDENCE_AT), Role.TEXT if done or missing else Role.MUTED),
        )
    )


def _after(seconds: float) -> str:
    """Measured, so `0 s` is a figure here."""
    return f"{int(seconds)} s" if seconds < 60 else fmt.age(seconds, bound=0)


def timeline(row: JobRow, width: int) -> list[Line]:
    lines = [section("Timeline", width), Line((Run("   step        at        after  evidence", Role.MUTED),))]
    if not row.steps:
        note = "? not followed yet: the list shows its state, not when it changed"
        return [*lines, Line((Run(" " + note, Role.UNKNOWN),))]
    return [*lines, *(_step_line(step, width) for step in row.steps)]


def _head(snapshot: Snapshot, row: JobRow, width: int) -> list[Line]:
    """Title, sentence and what to do."""
    mark = (row.verdict.level, str(row.verdict.word))
    title = section(
        f"Job {row.job.job_id[:8]}",
        width,
        mark=mark,
        text=headline(snapshot, row),
        age=fmt.age(snapshot.now - row.seen_at),
        heavy=True,
    )
    lines = [title, *text_lines(sentence(snapshot, row), width)]
    lines += do_lines(to_do(snapshot, row), width)
    if not row.ours:
        note = "? not ours: the list shows five fields of it, the rest only its owner's key"
        lines += text_lines(note, width, role=Role.UNKNOWN)
    return lines


def unknown_job(
    snapshot: Snapshot, job_id: str, asked_s: float, width: int, trouble: Trouble | None = None
) -> list[Line]:
    """No row of this id: while it is asked for, when nobody here knows it, and when that cannot be learnt."""
    shown = clean(job_id, 64)
    answered = trouble is not None and trouble.status == 404
    if trouble is not None and not answered:
        title = section(f"Job {shown[:8]}", width, mark=(Level.UNKNOWN, "unknown"), heavy=True)
        return [title, *text_lines(f"? not learnt: {trouble.detail}", width), *text_lines(str(trouble.remedy), width)]
    if snapshot.coordinator_verdict.level is not Level.GOOD and not answered:
        title = section(f"Job {shown[:8]}", width, mark=(Level.UNKNOWN, "unknown"), heavy=True)
        why = str(snapshot.coordinator_verdict.text or snapshot.coordinator_verdict.word)
        return [title, *text_lines(f"? not learnt: the coordinator does not answer now ({why})", width)]
    if asked_s < 5 and not answered and snapshot.coordinator:
        title = section(f"Job {shown[:8]}", width, mark=(Level.COMING, "asked"), text="no answer yet", heavy=True)
        return [title, *text_lines(f"GET /v1/jobs/{shown}, and the ledger of this machine", width)]
    title = section(f"Job {shown[:8]}", width, mark=(Level.NONE, "no such job here"), heavy=True)
    asked = (
        "404 job not found" if answered else "it was not asked for by its id: that needs a client key and access submit"
    )
    return [
        title,
        *text_lines(f"{fmt.NONE} no such job here ({asked}): {shown}", width),
        *text_lines("A job of another client looks the same: the coordinator tells a client only of its own.", width),
        *text_lines("It is not in the last 100 of the list either, nor in the ledger of this machine.", width),
        *text_lines("An id has 32 digits 0-9 a-f, without dashes; capitals are not found.", width, role=Role.MUTED),
    ]


def build_job(snapshot: Snapshot, row: JobRow, view: DetailView, width: int) -> list[Line]:
    """Every line, the title first; below 120 columns the panels stand under one another."""
    head = _head(snapshot, row, width)
    open_ = view.unfolded
    if width < 120:
        parts = [
            timeline(row, width),
            panels.facts(snapshot, row, width, view.unmasked),
            panels.prompt(row, width, open_),
            panels.output(snapshot, row, width, open_),
            miner_panel(snapshot, row, width),
            panels.receipt_panel(row, width),
            earlier(snapshot, row, width),
        ]
        return [*head, *(line for part in parts if part for line in (Line(), *part))]
    left, other = split(width)
    upper = beside(timeline(row, left), left, panels.facts(snapshot, row, other, view.unmasked), other)
    prompt = panels.prompt(row, width, open_)
    output = panels.output(snapshot, row, width, open_)
    if output[-1].plain.strip():
        output = [*output, Line()]
    lower = beside(miner_panel(snapshot, row, left), left, panels.receipt_panel(row, other), other)
    past = earlier(snapshot, row, width)
    return [*head, Line(), *upper, *prompt, Line(), *output, *lower, *([Line(), *past] if past else [])]
