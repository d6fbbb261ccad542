"""The lines of a plan and of the question before it runs (screens 2.11, 2.12). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.operation import Plan, PlanStep, Wish
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.panes.status import armed_left
from aitbc_tui.ui.screens.layout import cut, pad, section, text_lines, wrap
from aitbc_tui.ui.screens.typing_field import field_run

NAME, WHERE = 32, 12
FIELD = 22
_ORDER = (Access.OBSERVE, Access.SUBMIT, Access.OPERATE)


def allowed(snapshot: Snapshot, plan: Plan) -> bool:
    """Whether this environment's access level is enough; it is enforced where writes are sent, too."""
    return _ORDER.index(snapshot.environment.access) >= _ORDER.index(plan.need)


def must_type(snapshot: Snapshot, plan: Plan) -> bool:
    """The target's name is typed in production, and for whatever cannot be undone."""
    return not plan.wish.reads_only and (snapshot.environment.production or not plan.undoable)


def step_lines(steps: Sequence[PlanStep], width: int, running: int | None = None) -> list[Line]:
    """The list that plan and progress share."""
    lines = []
    for number, step in enumerate(steps, 1):
        level = step.level
        here = number - 1 == running
        loud = level in (Level.BAD, Level.WARN, Level.UNKNOWN)
        name = str(step.name)
        runs = (
            Run("▌" if here else " ", Role.ACCENT),
            Run(glyph(level), level_role(level)),
            Run(f" {number:>2}  ", Role.MUTED),
            Run(pad(name, NAME), Role.BAD_STRONG if level is Level.BAD else Role.TEXT),
            Run(pad(str(step.where), WHERE), Role.MUTED),
            Run(cut(str(step.text), width - 6 - NAME - WHERE), level_role(level) if loud else Role.TEXT),
        )
        lines.append(Line(runs))
    return lines


def title_of(plan: Plan, mark: tuple[Level, str], width: int) -> Line:
    return section(str(plan.title), width, mark=mark, text=str(plan.source), heavy=True)


def notes(plan: Plan, width: int) -> list[Line]:
    lines = [section("Know before you run it", width)]
    for note in plan.notes:
        first, *rest = wrap(str(note), width - 3)
        lines.append(Line((Run(" · ", Role.MUTED), Run(first))))
        lines += [Line((Run("   "), Run(piece))) for piece in rest]
    return lines


def forbidden(plan: Plan) -> bool:
    """Whether a check failed; else what is not offered has simply nothing to do."""
    return any(step.level is Level.BAD for step in plan.steps)


def build_plan(snapshot: Snapshot, plan: Plan, width: int) -> list[Line]:
    """Complete at every access level; the last line says what is missing to run it."""
    mark = (Level.WAITS, "nothing done yet")
    if not plan.offered:
        mark = (Level.BAD, "NOT OFFERED") if forbidden(plan) else (Level.NONE, "nothing to do")
    lines = [title_of(plan, mark, width), *text_lines(str(plan.summary), width), Line()]
    lines += [*step_lines(plan.steps, width), Line()]
    if plan.notes:
        lines += [*notes(plan, width), Line()]
    lines += [section("The same from a shell", width), *text_lines(str(plan.command), width)]
    if not plan.offered and not forbidden(plan):
        return [*lines, *text_lines("– there is nothing to write: no step would change anything", width)]
    if not plan.offered:
        words = "■ a check forbids the writing step: it is not offered, with or without force"
        return [*lines, *text_lines(words, width, role=Role.BAD)]
    if not allowed(snapshot, plan):
        env = snapshot.environment
        again = "; : arm lends it again for 10 m" if env.armed_until is not None else ""
        words = f"□ needs access {plan.need.value}, this is {env.access.value}{again}"
        return [*lines, *text_lines(words, width, role=Role.UNKNOWN)]
    return lines


def build_planning(wish: Wish, width: int, trouble: str = "", remedy: str = "") -> list[Line]:
    """While the checks run, and when they could not."""
    name = f"{wish.verb.value} {wish.sync_type or wish.action}".rstrip()
    if not trouble:
        title = section(f"{name}: {wish.target}", width, mark=(Level.COMING, "checking"), heavy=True)
        return [title, *text_lines("The checks run first; nothing is written by them. Esc leaves.", width)]
    title = section(f"{name}: {wish.target}", width, mark=(Level.BAD, "NO PLAN"), text="nothing done", heavy=True)
    lines = [title, *text_lines(trouble, width, role=Role.BAD)]
    return [*lines, *(text_lines(remedy, width, role=Role.MUTED) if remedy else [])]


def _buttons(plan: Plan, run_focused: bool, typing: bool) -> list[Line]:
    """Two buttons and their keys; the focused one is a chip."""
    chip, plain = Role.CHIP_ACCENT, Role.TEXT
    press = in_words("`ctrl+y`")
    keys = f"type {plan.wish.target} and press {press}" if typing else press
    button = str(plan.button)
    if run_focused:
        runs = (Run("   Cancel ", plain), Run(" " * 5), Run(f" ► {button} ", chip))
        under = f"{'Esc':<20}{keys}"
    else:
        runs = (Run(" ► Cancel ", chip), Run(" " * 5), Run(f"   {button} ", plain))
        under = f"{'Enter, Esc':<20}{keys}"
    return [Line((Run(" " * 10), *runs)), Line((Run(" " * 11 + under, Role.MUTED),))]


def build_confirm(
    snapshot: Snapshot, plan: Plan, value: str, width: int, *, run_focused: bool = False, checking: bool = False
) -> list[Line]:
    """How much, what, where, which environment; Cancel is focused."""
    mark = (Level.COMING, "checks again") if checking else (Level.WARN, "waits for you")
    lines = [title_of(plan, mark, width), Line(), *text_lines(str(plan.question), width, role=Role.STRONG), Line()]
    for detail in plan.details:
        lines += text_lines(str(detail), width)
    undo = "It can be undone." if plan.undoable else "This cannot be undone."
    lines += [*text_lines(f"{undo} It is written to the audit log before and after.", width), Line()]
    age = fmt.age(max(0.0, snapshot.now - plan.checked_at), bound=0)
    lines += text_lines(f"Checked {age} ago: {plan.checked}.", width)
    access, left = snapshot.environment.access.value, armed_left(snapshot)
    words = f"▲ access {access}, production: this is not a test" if snapshot.environment.production else ""
    if left is not None:
        words = f"▲ access {access} for {left} more, then it falls back to observe"
    lines += [*(text_lines(words, width, role=Role.WARN) if words else []), Line(), Line()]
    typing = must_type(snapshot, plan)
    lines += _buttons(plan, run_focused, typing)
    if typing:
        lines += [Line(), Line((Run(" " * 10), field_run(value, FIELD, bool(value))))]
    return lines
