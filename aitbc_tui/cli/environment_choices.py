"""What the dashboard's chooser of environments needs: what is configured, and how another one is watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.looking import program_for
from aitbc_tui.cli.stores import read_stores
from aitbc_tui.collect.backend import CollectorBackend
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.paths import ledger_file
from aitbc_tui.ui.screens.environment_choice import EnvironmentChoice

if TYPE_CHECKING:
    from aitbc_tui.ui.backend import Backend


def choices(ctx: Context) -> tuple[EnvironmentChoice, ...]:
    """Every environment of the file, in its order."""
    return tuple(
        EnvironmentChoice(
            env.name, env.access, env.production, len(env.hosts), len(env.nodes), env.coordinator is not None
        )
        for env in ctx.settings.env.values()
    )


def opener(ctx: Context) -> Callable[[str], Backend]:
    """Makes the backend of another environment; nothing is asked: a key with a passphrase needs a start of its own."""

    def make(name: str) -> Backend:
        env, program = ctx.settings.env[name], program_for(ctx.settings, name)
        lent = env.production
        return CollectorBackend(Setup(env, read_stores(ctx).all, ledger_file(), program=program, lent=lent))

    return make
