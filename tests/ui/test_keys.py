"""The dashboard by keys: focus, selection, filter, order, freeze, sizes; and nothing painted when nothing changed."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from aitbc_tui.domain.snapshot import Access, GpuRow, Pane, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.widgets.canvas import Canvas
from tests.fixtures import snapshots
from tests.ui.backends import StillBackend, app_for, screen_text
from tests.ui.pictures import drawing
from tests.ui.screens.promises import until


def backend(app: AitbcApp) -> StillBackend:
    return cast(StillBackend, app.backend)


def row_with(app: AitbcApp, text: str) -> str:
    return next((row for row in screen_text(app) if text in row), "")


def repaints(app: AitbcApp) -> int:
    return sum(canvas.repaints for canvas in app.screen.query(Canvas))


async def test_the_first_frame_comes_before_the_backend_starts() -> None:
    app = app_for(snapshots.first_start())
    seen: list[str] = []
    original = backend(app).start

    def start() -> None:
        seen.append(screen_text(app)[0])
        original()

    backend(app).start = start  # type: ignore[method-assign]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
    assert "connecting" in seen[0]


@pytest.mark.parametrize(("name", "snapshot"), [("sound", snapshots.sound()), ("bad", snapshots.bad())])
async def test_the_screen_is_the_drawing(name: str, snapshot: Snapshot) -> None:
    """Through Textual's compositor; row 1 differs by the bytes painted, the last row by keys not built yet."""
    app = app_for(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        want, got = drawing(f"dashboard-{name}-120x40"), screen_text(app)
        assert got[0] == want[0] and got[2:39] == want[2:39]
        assert got[1][:110] == want[1][:110]
        assert got[39].startswith(" 1-7 pane  z zoom  Enter open  / filter  s sort  space freeze  v verify")
        assert got[39].rstrip().endswith(": command  ? help  q quit")


async def test_unchanged_data_repaints_nothing() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        before = repaints(app)
        for _ in range(5):
            app._newest = snapshots.bad()
            app.paint_now()
        assert repaints(app) == before
        newer = replace(snapshots.bad(), totals=replace(snapshots.bad().totals, queue=4))
        backend(app).set(newer)
        await until(lambda: "queue 4" in screen_text(app)[1])
        assert repaints(app) == before + 1


async def test_many_wakes_are_one_frame() -> None:
    app = app_for(snapshots.sound())
    painted: list[int] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.6)
        original = app.paint_now
        app.paint_now = lambda: (painted.append(1), original())[1]  # type: ignore[method-assign]
        for _ in range(200):
            backend(app).wake()
        await pilot.pause(0.8)
    assert 1 <= len(painted) < 20


async def test_focus_by_number_and_tab() -> None:
    app = app_for(snapshots.sound())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        assert row_with(app, "4 Jobs").startswith("━")
        assert row_with(app, "1 Nodes").startswith("─")
        assert row_with(app, "9c41e7d2  ").startswith("▌")
        await pilot.press("tab")
        assert app.dashboard.focus_pane is Pane.GPUS
        await pilot.press("shift+tab", "shift+tab")
        assert app.dashboard.focus_pane is Pane.MINERS


async def test_selection_follows_the_thing_and_rows_keep_their_order() -> None:
    app = app_for(snapshots.sound())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "j", "j")
        assert row_with(app, "c2f86610").startswith("▌")
        first = snapshots.sound()
        newcomer = snapshots.live_jobs()[0]
        newcomer = replace(newcomer, job=replace(newcomer.job, job_id=SafeText("ffff0000" + "0" * 24)))
        turned = replace(first, jobs=(newcomer, *reversed(first.jobs)))
        backend(app).set(turned)
        await until(lambda: screen_text(app)[17][12:20] == "ffff0000")
        rows = [row[12:20] for row in screen_text(app)[17:25]]
        assert rows[0] == "ffff0000"
        assert rows[1:4] == ["9c41e7d2", "71bd0a3e", "c2f86610"]
        assert row_with(app, "c2f86610").startswith("▌")
        await pilot.press("1", "4")  # the focus left: the new order holds
        assert [row[12:20] for row in screen_text(app)[17:20]] == ["ffff0000", "aa31c94f", "5d20f6e8"]


async def test_long_lists_scroll_with_the_cursor() -> None:
    app = app_for(snapshots.many())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "G")
        assert row_with(app, "00000063").startswith("▌")
        await pilot.press("g")
        assert row_with(app, "00000000").startswith("▌")
        await pilot.press("ctrl+d")
        assert app.dashboard.selected() == f"{8:08x}".ljust(32, "0")


async def test_filter_applies_on_enter_and_esc_clears_it() -> None:
    app = app_for(snapshots.sound())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "slash", *"mistral")
        assert "9c41e7d2" in "".join(screen_text(app))
        await pilot.press("enter")
        assert "/mistral 2 of 8" in row_with(app, "4 Jobs")
        assert "9c41e7d2  " not in "".join(screen_text(app))
        await pilot.press("escape")
        assert "/mistral" not in row_with(app, "4 Jobs")


async def test_typing_in_the_filter_quits_nothing() -> None:
    app = app_for(snapshots.sound())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", "q", "1", "z", "enter")
        assert app.is_running
        assert "/q1z 0 of 3" in row_with(app, "1 Nodes")
        assert row_with(app, "no row contains 'q1z'")


