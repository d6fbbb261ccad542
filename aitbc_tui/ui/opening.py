"""The first frame, on the terminal before anything heavy is imported: the panes in their places, all "connecting".

Importing a toolkit and starting it takes longer than drawing; who opens the dashboard sees it meanwhile. What is typed
in this time is kept and answered. No Textual, no state and no network here.
"""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from aitbc_tui.domain.places import Pane
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.ui import colours
from aitbc_tui.ui.colours import Palette
from aitbc_tui.ui.paint import Line, Role, Run, glyph, to_ascii
from aitbc_tui.ui.panes.arrange import Mode, Place, arrange, mode_for
from aitbc_tui.ui.panes.title import NAMES, title_line

ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
LEAVE = "\x1b[0m\x1b[?1049l\x1b[?25h"
COMING = Verdict(Level.COMING, SafeText("connecting"))


@dataclass(frozen=True, slots=True)
class First:
    """What is known before anything was asked: names out of the configuration, cleaned."""

    environment: str
    access: str
    nodes: Sequence[str]


class Opening:
    """The first frame stands until `leave`, which the screens call before they take the terminal themselves."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._modes = termios.tcgetattr(terminal.fileno())
        self._stands = False

    def show(self, painted: str) -> None:
        """Paint it, and do not let what is typed meanwhile be echoed into it."""
        silent = list(self._modes)
        silent[3] &= ~termios.ECHO
        self._stands = True
        termios.tcsetattr(self._terminal.fileno(), termios.TCSANOW, silent)
        self._terminal.write(ENTER + painted)
        self._terminal.flush()

    def leave(self) -> None:
        """The terminal as it was found; again is nothing."""
        if self._stands:
            self._stands = False
            termios.tcsetattr(self._terminal.fileno(), termios.TCSANOW, self._modes)
            self._terminal.write(LEAVE)
            self._terminal.flush()


@contextmanager
def opening(
    first: First, look: str, ascii_only: bool, own: Palette | None = None, terminal: TextIO | None = None
) -> Iterator[Opening]:
    """Show the first frame; whatever happens afterwards, the terminal is given back."""
    terminal = terminal or sys.stdout
    shown = Opening(terminal)
    try:
        width, height = os.get_terminal_size(terminal.fileno())
        shown.show(painted(first, width, height, look, ascii_only, os.environ, own))
        yield shown
    finally:
        shown.leave()


def painted(
    first: First,
    width: int,
    height: int,
    look: str,
    ascii_only: bool,
    environ: Mapping[str, str] = os.environ,
    own: Palette | None = None,
) -> str:
    """The bytes of the frame."""
    sgr = _sgr(look, environ, own)
    out = []
    for at, line in sorted(_lines(first, width, height), key=lambda pair: (pair[0].y, pair[0].x)):
        runs = line.fit(at.width).runs
        texts = [(to_ascii(run.text) if ascii_only else run.text, sgr(run.role)) for run in runs]
        out.append(f"\x1b[{at.y + 1};{at.x + 1}H" + "".join(f"\x1b[0;{codes}m{text}" for text, codes in texts))
    return "".join(out)


def _lines(first: First, width: int, height: int) -> Iterator[tuple[Place, Line]]:
    shown = {Place(0, y, width, 1): Line() for y in range(height)}
    now = datetime.now(UTC).strftime("%H:%M")
    right = [Run(first.environment, Role.STRONG), Run(f" · {first.access} · ", Role.MUTED), Run(f"{now} UTC ")]
    left = [Run(" "), Run(f"{glyph(Level.COMING)} connecting", Role.UNKNOWN)]
    blank = width - sum(run.width for run in (*left, *right))
    shown[Place(0, 0, width, 1)] = Line((*left, Run(" " * max(1, blank)), *right))
    yield from shown.items()
    mode = mode_for(width, height, zoomed=False)
    if mode is Mode.SMALL:
        return
    below = {pane: Place(0, 2 + 3 * at, width, 3) for at, pane in enumerate(Pane)}
    places = arrange(width, height) if mode is Mode.ALL else below
    for pane, at in places.items():
        title = title_line(str(pane.value), NAMES[pane], COMING, "", at.width, focused=pane is Pane.NODES)
        yield Place(at.x, at.y, at.width, 1), title
        rows = first.nodes if pane is Pane.NODES else ()
        for y, name in enumerate(rows[: at.height - 2], at.y + 2 if mode is Mode.ALL else at.y + 1):
            runs = (Run(" "), Run(f"{glyph(Level.COMING)} connecting", Role.UNKNOWN), Run(f"  {name}"))
            yield Place(at.x, y, at.width, 1), Line(runs)


class _Sgr:
    """SGR codes of a role: the same colours as the screens that follow, where the terminal has them."""

    def __init__(self, look: str, palette: Palette | None, true_colour: bool) -> None:
        self._true = palette if true_colour else None
        light = look == "ansi-light" or (palette is not None and not palette.dark)
        self._few = colours.ANSI_LIGHT if light else colours.ANSI_DARK
        self._mono = look == "mono"

    def __call__(self, role: Role) -> str:
        bold = "1;" if role in (Role.STRONG, Role.ACCENT_STRONG) else ""
        base = {Role.STRONG: Role.TEXT, Role.ACCENT_STRONG: Role.ACCENT}.get(role, role)
        if self._mono:
            return bold.removesuffix(";")
        if self._true is not None:
            return f"{bold}38;2;{_rgb(self._true.roles[base])};48;2;{_rgb(self._true.background)}"
        number = self._few[base]
        return f"{bold}{30 + number if number < 8 else 82 + number}"


def _sgr(look: str, environ: Mapping[str, str], own: Palette | None) -> _Sgr:
    palette = own if own is not None and own.name == look else colours.PALETTES.get(look)
    return _Sgr(look, palette, environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"))


def _rgb(colour: str) -> str:
    return ";".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
