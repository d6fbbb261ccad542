"""At most five operations at once in one environment, whatever process they are in."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from aitbc_tui.domain.errors import GuardError
from aitbc_tui.operations.slots import SLOTS, slot

HOLD = """
import asyncio, sys
from pathlib import Path
from aitbc_tui.operations.slots import slot
async def main():
    async with slot(Path(sys.argv[1]), "prod"):
        print("held", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_the_sixth_is_refused_and_a_place_that_is_given_back_is_taken(tmp_path: Path) -> None:
    assert SLOTS == 5
    async with AsyncExitStack() as stack:
        numbers = {await stack.enter_async_context(slot(tmp_path, "prod")) for _ in range(4)}
        async with slot(tmp_path, "prod") as fifth:
            assert {*numbers, fifth} == {1, 2, 3, 4, 5}
            with pytest.raises(GuardError, match="5 operations are under way"):
                async with slot(tmp_path, "prod", patience_s=0.2):
                    raise AssertionError("a sixth was let in")
            async with slot(tmp_path, "other", patience_s=0.2):
                pass
        async with slot(tmp_path, "prod", patience_s=0.2) as again:
            assert again == fifth


async def test_other_processes_count_and_a_killed_one_gives_its_place_back(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(slot(tmp_path, "prod"))
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLD, str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert child.stdout is not None
            assert await child.stdout.readline() == b"held\n"
            with pytest.raises(GuardError):
                async with slot(tmp_path, "prod", patience_s=0.2):
                    raise AssertionError("a sixth was let in")
        finally:
            child.kill()
            await child.wait()
        async with slot(tmp_path, "prod", patience_s=2.0):
            pass
