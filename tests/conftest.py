"""No test sees, or leaves a trace in, the files and settings of whoever runs them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, however slow the machine: `--hypothesis-profile=search` looks for others.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

# Read by textual when it is imported, or when an app is made: they change every picture.
for name in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings() -> Iterator[Path]:
    """Configuration, ledger and logs of this program lie in a directory that ends with the run."""
    with tempfile.TemporaryDirectory(prefix="aitbc-tui-tests-") as folder, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AITBC_TUI_")]:
            patch.delenv(name)
        for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
            patch.setenv(f"XDG_{kind}_HOME", str(Path(folder) / kind.lower()))
        yield Path(folder)
