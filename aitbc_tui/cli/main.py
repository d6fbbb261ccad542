"""The console script. `--version` answers before anything is imported; all else is `program`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from aitbc_tui import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; never raises."""
    _open_closed_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:
        with suppress(OSError):  # a full disk: said below
            print(f"aitbc-tui {__version__}", flush=True)
            return 0
    gc.set_threshold(10_000, 20, 20)  # looking for garbage among what is being imported is a seventh of the start
    from aitbc_tui.cli.program import run

    return run(words)


def _open_closed_streams() -> None:
    """What was closed by `>&-` becomes /dev/null: else the next file or socket would take its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - for as long as we live
