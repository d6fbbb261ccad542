"""The lines of the submit form (screens 2.8): fields, what to correct beside them, constraints, estimate. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from aitbc_tui.domain import estimate as known
from aitbc_tui.domain.order import OrderField, Problem, Severity, check_order, errors_of
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import cut, pad, section, wrap
from aitbc_tui.ui.screens.submit_state import FOLDED, NUMERIC, FormState, first_line, more_lines

FIELD_AT = 14  # the column of the opening bracket
MARGIN = 14  # messages end this far from the right edge
LISTED = 6  # rows of the open list of models

_LABELS = {OrderField.TTL: "ttl s", OrderField.PAY: "pay AITBC", OrderField.MIN_VRAM_GB: "min vram GB"}
_WIDTHS = {OrderField.MODEL: 24, OrderField.PROMPT: 34}
_WARNING_ROWS = (
    "gpu, cuda, min_vram_gb, models, max_price never match a shipped miner:",
    "such a job waits until it expires. Only region can match.",
)


@dataclass(frozen=True, slots=True)
class FormView:
    """The lines of the form, and the rows that the window should show."""

    lines: tuple[Line, ...]
    focus_row: int  # index into `lines`
    problems: tuple[Problem, ...]


def check(snapshot: Snapshot, state: FormState) -> list[Problem]:
    """The problems of what stands in the form now."""
    regions = [str(row.miner.region) for row in snapshot.miners if row.miner.region]
    pace = known.pace(snapshot, state.fields.model)
    return check_order(state.fields, snapshot.models, pace=pace, regions=regions)


def _label(which: OrderField) -> str:
    return _LABELS.get(which, which.value)


def _box_width(which: OrderField, width: int) -> int:
    if which is OrderField.PROMPT:
        return _WIDTHS[which] if width < 120 else 60
    return _WIDTHS.get(which, 8 if which in NUMERIC else 24)


def _window(text: str, cursor: int, width: int) -> tuple[int, str]:
    """The part of a long text in which the cursor stands, and where it begins."""
    start = max(0, cursor - width)
    while cell_len(text[start:cursor]) > width - 1:
        start += 1
    end = min(len(text), start + width)
    while cell_len(text[start:end]) > width:
        end -= 1
    return start, text[start:end]


def field_runs(text: str, width: int, cursor: int | None) -> list[Run]:
    """`[text    ]`; with a cursor the cell under it stands out, a line end shows as `_`. Never markup."""
    role = Role.ACCENT if cursor is not None else Role.MUTED
    if cursor is None:
        return [Run("[", role), Run(pad(_shown(text), width)), Run("]", role)]
    start, visible = _window(_shown(text), cursor, width)
    at = cursor - start
    under = visible[at : at + 1] or "_"
    if under == " ":
        under = "_"
    before, after = visible[:at], visible[at + 1 :]
    if cell_len(before) >= width:
        return [Run("[", role), Run(pad(before, width)), Run("]", role)]
    rest = width - cell_len(before) - cell_len(under)
    return [Run("[", role), Run(before), Run(under, Role.CHIP_ACCENT), Run(pad(after, rest)), Run("]", role)]


def _shown(text: str) -> str:
    """What is typed, made safe to show character for character; what is sent stays as typed."""
    return clean(text, 100_000) if text else ""


def _message_lines(head: list[Run], at: int, mark: Level | None, text: str, end: int) -> list[Line]:
    """A field with its message beside it, the following lines of the message under its first word."""
    role = Role.MUTED if mark is None else Role.TEXT
    lead = [] if mark is None else [Run(f"{glyph(mark)} ", level_role(mark))]
    start = at + 2 * len(lead)
    first, *rest = wrap(text, max(20, end - start))
    gap = at - sum(run.width for run in head)
    lines = [Line((*head, Run(" " * gap), *lead, Run(first, role)))]
    return [*lines, *(Line((Run(" " * start), Run(piece, role))) for piece in rest)]


def _field(state: FormState, which: OrderField, width: int) -> list[Run]:
    box = _box_width(which, width)
    focused = state.focus is which
    text = state.fields.text(which)
    shown = first_line(text) if which is OrderField.PROMPT else text
    label = Run("  " + pad(_label(which), FIELD_AT - 2), Role.STRONG if focused else Role.MUTED)
    return [label, *field_runs(shown, box, state.cursor if focused else None)]


def _note(snapshot: Snapshot, state: FormState, which: OrderField) -> str:
    """What stands beside a field that needs no correction."""
    if which is OrderField.MODEL:
        return f"▼ {known.who_has(snapshot, state.fields.model)}"
    if which is OrderField.PROMPT:
        more, editor = more_lines(state.fields.prompt), in_words("`ctrl+e` editor")
        return f"+{more} line{'' if more == 1 else 's'}, {editor}" if more else editor
    if which is OrderField.TTL:
        return "60 to 86,400; then it expires, if not run"
    if which is OrderField.PAY:
        return known.payment_note(snapshot, float(state.fields.pay))
    if which is OrderField.COUNT:
        return "1 to 20"
    return ""


def _row(snapshot: Snapshot, state: FormState, which: OrderField, found: Problem | None, width: int) -> list[Line]:
    head = _field(state, which, width)
    at = FIELD_AT + _box_width(which, width) + 3
    if which is OrderField.PAY and found is None:
        at = max(at, FIELD_AT + 11)
    end = width - (MARGIN if which in NUMERIC else 2)
    if found is None:
        return _message_lines(head, at, None, _note(snapshot, state, which), end)
    mark = Level.BAD if found.severity is Severity.ERROR else Level.WARN
    return _message_lines(head, at, mark, found.text, end)


def _listing(snapshot: Snapshot, state: FormState) -> list[Line]:
    """The open list under the model: what miners' Ollamas really hold."""
    if state.listing is None:
        return []
    if not snapshot.models:
        return [Line((Run(" " * FIELD_AT), Run("? no Ollama of a miner has answered yet", Role.UNKNOWN)))]
    top = max(0, min(state.listing - LISTED + 1, len(snapshot.models) - LISTED))
    lines: list[Line] = []
    for index, offer in enumerate(snapshot.models[top : top + LISTED], top):
        chosen = index == state.listing
        price = f", about {known.money(offer.price_median)} AITBC" if offer.price_median is not None else ""
        note = f"{known.who_has(snapshot, offer.name)}{price}"
        mark = Run("▌" if chosen else " ", Role.ACCENT)
        lead = Run(" " * (FIELD_AT - 1))
        lines.append(Line((lead, mark, Run(pad(offer.name, 24)), Run("   " + note, Role.MUTED)), selected=chosen))
    below = len(snapshot.models) - top - LISTED
    if below > 0:
        lines.append(Line((Run(" " * FIELD_AT), Run(f"{below} more below", Role.MUTED))))
    return lines


