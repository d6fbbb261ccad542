"""The dashboard as plain text and as roles, cell by cell, without a terminal; and the drawings it must equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes import overview
from aitbc_tui.ui.panes.arrange import arrange, lower_panes
from aitbc_tui.ui.panes.builders import build_pane
from aitbc_tui.ui.panes.status import figures_line, link_line, verdict_line
from aitbc_tui.ui.panes.table import PaneView

DRAWINGS = Path(__file__).parent / "drawings"

LETTERS = {
    Role.TEXT: "t",
    Role.STRONG: "T",
    Role.MUTED: "m",
    Role.RULE: "r",
    Role.OK: "o",
    Role.OK_STRONG: "O",
    Role.WARN: "w",
    Role.BAD: "b",
    Role.BAD_STRONG: "B",
    Role.UNKNOWN: "u",
    Role.STALE: "s",
    Role.ACCENT: "a",
    Role.ACCENT_STRONG: "A",
    Role.CHIP_BAD: "C",
    Role.CHIP_WARN: "C",
    Role.CHIP_ACCENT: "C",
}

Span = tuple[int, int]
Placed = list[tuple[int, int, list[Line]]]


def drawing(name: str) -> list[str]:
    return (DRAWINGS / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1]


def drawn(name: str, first: int, last: int) -> list[str]:
    """The rows of a drawing from `first` to before `last`."""
    return drawing(name)[first:last]


def same(lines: Sequence[Line], want: Sequence[str], width: int, other: Mapping[int, Span] | None = None) -> None:
    """Every cell, but for the spans of columns listed in `other` by row."""
    for row, expected in enumerate(want):
        got = lines[row].fit(width).plain if row < len(lines) else " " * width
        start, end = (other or {}).get(row, (width, width))
        assert (got[:start], got[end:]) == (expected[:start], expected[end:]), f"row {row}"


def status_rows(snapshot: Snapshot, width: int, painted: float) -> Placed:
    link = link_line(snapshot, width, painted)
    figures = figures_line(snapshot, width - link.width, width)
    return [
        (0, 0, [verdict_line(snapshot, width)]),
        (0, 1, [figures]),
        (width - link.width, 1, [link]),
    ]


def all_panes(snapshot: Snapshot, width: int, height: int, painted: float) -> Placed:
    placed = status_rows(snapshot, width, painted)
    for pane, at in arrange(width, height).items():
        view = PaneView(focused=pane is Pane.NODES)
        placed.append((at.x, at.y, build_pane(snapshot, pane, at.width, at.height, view)))
    return placed


def the_overview(snapshot: Snapshot, width: int, height: int, painted: float) -> Placed:
    placed = status_rows(snapshot, width, painted)
    placed.append((0, 2, overview.overview_lines(snapshot, width, Pane.NODES)))
    for pane, at in zip(overview.two_worst(snapshot), lower_panes(width, height), strict=True):
        placed.append((at.x, at.y, overview.overview_pane(snapshot, pane, at.width, at.height, PaneView())))
    return placed


def one_pane(snapshot: Snapshot, pane: Pane, width: int, height: int, painted: float) -> Placed:
    lines = overview.one_pane(snapshot, pane, width, height - 4, PaneView(focused=True))
    strip = overview.strip_line(snapshot, width)
    return [*status_rows(snapshot, width, painted), (0, 2, [strip]), (0, 3, lines)]


def text_of(placed: Placed, width: int, height: int) -> list[str]:
    return _grid(placed, width, height, " ", roles=False)


def roles_of(placed: Placed, width: int, height: int) -> list[str]:
    return _grid(placed, width, height, ".", roles=True)


def _grid(placed: Placed, width: int, height: int, empty: str, *, roles: bool) -> list[str]:
    grid = [[empty] * width for _ in range(height)]
    for x, y, lines in placed:
        for row, line in enumerate(lines):
            column = x
            for run in line.runs:
                for char in run.text:
                    grid[y + row][column] = char if not roles else "." if char == " " else LETTERS[run.role]
                    column += 1
    return ["".join(row) for row in grid]


def differences(want: Iterable[str], got: Iterable[str], allowed: Mapping[int, str] | None = None) -> list[str]:
    """Rows that differ from the drawing; `allowed` are rows in which a rule overrides the drawing, as they must be."""
    out = []
    for number, (wanted, found) in enumerate(zip(want, got, strict=True)):
        wanted = (allowed or {}).get(number, wanted)
        if wanted != found:
            out.append(f"{number}\n- {wanted}|\n+ {found}|")
    return out
