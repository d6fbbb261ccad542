"""The builders draw exactly the mock-ups, cell by cell. Where a rule overrides a drawing, the row stands here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.ui.panes import overview
from aitbc_tui.ui.panes.builders import build_pane
from aitbc_tui.ui.panes.table import PaneView
from aitbc_tui.ui.theme import look
from tests.fixtures import snapshots
from tests.ui.pictures import (
    all_panes,
    differences,
    drawing,
    one_pane,
    roles_of,
    text_of,
    the_overview,
)

LAST = 39  # the hints are the screen's, see test_keys


@pytest.mark.parametrize(
    ("name", "snapshot", "painted"),
    [
        ("dashboard-sound-120x40", snapshots.sound(), 700),
        ("dashboard-bad-120x40", snapshots.bad(), 900),
        ("first-start-120x40", snapshots.first_start(), 100),
    ],
    ids=["sound", "bad", "first start"],
)
def test_dashboard_120x40(name: str, snapshot: Snapshot, painted: float) -> None:
    got = text_of(all_panes(snapshot, 120, 40, painted), 120, 40)
    assert not differences(drawing(name)[:LAST], got[:LAST])


def test_dashboard_200x60() -> None:
    """The GPU pane is 99 wide: with two blanks before the spark its last column would stand outside."""
    got = text_of(all_panes(snapshots.sound(wide=True), 200, 60, 1200), 200, 60)
    want = drawing("dashboard-sound-200x60")
    for row in range(35, 40):
        want[row] = want[row][:78] + want[row][79:100] + " " + want[row][100:]
    assert not differences(want[:59], got[:59])


def test_overview_80x24() -> None:
    """Left needs the owner's key, so a foreign job has `?`; an evidence that fits is not shortened.

    The drawing's state column holds no `canceled`: a cell more, which its blank right edge has.
    """
    got = text_of(the_overview(snapshots.bad(), 80, 24, 900), 80, 24)
    want = drawing("overview-80x24")
    want[14] = want[14].replace("result failed, price 1.217600       ", "result.status failed, price 1.217600")
    for row in (19, 22):
        want[row] = want[row].replace(" 15 m ", "    ? ")
    for row in range(17, 23):
        want[row] = want[row][:10] + " " + want[row][10:79]
    assert not differences(want[:23], got[:23])


@pytest.mark.parametrize("width", [80, 95, 96, 120])
def test_the_state_of_every_ended_job_is_whole(width: int) -> None:
    rows = tuple(
        replace(row, verdict=Verdict(Level.NONE, SafeText(word)))
        for row, word in zip(snapshots.sound().jobs, ("canceled", "expired", "failed"), strict=False)
    )
    lines = build_pane(replace(snapshots.sound(), jobs=rows), Pane.JOBS, width, 6, PaneView())
    for line, word in zip(lines[2:5], ("– canceled ", "– expired ", "– failed "), strict=True):
        assert line.plain[1:].startswith(word) and line.width <= width


def test_models_of_an_empty_queue_are_none_and_no_reading() -> None:
    def shown(runs: tuple[int, int] | None) -> str:
        miner = replace(snapshots.sound().miners[0], runs=runs)
        lines = build_pane(replace(snapshots.sound(), miners=(miner,)), Pane.MINERS, 59, 5, PaneView())
        return lines[2].plain.rstrip()[-7:].strip()

    assert [shown(runs).split("  ")[-1].strip() for runs in ((0, 0), (0, 2), None)] == ["–", "0 of 2", "?"]


def test_one_pane_80x24() -> None:
    """No source tells the miner's unit or its log yet, so two lines of the drawing are not shown."""
    got = text_of(one_pane(snapshots.bad(), Pane.MINERS, 80, 24, 900), 80, 24)
    want = drawing("one-pane-80x24")
    want[13] = " host       gpu-1".ljust(80)
    del want[16]  # the last line of the log
    assert not differences(want[:18], got[:18])


def test_too_small_50x12() -> None:
    got = [line.plain for line in overview.too_small(snapshots.bad(), 50, 12)]
    assert not differences(drawing("too-small-50x12"), got)


def test_below_20x4_only_the_verdict() -> None:
    assert [line.plain for line in overview.too_small(snapshots.bad(), 19, 3)] == ["  ■ FORK  follower…"]


def test_ascii_nodes() -> None:
    """The same cells in ASCII."""
    paint = look("dark", ascii_only=True)
    lines = build_pane(snapshots.bad(), Pane.NODES, 120, 6, PaneView(focused=True))
    got = ["".join(paint.text(run.text) for run in line.runs)[:120].ljust(120) for line in lines]
    assert not differences(drawing("ascii-nodes-120x6"), got)
    assert all(row.isascii() for row in got)


@pytest.mark.parametrize(("name", "snapshot"), [("sound", snapshots.sound()), ("bad", snapshots.bad())])
def test_roles_120x40(name: str, snapshot: Snapshot) -> None:
    """Every cell has the colour role of the drawing."""
    got = roles_of(all_panes(snapshot, 120, 40, 700), 120, 40)
    want = drawing(f"dashboard-{name}-120x40.roles")
    if name == "sound":
        _foreign_left(want, (18, 20))
    else:
        _foreign_left(want, (18, 21))
        want[13] = want[13][:49] + "m" + want[13][50:57] + "m" + want[13][58:]  # "there is none" is muted everywhere
        want[14] = want[14][:61] + want[14][61:].replace("m", "t")  # the evidence of something wrong is not muted
        want[27] = want[27][:64] + "B" * 13 + want[27][77:]  # glyph and state word of what is wrong are bold
    assert not differences(want[:LAST], got[:LAST])


def _foreign_left(want: list[str], rows: tuple[int, int]) -> None:
    """What is left of a foreign job is `?`, muted; the coloured drawing shows minutes."""
    for row in rows:
        want[row] = want[row][:28] + "...m" + want[row][32:]


@pytest.mark.parametrize("width", [80, 100, 119, 120, 121, 140, 160, 199, 200, 240])
@pytest.mark.parametrize("pane", list(Pane))
def test_every_line_has_exactly_the_width(pane: Pane, width: int) -> None:
    for snapshot in (snapshots.sound(), snapshots.bad(), snapshots.first_start(), snapshots.many()):
        for lines in (
            build_pane(snapshot, pane, width, 12, PaneView(focused=True)),
            overview.one_pane(snapshot, pane, width, 20, PaneView(focused=True)),
            overview.overview_pane(snapshot, pane, width, 6, PaneView()),
        ):
            assert {line.width for line in lines} == {width}


def test_what_nobody_hears_for_ten_minutes_says_so_over_the_rows() -> None:
    bad = snapshots.bad()
    nodes = (bad.nodes[1],)
    panes = {**bad.panes, Pane.NODES: replace(bad.panes[Pane.NODES], oldest_at=bad.now - 640)}
    lines = build_pane(replace(bad, nodes=nodes, panes=panes), Pane.NODES, 120, 6, PaneView())
    assert lines[1].plain.strip() == "~ all of this is 10 m old"
    assert lines[2].plain.startswith(" state ")


def test_names_and_notes_from_the_network_are_cut_not_wrapped() -> None:
    bad = snapshots.bad()
    long = replace(bad.nodes[0], name=SafeText("[b]日本語のとても長い名前[/b]"))
    line = build_pane(replace(bad, nodes=(long,)), Pane.NODES, 120, 6, PaneView())[2]
    assert line.width == 120
    assert "[b]日本語…" in line.plain
