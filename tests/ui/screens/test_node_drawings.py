"""Nodes, miners, alarms, logs and operations against the drawings, cell by cell; where they differ it is said why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aitbc_tui.domain.alarm import AlarmKind
from aitbc_tui.domain.fold import Fold, alarm_key
from aitbc_tui.domain.node import GitState
from aitbc_tui.domain.observed import Observed, Trouble, TroubleKind
from aitbc_tui.domain.operation import RunState
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.rules import RULES
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.status import verdict_line
from aitbc_tui.ui.screens.alarm_evidence import node_row
from aitbc_tui.ui.screens.alarm_words import WORDS, closes, words_for
from aitbc_tui.ui.screens.alarms_lines import AlarmsView, build_alarms
from aitbc_tui.ui.screens.alarms_quiet import build_quiet
from aitbc_tui.ui.screens.environment_choice import EnvironmentChoice
from aitbc_tui.ui.screens.environments import build_environments
from aitbc_tui.ui.screens.events_lines import build_events
from aitbc_tui.ui.screens.gpu_lines import build_gpu
from aitbc_tui.ui.screens.log_text import parts
from aitbc_tui.ui.screens.logs_lines import LogView, build_log
from aitbc_tui.ui.screens.miner_lines import build_miner
from aitbc_tui.ui.screens.node_blocks import first_window, missing, moved
from aitbc_tui.ui.screens.node_lines import build_node
from aitbc_tui.ui.screens.operations_lines import OFFERS, Choice, Part, build_operations
from aitbc_tui.ui.screens.plan_lines import build_confirm, build_plan
from aitbc_tui.ui.screens.progress_lines import build_progress
from aitbc_tui.ui.theme import look
from tests.fixtures import incidents
from tests.ui.pictures import drawn, same

LOOKED = AlarmsView(looked_at=incidents.at("12:01:02"))


def node_lines(snapshot: Snapshot, name: str, width: int) -> list[Line]:
    node = node_row(snapshot, name)
    assert node is not None
    return build_node(snapshot, node, first_window(snapshot, name), incidents.LOG, "", width)


def test_the_node_at_a_fork_is_as_drawn() -> None:
    differ = {
        22: (73, 120),  # nor the size of chain.db, nor which disk it is
        24: (89, 120),  # no history of peers is kept
        26: (87, 110),  # ages and round trips of the newest answers; a count of questions is not kept
        27: (60, 120),
        28: (60, 120),
        29: (60, 97),
        30: (60, 120),
        32: (31, 54),  # three lines came here, 200 in the drawing
    }
    same(node_lines(incidents.forked(), "follower-2", 120), drawn("node-120x40", 3, 39), 120, differ)


def test_the_alarms_are_as_drawn() -> None:
    lines = build_alarms(incidents.forked(), LOOKED, 120, 36)
    want = drawn("alarms-120x40", 3, 39)
    differ = {
        10: (42, 100),  # for how long instead of how it was called, which no alarm keeps
        14: (88, 120),  # when each node was asked is not kept per block
        15: (88, 120),
        16: (88, 120),
        17: (60, 120),
    }
    same(lines, want[:18], 120, differ)
    # The log and the history of peers are not read for this: those rows are left out.
    assert lines[19].fit(120).plain == want[21]
    # How many comparisons it takes is the state's business; a finding waits for somebody.
    same(lines[21:25], want[23:27], 120)
    assert "stays until somebody acknowledges it" in lines[25].plain
    same(lines[27:30], want[29:32], 120)
    same(lines[31:32], want[33:34], 120)
    assert lines[32].plain.startswith(" bell once per new bad alarm: off") and "last look: 3" in lines[32].plain


def test_the_plan_is_as_drawn() -> None:
    same(build_plan(incidents.lagging(), incidents.plan(), 80), drawn("plan-80x24", 2, 23), 80)


def test_the_question_is_as_drawn() -> None:
    lines = build_confirm(incidents.lagging(), incidents.plan(), "", 80)
    same(lines, drawn("confirm-80x24", 2, 23), 80)


def test_the_progress_is_as_drawn() -> None:
    same(build_progress(incidents.run(), False, 80), drawn("progress-80x24", 2, 23), 80)


@pytest.mark.parametrize("name", ["plan-80x24", "confirm-80x24", "progress-80x24"])
def test_the_access_level_counts_down_as_drawn(name: str) -> None:
    same([verdict_line(incidents.lagging(), 80)], drawn(name, 0, 1), 80)


# --- what no drawing shows


def fits(lines: Sequence[Line], width: int) -> str:
    for line in lines:
        assert line.width <= width, line.plain
    return "\n".join(line.plain for line in lines)


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_every_screen_fits_every_width(width: int) -> None:
    snapshot = incidents.forked()
    for name in ("genesis", "follower", "follower-2"):
        fits(node_lines(snapshot, name, width), width)
    for alarm in snapshot.alarms:
        fits(build_alarms(snapshot, AlarmsView(selected=alarm_key(alarm)), width, 30), width)
        fits(build_quiet(Fold((alarm,)), 1, "because [b]", snapshot.utc.timestamp(), width), width)
    fits(build_events(snapshot, snapshot.events, 1, "x", 0.0, width), width)
    for miner in snapshot.miners:
        fits(build_miner(snapshot, miner, 0, False, width), width)
    for gpu in snapshot.gpus:
        fits(build_gpu(snapshot, gpu, width), width)
    assert all(len(offer.about) <= 80 - 26 for offer in OFFERS), "none is cut on a small screen"
    for offer in range(len(OFFERS)):
        fits(build_operations(snapshot, Choice(offer, part=Part.TARGET, text="hello " * 40), width), width)
    for state in RunState:
        run = replace(incidents.run(state), results=(SafeText("x" * 300),), issues=(SafeText("y " * 300),))
        fits(build_progress(run, True, width), width)
    fits(build_log("unit", "host", incidents.LOG, 3, LogView(search="fork"), "it broke", "again", width), width)
    one = EnvironmentChoice("prod", Access.OPERATE, True, 4, 3, True)
    fits(build_environments([one], "prod", 0, True, width), width)


def test_every_rule_that_is_watched_has_its_words() -> None:
    assert set(RULES) == set(WORDS), "aitbc_tui/ui/screens/alarm_words.py: one entry a rule"


def test_evidence_of_a_stranger_is_never_a_template() -> None:
    alarm = replace(incidents.forked().alarms[0], rule="new-rule", remedy=SafeText("{about} {0} {x!r}"))
    snapshot = replace(incidents.forked(), alarms=(alarm,))
    assert "{about} {0} {x!r}" in fits(build_alarms(snapshot, AlarmsView(), 120, 30), 120)
    assert words_for(alarm).do == ("{{about}} {{0}} {{x!r}}",)


def test_a_condition_closes_by_itself_and_a_finding_does_not() -> None:
    alarm = incidents.forked().alarms[0]
    assert "acknowledges" in closes(alarm)
    assert "by itself" in closes(replace(alarm, kind=AlarmKind.CONDITION))


def test_a_host_without_a_tree_is_no_matter_of_the_version() -> None:
    snapshot = incidents.forked()
    trouble = Trouble(TroubleKind.ABSENT, SafeText(f"{snapshot.nodes[0].host}: no git tree at /opt/aitbc"), since=0.0)
    unread: Observed[GitState] = Observed("git", 60.0)
    bare = replace(snapshot.nodes[0], git=unread.failed(trouble))
    text = fits(node_lines(replace(snapshot, nodes=(bare, *snapshot.nodes[1:])), "genesis", 120), 120)
    (row,) = (line for line in text.splitlines() if line.startswith(" git "))
    assert row.split()[1] == "–" and " none at /opt/aitbc " in row and "version" not in row[:60]


def test_a_quiet_alarm_stays_in_the_list() -> None:
    text = fits(build_alarms(incidents.quiet(incidents.forked()), AlarmsView(), 120, 36), 120)
    assert "quiet until 13:04" in text and "we know, the copy runs" in text


def test_different_blocks_are_loud_and_equal_ones_are_not() -> None:
    lines = node_lines(incidents.forked(), "follower-2", 120)
    at_fork = next(line for line in lines if line.plain.startswith("▌■   15,229"))
    equal = next(line for line in lines if line.plain.startswith(" ●   15,228"))
    assert any(run.role is Role.BAD and "cd17f46e" in run.text for run in at_fork.runs)
    assert not any(run.role in (Role.BAD, Role.BAD_STRONG, Role.TEXT) for run in equal.runs)


def test_blocks_that_no_node_was_asked_for_are_unknown_and_asked_for() -> None:
    snapshot = replace(incidents.forked(), blocks={})
    window = first_window(snapshot, "follower-2")
    assert window is not None
    assert missing(snapshot, window) == list(window.heights)
    assert "?   15,229  ?" in fits(node_lines(snapshot, "follower-2", 120), 120)
    assert missing(incidents.forked(), window) == []


def test_the_window_of_blocks_never_leaves_the_chain() -> None:
    window = first_window(incidents.forked(), "follower-2")
    assert window is not None
    assert moved(window, 100_000, 15_302).top == 15_302
    bottom = moved(window, -100_000, 15_302)
    assert bottom.top == 11 and bottom.selected == 0 and list(bottom.heights)[-1] == 0


def test_a_forbidden_plan_is_not_offered_and_observe_reads_it_all() -> None:
    plan = incidents.plan(offered=False)
    idle = fits(build_plan(incidents.lagging(), plan, 80), 80)
    assert "– nothing to do" in idle and "NOT OFFERED" not in idle and "a check forbids" not in idle
    fails = replace(plan, steps=(replace(plan.steps[0], level=Level.BAD), *plan.steps[1:]))
    forbidden = fits(build_plan(incidents.lagging(), fails, 80), 80)
    assert "NOT OFFERED" in forbidden and "with or without force" in forbidden
    observe = fits(build_plan(incidents.lagging(Access.OBSERVE), incidents.plan(), 80), 80)
    assert observe.endswith("□ needs access operate, this is observe")
    assert "import 31 blocks" in observe


def test_an_unknown_outcome_is_never_called_failed() -> None:
    text = fits(build_progress(incidents.run(RunState.UNKNOWN), False, 80), 80)
    assert "? unknown: look it up" in text and "FAILED" not in text


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (str(incidents.LOG[0]), ("12:01:44", "WARNING", "Fork detected height=15229")),
        (str(incidents.LOG[1]), ("12:01:46", "INFO", "Import result: accepted=True")),
        ("Nov 22 12:01:44 host unit[1]: plain words", ("12:01:44", "", "plain words")),
        ("2026-11-22T14:01:44+0200 host unit: ERROR bad", ("12:01:44", "ERROR", "bad")),
        ("{not json", ("", "", "{not json")),
        ('2026-11-22T12:01:44+0000 h u: {"message": 5}', ("12:01:44", "", '{"message": 5}')),
        ("-- No entries --", ("", "", "-- No entries --")),
    ],
)
def test_log_lines_of_every_kind(line: str, want: tuple[str, str, str]) -> None:
    assert parts(line) == want


def test_what_was_searched_for_is_marked() -> None:
    lines = build_log("u", "h", incidents.LOG, 3, LogView(search="fork"), "", "", 120)
    assert any(run.role is Role.CHIP_ACCENT and run.text == "Fork" for run in lines[1].runs)
    only = build_log("u", "h", incidents.LOG, 3, LogView(search="fork", only=True), "", "", 120)
    assert len(only) == 2


def test_ascii_mode_keeps_every_cell() -> None:
    lines = [*node_lines(incidents.forked(), "follower-2", 120), *build_alarms(incidents.forked(), LOOKED, 120, 36)]
    lines += build_progress(incidents.run(), False, 80)
    for line in lines:
        shown = "".join(look("dark", True).text(run.text) for run in line.runs)
        assert shown.isascii(), line.plain
        assert len(shown) - line.width == shown.count(" != "), line.plain
