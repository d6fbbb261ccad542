"""The lines of a power limit's change: what may be set, what would be done, how long it waits to be kept. Pure."""

from __future__ import annotations

from aitbc_tui.domain.power import HOLD_S, PowerChange, PowerPhase, PowerPlan
from aitbc_tui.domain.snapshot import Access, GpuRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.gpu_lines import bounds_words, card_words
from aitbc_tui.ui.screens.layout import pair, pairs, section, text_lines
from aitbc_tui.ui.screens.typing_field import field_run

LABEL = 14
_MARKS = {
    PowerPhase.SETTING: (Level.RUNNING, "is being set"),
    PowerPhase.HELD: (Level.WARN, "waits for you"),
    PowerPhase.KEPT: (Level.GOOD, "kept"),
    PowerPhase.BACK: (Level.NONE, "put back"),
    PowerPhase.FAILED: (Level.BAD, "FAILED"),
}


def _number(value: float | None) -> str:
    return "? W" if value is None else f"{value:.0f} W"


def build_draft(
    snapshot: Snapshot, row: GpuRow | None, card: str, value: str, trouble: str, checking: bool, width: int
) -> list[Line]:
    """Before anything was asked of the host."""
    mark = (Level.COMING, "checking") if checking else (Level.WAITS, "nothing done yet")
    lines = [section(f"Power limit {card}", width, mark=mark, heavy=True)]
    if row is None:
        return [*lines, *text_lines(f"– no card of this name is listed: {card}", width)]
    lines += [
        *pairs("card", str(row.reading.name), width, at=LABEL),
        *pairs("now", card_words(row), width, at=LABEL),
        *pairs("limit", _number(row.reading.power_limit), width, at=LABEL),
        *pairs("may be set", bounds_words(row), width, at=LABEL),
        Line(),
        pair("new limit W", field_run(value, 12), at=LABEL),
        Line(),
    ]
    if trouble:
        lines += [*text_lines(f"■ {trouble}", width, role=Role.BAD), Line()]
    words = f"Enter checks it. Then it is asked, set, and put back after {HOLD_S} s unless it is kept."
    return [*lines, *text_lines(words, width, role=Role.MUTED), *_access(snapshot, width)]


def _access(snapshot: Snapshot, width: int) -> list[Line]:
    access = snapshot.environment.access
    if access is Access.OPERATE:
        return []
    return text_lines(f"□ setting it needs access operate, this is {access.value}", width, role=Role.UNKNOWN)


def build_plan(snapshot: Snapshot, plan: PowerPlan, name: str, width: int) -> list[Line]:
    """The question: Cancel is focused."""
    mark = (Level.WARN, "waits for you")
    lines = [section(f"Power limit {plan.host}:{plan.index}", width, mark=mark, heavy=True), Line()]
    question = f"Set the {plan.words} in {snapshot.environment.name}?"
    lines += [*text_lines(question, width, role=Role.STRONG), Line()]
    steps = (
        f"1 {plan.host} starts a timer of its own that sets {plan.before:g} W again after {HOLD_S} s",
        f"2 nvidia-smi -i {plan.index} -pl {plan.watts:g}, and the card is read to see that it holds",
        "3 you are asked to keep it; without a yes it goes back, also when this terminal or the link is gone",
    )
    lines += [line for step in steps for line in text_lines(step, width)]
    environment = snapshot.environment
    by_hand = plan.command(str(environment.program), str(environment.name) if environment.production else "")
    lines += [Line(), *pairs("bounds", plan.bounds, width, at=LABEL), *pairs("by hand", by_hand, width, at=LABEL)]
    lines += [*text_lines("It is written to the audit log before and after.", width, role=Role.MUTED), Line()]
    press = in_words("`ctrl+y`")
    keys = f"type {plan.host}:{plan.index} and press {press}" if snapshot.environment.production else press
    buttons = (Run(" " * 10), Run(" ► Cancel ", Role.CHIP_ACCENT), Run(f"        Set {plan.watts:g} W ", Role.TEXT))
    lines += [Line(buttons), Line((Run(" " * 11 + f"{'Enter, Esc':<18}{keys}", Role.MUTED),))]
    if snapshot.environment.production:
        lines += [Line(), Line((Run(" " * 10), field_run(name, 30, bool(name))))]
    return [*lines, *_access(snapshot, width)]


def build_change(change: PowerChange, now: float, width: int) -> list[Line]:
    """While it is set and waits, and how it ended."""
    plan = change.plan
    name = f"Power limit {plan.host}:{plan.index}"
    lines = [section(name, width, mark=_MARKS[change.phase], heavy=True), Line()]
    lines += [*text_lines(plan.words, width, role=Role.STRONG), Line()]
    reports = "" if change.now_w is None else f" The card reports {change.now_w:g} W."
    if change.phase is PowerPhase.SETTING:
        lines += text_lines("The timer that puts it back is armed first, then the limit is set and read back.", width)
    elif change.phase is PowerPhase.HELD and change.until is not None:
        left = max(0, round(change.until - now))
        lines += text_lines(f"It is set.{reports} Keep it?", width)
        lines += [Line(), *_countdown(left, width), Line()]
        lines += text_lines("y keeps it   Esc puts it back now   silence puts it back", width)
    elif change.phase is PowerPhase.KEPT:
        lines += text_lines(f"Kept.{reports} It stays until the driver is loaded anew or it is changed.", width)
    elif change.phase is PowerPhase.BACK:
        lines += text_lines(f"Not kept, so it was put back.{reports}", width)
    if change.detail:
        lines += text_lines(str(change.detail), width, role=Role.BAD)
    return lines


def _countdown(left: int, width: int) -> list[Line]:
    """`━━━━━━━━━━··········  goes back in 17 s unless it is kept`."""
    room = min(HOLD_S, max(10, width - 50))
    full = min(room, room * left // HOLD_S)
    bar = (Run(" "), Run("━" * full, Role.WARN), Run("·" * (room - full), Role.MUTED))
    return [Line((*bar, Run(f"  goes back in {left} s unless it is kept", Role.STRONG)))]
