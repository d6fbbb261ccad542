"""`df -Pk PATH`: how much of the disk under a path is left."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.node import DiskReading
from aitbc_tui.domain.text import clean


def df_argv(path: str) -> Sequence[str]:
    """Asks for the room on the file system that holds `path`, in KiB."""
    return ("df", "-Pk", path)


def parse_df(output: bytes) -> DiskReading:
    """The one data line; a long device name does not break it in two, thanks to -P."""
    lines = output.decode("utf-8", "replace").splitlines()
    for line in lines[1:]:
        words = line.split()
        if len(words) >= 6 and all(word.isdecimal() and len(word) < 16 for word in words[1:4]):
            return DiskReading(int(words[1]) * 1024, int(words[3]) * 1024, clean(" ".join(words[5:]), 120))
    raise ParseError("df printed no disk")
