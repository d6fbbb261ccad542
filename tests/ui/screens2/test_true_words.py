"""Small truths of the detail screens: the unknown is not called none, earlier is earlier, nothing is cut bare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.node import Block
from aitbc_tui.domain.snapshot import GpuRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.transactions import NodeView
from aitbc_tui.ui.panes.gpus import gpu_row as pane_row
from aitbc_tui.ui.screens.alarm_evidence import certainty
from aitbc_tui.ui.screens.blocks_lines import build_blocks
from aitbc_tui.ui.screens.gpu_lines import build_gpu
from aitbc_tui.ui.screens.job_panels import earlier
from tests.fixtures.sound_network import sound

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WORKS = Verdict(Level.GOOD, SafeText("works"))
LONG = "ait10tlyqdczq6ycvcrdz5xdg4jmn2jgg6y7wncd32kvkuzqgqc5385sthrv8l"


def _card(**changes: object) -> GpuRow:
    return replace(sound().gpus[0], miner=None, job=None, **changes)  # type: ignore[arg-type]


def _text(row: GpuRow) -> str:
    return "\n".join(line.plain for line in build_gpu(sound(), row, 119))


def test_a_card_that_several_miners_could_use_is_not_said_to_have_none() -> None:
    two = (SafeText("miner-0"), SafeText("miner-1"))
    assert "? miner-0 or miner-1: nothing tells which of them uses this card" in _text(_card(host_miners=two))
    assert "– none is configured for this host" in _text(_card())


def test_a_card_that_computes_has_no_job_that_is_told_not_none() -> None:
    idle = Verdict(Level.GOOD, SafeText("ready"))
    assert "? it computes, and nothing tells for which job" in _text(_card(verdict=WORKS))
    assert "– none: it does not compute" in _text(_card(verdict=idle))
    assert [pane_row(_card(verdict=v), 0.0).cells["job"] for v in (WORKS, idle)] == ["?", "–"]


def test_earlier_jobs_are_earlier() -> None:
    rows = [row for row in sound().jobs if row.job.state == "COMPLETED"]
    mine = [
        replace(row, job=replace(row.job, miner=rows[0].job.miner, requested_at=NOON - timedelta(minutes=number)))
        for number, row in enumerate(rows)
    ]
    snapshot = replace(sound(), jobs=tuple(mine))
    listed = "\n".join(line.plain for line in earlier(snapshot, mine[1], 120))
    assert str(mine[0].job.job_id)[:8] not in listed and str(mine[2].job.job_id)[:8] in listed


def test_a_proposer_that_does_not_fit_keeps_both_ends() -> None:
    block = Block(71, SafeText("0x" + "a" * 64), SafeText("0x" + "b" * 64), SafeText(LONG), NOON, 0, ())
    views = [NodeView(name, True, "main", 71, None, (block,), 71) for name in ("genesis", "follower")]
    for width, shown in ((120, "ait10…rv8l"), (200, LONG)):
        (row,) = [line.plain for line in build_blocks(views, 0, width) if "16:" in line.plain or "12:00" in line.plain]
        assert row.rstrip().endswith(shown)


def test_a_finding_says_when_it_was_last_true() -> None:
    """It stays until somebody acknowledges it; that it is open does not say that it is so still."""
    now = sound().utc.timestamp()
    words = SafeText("words")
    gone = Alarm(
        "receipt-bad", AlarmKind.FINDING, Level.BAD, words, words, words, words, now - 600, last_true=now - 300
    )
    assert certainty(sound(), gone).startswith("something that was seen, and was last so at 11:53:20")
    assert certainty(sound(), replace(gone, last_true=now - 1)).startswith("something that was seen, and is so still")
