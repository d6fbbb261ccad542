"""`-v`: the log on standard error, one cleaned line a record."""

from __future__ import annotations

import logging
import sys

from aitbc_tui.domain.text import clean


class _OneLine(logging.Formatter):
    """No traceback, no control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return clean(f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}", 1000)


def log_to_stderr() -> None:
    """Ours in detail; libraries from warnings up, since their details hold headers and bodies."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("aitbc_tui").setLevel(logging.DEBUG)
