"""A flood of findings is one row: in pane 7, on the alarms screen, in the question, and one key clears it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.fold import folded
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.ui.panes import alarms as pane
from aitbc_tui.ui.panes.detail import detail_lines
from aitbc_tui.ui.panes.table import PaneView
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.alarms_lines import AlarmsView, build_alarms
from aitbc_tui.ui.screens.job import JobScreen
from tests.fixtures import incidents
from tests.ui.backends import StillBackend
from tests.ui.screens.promises import app_on, text_of

JOBS = ("0be6a85d", "11111111", "22222222", "33333333", "44444444", "55555555", "66666666")
RULE = "job-fails-completed"
WIDE = (120, 40)


def flooded(jobs: tuple[str, ...] = JOBS) -> Snapshot:
    """The forked network, and Ollama fails: one bill a job, a minute apart, the first of them the oldest."""
    base = incidents.forked()
    (billed,) = (alarm for alarm in base.alarms if alarm.word == "BILLED")

    def one(job: str, index: int) -> Alarm:
        return replace(billed, rule=RULE, about=SafeText(job), since=billed.since + index, many=SafeText("jobs"))

    bills = tuple(one(job, index) for index, job in enumerate(jobs))
    at = base.alarms.index(billed)
    return replace(base, alarms=(*base.alarms[:at], *reversed(bills), *base.alarms[at + 1 :]))


def pane_text(snapshot: Snapshot, width: int = 120) -> list[str]:
    return [line.plain for line in pane.build(snapshot, width, 9, PaneView())]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_pane_holds_the_flood_in_one_row_and_everything_else_beside_it(width: int) -> None:
    rows = pane_text(flooded(), width)
    assert sum("BILLED" in row for row in rows) == 1
    (billed,) = (row for row in rows if "BILLED" in row)
    assert "12:01" in billed and "7 jobs" in billed and "newest 66666666, COMPLETED" in billed
    assert any("STUCK" in row for row in rows) and any("link" in row for row in rows)
    assert all(line.width <= width for line in pane.build(flooded(), width, 9, PaneView()))


def test_a_single_one_is_drawn_as_ever() -> None:
    assert pane_text(flooded(JOBS[:1])) == pane_text(incidents.forked())


def test_the_detail_under_the_pane_speaks_of_all_of_them() -> None:
    lines = [line.plain for line in detail_lines(flooded(), Pane.ALARMS, f"{RULE}/*", 80)]
    assert lines[0].startswith("─ 7 jobs ■ BILLED · since 12:01")
    assert [line.split()[1:] for line in lines if line.startswith(" do ")] == [["Enter:", "each", "of", "them"]]


def test_a_filter_finds_a_job_inside_the_flood() -> None:
    rows = pane.build(flooded(), 120, 9, PaneView(filter="33333333"))
    assert "1 of 7" in rows[0].plain and "7 jobs" in rows[2].plain


async def test_enter_in_the_pane_lists_them_and_enter_on_one_opens_its_job() -> None:
    app = app_on(StillBackend(flooded()))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7", "j", "j", "j", "enter")
        text = text_of(app)
        assert "─ BILLED 7 jobs ■ open · since 12:01:" in text
        assert "and 2 before: Enter lists each of them" in text
        assert "33333333" in text and "Enter: fold them again" in text
        await pilot.press("enter")
        assert "Enter: each of them" in text_of(app), "the same key folds them again"
        assert "─ BILLED 7 jobs" in text_of(app)
        await pilot.press("enter", *["j"] * 7)
        assert "─ BILLED 0be6a85d ■ open" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, JobScreen)


async def test_acknowledging_the_row_says_how_many_and_closes_those_that_were_there() -> None:
    backend = StillBackend(flooded())
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7", "j", "j", "j", "a")
        text = text_of(app)
        assert "Quiet: BILLED 7 jobs" in text and "acknowledge all 7 jobs: they were seen, close them" in text
        backend.set(flooded((*JOBS, "77777777")))
        await pilot.pause()
        await pilot.press("enter")
        assert backend.asked[-1] == "acknowledge job-fails-completed " + " ".join(reversed(JOBS))
        assert "77777777" not in backend.asked[-1], "what came later was not seen"


async def test_one_of_them_is_acknowledged_by_itself() -> None:
    backend = StillBackend(flooded())
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        (fold,) = (fold for fold in folded(flooded().alarms) if fold.several)
        registry.open_alarms(app, fold.key)
        await pilot.press("j", "j", "a")
        assert "acknowledge: it was seen, close it" in text_of(app)
        await pilot.press("enter")
        assert backend.asked[-1] == "acknowledge job-fails-completed 55555555"


async def test_the_flood_is_made_quiet_as_one() -> None:
    backend = StillBackend(flooded())
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7", "j", "j", "j", "a", "down", *"known", "enter")
        assert backend.asked[-1] == f"snooze job-fails-completed {' '.join(reversed(JOBS))} 900 known"


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
@pytest.mark.parametrize("unfolded", [False, True])
def test_it_fits_every_width(width: int, unfolded: bool) -> None:
    key = "job-fails-completed/*"
    view = AlarmsView(selected=key, unfolded=frozenset({key} if unfolded else ()))
    assert all(line.width <= width for line in build_alarms(flooded(), view, width, 30))
