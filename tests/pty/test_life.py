"""Suspended, resized, stalled, hung up: the terminal is given back and the program ends when it is told to."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aitbc_tui.devnet.child import Child
from tests.fixtures.devnet import devnet_child
from tests.fixtures.terminal import Terminal

__all__ = ["devnet_child"]

ROOT = Path(__file__).resolve().parents[2]
CHILD = [sys.executable, "-m", "tests.ui.pty_child"]
END_S = 3.0
SLACK_S = 20.0  # for a busy machine to notice


@pytest.fixture
def one() -> Iterator[Terminal]:
    with Terminal(CHILD, cwd=ROOT) as terminal:
        terminal.until("5 open")
        yield terminal


def resize(one: Terminal, cols: int, rows: int) -> None:
    one.screen.resize(rows, cols)
    fcntl.ioctl(one.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
    os.kill(one.child.pid, signal.SIGWINCH)


def ended_within(one: Terminal, seconds: float) -> int | None:
    """The exit status, without reading what the program writes."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if one.child.poll() is not None:
            return one.child.returncode
        time.sleep(0.05)
    return None


def test_suspended_and_resumed(one: Terminal) -> None:
    one.press("ctrl+z")
    ends = time.monotonic() + 5
    while psutil.Process(one.child.pid).status() != psutil.STATUS_STOPPED:
        assert time.monotonic() < ends
        one.read(0.05)
    one.read(0.2)
    assert one.modes_restored, "the shell has its echo"
    assert one.raw.rindex(b"\x1b[?1049l") > one.raw.rindex(b"\x1b[?1049h")
    one.screen.reset()
    os.kill(one.child.pid, signal.SIGCONT)
    shown = one.until("5 open")
    assert "1 Nodes" in shown and "7 Alarms" in shown, "every cell is painted anew"
    one.press("q")
    assert one.wait() == 0 and one.modes_restored


def test_a_storm_of_resizes_ends_in_the_last_size(one: Terminal) -> None:
    for turn in range(40):
        resize(one, 20 + 7 * turn % 190, 5 + 5 * turn % 60)
        one.read_once(0.01)
    resize(one, 80, 24)
    one.read(1.5)
    one.screen.reset()
    one.press("ctrl+l")
    shown = one.until("alarms 5")
    assert len(one.screen.display) == 24 and "FORK" in shown.splitlines()[0]
    one.press("q")
    assert one.wait() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_terminal_that_reads_nothing_holds_nobody(one: Terminal, number: int, code: int) -> None:
    for _ in range(400):  # frames that nobody takes, until no more go into the terminal
        os.write(one.master, b"z")
        time.sleep(0.004)
    time.sleep(0.5)
    assert not one.child.poll()
    os.kill(one.child.pid, number)
    assert ended_within(one, END_S + SLACK_S) == code
    assert one.modes_restored


def test_a_terminal_that_reads_again_shows_the_newest(one: Terminal) -> None:
    for _ in range(401):
        os.write(one.master, b"z")
        time.sleep(0.004)
    taken = one.read(2.0)
    assert taken < 400 * 2000, "frames that nobody saw were left out"
    one.press("?")
    one.until("Everywhere", 60)  # keys are taken in order: a busy machine is through with those before
    one.press("esc")
    one.until("Esc all panes")  # an odd number of presses leaves it zoomed
    one.press("z")
    assert "─ 4 Jobs" in one.until("─ 7 Alarms")
    one.press("q")
    assert one.wait() == 0


def test_a_terminal_that_is_closed_ends_the_program() -> None:
    one = Terminal(CHILD, cwd=ROOT)
    try:
        one.until("5 open")
        os.close(one.master)
        assert ended_within(one, END_S + SLACK_S) is not None
    finally:
        one.master = os.open(os.devnull, os.O_RDONLY)
        one.close()


CRASHING = """
import sys
from aitbc_tui.cli import dashboard, program
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.running import run_dashboard
from aitbc_tui.ui.options import DashboardOptions
from tests.fixtures import snapshots
from tests.ui.backends import StillBackend

def explode(self):
    secret = "sk-live-4711"
    raise KeyError(secret)

AitbcApp.action_refresh = explode
program._module = lambda item: sys.modules[__name__]
add = lambda parser, verb: None
run = lambda ctx, args: run_dashboard(StillBackend(snapshots.bad()), DashboardOptions(theme="dark"))
sys.exit(program.run([]))
"""


def test_a_crash_gives_the_terminal_back_and_leaves_a_report_without_secrets(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    with Terminal([sys.executable, "-c", CRASHING], cwd=ROOT, env=env) as one:
        one.until("5 open")
        one.press("r")
        assert one.wait() == 1
        assert one.modes_restored and b"\x1b[?1049l" in one.raw
        said = bytes(one.raw).rpartition(b"\x1b[?1049l")[2]
    assert b"KeyError" in said and b"a report without secrets is in" in said and b"Traceback" not in said
    reports = list((tmp_path / "state").rglob("crash-*.txt"))
    assert len(reports) == 1 and reports[0].stat().st_mode & 0o077 == 0
    assert "explode" in reports[0].read_text()
    everything = bytes(one.raw) + b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"sk-live-4711" not in everything


COLLECTOR_CRASHES = """
import asyncio, os, sys
from aitbc_tui.cli import program
from aitbc_tui.collect import collector

works, crash = collector.Collector.run, sys.argv.pop()

async def run(self):
    async def explode():
        while not os.path.exists(crash):
            await asyncio.sleep(0.05)
        os.unlink(crash)
        raise KeyError("sk-live-4711")
    async with asyncio.TaskGroup() as group:
        group.create_task(works(self))
        group.create_task(explode())

collector.Collector.run = run
sys.exit(program.run(sys.argv[1:]))
"""


@pytest.mark.timeout(120)
def test_a_collector_that_crashes_is_said_and_started_again(devnet_child: Child, tmp_path: Path) -> None:
    """The screen stays and its keys work; what was seen stays; nothing of the message is shown or written."""
    crash = tmp_path / "crash"
    env = {"HOME": str(tmp_path), **{f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "DATA")}}
    command = [sys.executable, "-c", COLLECTOR_CRASHES, "--config", str(devnet_child.config_path), str(crash)]
    with Terminal(command, cwd=ROOT, env=env) as one:
        one.until(" ● sound ", 40)
        crash.touch()
        said = one.until("not watching: the collector stopped", 20)
        assert "started again" in said and "genesis" in said and " sound " not in said.splitlines()[0]
        one.press("4", "z")
        one.until("Esc all panes")
        one.press("z")
        one.until(" ● sound ", 40)
        processes = one.processes()
        one.press("ctrl+c")
        assert one.wait() == 130 and one.modes_restored
        assert not psutil.wait_procs(processes, 5)[1]
        assert b"sk-live-4711" not in one.raw
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"sk-live-4711" not in written and b"the collector crashed [ExceptionGroup" in written


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_ledger_is_whole_however_it_ends(devnet_child: Child, tmp_path: Path, number: signal.Signals) -> None:
    env = {"HOME": str(tmp_path), **{f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "DATA")}}
    command = [sys.executable, "-m", "aitbc_tui", "--config", str(devnet_child.config_path)]
    with Terminal(command, cwd=ROOT, env=env) as one:
        one.until(" ● sound ", 40)
        one.child.send_signal(number)
        assert one.wait() == (-number if number is signal.SIGKILL else 128 + number)
    (ledger,) = tmp_path.rglob("*.sqlite3")
    with sqlite3.connect(ledger) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
