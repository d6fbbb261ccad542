"""The console script. `--version` answers before anything is imported; all else is `program`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from aitbc_tui import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; never raises."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:
        print(f"aitbc-tui {__version__}")
        return 0
    gc.set_threshold(10_000, 20, 20)  # looking for garbage among what is being imported is a seventh of the start
    from aitbc_tui.cli.program import run

    return run(words)
