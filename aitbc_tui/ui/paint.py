"""Lines of text with roles instead of colours: what a pane produces and a canvas paints. No Textual here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from rich.cells import cell_len, set_cell_size

from aitbc_tui.domain.verdict import Level


class Role(Enum):
    """The colour roles of the screens; a theme maps each to a style, once."""

    TEXT = "text"
    STRONG = "strong"
    MUTED = "muted"
    RULE = "rule"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"  # the one cell that is the proof
    BAD_STRONG = "bad-strong"  # glyph and state word
    UNKNOWN = "unknown"
    STALE = "stale"
    ACCENT = "accent"
    ACCENT_STRONG = "accent-strong"  # keys, and the name of the pane in focus
    OK_STRONG = "ok-strong"  # the headline of a sound network
    CHIP_BAD = "chip-bad"
    CHIP_WARN = "chip-warn"
    CHIP_ACCENT = "chip-accent"


_CHIPS = frozenset({Role.CHIP_BAD, Role.CHIP_WARN, Role.CHIP_ACCENT})


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one role. The text is cleaned already."""

    text: str
    role: Role = Role.TEXT

    @property
    def width(self) -> int:
        """Cells. Cleaned ASCII is one a character; said here, for this is asked more often than anything else."""
        return len(self.text) if self.text.isascii() else cell_len(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of cells; `selected` puts the selection colour behind it."""

    runs: tuple[Run, ...] = ()
    selected: bool = False

    @property
    def width(self) -> int:
        return sum(run.width for run in self.runs)

    @property
    def plain(self) -> str:
        return "".join(run.text for run in self.runs)

    def fit(self, width: int) -> Line:
        """Exactly `width` cells: padded with blanks, or cut."""
        runs: list[Run] = []
        left = width
        for run in self.runs:
            if left <= 0:
                break
            cells = run.width
            if cells > left:
                run, cells = Run(set_cell_size(run.text, left), run.role), left
            runs.append(run)
            left -= cells
        if left > 0:
            runs.append(Run(" " * left))
        return Line(merge(runs), self.selected)


def merge(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Join neighbours of one role, and blanks into the run before them: fewer runs are fewer bytes."""
    out: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if out and (out[-1].role is run.role or (out[-1].role not in _CHIPS and run.text.isspace())):
            out[-1] = Run(out[-1].text + run.text, out[-1].role)
        else:
            out.append(run)
    return tuple(out)


def line(*parts: Run | str) -> Line:
    """A line of runs; a bare string is plain text."""
    return Line(tuple(Run(part) if isinstance(part, str) else part for part in parts))


_GLYPHS = {
    Level.GOOD: "●",
    Level.WARN: "▲",
    Level.BAD: "■",
    Level.RUNNING: "►",
    Level.WAITS: "○",
    Level.STALE: "~",
    Level.UNKNOWN: "?",
    Level.COMING: "…",
    Level.REFUSED: "□",
    Level.NONE: "–",
}

_LEVEL_ROLES = {
    Level.GOOD: Role.OK,
    Level.WARN: Role.WARN,
    Level.BAD: Role.BAD_STRONG,
    Level.RUNNING: Role.ACCENT,
    Level.WAITS: Role.MUTED,
    Level.STALE: Role.STALE,
    Level.UNKNOWN: Role.UNKNOWN,
    Level.COMING: Role.UNKNOWN,
    Level.REFUSED: Role.UNKNOWN,
    Level.NONE: Role.MUTED,
}

# Glyphs of ASCII mode, cell for cell; "≠" stands alone in a column here, in sentences it is "!=" (screens 1.3).
_ASCII = str.maketrans("●▲■►○…□–─━▌·×≠▼▁▂▃▄▅▆▇°", "+!X>o.#--=>.x!v__..-=# ")


def glyph(level: Level) -> str:
    return _GLYPHS[level]


def level_role(level: Level) -> Role:
    return _LEVEL_ROLES[level]


def to_ascii(text: str) -> str:
    """The same cells in ASCII; characters without a counterpart become `?`."""
    translated = text.translate(_ASCII)
    return "".join(char if char.isascii() else "?" * max(1, cell_len(char)) for char in translated)
