"""How the lines of a detail screen are put together: titled sections, columns, wrapping, two panels side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len, chop_cells

from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.format import wrap as wrap
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role

GAP = 2  # blank columns between two panels


def cut(text: str, width: int) -> str:
    """At most `width` cells; what does not fit ends in an ellipsis."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return (chop_cells(text, width - 1)[0] if width > 1 else "") + "…"


def pad(text: str, width: int) -> str:
    """Exactly `width` cells, left-aligned."""
    text = cut(text, width)
    return text + " " * (width - cell_len(text))


def right(text: str, width: int) -> str:
    """Exactly `width` cells, right-aligned."""
    text = cut(text, width)
    return " " * (width - cell_len(text)) + text


def section(
    name: str,
    width: int,
    *,
    mark: tuple[Level, str] | None = None,
    text: str = "",
    age: str = "",
    heavy: bool = False,
    stale: bool = False,
) -> Line:
    """A title line: `─ name ● word · text ───── age ─`. `mark` without a word shows the glyph alone."""
    rule, rule_role = ("━", Role.ACCENT) if heavy else ("─", Role.RULE)
    tail = f" {age} " if age else ""
    room = width - 2 - cell_len(name) - 1 - (cell_len(tail) + 2 if tail else 0)
    runs = [Run(f"{rule} ", rule_role), Run(name, Role.STRONG), Run(" ")]
    rest: list[Run] = []
    if mark is not None:
        word = f"{glyph(mark[0])} {mark[1]}".rstrip()
        rest.append(Run(f"{word} ", level_role(mark[0])))
    if text:
        rest.append(Run(f"· {text} ", Role.MUTED))
    for run in rest:
        shown = cut(run.text, room - 1) if run.width > room else run.text
        if shown.endswith("…"):
            shown += " "
        runs.append(Run(shown, run.role))
        room -= cell_len(shown)
        if room <= 0:
            break
    runs.append(Run(rule * max(0, room + (1 if tail else 0)), rule_role))
    if tail:
        runs += [Run(tail, Role.STALE if stale else Role.MUTED), Run(rule, rule_role)]
    return Line(tuple(runs)).fit(width)


def beside(left: Sequence[Line], left_width: int, other: Sequence[Line], other_width: int) -> list[Line]:
    """Two panels in one block of lines."""
    lines: list[Line] = []
    for index in range(max(len(left), len(other))):
        first = left[index] if index < len(left) else Line()
        second = other[index] if index < len(other) else Line()
        lines.append(Line((*first.fit(left_width).runs, Run(" " * GAP), *second.fit(other_width).runs), first.selected))
    return lines


def squeezed(lines: Sequence[Line], height: int) -> list[Line]:
    """Without its blank lines where there are too many: the buttons at the end must be in sight."""
    return list(lines) if len(lines) <= height else [line for line in lines if line.plain.strip()]


def text_lines(text: str, width: int, *, indent: int = 1, role: Role = Role.TEXT) -> list[Line]:
    """A wrapped paragraph."""
    return [Line((Run(" " * indent), Run(piece, role))) for piece in wrap(text, width - indent - 1)]


def do_lines(parts: Sequence[str], width: int) -> list[Line]:
    """What to do, under its heading: parts stay whole as long as they fit on a line."""
    texts: list[str] = []
    for part in parts:
        if texts and cell_len(texts[-1]) + 3 + cell_len(part) <= width - 6:
            texts[-1] += "   " + part
        else:
            texts += wrap(part, width - 6)
    return [Line((Run(" Do  " if not index else "     ", Role.STRONG), Run(text))) for index, text in enumerate(texts)]


def pair(label: str, *parts: Run | str, at: int = 12) -> Line:
    """A label in muted, then its value from column `at` on."""
    runs = [part if isinstance(part, Run) else Run(part) for part in parts]
    return Line((Run(" " + pad(label, at - 1), Role.MUTED), *runs))


def pairs(label: str, text: str, width: int, *, at: int = 12, role: Role = Role.TEXT) -> list[Line]:
    """A label and a value that may take several rows, each beginning in column `at`."""
    first, *rest = wrap(text, width - at - 1)
    lines = [pair(label, Run(first, role), at=at)]
    return [*lines, *(Line((Run(" " * at), Run(piece, role))) for piece in rest)]


def body_lines(texts: Iterable[str], width: int, limit: int = 200) -> list[Line]:
    """Text from the network or of the operator, cleaned already, wrapped anywhere it must; at most `limit` rows."""
    lines: list[Line] = []
    for text in texts:
        lines += [Line((Run(" "), Run(piece))) for piece in wrap(text, width - 2)]
        if len(lines) >= limit:
            return [*lines[: limit - 1], Line((Run(" … more", Role.MUTED),))]
    return lines


def clock(moment: datetime | float | None) -> str:
    """`11:59:10`, or `–`. A number is UTC seconds; a naive time is the server's UTC."""
    if moment is None:
        return "–"
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    return moment.strftime("%H:%M:%S")
