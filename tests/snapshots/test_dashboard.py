"""Pictures of the dashboard at the three sizes; a fixed clock, a snapshot that stands still."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aitbc_tui.domain.snapshot import Snapshot
from tests.fixtures import snapshots
from tests.ui.backends import app_for

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
PICTURES: dict[str, tuple[Snapshot, list[str]]] = {
    "sound": (snapshots.sound(), []),
    "bad": (snapshots.bad(), []),
    "first-start": (snapshots.first_start(), []),
    "one-pane": (snapshots.bad(), ["3", "z"]),
}

Compare = Callable[..., bool]


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("name", list(PICTURES))
def test_dashboard(snap_compare: Compare, name: str, size: str) -> None:
    snapshot, keys = PICTURES[name]
    if name == "sound" and size == "200x60":
        snapshot = snapshots.sound(wide=True)
    assert snap_compare(app_for(snapshot), terminal_size=SIZES[size], press=keys)


def test_ascii(snap_compare: Compare) -> None:
    assert snap_compare(app_for(snapshots.bad(), ascii=True), terminal_size=(120, 40))


@pytest.mark.parametrize("theme", ["light", "ansi", "ansi-light", "mono"])
def test_other_looks(snap_compare: Compare, theme: str) -> None:
    assert snap_compare(app_for(snapshots.bad(), theme=theme), terminal_size=(120, 40), press=["4"])
