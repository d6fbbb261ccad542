"""Any text of Unicode on every screen: its widgets, its messages and what its key copies are harmless."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from aitbc_tui.domain.fold import Fold
from aitbc_tui.domain.journal import LogChunk, LogTarget
from aitbc_tui.domain.operation import Plan
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText, clean, literal
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.widgets.canvas import Canvas, ScrollCanvas
from tests.fixtures import incidents, snapshots
from tests.hostile.soil import NASTY, _soil, soiled
from tests.hostile.test_builders import CONTROL, TEXTS
from tests.ui.backends import StillBackend, app_for

Open = Callable[[AitbcApp], object]


def screens(app: AitbcApp, plan: Plan) -> Iterator[tuple[str, Open]]:
    """Every screen of the registry, on the first thing that it can be opened on."""
    snapshot = app.current
    job, receipt = snapshot.jobs[0], snapshot.receipts[0].receipt
    yield "job", lambda a: registry.open_job(a, str(job.job.job_id))
    yield "receipt", lambda a: registry.open_receipt(a, receipt)
    yield "cancel", lambda a: registry.open_cancel(a, str(job.job.job_id))
    yield "quiet", lambda a: registry.open_quiet(a, Fold((snapshot.alarms[0],)))
    yield "node", lambda a: registry.open_node(a, str(snapshot.nodes[0].name))
    yield "miner", lambda a: registry.open_miner(a, str(snapshot.miners[0].miner.identity.label))
    yield "gpu", lambda a: registry.open_gpu(a, str(snapshot.gpus[0].name))
    yield "power", lambda a: registry.open_power(a, str(snapshot.gpus[0].name))
    yield "logs", lambda a: registry.open_logs(a)
    yield "plan", lambda a: registry.open_plan(a, plan.wish)
    yield "confirm", lambda a: registry.open_confirm(a, plan)
    yield "progress", lambda a: registry.open_progress(a, plan)
    yield "tx", lambda a: registry.open_tx(a, NASTY[0])
    for name in ("submit", "help", "connections", "alarms", "events", "operations", "environments"):
        yield name, lambda a, name=name: getattr(registry, f"open_{name}")(a)  # type: ignore[misc]
    for name in ("stress", "ledger", "blocks"):
        yield name, lambda a, name=name: getattr(registry, f"open_{name}")(a)  # type: ignore[misc]


def check(app: AitbcApp, where: str) -> int:
    """The lines of every canvas on the screen in front, those outside the window too."""
    count = 0
    for canvas in app.screen.query(Canvas):
        lines = [*canvas.lines, *(canvas.content if isinstance(canvas, ScrollCanvas) else ())]
        for line in lines:
            assert not CONTROL.search(line.plain), (where, line.plain)
            assert cell_len(line.fit(80).plain) == 80
            count += bool(line.plain.strip())
    return count


async def visit(texts: Sequence[str], size: tuple[int, int], base: Snapshot) -> set[str]:
    endless = itertools.cycle(texts)
    hostile = soiled(base, lambda: next(endless))
    app = app_for(hostile)
    backend = cast(StillBackend, app.backend)
    backend.targets = [
        LogTarget(*[clean(next(endless)) if isinstance(v, str) else v for v in _values(incidents.TARGETS[0])])
    ]
    plan = cast(Plan, _soil(incidents.plan(), lambda: next(endless)))
    copied: list[str] = []
    app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
    seen = set()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for pane in Pane:
            await pilot.press(str(pane.value), "y")
            check(app, pane.name)
        for name, show in screens(app, plan):
            show(app)
            await pilot.pause()
            for told in backend.readers:
                told(LogChunk(lines=tuple(clean(text) for text in texts)))
            app.say(clean(next(endless)))
            await pilot.press("y")
            assert check(app, name) > 0
            seen.add(name)
            app.home()
            await pilot.pause()
    assert copied and not any(CONTROL.search(text.replace("\n", "")) for text in copied), copied
    return seen


def _values(target: LogTarget) -> list[Any]:
    return [getattr(target, name) for name in target.__slots__]


@pytest.mark.timeout(240)
@settings(max_examples=2, deadline=None, phases=(Phase.generate,))
@given(st.lists(TEXTS, min_size=3, max_size=9))
def test_every_screen(texts: list[str]) -> None:
    seen = asyncio.run(visit([*texts, "x"], (120, 40), incidents.forked()))
    wanted = {name.removeprefix("open_") for name in vars(registry) if name.startswith("open_")}
    assert seen == wanted, "a screen that is opened by name and not looked at here"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_the_usual_suspects_at_other_sizes(size: tuple[int, int]) -> None:
    asyncio.run(visit(NASTY, size, snapshots.bad()))


def test_a_text_that_was_not_cleaned_is_stopped_by_the_frame() -> None:
    """The last line of defence: what reaches a widget by mistake has no control byte when it leaves."""
    from aitbc_tui.ui.frame import Frame

    frame = Frame()
    frame.forget(40, len(NASTY))
    for y, text in enumerate(NASTY):
        frame.put(y, 0, [(str(literal(text)), "31")])
    painted = frame.paint()
    left = re.sub(r"\x1b\[[0-9;]*[mHC]", "", painted)
    assert not re.search("[\x00-\x1f\x7f-\x9f]", left)
    assert isinstance(literal("x"), SafeText)
