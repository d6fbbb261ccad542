"""At most five operations at once in one environment, whatever processes they run in: five lock files."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aitbc_tui.domain.errors import GuardError
from aitbc_tui.ledger.files import private_folder

SLOTS = 5
PATIENCE_S = 5.0
_LOOK_S = 0.1


@asynccontextmanager
async def slot(folder: Path, environment: str, patience_s: float = PATIENCE_S) -> AsyncIterator[int]:
    """Hold one of the five; waits a moment for one to become free. A process that dies gives its own back."""
    private_folder(folder)
    ends = time.monotonic() + patience_s
    while (held := _take(folder, environment)) is None:
        if time.monotonic() >= ends:
            raise GuardError(
                f"{SLOTS} operations are under way in environment {environment}",
                remedy="wait until one of them has ended; more at once would overload the nodes",
            )
        await asyncio.sleep(_LOOK_S)
    number, handle = held
    try:
        yield number
    finally:
        os.close(handle)


def _take(folder: Path, environment: str) -> tuple[int, int] | None:
    for number in range(1, SLOTS + 1):
        handle = os.open(folder / f"{environment}.{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number, handle
        os.close(handle)
    return None
