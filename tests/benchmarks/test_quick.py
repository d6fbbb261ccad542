"""The benchmark's table, and its figures that no machine's speed can change: missing one of them is a failure."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.benchmarks import rows, run
from tests.benchmarks.figures import percentile, run_command
from tests.benchmarks.rows import Row


@pytest.mark.timeout(120)
def test_the_figures_that_are_sure_are_met() -> None:
    found = list(rows.sure_rows())
    assert len(found) == 3 and all(row.sure for row in found)
    assert run.regressions(found) == []
    tick = float(found[1].ours.partition(" ")[0])
    assert tick > 20, "a tick paints at least the heads: nothing was measured"


MISSED = Row("written", "7 B/s", "at most 0 B/s", False, sure=True)
SLOW = Row("key", "70 ms", "at most 10 ms", False, beside={"htop": "1 ms"})


@pytest.mark.parametrize(("found", "code"), [([SLOW], 0), ([SLOW, MISSED], 1), ([], 0)])
def test_only_a_regression_fails_the_quick_form(
    found: list[Row], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(effort: rows.Effort, peers: object) -> Iterator[Row]:
        assert effort is rows.QUICK
        yield from found

    monkeypatch.setattr(run, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["run", "--quick"])
    assert run.main() == code
    out, err = capsys.readouterr()
    assert ("REGRESSION: written: 7 B/s, and it has to be at most 0 B/s" in err) == bool(code)
    assert all(row.what in out for row in found)


def test_the_table_has_a_column_for_each_program() -> None:
    shown = run.table([MISSED, SLOW, Row("start", "1 s", beside={"btop": "2 s"})]).splitlines()
    assert len({line.count("|") for line in shown}) == 1
    assert shown[0] == "| figure | reach | aitbc-tui |  | htop | btop |"
    assert shown[2] == "| written | at most 0 B/s | 7 B/s | MISSED |  |  |"
    assert shown[4] == "| start |  | 1 s |  |  | 2 s |"


def test_percentiles_and_peaks() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0 and percentile([1.0], 0.95) == 1.0
    hungry = "import time; x = bytearray(b'1') * (64 << 20); time.sleep(0.5)"
    took = run_command([sys.executable, "-c", hungry], {})
    assert took.code == 0 and took.seconds >= 0.5 and 64 <= took.private_mib < 90
