"""The panels of a node's screen that say what was heard of it: its units, and the answers to what was asked. Pure."""

from __future__ import annotations

from typing import TypeVar

from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import cut, pad, right, section
from aitbc_tui.ui.screens.observed_words import age_of, unknown_line, why_not

T = TypeVar("T")


def units(snapshot: Snapshot, node: NodeRow, width: int) -> list[Line]:
    """One row a unit; a unit that the host does not know is said so."""
    now, seen = snapshot.now, node.units
    if seen.value is None:
        return [section("Units", width, mark=(Level.UNKNOWN, "unknown")), unknown_line(why_not(seen, now), width)]
    rows = seen.value
    running = sum(1 for unit in rows if unit.running)
    level = Level.GOOD if running == len(rows) else Level.BAD
    stale = seen.freshness(now) is Freshness.STALE
    mark = (level if not stale else Level.STALE, f"{running} of {len(rows)}")
    lines = [section("Units", width, mark=mark, age=age_of(seen, now, 15), stale=stale)]
    name = width - 37
    lines.append(Line((Run(f" {'state':<11}{'unit':<{name}}{'up':>11}{'restarts':>9}", Role.MUTED),)))
    for unit in rows:
        word = str(unit.active) if unit.found else "not there"
        level = Level.GOOD if unit.running else Level.NONE if not unit.found else Level.BAD
        shown = Run(pad(word.upper() if level is Level.BAD else word, 9), level_role(level))
        up = fmt.uptime(unit.uptime_s) if unit.uptime_s is not None else fmt.NONE
        restarts = fmt.UNKNOWN if unit.restarts is None else str(unit.restarts)
        text = f"{pad(str(unit.name).removesuffix('.service'), name)}{right(up, 11)}{right(restarts, 9)}"
        mark_run = Run(f" {glyph(level)} ", level_role(level))
        lines.append(Line((mark_run, shown, Run(text, Role.STALE if stale else Role.TEXT))))
    return lines


def _answer(seen: Observed[T], now: float) -> tuple[str, str, str]:
    """The question, the age of its answer, and how long it took or why there is none."""
    question = str(seen.source).partition(" at ")[0]
    if seen.freshness(now) is not Freshness.FRESH:
        return question, "", why_not(seen, now)
    return question, fmt.age(seen.age(now)), "" if seen.rtt_ms is None else f"{seen.rtt_ms:.0f} ms"


def answers(snapshot: Snapshot, node: NodeRow, width: int) -> list[Line]:
    """What this program asks of it, how old and how slow the answer is; /health is not believed."""
    now = snapshot.now
    rows = [_answer(node.head, now), _answer(node.mempool, now), _answer(node.health, now), _answer(node.peers, now)]
    health = node.health.value
    if health is not None and rows[2][1]:
        rows[2] = (*rows[2][:2], f'"{health.status}": not believed')
    lines = [section("Answers", width, text="what was asked", age=age_of(node.head, now, 5))]
    for question, age, said in rows:
        text = f"{right(age, 5)}  {said}" if age else said
        lines.append(Line((Run(f" {pad(question, 25)} ", Role.MUTED), Run(cut(text, width - 28)))))
    return lines
