"""The log: with `-v` on standard error; under a screen into the state folder only, where it cannot be painted over."""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from aitbc_tui.cli.crash import where
from aitbc_tui.config import paths
from aitbc_tui.domain.text import clean
from aitbc_tui.ledger.files import private_folder

MAX_BYTES = 1 << 20


class _OneLine(logging.Formatter):
    """No traceback and no control characters; of an exception its type and place, not its message."""

    def format(self, record: logging.LogRecord) -> str:
        failed = record.exc_info[1] if record.exc_info else None
        said = f"{record.getMessage()} [{where(failed)}]" if failed is not None else record.getMessage()
        return clean(f"{self.formatTime(record)} {record.levelname} {record.name}: {said}", 1000)


class _PrivateFile(RotatingFileHandler):
    """Made, for its owner only, when the first line is written."""

    def _open(self) -> TextIOWrapper:
        private_folder(Path(self.baseFilename).parent)
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return open(handle, "a", encoding="utf-8")


def log_file() -> Path:
    return paths.state_dir() / "aitbc-tui.log"


def log_to_stderr() -> None:
    """Ours in detail; libraries from warnings up, since their details hold headers and bodies."""
    _use(logging.StreamHandler(sys.stderr), logging.DEBUG)


def log_to_state(*, verbose: bool) -> None:
    """For the dashboard: warnings, with `-v` everything of ours. A log that cannot be written is no reason to end."""
    logging.raiseExceptions = False
    _use(
        _PrivateFile(log_file(), maxBytes=MAX_BYTES, backupCount=1, delay=True),
        logging.DEBUG if verbose else logging.WARNING,
    )


def _use(handler: logging.Handler, ours: int) -> None:
    handler.setFormatter(_OneLine())
    root = logging.getLogger()
    for earlier in [item for item in root.handlers if isinstance(item.formatter, _OneLine)]:
        root.removeHandler(earlier)
        earlier.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("aitbc_tui").setLevel(ours)
