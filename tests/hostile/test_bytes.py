"""On a real terminal, byte by byte: hostile texts make the program write no sequence that ordinary ones do not."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.fixtures.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
SEQUENCE = re.compile(
    rb"\x1b\[[0-9;:<=>?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^X][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]"
)
CONTROL = re.compile(b"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
C1 = re.compile("[\x80-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")


def visit(*words: str) -> bytes:
    """Everything the dashboard writes while its panes, details and help are looked at."""
    command = [sys.executable, "-m", "tests.hostile.pty_child", *words]
    with Terminal(command, cwd=ROOT) as one:
        one.until("1 Nodes", 20)
        one.read(2.5)
        for pane in "1234567":
            one.press(pane, "down", "enter")
            one.read(0.3)
            one.press("esc", "esc")
        one.press("?", "esc", "4", "z", "right", "z")
        one.read(1.2)
        one.press("q")
        assert one.wait() == 0
        assert one.modes_restored
        return bytes(one.raw)


def shapes(written: bytes) -> set[bytes]:
    """Every sequence without its numbers; of modes and questions with them."""
    found = set()
    for sequence in SEQUENCE.findall(written):
        private = sequence[2:3] in b"<=>?" and sequence[1:2] == b"["
        found.add(sequence if private or sequence[1:2] != b"[" else re.sub(rb"[0-9;]+", b"#", sequence))
    return found


@pytest.mark.timeout(120)
def test_hostile_texts_write_no_sequence_of_their_own() -> None:
    harmless, hostile = visit("harmless"), visit()
    assert shapes(hostile) <= shapes(harmless), shapes(hostile) - shapes(harmless)
    rest = SEQUENCE.sub(b"", hostile)
    assert not CONTROL.search(rest), rest[CONTROL.search(rest).start() - 40 :][:80]  # type: ignore[union-attr]
    text = rest.decode("utf-8")  # no invalid UTF-8 either
    assert not C1.search(text)
    assert "[@click" in text and "[/nope]" in text, "markup is shown as it is"
    assert b"\x1b]52" not in hostile, "nothing is copied without a key"
