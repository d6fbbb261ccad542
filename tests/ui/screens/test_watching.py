"""Nodes, miners, cards, alarms, events and logs by keys: what opens, what is asked for, what the reader chose stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.alarm import Happening
from aitbc_tui.domain.fold import alarm_key
from aitbc_tui.domain.journal import LogChunk
from aitbc_tui.domain.snapshot import Access, Pane
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.alarms import AlarmsScreen
from aitbc_tui.ui.screens.alarms_lines import AlarmsView, build_alarms
from aitbc_tui.ui.screens.alarms_looks import Looks
from aitbc_tui.ui.screens.events_lines import build_events
from aitbc_tui.ui.screens.goto import go_about
from aitbc_tui.ui.screens.job import JobScreen
from aitbc_tui.ui.screens.logs import LogsScreen
from aitbc_tui.ui.screens.logs_lines import LogView, build_log
from aitbc_tui.ui.screens.node import NodeScreen
from aitbc_tui.ui.screens.node_blocks import block_lines, first_window
from tests.fixtures import detail_links, incidents
from tests.ui.backends import StillBackend
from tests.ui.screens.promises import app_on, text_of, until

WIDE = (120, 40)


def backend_on(snapshot: object = None) -> StillBackend:
    backend = StillBackend(incidents.forked() if snapshot is None else snapshot)  # type: ignore[arg-type]
    backend.targets = incidents.TARGETS
    return backend


def title(app: AitbcApp) -> str:
    rows = text_of(app).splitlines()
    return rows[3] if len(rows) >= 40 else rows[2]


async def begun(app: AitbcApp) -> None:
    """What the backend says reaches the screen only from then on."""
    await until(lambda: app._begun, 5.0)


@pytest.mark.parametrize(
    ("keys", "want"),
    [
        ("1", "━ Node follower-2 ■ FORK"),
        ("3", "━ Miner miner·3f9a ■ SILENT"),
        ("5", "━ GPU gpu-1:0 ▲ idle"),
        ("7", "━ 7 Alarms   ■ 5 open"),
    ],
)
async def test_enter_opens_what_is_selected_and_esc_comes_back(keys: str, want: str) -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press(*keys, "enter")
        await pilot.pause()
        assert title(app).startswith(want)
        await pilot.press("escape")
        assert title(app).startswith(("━ 1 Nodes", "─ 1 Nodes"))


@pytest.mark.parametrize(("key", "want"), [("e", "━ Events"), ("o", "━ Operations"), ("l", "━ Log"), ("E", "━ Env")])
async def test_keys_of_the_dashboard(key: str, want: str) -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert title(app).startswith(want)


# --- a node


async def test_digits_lead_home_from_a_screen_on_which_one_reads_and_from_no_other() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        for opened in (["1", "enter"], ["7", "enter"], ["e"], ["l"], ["question_mark"]):
            await pilot.press(*opened)
            await pilot.pause()
            assert app.screen is not app.dashboard, opened
            await pilot.press("5")
            await pilot.pause()
            assert app.screen is app.dashboard and app.dashboard.focus_pane is Pane.GPUS, opened
        await pilot.press("1", "enter", "0")
        assert app.screen is app.dashboard and not app.dashboard.zoomed
        await pilot.press("e", "slash", "5")
        assert "/ 5_" in text_of(app).splitlines()[-1], "while a filter is typed a digit is text"
        await pilot.press("escape", "escape", "o", "5")
        assert title(app).startswith("━ Operations"), "and it leaves no work behind"


async def test_a_node_asks_for_the_blocks_it_lacks_and_not_for_ever() -> None:
    backend = backend_on(replace(incidents.forked(), blocks={}))
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_node(app, "follower-2")
        await pilot.pause()
        assert backend.asked.count("blocks 15234..15223") == 1
        for _ in range(5):  # all of it while the heads are fresh
            app._newest = replace(app._newest, now=app._newest.now + 2.1)
            app.paint_now()
        assert backend.asked.count("blocks 15234..15223") == 3
        backend.set(incidents.forked())
        await until(lambda: "cd17f46e…2be613" in text_of(app))


async def test_blocks_by_keys() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        registry.open_node(app, "follower-2")
        await pilot.press("k")
        assert "▌■   15,230" in text_of(app)
        await pilot.press(*["j"] * 8)
        assert "▌?   15,222" in text_of(app)  # one below the table: it moved
        await pilot.press("g")
        assert "▌■   15,229" in text_of(app) and "15,234" in text_of(app)
        await pilot.press("right_square_bracket")
        assert "15,246" in text_of(app)


async def test_the_log_of_a_node_is_read_while_it_is_open() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_node(app, "follower-2")
        await pilot.pause()
        assert "follow aitbc-blockchain-node" in backend.asked
        backend.readers[0](LogChunk(incidents.LOG))
        await until(lambda: "Fork detected height=15229" in text_of(app))
        await pilot.press("escape")
        await until(lambda: "unfollow aitbc-blockchain-node" in backend.asked)


async def test_a_node_that_is_not_configured_is_said_so() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        registry.open_node(app, "nowhere")
        await pilot.press("j", "y", "g")
        assert "no node of this name is configured" in text_of(app)


def test_the_sources_blocks_are_compared_with_all_also_where_only_one_has_a_column() -> None:
    snapshot = incidents.forked()
    row = next(node for node in snapshot.nodes if node.name == "genesis")
    lines = [line.plain for line in block_lines(snapshot, row, first_window(snapshot, "genesis"), 80)]
    assert "  proposer  " in lines[1] and lines[1].rstrip().endswith("follower-2"), "who is apart is seen first"
    assert [line[1] for line in lines[2:]] == ["■"] * 6 + ["●"] * 6


async def test_an_empty_pane_offers_nothing_to_open_and_a_small_screen_no_other_panes() -> None:
    app = app_on(backend_on(replace(incidents.forked(), alarms=())))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7", "enter")
        assert text_of(app).splitlines()[-1].startswith(" Esc overview  s sort")


async def test_while_a_filter_is_typed_the_last_row_says_what_the_keys_do() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("4", "slash", "x")
        last = text_of(app).splitlines()[-1]
        assert last.startswith(" / x") and last.rstrip().endswith("Enter filters  Esc leaves it")
        await pilot.press("escape")
        await pilot.pause()
        assert "Enter open" in text_of(app).splitlines()[-1]


# --- alarms


async def test_the_selected_alarm_is_kept_when_others_come() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_alarms(app)
        await pilot.press("j", "j")
        assert "─ TRUST 82d4f913 ■ open" in text_of(app)
        old = incidents.forked()
        worse = replace(old.alarms[0], about=SafeText("genesis"), since=old.alarms[0].since + 60)
        backend.set(replace(old, alarms=(worse, *old.alarms)))
        await until(lambda: "6 open" in text_of(app))
        assert "─ TRUST 82d4f913 ■ open" in text_of(app)


async def test_enter_goes_to_what_an_alarm_is_about() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        registry.open_alarms(app)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, NodeScreen) and app.screen.node_name == "follower-2"
        await pilot.press("escape", "j", "enter")
        await pilot.pause()
        assert isinstance(app.screen, JobScreen)


async def test_what_has_no_screen_of_its_own_is_on_the_way_to_it() -> None:
    link = replace(detail_links.LINKS[0], host=SafeText("gpu-9"))
    backend = backend_on(replace(incidents.forked(), coordinator=SafeText("http://127.0.0.1:18000"), links=(link,)))
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        for about in ("coordinator", "link gpu-9", "gpu-9"):
            assert go_about(app, about)
            await pilot.pause()
            assert title(app).startswith("━ Connections")
            app.back()
        assert go_about(app, "mempool follower")
        await pilot.pause()
        assert "━ 2 Mempool" in text_of(app)


async def test_coming_back_to_the_alarms_selects_what_is_open() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        await pilot.press("7", "j")
        key = app.dashboard.selected()
        old = incidents.forked()
        alarms = tuple(replace(a, closed=a.since + 60) if a is old.alarms[1] else a for a in old.alarms)
        backend.set(replace(old, alarms=alarms))
        await until(lambda: all(alarm.rule != old.alarms[1].rule or not alarm.open for alarm in app.current.alarms))
        assert app.dashboard.selected() == key, "it is kept under the reader's eyes"
        await pilot.press("1", "7", "enter")
        await pilot.pause()
        assert "─ FORK follower-2 ■ open" in text_of(app)


async def test_the_keys_that_a_remedy_names_work_on_the_alarm_itself() -> None:
    old = incidents.forked()
    trust = next(alarm for alarm in old.alarms if alarm.word == "TRUST")
    stuck = replace(next(alarm for alarm in old.alarms if alarm.word == "STUCK"), check=SafeText("aitbc-tui trace 5e"))
    backend = backend_on(replace(old, alarms=(stuck, trust)))
    app = app_on(backend)
    copied: list[str] = []
    app.copy = copied.append  # type: ignore[method-assign]
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_alarms(app)
        await pilot.press("c")
        assert "c cancels: needs access submit" in text_of(app)
        await pilot.press("Y")
        assert copied == ["aitbc-tui trace 5e"], "the command alone, to be pasted"
        await pilot.press("j", "Y")
        assert "no command checks this" in text_of(app) and len(copied) == 1
        await pilot.press("v")
        assert "receipt of 82d4f913" in text_of(app)
        await pilot.press("escape", "7", "g", "c")
        assert "c cancels: needs access submit" in text_of(app), "as on the dashboard"
        await pilot.press("Y")
        assert len(copied) == 2


def test_on_a_small_screen_what_to_do_comes_before_the_check_by_hand() -> None:
    snapshot = incidents.forked()
    alarm = replace(snapshot.alarms[0], check=SafeText("ssh ops@aitbc2 curl"))
    snapshot = replace(snapshot, alarms=(alarm,))
    text = [line.plain for line in build_alarms(snapshot, AlarmsView(), 80, 21)]
    at = {word: next(row for row, line in enumerate(text) if word in line) for word in ("What to do", "by hand")}
    assert at["What to do"] < at["by hand"]


def test_a_closed_alarm_asks_for_nothing() -> None:
    snapshot = incidents.forked()
    closed = next(alarm for alarm in snapshot.alarms if not alarm.open)
    text = "\n".join(line.plain for line in build_alarms(snapshot, AlarmsView(alarm_key(closed)), 120, 36))
    assert "nothing now: it closed at 09:14:02, came back by itself" in text
    assert "This alarm closes" not in text


async def test_quiet_needs_a_reason_and_acknowledging_does_not() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        registry.open_alarms(app)
        await pilot.press("a", "down", "down", "enter")
        await pilot.pause()
        assert "quiet needs a reason" in text_of(app)
        await pilot.press(*"we know q", "enter")
        await pilot.pause()
        assert backend.asked[-1] == "snooze fork follower-2 3600 we know q"
        assert isinstance(app.screen, AlarmsScreen)
        await pilot.press("a", "enter")
        assert backend.asked[-1] == "acknowledge fork follower-2"


async def test_leaving_the_question_changes_nothing() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("7", "a")
        await pilot.press(*"reason", "escape")
        await pilot.pause()
        assert not [asked for asked in backend.asked if asked.startswith(("snooze", "acknowledge"))]


async def test_a_filter_of_alarms_takes_every_key_as_text() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=WIDE) as pilot:
        registry.open_alarms(app)
        await pilot.press("slash", *"jaq", "escape")
        assert isinstance(app.screen, AlarmsScreen) and "/jaq" not in title(app)
        await pilot.press("slash", *"link", "enter")
        assert "/link 2 of 7" in title(app) and "─ link follower ▲ open" in text_of(app)
        await pilot.press("h")
        assert "/link 1 of 7" in title(app)
        await pilot.press("escape")
        assert isinstance(app.screen, AlarmsScreen) and "/link" not in title(app)


async def test_the_bell_rings_once_for_a_new_bad_alarm() -> None:
    backend = backend_on()
    app = app_on(backend)
    rung: list[int] = []
    async with app.run_test(size=WIDE) as pilot:
        app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        registry.open_alarms(app)
        await pilot.press("b")
        app.paint_now()
        assert not rung  # what is there when it is switched on is no news
        new = replace(incidents.forked().alarms[0], about=SafeText("genesis"))
        app._newest = replace(incidents.forked(), alarms=(new, *incidents.forked().alarms))
        app.paint_now()
        app.paint_now()
        assert rung == [1]


def test_a_quiet_alarm_does_not_ring() -> None:
    mine = Looks(bell=True)
    assert not mine.news(
        replace(incidents.quiet(incidents.forked()), alarms=incidents.quiet(incidents.forked()).alarms[:1])
    )


# --- events


async def test_events_filter_and_open_what_they_are_about() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        await pilot.press("e", "j")
        assert "▌12:01:44" in text_of(app)
        newer = Happening(incidents.at("12:04:00"), Level.BAD, SafeText("STUCK"), SafeText("5e1f0a77"), SafeText("x"))
        backend.set(replace(incidents.forked(), events=(newer, *incidents.events())))
        await until(lambda: "12:04:00" in text_of(app))
        assert "▌12:01:44" in text_of(app)  # it follows the event
        await pilot.press("slash", *"SILENT", "enter")
        assert "/SILENT 1 of 6" in title(app)
        await pilot.press("enter")
        await pilot.pause()
        assert title(app).startswith("━ Miner miner·3f9a")


def test_an_event_tells_an_alarm_from_the_thing_itself_and_a_job_by_its_short_id() -> None:
    job = Happening(incidents.at("12:04:00"), Level.NONE, SafeText("canceled"), SafeText("5e" * 16), SafeText("x"))
    shown = [job, *incidents.events()]
    text = [line.plain for line in build_events(incidents.forked(), shown, 0, "", None, 80)]
    assert " 5e5e5e5e  " in text[2] and "5e" * 5 not in text[2]
    assert "alarm: no answer to keepalive" in text[3]
    assert "alarm SILENT: came back" in text[6]


# --- logs


async def test_a_held_log_stands_still_and_counts_what_is_new() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_logs(app, "follower-2")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, LogsScreen)
        many = tuple(SafeText(f"line {number}") for number in range(100))
        backend.readers[0](LogChunk(many))
        await until(lambda: "line 99" in text_of(app))
        await pilot.press("k")
        assert "~ held" in title(app) and "line 99" not in text_of(app) and "line 98" in text_of(app)
        backend.readers[0](LogChunk((SafeText("news"),)))
        await until(lambda: "held, 1 new" in title(app))
        assert "news" not in text_of(app)
        await pilot.press("G")
        assert "► follows" in title(app) and "news" in text_of(app)


async def test_search_in_a_log() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_logs(app, "follower-2")
        await pilot.pause()
        lines = tuple(SafeText(f"needle {n}" if n % 40 == 0 else f"hay {n}") for n in range(200))
        backend.readers[0](LogChunk(lines))
        await until(lambda: "hay 199" in text_of(app))
        await pilot.press("slash", *"needle", "enter")
        assert '"needle" in 5' in title(app) and "needle 160" in text_of(app)
        await pilot.press("N")
        assert "needle 120" in text_of(app)
        await pilot.press("m")
        assert "hay" not in text_of(app)
        await pilot.press("escape")
        assert isinstance(app.screen, LogsScreen) and "hay" in text_of(app)


async def test_a_log_that_ends_says_why_and_the_next_unit_is_read() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_logs(app)
        await pilot.pause()
        backend.readers[0](LogChunk(trouble=SafeText("SSH is lost"), remedy=SafeText("wait")))
        await until(lambda: "broken off" in title(app))
        assert "▲ SSH is lost" in text_of(app)
        await pilot.press("r")
        assert len(backend.readers) == 2 and "broken off" not in title(app)
        await pilot.press("tab")
        await pilot.pause()
        assert backend.asked[-2:] == ["unfollow aitbc-blockchain-node", "follow aitbc-blockchain-node"]
        await pilot.press("tab")
        await pilot.pause()
        assert "━ Log aitbc-host-gpu-miner" in title(app)


async def test_log_lines_are_text_whatever_they_hold() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_logs(app)
        await pilot.pause()
        backend.readers[0](LogChunk((clean("[bold red]x[/] \x1b[31mred\x07 \u202eabc"),)))
        await until(lambda: "[bold red]x[/]" in text_of(app))
        assert "\x1b" not in text_of(app) and "\u202e" not in text_of(app)


async def test_a_log_is_bounded_in_memory() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        await begun(app)
        registry.open_logs(app)
        await pilot.pause()
        for part in range(12):
            backend.readers[0](LogChunk(tuple(SafeText(f"{part} {n}") for n in range(500))))
        await until(lambda: "1,000 older ones let go" in title(app))


async def test_without_units_the_log_says_what_to_configure() -> None:
    app = app_on(StillBackend(incidents.forked()))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("l", "k", "G", "tab", "slash", "escape")
        assert "no unit of follower-2 is configured" in text_of(app)


# --- miners and cards


async def test_a_miner_is_unmasked_only_when_it_is_written_down() -> None:
    backend = backend_on()
    asked: list[str] = []
    backend.audit = lambda action, subject: asked.append(f"{action} {subject}")  # type: ignore[attr-defined]
    app = app_on(backend)
    async with app.run_test(size=WIDE) as pilot:
        registry.open_miner(app, "miner·3f9a")
        await pilot.pause()
        assert "secret-of" not in text_of(app)
        await pilot.press("u")
        assert asked == ["unmask miner miner·3f9a"] and "secret-of-miner·3f9a" in text_of(app)


async def test_a_miner_opens_its_jobs_and_a_card_its_miner() -> None:
    app = app_on(backend_on(incidents.forked(Access.OPERATE)))
    async with app.run_test(size=WIDE) as pilot:
        registry.open_miner(app, "miner·3f9a")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, JobScreen)
        await pilot.press("escape", "escape")
        registry.open_gpu(app, "gpu-1:0")
        await pilot.press("j", "k", "m")
        await pilot.pause()
        assert title(app).startswith("━ Miner miner·3f9a")


async def test_small_screens_scroll_what_does_not_fit() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=(80, 24)) as pilot:
        registry.open_alarms(app)
        await pilot.press("ctrl+d", "ctrl+d")
        assert "What to do" in text_of(app) and "─ FORK" not in text_of(app).splitlines()[2]
        registry.open_node(app, "follower-2")
        await pilot.press("ctrl+d", "ctrl+d")
        assert "Units" in text_of(app)


def test_what_came_while_a_log_was_held_was_not_let_go() -> None:
    lines = [SafeText("x")] * 205
    held = "".join(run.text for run in build_log("u", "h", lines, 230, LogView(held=205), "", "", 120)[0].runs)
    assert "held, 25 new" in held and "205 lines" in held and "let go" not in held
    followed = "".join(run.text for run in build_log("u", "h", lines, 230, LogView(), "", "", 120)[0].runs)
    assert "25 older ones let go" in followed
