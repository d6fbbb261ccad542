"""Six rows in real time, against a devnet in a process of its own: `pytest -m live`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.setup import Setup
from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.fault import table
from aitbc_tui.devnet.options import DevnetOptions
from tests.fixtures.chain import running, settings_of, until
from tests.fixtures.devnet import SEED

pytestmark = pytest.mark.live
ROWS = ("wedge", "fork", "stall", "ssh-drop", "coordinator-500", "receipt-attacker-key")


@pytest.fixture
def child() -> Iterator[Child]:
    with start_child(DevnetOptions(seed=SEED)) as started:
        yield started


@pytest.mark.parametrize("name", ROWS)
async def test_row_in_real_time(name: str, child: Child, tmp_path: Path) -> None:
    settings = settings_of(child)
    setup = Setup(settings.environment, settings.trust.store(), tmp_path / "ledger.db", ssh_config="")
    wanted = table()[name].answers
    async with Collector(setup) as collector:
        with running(collector):
            await until(collector, lambda s: s.headline.word == "sound", 30)
            await asyncio.sleep(8)
            child.fault(f"+{name}")
            seen = await until(collector, lambda s: any(a.open and a.rule == wanted for a in s.alarms), 32)
            assert {a.rule for a in seen.alarms if a.open} == {wanted}
