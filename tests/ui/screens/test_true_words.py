"""Small truths of the detail screens: the unknown is not called none, earlier is earlier, nothing is cut bare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.node import Block
from aitbc_tui.domain.snapshot import GpuRow, Pane, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.transactions import NodeView
from aitbc_tui.ui.panes.gpus import gpu_row as pane_row
from aitbc_tui.ui.panes.jobs import content as jobs_content
from aitbc_tui.ui.panes.rows import Rows
from aitbc_tui.ui.panes.table import Content, PaneView, body_lines
from aitbc_tui.ui.screens.alarm_evidence import certainty
from aitbc_tui.ui.screens.blocks_lines import build_blocks
from aitbc_tui.ui.screens.connections_lines import Terminal, build_connections
from aitbc_tui.ui.screens.gpu_lines import build_gpu
from aitbc_tui.ui.screens.job_miner import earlier
from aitbc_tui.ui.screens.job_panels import who
from tests.fixtures.details import bad_network
from tests.fixtures.sound_network import sound

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WORKS = Verdict(Level.GOOD, SafeText("works"))
LONG = "ait10tlyqdczq6ycvcrdz5xdg4jmn2jgg6y7wncd32kvkuzqgqc5385sthrv8l"


def _card(**changes: object) -> GpuRow:
    return replace(sound().gpus[0], miner=None, job=None, **changes)  # type: ignore[arg-type]


def _text(row: GpuRow) -> str:
    return "\n".join(line.plain for line in build_gpu(sound(), row, 100))


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


def test_a_reason_is_read_in_full_in_a_narrow_pane() -> None:
    said = "□ needs an admin key: /v1/admin/miners answered 401, and where it goes is said in the configuration"
    summary = PaneSummary(Verdict(Level.REFUSED, SafeText("no key")), empty=(SafeText(said),))
    rows = Rows.of(())
    lines = body_lines(Content(Pane.MINERS, summary, (), rows), 59, 8, PaneView())
    shown = [line.plain.rstrip() for line in lines if line.plain.strip()]
    assert len(shown) == 2 and shown[1].startswith("   "), "under its first word"
    assert " ".join(" ".join(shown).split()) == said


def test_state_words_of_connections_and_mempools_fit_their_columns() -> None:
    snapshot = bad_network()
    link = replace(snapshot.links[0], verdict=Verdict(Level.UNKNOWN, SafeText("key unknown")), host_key_problem=True)
    lines = build_connections(replace(snapshot, links=(link,)), 0, Terminal(900.0), 120)
    assert any("? unpinned" in line.plain for line in lines) and not any("key unkno…" in line.plain for line in lines)


def test_a_pane_without_the_focus_shows_its_worst_rows_wherever_the_reader_was() -> None:
    snapshot = sound()
    last = jobs_content(snapshot, 120).rows[len(snapshot.jobs) - 1].key
    top = str(jobs_content(snapshot, 120).rows[0].cells["job"])
    left = "\n".join(line.plain for line in body_lines(jobs_content(snapshot, 120), 120, 5, PaneView(cursor=last)))
    held = PaneView(focused=True, cursor=last)
    kept = "\n".join(line.plain for line in body_lines(jobs_content(snapshot, 120), 120, 5, held))
    assert top in left and top not in kept


def test_only_what_is_masked_is_called_masked() -> None:
    plain, key = (Identity(Role.MINER, SafeText("miner-0"), secret) for secret in ("miner-0", "a-live-key"))
    assert [run.text for run in who(plain, False)] == ["miner-0"]
    assert who(key, False)[1].text == "masked, u shows"
