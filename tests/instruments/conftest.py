"""One command in this process, and a ledger that remembers something."""

from __future__ import annotations

from tests.cli.conftest import home, run, untouched_logging
from tests.fixtures.devnet import devnet_child

__all__ = ["devnet_child", "home", "run", "untouched_logging"]
