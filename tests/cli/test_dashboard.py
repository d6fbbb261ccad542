"""What the dashboard says before it takes the terminal, and that start-up stays light."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..config.samples import write
from .conftest import Run

HEAVY = {"textual", "asyncssh", "httpx", "httpcore", "pydantic", "ollama", "rich", "cryptography", "pynvml", "uvicorn"}


def test_the_first_start_says_in_three_lines_what_to_do(run: Run, home: Path) -> None:
    done = run()
    assert done.code == 2 and not done.out
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert "config.toml" in lines[0] and "aitbc-tui config init" in lines[1] and "aitbc-tui demo" in lines[2]
    assert list(home.iterdir()) == []


def test_a_named_file_that_is_missing_is_a_mistake(run: Run) -> None:
    done = run("--config", "/nowhere.toml")
    assert done.code == 2 and done.err.count("\n") == 1 and "named by --config" in done.last


@pytest.mark.parametrize("words", [[], ["demo"], ["--ascii", "--no-mouse", "--slow-link", "--theme", "ansi"]])
def test_no_terminal(run: Run, tmp_path: Path, words: list[str]) -> None:
    done = run("--config", write(tmp_path), *words)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "needs a terminal" in done.last and "ssh -t" in done.last


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_terminal_that_cannot_paint(tmp_path: Path, term: str) -> None:
    path = write(tmp_path)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = term
        os.execv(sys.executable, [sys.executable, "-m", "aitbc_tui", "--config", str(path)])
    said = b""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and select.select([terminal], [], [], deadline - time.monotonic())[0]:
        try:
            said += os.read(terminal, 4096)
        except OSError:  # the child has ended: a pty says so with EIO
            break
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 2
    assert said.count(b"\n") == 1 and b"TERM is" in said and b"\x1b" not in said


def test_bad_themes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aitbc_tui.cli.dashboard.need_terminal", lambda: None)
    done = run("--config", write(tmp_path), "--theme", "drak")
    assert done.code == 2 and '--theme: no theme "drak"; did you mean "dark"' in done.last
    monkeypatch.setenv("AITBC_TUI_THEME", "drak")
    done = run("--config", write(tmp_path))
    assert done.code == 2 and done.last.startswith('aitbc-tui: AITBC_TUI_THEME: no theme "drak"')


def imported_by(code: str, tmp_path: Path) -> set[str]:
    """Top-level packages that a fresh interpreter has after `code`."""
    program = f"import sys\n{code}\nprint('\\n' + ' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    environ = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environ)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["config", "path"], ["config", "show"], ["confg"], ["demo", "--help"], []]
)
def test_nothing_heavy_is_imported_before_it_is_needed(tmp_path: Path, words: list[str]) -> None:
    given = words if words == ["--version"] else ["--config", str(write(tmp_path)), *words]
    code = f"from aitbc_tui.cli.main import main\nmain({given!r})"
    assert not imported_by(code, tmp_path) & HEAVY


def test_version_imports_next_to_nothing_of_ours(tmp_path: Path) -> None:
    code = (
        "from aitbc_tui.cli.main import main\nmain(['--version'])\n"
        "ours = [name for name in sys.modules if name.startswith('aitbc_tui')]\nassert len(ours) <= 4, ours"
    )
    imported_by(code, tmp_path)


def test_what_precedes_the_first_frame_is_light(tmp_path: Path) -> None:
    code = (
        "import aitbc_tui.cli.dashboard, aitbc_tui.cli.passphrases, aitbc_tui.cli.stores\n"
        "import aitbc_tui.collect.setup, aitbc_tui.collect.backend"
    )
    assert not imported_by(code, tmp_path) & HEAVY


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_signals_have_their_exit_codes(tmp_path: Path, number: int, code: int) -> None:
    """A key command that hangs stands for any command at work."""
    program = (
        "import sys, types, time\n"
        "from aitbc_tui.cli import families, program\n"
        "m = types.ModuleType('hangs'); m.add = lambda parser, verb: None\n"
        "def run(ctx, args):\n"
        "    async def work():\n"
        "        import asyncio\n"
        "        print('at work', flush=True); await asyncio.sleep(30)\n"
        "    return ctx.run(work)\n"
        "m.run = run; sys.modules['hangs'] = m\n"
        "families.FAMILIES = program.FAMILIES = (families.Family('hang', 'hangs', 'hangs', 'x'),)\n"
        "sys.exit(program.run(['hang']))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"at work\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == code and b"Traceback" not in err