async def test_sort_by_worst() -> None:
    app = app_for(snapshots.many())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "s")
        assert all("FAILED" in row for row in screen_text(app)[17:25])
        assert "by worst" in row_with(app, "4 Jobs")


async def test_freeze_keeps_rows_and_lets_alarms_and_the_verdict_go_on() -> None:
    app = app_for(snapshots.sound())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("space")
        backend(app).set(snapshots.bad())
        await until(lambda: "FORK" in screen_text(app)[0])
        assert "5 open" in row_with(app, "7 Alarms")
        assert "FROZEN <5 s" in row_with(app, "1 Nodes") and "agree" in row_with(app, "1 Nodes")
        await pilot.press("space")
        assert "FORK" in row_with(app, "1 Nodes")


async def test_zoom_and_back() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3", "z")
        assert screen_text(app)[2].startswith(" 1 Nodes ■  2 Pool ▲")
        assert row_with(app, "miner·3f9a ■ SILENT")
        await pilot.press("escape")
        assert row_with(app, "4 Jobs").startswith("─")


async def test_small_screens_by_keys() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert screen_text(app)[2].startswith("━ Overview")
        await pilot.press("j", "j", "enter")
        assert screen_text(app)[3].startswith("━ 3 Miners")
        await pilot.press("escape")
        assert screen_text(app)[2].startswith("━ Overview")
        await pilot.press("7")
        assert screen_text(app)[3].startswith("━ 7 Alarms")
        await pilot.press("0")
        assert screen_text(app)[2].startswith("━ Overview")


async def test_resizing_changes_the_arrangement() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert screen_text(app)[2].startswith("━ Overview")
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert screen_text(app) == drawing("too-small-50x12")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert screen_text(app)[2:39] == drawing("dashboard-bad-120x40")[2:39]


async def test_columns_that_do_not_fit_come_into_view() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4", *["right"] * 7)
        header = screen_text(app)[16]
        assert header.startswith(" state      job") and "price" in header


async def test_verify_asks_the_backend_and_says_what_came() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("6", "v")
        await pilot.pause()
        assert "verify 82d4f913" in backend(app).asked
        assert "receipt of 82d4f913: valid" in screen_text(app)[39]


async def test_cancel_says_what_it_needs() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "c")
        assert "c cancels: needs access submit, this is observe" in screen_text(app)[39]


async def test_cancel_refuses_what_is_over_or_not_ours() -> None:
    armed = replace(snapshots.bad(), environment=snapshots.environment(Access.SUBMIT))
    app = app_for(armed)
    async with app.run_test(size=(120, 40)) as pilot:
        assert "n submit" in screen_text(app)[39]
        await pilot.press("4", "j", "c")
        assert "not ours" in screen_text(app)[39]
        await pilot.press("G", "c")
        assert "is over (COMPLETED)" in screen_text(app)[39]


async def test_copy_is_the_whole_id() -> None:
    app = app_for(snapshots.bad())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "y")
        assert app.clipboard == "5e1f0a77".ljust(32, "0")


async def test_a_demo_and_the_access_level_are_said_in_row_0() -> None:
    snapshot = replace(snapshots.sound(), environment=snapshots.environment(Access.OPERATE, demo=True, name="demo"))
    app = app_for(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert screen_text(app)[0].rstrip().endswith("demo ·  operate  · 11:58 UTC")


async def test_a_silent_collector_is_not_called_sound() -> None:
    snapshot = snapshots.sound()
    app = app_for(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        later = snapshot.now + 62
        app.options = replace(app.options, clock=replace(app.options.clock, monotonic=lambda: later))
        app.paint_now()
        assert screen_text(app)[0].startswith(" ? unknown   not watching: the collector has said nothing for 60 s")
        assert "~1 m" in row_with(app, "1 Nodes")


async def test_q_leaves_with_0_and_interrupt_with_130() -> None:
    for key, code in (("q", 0), ("ctrl+c", 130)):
        app = app_for(snapshots.sound())
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press(key)
        assert app.return_value == code


async def test_the_selection_of_a_pane_stays_on_its_thing_from_the_moment_of_focus() -> None:
    app = app_for(snapshots.sound())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        first = snapshots.sound()
        newcomer = replace(first.jobs[0], job=replace(first.jobs[0].job, job_id=SafeText("ffff0000" + "0" * 24)))
        backend(app).set(replace(first, jobs=(newcomer, *first.jobs)))
        await until(lambda: any("ffff0000" in row for row in screen_text(app)))
        assert row_with(app, "9c41e7d2").startswith("▌")


async def test_a_pane_that_cannot_be_drawn_leaves_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broken = replace(snapshots.bad(), gpus=(cast(GpuRow, object()),))
    app = app_for(broken)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert row_with(app, "5 GPUs")[:61].startswith("─ 5 GPUs     ▲ broken here")
        assert "could not draw it (AttributeError)" in "".join(screen_text(app))
        assert screen_text(app)[3:9] == drawing("dashboard-bad-120x40")[3:9]
        await pilot.press("5", "j", "enter", "z", "s", "space")
        assert app.is_running
    assert "could not draw pane GPUs" in caplog.text
