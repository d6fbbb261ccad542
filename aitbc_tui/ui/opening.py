"""The first frame, on the terminal before Textual is imported: the real dashboard, every source "connecting".

Importing a toolkit and starting it takes longer than drawing; who opens the dashboard sees it meanwhile. What is typed
in this time is kept and answered. No Textual here.
"""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TextIO

from rich.color import ColorSystem
from rich.style import Style

from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.ui import theme
from aitbc_tui.ui.frame import Frame
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes import overview
from aitbc_tui.ui.panes.arrange import Mode, Place, arrange, lower_panes, mode_for
from aitbc_tui.ui.panes.builders import build_pane
from aitbc_tui.ui.panes.status import figures_line, link_line, verdict_line
from aitbc_tui.ui.panes.table import PaneView

ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
LEAVE = "\x1b[0m\x1b[?1049l\x1b[?25h"


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
def opening(snapshot: Snapshot, look: theme.Look, terminal: TextIO | None = None) -> Iterator[Opening]:
    """Show the first frame; whatever happens afterwards, the terminal is given back."""
    first = Opening(terminal or sys.stdout)
    try:
        width, height = os.get_terminal_size((terminal or sys.stdout).fileno())
        first.show(painted(snapshot, look, width, height, color_system(os.environ)))
        yield first
    finally:
        first.leave()


def painted(snapshot: Snapshot, look: theme.Look, width: int, height: int, system: ColorSystem) -> str:
    """The bytes of the whole frame."""
    frame = Frame()
    frame.forget(width, height)
    blank = look.style(Role.TEXT)
    for y in range(height):
        frame.put(y, 0, [(" " * width, sgr(blank, system))])
    for at, lines in boxes(snapshot, width, height):
        for y, line in enumerate(lines[: at.height], at.y):
            fitted = line.fit(at.width)
            runs = [(look.text(run.text), sgr(look.style(run.role, line.selected), system)) for run in fitted.runs]
            frame.put(y, at.x, runs, at.x + at.width)
    return frame.paint()


def boxes(snapshot: Snapshot, width: int, height: int) -> Iterator[tuple[Place, list[Line]]]:
    """What stands where, as the dashboard places it when it opens. The keys follow once they are answered."""
    mode = mode_for(width, height, zoomed=False)
    if mode is Mode.SMALL:
        yield Place(0, 0, width, height), overview.too_small(snapshot, width, height)
        return
    link = link_line(snapshot, width, 0.0)
    yield Place(0, 0, width, 1), [verdict_line(snapshot, width)]
    yield Place(0, 1, width - link.width, 1), [figures_line(snapshot, width - link.width, width)]
    yield Place(width - link.width, 1, link.width, 1), [link]
    if mode is Mode.ALL:
        for pane, at in arrange(width, height).items():
            view = PaneView(focused=pane is Pane.NODES)
            yield at, build_pane(snapshot, pane, at.width, at.height, view)
        return
    yield Place(0, 2, width, 8), overview.overview_lines(snapshot, width, Pane.NODES)
    for pane, at in zip(overview.two_worst(snapshot), lower_panes(width, height), strict=True):
        yield at, overview.overview_pane(snapshot, pane, at.width, at.height, PaneView())


def color_system(environ: Mapping[str, str]) -> ColorSystem:
    """How many colours this terminal has, as the toolkit decides it."""
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return ColorSystem.TRUECOLOR
    return ColorSystem.EIGHT_BIT if environ.get("TERM", "").endswith("256color") else ColorSystem.STANDARD


@lru_cache(256)
def sgr(style: Style, system: ColorSystem) -> str:
    """The SGR codes of a style."""
    codes, mark, _ = style.render("x", color_system=system).partition("x")
    return codes.removeprefix("\x1b[").removesuffix("m") if mark else ""
