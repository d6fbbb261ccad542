"""`devnet`: the embedded network alone, in the foreground, until it is told to stop."""

from __future__ import annotations

import argparse
import importlib.util

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.options import Parser
from aitbc_tui.domain.errors import ConfigError

_EXTRA = ("uvicorn", "starlette")


def add(parser: Parser, verb: str) -> None:
    from aitbc_tui.devnet.main import add_arguments

    add_arguments(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.devnet import main

    if not getattr(args, "list_faults", False):
        need_extra()
    return int(main.run(args))


def need_extra() -> None:
    """What only the embedded network needs is an extra of the package."""
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(f"the demo network needs {' and '.join(missing)}", remedy="pip install 'aitbc-tui[demo]'")
