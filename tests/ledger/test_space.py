"""How large the ledger is, and when that is worth a word: nothing in it is deleted, so it has to be said in time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aitbc_tui.domain.figures import amount_of_bytes
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ledger.space import LARGE, LEAST_FREE, Space, space_of

DISK = 100 * LEAST_FREE


def test_its_size_is_that_of_all_of_its_files(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    assert space_of(path) is None, "it is not made by looking"
    with Ledger.open(path) as ledger:
        ledger.audit_before("me", "test", "here")
        space = space_of(path)
        assert space is not None
        assert space.used == sum(file.stat().st_size for file in tmp_path.iterdir()) > path.stat().st_size
    disk = os.statvfs(tmp_path)
    assert space.total == disk.f_blocks * disk.f_frsize and 0 <= space.free <= space.total


@pytest.mark.parametrize(
    ("used", "free", "total", "said"),
    [
        (LARGE, LEAST_FREE, DISK, ""),
        (LARGE + 1, LEAST_FREE, DISK, "1.1 GB, which makes it slow"),
        (1000, LEAST_FREE - 1, DISK, "its disk has 1.1 GB left: what cannot be written down is not sent"),
        (1000, LEAST_FREE - 1, 10 * LEAST_FREE, ""),  # a tenth of a small disk is room enough
    ],
)
def test_what_is_wrong_with_it(used: int, free: int, total: int, said: str) -> None:
    space = Space(Path("/x/ledger.sqlite3"), used, free, total)
    assert space.trouble == said
    assert space.remedy == (
        "aitbc-tui receipts export --exact -o FILE; then, while no aitbc-tui runs, move /x/ledger.sqlite3 away: "
        "a new one is made"
    )


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0.0 kB"), (312_000, "312 kB"), (1_234_567, "1.2 MB"), (34 * 10**9, "34 GB"), (5 * 10**15, "5000 TB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert amount_of_bytes(size) == words