def _constraints(
    snapshot: Snapshot, state: FormState, problems: Sequence[Problem], width: int
) -> tuple[list[Line], int]:
    """The folded or open constraints, and the row of the focused one (-1: none of them)."""
    filled = sum(1 for which in FOLDED if state.fields.text(which).strip())
    key = in_words("`x`" if state.focus is None or state.focus in NUMERIC else "`ctrl+x`")
    count = "none set" if not filled else f"{filled} set"
    words = f"open, {count}: {key} folds" if state.unfolded else f"folded, {count}: {key} opens"
    lines = [section("Constraints", width, text=words, heavy=state.focus is None)]
    focus_row = 0 if state.focus is None else -1
    for which in FOLDED if state.unfolded else ():
        found = next((problem for problem in problems if problem.field is which), None)
        if state.focus is which:
            focus_row = len(lines)
        lines += _row(snapshot, state, which, found, width)
    hidden = [problem for problem in problems if problem.field in FOLDED and not state.unfolded]
    for problem in hidden:
        mark = Level.BAD if problem.severity is Severity.ERROR else Level.WARN
        text = f" {glyph(mark)} {problem.field.value}: {problem.text}"
        lines.append(Line((Run(cut(text, width), level_role(mark)),)))
    if not hidden:
        text = " ".join(_WARNING_ROWS)
        rows = list(_WARNING_ROWS) if width < 140 else wrap(text, width - 4)
        lines.append(Line((Run(f" {glyph(Level.WARN)} ", Role.WARN), Run(rows[0], Role.MUTED))))
        lines += [Line((Run("   "), Run(row, Role.MUTED))) for row in rows[1:]]
    return lines, focus_row


def title(snapshot: Snapshot, state: FormState, problems: Sequence[Problem], width: int) -> Line:
    errors = len(errors_of(problems))
    mark = (Level.BAD, f"{errors} to correct") if errors else (Level.WARN if problems else Level.GOOD, "complete")
    able, miners = known.could_run(snapshot, state.fields)
    text = f"{able} of {miners} miners could run it" if miners else "no miner is known here"
    if miners and not state.fields.model.strip():
        text = f"{miners} miners known"
    return section("Submit inference", width, mark=mark, text=text, heavy=True)


def count_of(state: FormState) -> int:
    """The count as typed, 1 where it is not a number yet."""
    text = state.fields.count.strip()
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def build_form(snapshot: Snapshot, state: FormState, width: int) -> FormView:
    """Every line of the form, the title first."""
    problems = check(snapshot, state)
    lines = [title(snapshot, state, problems, width), Line()]
    focus_row = 0
    for which in (OrderField.MODEL, OrderField.PROMPT, OrderField.TTL, OrderField.PAY, OrderField.COUNT):
        found = next((problem for problem in problems if problem.field is which), None)
        if state.focus is which:
            focus_row = len(lines)
        lines += _row(snapshot, state, which, found, width)
        if which is OrderField.MODEL:
            lines += _listing(snapshot, state)
        lines.append(Line())
    rows, inside = _constraints(snapshot, state, problems, width)
    if inside >= 0:
        focus_row = len(lines) + inside
    lines += [*rows, Line(), section("Estimate", width)]
    count = count_of(state)
    lines.append(Line((Run(" " + known.estimate(snapshot, state.fields, count)),)))
    if width >= 120 and (more := known.spread(snapshot, state.fields)):
        lines.append(Line((Run(" " + more, Role.MUTED),)))
    return FormView(tuple(lines), focus_row, tuple(problems))
