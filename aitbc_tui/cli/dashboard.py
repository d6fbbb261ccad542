"""The dashboard, which needs no verb: everything that can be said before the screen is taken is said here."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.output import PROGRAM
from aitbc_tui.config.errors import NoConfiguration
from aitbc_tui.config.options import DisplayOptions
from aitbc_tui.config.variables import is_on
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.config.model import Settings


def add(parser: Parser, verb: str) -> None:
    add_display(parser)


def add_display(parser: Parser) -> None:
    """How to show the dashboard; `demo` takes the same."""
    group = parser.add_argument_group("options of the dashboard")
    absent = argparse.SUPPRESS
    group.add_argument("--slow-link", action="store_true", default=absent, help="paint rarely")
    group.add_argument("--ascii", action="store_true", default=absent, help="no glyph beyond ASCII")
    group.add_argument("--no-mouse", action="store_true", default=absent, help="leave the mouse to the terminal")
    group.add_argument("--theme", metavar="NAME", default=absent, help="colours: dark, light or ansi")


def display_of(ctx: Context, args: argparse.Namespace, *, demo: bool = False) -> DisplayOptions:
    """Flags, else variables."""

    def switch(name: str) -> bool:
        return getattr(args, name, False) or is_on(f"AITBC_TUI_{name.upper()}", ctx.environ)

    theme = getattr(args, "theme", None) or ctx.environ.get("AITBC_TUI_THEME") or None
    return DisplayOptions(switch("slow_link"), switch("ascii"), switch("no_mouse"), theme, demo)


def run(ctx: Context, args: argparse.Namespace) -> int:
    try:
        settings = ctx.settings
    except NoConfiguration as error:
        ctx.err.write(
            f"{PROGRAM}: no configuration yet ({error.detail}).\n"
            f"To make one, and then edit it:           {PROGRAM} config init\n"
            f"To see a whole network without any:      {PROGRAM} demo\n"
        )
        return Exit.USAGE
    need_terminal()
    return show(ctx, settings, display_of(ctx, args))


def need_terminal() -> None:
    """A full-screen program on no terminal would write escape sequences into a file, or hang."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "the dashboard needs a terminal, and this is none", remedy=f"ssh -t, or {PROGRAM} status --json"
        )
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        term = os.environ.get("TERM") or "not set"
        raise ConfigError(
            f"the dashboard cannot paint on this terminal: TERM is {term}",
            remedy=f"TERM=xterm-256color, or {PROGRAM} status --json",
        )


def show(ctx: Context, settings: Settings, display: DisplayOptions) -> int:
    """Ask for passphrases while there is still a line to ask on, then give the terminal to the screens."""
    from aitbc_tui.cli.passphrases import ask_passphrases

    ask_passphrases(ctx, settings.environment)
    from aitbc_tui.ui.app import run_dashboard

    return int(run_dashboard(settings, settings.chosen, display))
