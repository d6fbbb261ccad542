"""`audit`: each announced write with its end, the newest first; needs no network and no configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aitbc_tui.config import paths
from aitbc_tui.domain.errors import GuardError
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.operations.audit import audited

from .conftest import Run


@pytest.fixture(autouse=True)
def three_writes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that ended, one refused, one whose program died before it could say how it ended."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    moments = iter(float(1_770_000_000 + 60 * number) for number in range(9))
    with Ledger.open(paths.ledger_file(), lambda: next(moments)) as ledger:
        with audited(ledger, "service restart", "genesis", "aitbc-blockchain-node") as entry:
            entry.ended("restarted")
        with pytest.raises(GuardError), audited(ledger, "coordinate stop", "prod: all", ""):
            raise GuardError("needs --force")
        ledger.audit_before("ops", "sync blockchain", "follower", "88 blocks \x1b[31m")


def test_each_write_stands_with_its_end_and_one_without_an_end_says_so(run: Run) -> None:
    done = run("audit")
    lines = done.out.splitlines()
    assert done.code == 0 and len(lines) == 4 and "\x1b" not in done.out
    assert "sync blockchain" in lines[1] and lines[1].endswith("no end was written: cut off, look up its effect")
    assert "coordinate stop" in lines[2] and lines[2].endswith("refused: needs --force")
    assert lines[3].startswith("2026-02-02 02:40:00  ") and lines[3].endswith("restarted")


def test_the_newest_and_those_since_a_moment(run: Run) -> None:
    found = json.loads(run("audit", "-n", 1, "--json").out)["attempts"]
    assert [(one["what"], one["result"], one["ended_at"]) for one in found] == [("sync blockchain", None, None)]
    found = json.loads(run("audit", "--since", "1770000120", "--json").out)["attempts"]
    assert [one["what"] for one in found] == ["sync blockchain", "coordinate stop"]
    assert found[1]["ended_at"] == 1_770_000_180 and found[1]["result"] == "refused: needs --force"


def test_no_ledger_is_no_write_and_none_is_made(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    done = run("audit")
    assert (done.code, done.out) == (0, "") and "nothing was written from here" in done.err
    assert not (tmp_path / "elsewhere").exists()


def test_a_wrong_number_or_time_is_refused(run: Run) -> None:
    assert run("audit", "-n", 0).code == 2
    assert run("audit", "--since", "yesterday").code == 2
