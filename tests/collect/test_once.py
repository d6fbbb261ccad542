"""One look for a command: what one host does not answer takes nothing away from the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.once import Wanted, look
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import Child
from tests.fixtures.waiting import until


async def test_a_host_that_is_long_in_failing_does_not_use_up_the_others_time(
    devnet_child: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A black hole takes eight seconds to fail; a shorter `--timeout` then said that every node was unreachable."""
    settings = load(Flags(config=str(devnet_child.config_path)), {})
    never = asyncio.Event()

    async def hole(timeout_s: float) -> None:
        await never.wait()

    setup = Setup(settings.environment, settings.trust.store(), tmp_path / "l.sqlite3", demo=True)
    async with Collector(setup) as collector:
        monkeypatch.setattr(collector.hosts["follower"], "ensure", hole)
        looking = asyncio.create_task(look(collector, Wanted(heads=True, jobs=True), 600.0))
        await until(lambda: collector.hub.world.nodes["genesis"].head.at is not None, 60.0)
        assert collector.hub.world.nodes["follower"].head.at is None and not looking.done()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
