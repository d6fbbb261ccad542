"""One command in this process, and a ledger that remembers something."""

from __future__ import annotations

from tests.cli.conftest import home, run, untouched_logging

__all__ = ["home", "run", "untouched_logging"]
