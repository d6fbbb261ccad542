"""Any text of Unicode through every pane and every screen: exact widths, no control character, no exception."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from aitbc_tui.cli.output import failure_line, table
from aitbc_tui.cli.watch import as_json, sentence
from aitbc_tui.domain.errors import CommandError
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import clean, clean_lines
from aitbc_tui.state.changes import Changes
from aitbc_tui.ui.paint import Line, to_ascii
from aitbc_tui.ui.panes import builders, overview, status
from aitbc_tui.ui.panes.table import PaneView
from aitbc_tui.ui.screens.connections_lines import Terminal, build_connections
from aitbc_tui.ui.screens.gpu_lines import build_gpu
from tests.fixtures import snapshots
from tests.hostile.soil import NASTY, soiled

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufe0f\ud800-\udfff]")
# Weighted towards what does harm; the rest is all of Unicode, surrogates too.
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(), max_size=60),
    st.text(st.characters(categories=["Cc", "Cf", "Cs", "Mn", "So"]), max_size=30),
)
SIZES = ((80, 20), (59, 6), (120, 10), (200, 30))


def check(lines: Sequence[Line], width: int) -> None:
    for line in lines:
        assert not CONTROL.search(line.plain), repr(line.plain)
        assert cell_len(line.fit(width).plain) == width
        ascii_ = "".join(to_ascii(run.text) for run in line.fit(width).runs)
        assert ascii_.isascii() and ascii_.isprintable()


def one_of(texts: Sequence[str]) -> Snapshot:
    endless = itertools.cycle(texts)
    return soiled(snapshots.bad(), lambda: next(endless))


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=7), st.text(max_size=8))
def test_every_pane(texts: list[str], filter_: str) -> None:
    snapshot = one_of(texts)
    for pane, (width, height) in itertools.product(Pane, SIZES):
        view = PaneView(focused=True, filter=clean(filter_), sort="name")
        check(builders._BUILD[pane](snapshot, width, height, view), width)
    for width in (40, 80, 120, 200):
        check([status.verdict_line(snapshot, width), status.figures_line(snapshot, width, width)], width)
        check(overview.overview_lines(snapshot, width, Pane.JOBS), width)
        check(overview.one_pane(snapshot, Pane.JOBS, width, 20, PaneView(focused=True)), width)
        check(overview.too_small(snapshot, width, 20), width)


@settings(max_examples=15, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=7))
def test_details(texts: list[str]) -> None:
    snapshot = one_of(texts)
    check(build_connections(snapshot, 0, Terminal(), 120), 120)
    for row in snapshot.gpus:
        check(build_gpu(snapshot, row, 120), 120)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_what_commands_print(texts: list[str]) -> None:
    printed = table(["a", "b"], [[text, text] for text in texts])
    printed.append(failure_line(CommandError(texts[0], host=texts[-1], remedy=texts[0])))
    snapshot = one_of(texts)
    for change in Changes().after(snapshot):
        printed.append(sentence(change, snapshot.utc))
        assert as_json(change, snapshot.utc)
    for line in printed:
        assert not CONTROL.search(line), repr(line)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=80), TEXTS), st.integers(1, 80))
def test_the_door(raw: bytes | str, limit: int) -> None:
    text = clean(raw, limit)
    assert len(text) <= limit and not CONTROL.search(text)
    assert clean(text, limit) == text, "what is clean stays"
    for line in clean_lines(raw, limit, 5):
        assert len(line) <= limit and not CONTROL.search(line)


@pytest.mark.parametrize("text", NASTY)
def test_a_sequence_split_at_any_place_is_as_harmless(text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    for cut in range(len(raw) + 1):
        for part in (raw[:cut], raw[cut:]):
            assert not CONTROL.search(clean(part))
