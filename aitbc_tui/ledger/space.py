"""How large the ledger is, and how much room its disk has left. Nothing in it is ever deleted: it is evidence."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aitbc_tui.domain.figures import amount_of_bytes
from aitbc_tui.domain.text import SafeText, clean

LARGE = 2**30  # some 300,000 receipts
LEAST_FREE, LEAST_SHARE = 2**30, 0.05  # a disk is nearly full below both
BESIDE = ("", "-wal", "-shm")  # SQLite's own files


@dataclass(frozen=True, slots=True)
class Space:
    """Sizes in bytes. `used` is the ledger's own."""

    path: Path
    used: int
    free: int
    total: int

    @property
    def words(self) -> SafeText:
        """`1.2 MB on disk, 34 GB free there`."""
        return SafeText(f"{amount_of_bytes(self.used)} on disk, {amount_of_bytes(self.free)} free there")

    @property
    def trouble(self) -> SafeText:
        """What is wrong with it; empty where nothing is."""
        if self.free < LEAST_FREE and self.free < LEAST_SHARE * self.total:
            return SafeText(f"its disk has {amount_of_bytes(self.free)} left: what cannot be written down is not sent")
        return SafeText(f"{amount_of_bytes(self.used)}, which makes it slow") if self.used > LARGE else SafeText("")

    @property
    def remedy(self) -> SafeText:
        """Two commands by hand: nothing here makes it smaller, and what is moved away stays evidence."""
        export = "aitbc-tui receipts export --exact -o FILE"
        return clean(f"{export}; then, while no aitbc-tui runs, move {self.path} away: a new one is made", 300)


def space_of(path: Path) -> Space | None:
    """None where there is no ledger yet."""
    used = 0
    for suffix in BESIDE:
        with suppress(FileNotFoundError):
            used += os.stat(f"{path}{suffix}").st_size
    if not used:
        return None
    disk = os.statvfs(path.parent)
    return Space(path, used, disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)
