"""One short run of the benchmarks; asserts only what does not depend on how fast this machine is."""

from __future__ import annotations

import re

import pytest

from tests.benchmarks import run


@pytest.mark.timeout(240)
def test_one_look_at_each_figure() -> None:
    rows = list(run.measure(run.QUICK))
    by_name = {row.what: row for row in rows}

    assert by_name["painted when nothing changed"].ours == "0 B/s"

    start = by_name["start to first frame"]
    assert start.ratio is not None and start.ratio > 0.2, "a frame came before the program that paints it: not measured"

    living = re.fullmatch(r"(\d+) B/s", by_name["written on a living network"].ours)
    # A screen of 120x40 painted whole once a second is 20 kB/s.
    assert living is not None and 0 < int(living[1]) < 5000

    assert "status --json" in " ".join(by_name)
    shown = run.table(rows).splitlines()
    assert len(shown) == len(rows) + 2 and len({line.count("|") for line in shown}) == 1
