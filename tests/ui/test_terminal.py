"""On a real terminal (a pty): bytes, exit codes, and a terminal that is left as it was found."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """A child on a pty of 120x40, and the screen that a person would see."""

    def __init__(self, **environment: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.screen = pyte.Screen(120, 40)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TEXTUAL_THEME")}
        env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1", **environment}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.ui.pty_child"],
            cwd=ROOT,
            env=env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read(self, seconds: float) -> int:
        """Read for so long; returns how many bytes came."""
        end, count = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self.master], [], [], left)
            if not ready:
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the child closed its side
                break
            if not data:
                break
            count += len(data)
            self.raw += data
            self.stream.feed(data.replace(b"\x1b[?2026$p", b"").replace(b"\x1b[>25u", b""))
        return count

    def until(self, text: str, seconds: float = 45) -> None:
        end = time.monotonic() + seconds
        while text not in "\n".join(self.screen.display):
            assert time.monotonic() < end, "\n".join(self.screen.display)
            self.read(0.2)

    def wait(self, seconds: float = 30) -> int:
        end = time.monotonic() + seconds
        while self.child.poll() is None:
            assert time.monotonic() < end, "still running"
            self.read(0.1)
        self.read(0.3)
        return self.child.returncode

    @property
    def restored(self) -> bool:
        return termios.tcgetattr(self._slave)[:4] == self.before[:4]

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait(5)
        os.close(self.master)
        os.close(self._slave)


@contextmanager
def terminal(**environment: str) -> Iterator[Terminal]:
    one = Terminal(**environment)
    try:
        one.until("5 open")
        yield one
    finally:
        one.close()


def test_unchanged_data_paints_no_byte() -> None:
    with terminal() as one:
        # The figure of bytes painted falls to 0.0, itself a change, and on a busy machine late.
        assert 0 in (one.read(2.0) for _ in range(10))


@pytest.mark.parametrize(
    ("how", "code"),
    [(b"q", 0), (b"\x03", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
    ids=["q", "ctrl+c", "SIGTERM", "SIGHUP", "SIGINT"],
)
def test_every_way_out_restores_the_terminal(how: bytes | signal.Signals, code: int) -> None:
    with terminal() as one:
        if isinstance(how, bytes):
            os.write(one.master, how)
        else:
            os.kill(one.child.pid, how)
        assert one.wait() == code
        assert one.restored
        assert b"\x1b[?1049l" in one.raw and b"\x1b[?25h" in one.raw
        assert one.raw.rstrip().endswith(b"stopped")


def test_no_colour_sends_no_colour() -> None:
    with terminal(NO_COLOR="1") as one:
        assert b"38;2;" not in one.raw and b"38;5;" not in one.raw
        assert any("■ FORK" in row for row in one.screen.display)


@pytest.mark.parametrize(("answer", "glyph"), [(b"\x1b[1;3R", "X FORK"), (b"\x1b[1;2R", "■ FORK")])
def test_a_terminal_with_wide_discs_gets_ascii(answer: bytes, glyph: str) -> None:
    """The answer to the question asked at start decides; nothing waited for it."""
    with terminal() as one:
        assert b"\x1b[6n" in one.raw
        os.write(one.master, answer)
        one.until(glyph)
        one.read(0.5)
        assert any(glyph in row for row in one.screen.display)


def test_the_first_frame_needs_nothing_but_textual() -> None:
    """What is heavy is imported after the first frame, in the backend's own thread."""
    heavy = {"asyncssh", "httpx", "httpcore", "pydantic", "ollama", "pynvml", "cryptography"}
    code = f"""
import sys, aitbc_tui.ui.app
print(sorted({heavy!r} & set(sys.modules)), "aitbc_tui.ui.screens.job" in sys.modules)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[] False"
