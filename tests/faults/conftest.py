"""Rows in real time run only when they are asked for: `pytest -m live`. They are left out, not skipped."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "live" in str(config.getoption("markexpr") or ""):
        return
    left_out = [item for item in items if item.get_closest_marker("live") and "faults" in item.path.parts]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
