"""The dashboard, which needs no verb: everything that can be said before the screen is taken is said here."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.output import PROGRAM
from aitbc_tui.cli.themes import THEMES, read_theme
from aitbc_tui.config.errors import NoConfiguration
from aitbc_tui.config.paths import config_file, ledger_file
from aitbc_tui.config.variables import is_on
from aitbc_tui.config.words import one_of
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.collect.record import Recorder
    from aitbc_tui.ui.colours import Palette


def add(parser: Parser, verb: str) -> None:
    add_display(parser)


def add_display(parser: Parser) -> None:
    """How to show the dashboard; `demo` takes the same."""
    group = parser.add_argument_group("options of the dashboard")
    absent = argparse.SUPPRESS
    group.add_argument("--slow-link", action="store_true", default=absent, help="paint rarely")
    group.add_argument("--ascii", action="store_true", default=absent, help="no glyph beyond ASCII")
    group.add_argument("--no-mouse", action="store_true", default=absent, help="leave the mouse to the terminal")
    group.add_argument("--record", metavar="FILE", default=absent, help="record for replay; without keys and prompts")
    group.add_argument(
        "--theme", metavar="NAME", default=absent, help=f"{one_of(THEMES)}, or a file of yours (default: auto)"
    )


@dataclass(frozen=True, slots=True)
class Display:
    """How to show the dashboard."""

    slow_link: bool
    ascii: bool
    no_mouse: bool
    theme: str
    record: str | None = None
    palette: Palette | None = None  # where the theme is a file of the reader's own


def display_of(ctx: Context, args: argparse.Namespace) -> Display:
    """Flags, else variables."""

    def switch(name: str) -> bool:
        return getattr(args, name, False) or is_on(f"AITBC_TUI_{name.upper()}", ctx.environ)

    flag, variable = getattr(args, "theme", None), ctx.environ.get("AITBC_TUI_THEME")
    theme = flag or variable or "auto"
    palette = None
    if theme not in THEMES:
        palette = read_theme(theme, config_file().with_name("themes"), "--theme" if flag else "AITBC_TUI_THEME")
    record = getattr(args, "record", None)
    return Display(switch("slow_link"), switch("ascii"), switch("no_mouse"), theme, record, palette)


def run(ctx: Context, args: argparse.Namespace) -> int:
    try:
        ctx.settings  # noqa: B018 - reads and checks the file before the terminal is looked at
    except NoConfiguration as error:
        ctx.err.write(
            f"{PROGRAM}: no configuration yet ({error.detail}).\n"
            f"To make one, and then edit it:           {PROGRAM} config init\n"
            f"To see a whole network without any:      {PROGRAM} demo\n"
        )
        return Exit.USAGE
    need_terminal()
    return show(ctx, display_of(ctx, args))


def need_terminal() -> None:
    """A full-screen program on no terminal would write escape sequences into a file, or hang."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "the dashboard needs a terminal, and this is none", remedy=f"ssh -t, or {PROGRAM} watch --plain"
        )
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        term = os.environ.get("TERM") or "not set"
        raise ConfigError(
            f"the dashboard cannot paint on this terminal: TERM is {term}",
            remedy=f"TERM=xterm-256color, or {PROGRAM} watch --plain",
        )


def _recorder(display: Display) -> Recorder | None:
    """Made while there is still a line to say why it cannot be."""
    if display.record is None:
        return None
    from aitbc_tui.collect.record import Recorder

    return Recorder(Path(display.record))


def show(ctx: Context, display: Display, *, ledger: Path | None = None, demo: bool = False) -> int:
    """Ask for passphrases while there is still a line to ask on, then give the terminal to the screens."""
    from aitbc_tui.cli.passphrases import ask_passphrases
    from aitbc_tui.ui import colours
    from aitbc_tui.ui.opening import First, opening

    env = ctx.environment
    ask_passphrases(ctx, env)
    ascii_only = display.ascii or colours.wants_ascii(os.environ, sys.stdout.encoding or "ascii")
    look = colours.choose(display.theme, slow_link=display.slow_link)
    look = colours.as_deep(look, display.palette, os.environ)
    recorder = _recorder(display)
    known = First(clean(env.name, 20), env.access.value, [clean(node.name, 20) for node in env.nodes])
    with opening(known, look, ascii_only, display.palette) as first:
        # The first frame stands; only now what takes longer to import than all before it.
        from aitbc_tui.cli.environment_choices import choices, opener
        from aitbc_tui.cli.logs import log_to_state
        from aitbc_tui.cli.looking import program_for
        from aitbc_tui.cli.stores import read_stores
        from aitbc_tui.collect.backend import CollectorBackend
        from aitbc_tui.collect.setup import Setup
        from aitbc_tui.ui.keys import read_keys
        from aitbc_tui.ui.options import DashboardOptions
        from aitbc_tui.ui.running import run_dashboard

        log_to_state(verbose=ctx.common.verbose)
        program = program_for(ctx.settings, env.name)
        stores, kept = read_stores(ctx).all, ledger or ledger_file()
        setup = Setup(env, stores, kept, demo, program=program, lent=env.production, record=recorder)
        backend = CollectorBackend(setup)
        options = DashboardOptions(
            slow_link=display.slow_link,
            ascii=ascii_only,
            mouse=not display.no_mouse,
            theme=look,
            palette=display.palette,
            take_over=first.leave,
            keys=read_keys(config_file().with_name("keys.toml")),
            environments=choices(ctx),
            open_environment=None if demo else opener(ctx),
        )
        try:
            return run_dashboard(backend, options)
        finally:
            if recorder is not None:
                recorder.close()
