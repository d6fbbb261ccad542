"""The verbs of the embedded network, as far as they need none."""

from __future__ import annotations

import pytest

from .conftest import Run


def test_list_faults(run: Run) -> None:
    done = run("devnet", "--list-faults")
    assert done.code == 0 and "wedge" in done.out and not done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--nodes", "99"], "--nodes 99"),
        (["--nodes", "x"], "invalid int"),
        (["--fault", "wegde"], "wegde"),
        (["--generation", "2026-05"], "none of 2026-04"),
        (["--sede", "3"], 'did you mean "--seed"'),
    ],
)
def test_mistakes(run: Run, words: list[str], says: str) -> None:
    done = run("devnet", *words)
    assert done.code == 2 and says in done.last and not done.out


def test_without_its_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = run("devnet")
    assert done.code == 2 and "pip install 'aitbc-tui[demo]'" in done.last
