"""The lines of an operation under way, and of its result (screens 2.13). Counts instead of bars. Pure."""

from __future__ import annotations

from aitbc_tui.domain.operation import Evidence, Run, RunState
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import paint
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.screens.layout import clock, cut, pad, right, section, text_lines
from aitbc_tui.ui.screens.plan_lines import step_lines, title_of

SHOWN = 4  # lines of evidence while it runs
_MARKS = {
    RunState.RUNNING: (Level.RUNNING, "running"),
    RunState.DONE: (Level.GOOD, "done"),
    RunState.PARTIAL: (Level.WARN, "partly done"),
    RunState.FAILED: (Level.BAD, "FAILED"),
    RunState.STOPPED: (Level.WARN, "stopped"),
    RunState.REFUSED: (Level.REFUSED, "refused, nothing done"),
    RunState.UNKNOWN: (Level.UNKNOWN, "unknown: look it up"),
}


def _evidence_line(one: Evidence, width: int) -> Line:
    took = "" if one.took_ms is None else f"{one.took_ms:.0f} ms"
    asked = width - 40 - max(0, width - 80) // 3
    text = f" {clock(one.at):<8} {pad(str(one.host), 8)} {pad(str(one.asked), asked)}{right(took, 8)} "
    return Line((paint.Run(text, Role.MUTED), paint.Run(cut(str(one.answer), width - len(text)))))


def evidence_section(run: Run, every: bool, width: int) -> list[Line]:
    """Asked of whom, answered what, how long: the newest first."""
    rows = list(reversed(run.evidence))
    shown = rows if every else rows[:SHOWN]
    text = "asked of whom, answered what, how long"
    if every:
        text += f" · all {len(rows)}"
    lines = [section("Evidence", width, text=text), *(_evidence_line(one, width) for one in shown)]
    return lines if rows else [*lines, Line((paint.Run(" – nothing was asked yet", Role.MUTED),))]


def build_progress(run: Run, every: bool, width: int) -> list[Line]:
    """Every line, the title first. The list is the plan's, so that the eye keeps its place."""
    mark = (Level.RUNNING, "stops after this step") if run.stopping and not run.over else _MARKS[run.state]
    lines = [title_of(run.plan, mark, width), *text_lines(str(run.sentence), width), Line()]
    running = next((i for i, step in enumerate(run.steps) if step.level is Level.RUNNING), None)
    lines += [*step_lines(run.steps, width, running), Line()]
    if run.results or run.issues:
        lines.append(section("Result", width, mark=_MARKS[run.state]))
        for text in run.results:
            lines += text_lines(str(text), width)
        for text in run.issues:
            lines += text_lines(f"▲ {text}", width, role=Role.WARN)
        lines.append(Line())
    lines += [*evidence_section(run, every, width), Line()]
    if not run.over and run.if_stopped:
        lines.append(section("If you stop now", width))
        for text in run.if_stopped:
            lines += text_lines(str(text), width + 1)  # to the last column: it must fit under all the rest
    return lines
