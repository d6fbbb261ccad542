"""Pictures of nodes, alarms, events, logs and operations at the three sizes; a change of a cell is a change here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from textual.pilot import Pilot

from aitbc_tui.domain.journal import LogChunk
from aitbc_tui.domain.operation import RunState
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from tests.fixtures import incidents
from tests.ui.backends import StillBackend
from tests.ui.screens.promises import app_on, until

SIZES = [(80, 24), (120, 40), (200, 60)]


class Shot(NamedTuple):
    snapshot: Callable[[], Snapshot]
    open: Callable[[AitbcApp], None]
    keys: tuple[str, ...] = ()


SHOTS = {
    "node-fork": Shot(incidents.forked, lambda app: registry.open_node(app, "follower-2")),
    "node-source": Shot(incidents.forked, lambda app: registry.open_node(app, "genesis")),
    "alarms": Shot(incidents.forked, registry.open_alarms),
    "alarms-quiet": Shot(lambda: incidents.quiet(incidents.forked()), registry.open_alarms, ("j", "j", "a")),
    "events": Shot(incidents.forked, registry.open_events, ("j",)),
    "miner": Shot(incidents.forked, lambda app: registry.open_miner(app, "miner·3f9a")),
    "gpu": Shot(incidents.forked, lambda app: registry.open_gpu(app, "gpu-1:0")),
    "log": Shot(incidents.forked, lambda app: registry.open_logs(app, "follower-2"), ("slash", *"fork", "enter")),
    "operations": Shot(lambda: incidents.lagging(Access.OBSERVE), registry.open_operations, ("down", "down")),
    "plan": Shot(incidents.lagging, lambda app: registry.open_plan(app, incidents.WISH)),
    "confirm": Shot(incidents.lagging, lambda app: registry.open_confirm(app, incidents.plan()), tuple("foll")),
    "progress": Shot(incidents.lagging, lambda app: registry.open_progress(app, incidents.plan())),
    "environments": Shot(incidents.lagging, registry.open_environments),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SHOTS)
def test_screen(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    shot = SHOTS[name]
    backend = StillBackend(shot.snapshot())
    backend.targets = incidents.TARGETS
    app = app_on(backend)

    async def before(pilot: Pilot[int]) -> None:
        await until(lambda: app._begun, 5.0)
        shot.open(app)
        await pilot.pause()
        for told in backend.readers:
            told(LogChunk(incidents.LOG))
        for future in backend.plans:
            future.set_result(incidents.plan())
        for told_run, _ in backend.runs:
            told_run(incidents.run(RunState.RUNNING))
        await pilot.pause(0.2)
        await pilot.press(*shot.keys)
        await pilot.pause(0.1)

    assert snap_compare(app, terminal_size=size, run_before=before)
