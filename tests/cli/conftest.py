"""One command in this process, away from the user's own files."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aitbc_tui.cli.main import main

from ..fixtures.devnet import devnet_child as devnet_child

# The output object of the runbook, in its order.
SEED_KEYS = [
    "summary",
    "operation",
    "target_node",
    "nodes_status",
    "sync_result",
    "sync_details",
    "message_delivery",
    "issues",
    "recommendations",
    "confidence",
    "execution_time",
    "validation_status",
]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.err.rstrip("\n").rpartition("\n")[2]


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own; whatever the machine has set for this program is forgotten."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("AITBC_TUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Ran:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture(autouse=True)
def untouched_logging() -> Iterator[None]:
    root, ours, raising = logging.getLogger(), logging.getLogger("aitbc_tui"), logging.raiseExceptions
    before = list(root.handlers), root.level, ours.level
    yield
    for handler in set(root.handlers) - set(before[0]):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.raiseExceptions = raising
