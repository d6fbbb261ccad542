"""What one source said long ago is not said as new because another one is heard."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.identity import Role
from aitbc_tui.domain.node import DiskReading, HostFigures
from aitbc_tui.domain.observed import TroubleKind
from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.snapshot import Pane
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import OllamaModel, OllamaReading
from aitbc_tui.state.events import Kind
from aitbc_tui.state.facts import ReceiptItem, ReceiptPage
from aitbc_tui.state.topology import HostFrame, MinerFrame
from aitbc_tui.ui.panes.detail import detail_lines
from aitbc_tui.ui.screens.miner_lines import build_miner
from aitbc_tui.ui.screens.node_host import host as host_panel
from tests.state.story import UNITS, Story, frame, identity, utc
from tests.state.test_work import CARD, receipt

FIGURES = HostFigures(100.0, None, 0.1, 4, 0.1, 8 << 30, 4 << 30)


def panel(story: Story) -> str:
    seen = story.picture()
    return " ".join(line.plain for line in host_panel(seen, seen.nodes[0], 60))


def reading(story: Story, pane: Pane, key: str) -> str:
    return " ".join(line.plain for line in detail_lines(story.picture(), pane, key, 120))


def miner_screen(story: Story) -> str:
    seen = story.picture()
    return " ".join(line.plain for line in build_miner(seen, seen.miners[0], 0, False, 100))


def test_a_disk_is_as_old_as_its_own_reading() -> None:
    story = Story()
    story.well()
    story.tell(Kind.DISK, "genesis", DiskReading(100 << 30, 59 << 30, SafeText("/")))
    story.tell(Kind.FIGURES, "genesis", FIGURES)
    assert "41 of 100 GB  " in panel(story)
    story.wait(600)
    story.tell(Kind.FIGURES, "genesis", FIGURES)
    assert "41 of 100 GB, 10 m ago" in panel(story), "the figures beside it are new"
    story.fail(Kind.DISK, "genesis", TroubleKind.TIMEOUT)
    story.tell(Kind.FIGURES, "genesis", FIGURES)
    assert "of 100 GB" not in panel(story), "it could not be read again: it is not known"


def test_what_a_unit_holds_is_as_old_as_the_units() -> None:
    story = Story()
    story.well()
    story.tell(Kind.FIGURES, "genesis", FIGURES)
    assert "0.0 MB  " in panel(story)
    story.wait(70)
    story.tell(Kind.FIGURES, "genesis", FIGURES)
    assert "0.0 MB, 1 m ago" in panel(story)


def test_an_hours_sum_needs_receipts_that_are_heard() -> None:
    topology = frame()
    hosts = tuple(replace(h, gpu=True) for h in topology.hosts)
    story = Story(replace(topology, hosts=hosts, miners=(MinerFrame(SafeText("3f9a"), "genesis", ""),)))
    story.well()
    one = receipt("ab" * 16, ReceiptVerdict.VALID, provider=identity(Role.MINER, "3f9a"))
    story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage((ReceiptItem(one, utc(story.utc - 1)),), 0, utc(story.utc)))
    for wait, said, hourly in ((0.0, "0.25 AITBC/h", 1), (70.0, "0.25+ AITBC/h", None)):
        story.wait(wait)
        story.miners(story.miner("3f9a"))
        story.tell(Kind.GPUS, "genesis", (CARD,))
        seen = story.picture()
        assert seen.panes[Pane.GPUS].counts.startswith(said), "newer ones may have come"
        assert (seen.miners[0].jobs_per_hour, seen.gpus[0].host_earned_per_hour is None) == (hourly, hourly is None)


def test_cards_that_are_not_heard_are_not_counted_as_unused() -> None:
    topology = frame()
    story = Story(replace(topology, hosts=tuple(replace(h, gpu=True) for h in topology.hosts)))
    for host in ("genesis", "follower"):
        story.tell(Kind.GPUS, host, (CARD,))
    assert (story.picture().totals.gpus_used, story.picture().totals.gpus) == (2, 2)
    story.wait(60)
    story.tell(Kind.GPUS, "genesis", (CARD,))
    seen = story.picture()
    assert (seen.totals.gpus_used, seen.totals.gpus) == (None, 2)
    assert seen.panes[Pane.GPUS].counts.endswith("? of 2 used")


def test_a_miner_is_told_by_what_is_heard() -> None:
    unit = UNITS[0]
    hosts = (*frame().hosts, HostFrame(SafeText("gpu-1"), SafeText("ssh"), ollama="http://127.0.0.1:11434"))
    story = Story(replace(frame(), hosts=hosts, miners=(MinerFrame(SafeText("3f9a"), "gpu-1", unit),)))
    story.link("gpu-1")
    story.well()
    story.units("gpu-1")
    story.jobs(story.job("a", "QUEUED", age=30.0))
    story.tell(Kind.OLLAMA, "gpu-1", OllamaReading((OllamaModel(SafeText("m"), 1, SafeText(""), SafeText("")),), ()))
    story.miners(story.miner("3f9a"))
    (row,) = story.picture().miners
    assert (row.verdict.word, row.runs, row.units_old_s) == ("idle", (0, 0), None)
    assert "11434 answers" in reading(story, Pane.MINERS, "miner·3f9a")
    story.fail(Kind.OLLAMA, "gpu-1", TroubleKind.CONNECT, "nothing listens")
    assert "11434 answers" not in reading(story, Pane.MINERS, "miner·3f9a"), "the newest attempt says that it does not"
    assert "~ <5 s ago, not heard since: holds m" in miner_screen(story)
    story.wait(400)
    story.miners(story.miner("3f9a"))
    seen = story.picture()
    (row,) = seen.miners
    assert f"~ last heard 6 m ago: ● {unit}.service active" in miner_screen(story)
    assert (row.verdict.word, row.runs) == ("free", None), "what waits, and what its Ollama holds, was told long ago"
    assert row.units_old_s == 400.0 and len(row.units) == 1


def test_no_source_that_refuses_us_is_part_of_sound() -> None:
    story = Story()
    story.go_on(10)
    assert story.picture().headline.word == "sound"
    story.fail(Kind.RECEIPTS, "coordinator", TroubleKind.REFUSED, status=401)
    line = story.picture().headline
    assert (line.word, line.text) == ("unknown", "receipts not heard for <5 s, the rest is sound")


def test_the_reading_pane_marks_what_is_past_its_limit() -> None:
    story = Story()
    story.well()
    story.wait(300)
    story.head("genesis", 101)
    assert f"~{UNITS[0]}.service active" in reading(story, Pane.NODES, "genesis")
