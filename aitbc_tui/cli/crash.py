"""An unforeseen failure: a report for its author, without anything that could be a secret."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from aitbc_tui import __version__
from aitbc_tui.config import paths
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.ledger.files import private_folder


def write_report(error: BaseException, verb: str) -> Path | None:
    """Write the report into the state folder; None where that cannot be written."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    name = f"crash-{stamp}-{os.getpid()}.txt"
    try:
        private_folder(paths.state_dir())
        path = paths.state_dir() / name
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(report(error, verb))
    except (OSError, ConfigError):
        return None
    return path


def report(error: BaseException, verb: str) -> str:
    """Types and places only. Messages and arguments are left out: ids of this network are live keys."""
    head = (
        f"aitbc-tui {__version__}, command {verb}\n"
        f"Python {platform.python_version()}, {platform.platform()}, {sys.implementation.name}\n\n"
    )
    return head + "\n".join(_lines(error, 0)) + "\n"


def where(error: BaseException) -> str:
    """`KeyError in aitbc_tui/state/reduce.py:12`: the innermost place in this program."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "aitbc_tui" in frame.filename] or list(frames)
    place = f" in {_short(ours[-1].filename)}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{place}"


def _lines(error: BaseException, depth: int) -> Iterator[str]:
    if depth > 8:
        return
    yield f"{'  ' * depth}{type(error).__module__}.{type(error).__qualname__} (message left out)"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{'  ' * depth}  {_short(frame.filename)}:{frame.lineno} in {frame.name}"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _lines(inner, depth + 1)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield f"{'  ' * depth}caused by"
        yield from _lines(cause, depth + 1)


def _short(filename: str) -> str:
    parts = Path(filename).parts
    return "/".join(parts[-3:])
