"""The title line of a pane: key, name, verdict, counts, and the age of the oldest thing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.domain.places import Pane
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role

if TYPE_CHECKING:
    from aitbc_tui.domain.snapshot import PaneSummary

NAMES = {
    Pane.NODES: "Nodes",
    Pane.MEMPOOL: "Mempool",
    Pane.MINERS: "Miners",
    Pane.JOBS: "Jobs",
    Pane.GPUS: "GPUs",
    Pane.RECEIPTS: "Receipts",
    Pane.ALARMS: "Alarms",
}


def title_line(
    pane_key: str,
    name: str,
    verdict: Verdict,
    counts: str,
    width: int,
    *,
    focused: bool,
    age: str = "",
    marks: str = "",
) -> Line:
    """The rule with key, name, verdict, counts and, at the right end, the age of the oldest thing."""
    rule, rule_role = ("━", Role.ACCENT) if focused else ("─", Role.RULE)
    name_role = Role.ACCENT_STRONG if focused else Role.STRONG
    start = [Run(f"{rule} ", rule_role)]
    if pane_key:
        start.append(Run(f"{pane_key} ", Role.ACCENT_STRONG))
    start.append(Run(name.ljust(9) if pane_key else f"{name} ", name_role))
    start.append(Run(f"{glyph(verdict.level)} {verdict.word}", level_role(verdict.level)))
    end: list[Run] = [Run(rule, rule_role)]
    if age:
        end = [Run(f" {age} ", Role.STALE if age.startswith("~") else Role.MUTED), Run(rule, rule_role)]
    if marks:
        end = [Run(f" {marks}", Role.ACCENT), *(end if age else [Run(" "), *end])]
    room = width - sum(run.width for run in start) - sum(run.width for run in end) - 1
    middle = [Run(f" · {text}", Role.MUTED)] if (text := fmt.parts(counts, room - 3, ", ")) else []
    blank = room - sum(run.width for run in middle)
    fill = [Run(" "), Run(rule * blank, rule_role)] if blank > 0 else [Run(" " * (blank + 1))]
    return Line((*start, *middle, *fill, *end)).fit(width)


def pane_age(summary: PaneSummary, pane: Pane, now: float) -> str:
    """The age of the oldest thing in the pane, `never` before it was heard, nothing where there is no source."""
    if summary.oldest_at is None:
        return "" if summary.verdict.level is Level.NONE or pane is Pane.ALARMS else "never"
    seconds = now - summary.oldest_at
    old = seconds >= max(15.0, 3 * summary.bound_s)
    return f"~{fmt.age(seconds)}" if old else fmt.age(seconds, summary.bound_s)
