"""One command in this process, and a ledger that remembers something."""

from __future__ import annotations

import os

from tests.cli.conftest import home, run, untouched_logging
from tests.fixtures.devnet import devnet_child

__all__ = ["devnet_child", "home", "run", "untouched_logging"]

os.environ.pop("NO_COLOR", None)  # pictures must not depend on the terminal that runs the tests
