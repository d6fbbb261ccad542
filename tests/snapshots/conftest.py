"""Pictures must not depend on the terminal that runs the tests."""

from __future__ import annotations

import os

os.environ.pop("NO_COLOR", None)
