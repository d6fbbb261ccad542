"""The same program on the terminals there are: depth of colour, characters, mouse, size; each is left as it was found.

The configuration names a host that nobody answers on, so that what is shown does not depend on a network.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.fixtures.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
SGR = re.compile(rb"\x1b\[([0-9;]*)m")
MOUSE = b"\x1b[?1000h"
CONFIG = """
default_env = "lab"
[env.lab.hosts.one]
address = "127.0.0.1"
port = 1
[[env.lab.nodes]]
name = "genesis"
role = "genesis"
host = "one"
rpc = "http://127.0.0.1:8006"
"""


def dashboard(folder: Path, *words: str, size: tuple[int, int] = (120, 40), **environment: str) -> Terminal:
    config = folder / "config.toml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    home = {"HOME": str(folder), **{f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "STATE", "DATA")}}
    command = [sys.executable, "-m", "aitbc_tui", "--config", str(config), *words]
    return Terminal(command, cwd=ROOT, size=size, env={**home, "COLORTERM": "", **environment})


def depth_of(written: bytes) -> str:
    """The most that the sequences ask for: `none`, `sixteen`, `many` (256) or `true` colours."""
    found = {"none"}
    for codes in SGR.findall(written):
        for kind, name in ((rb"[34]8;2", "true"), (rb"[34]8;5", "many"), (rb"(3|9|4|10)[0-7]", "sixteen")):
            if re.search(rb"(^|;)" + kind + rb"(;|$)", codes):
                found.add(name)
                break
    return max(found, key=["none", "sixteen", "many", "true"].index)


def look_and_leave(one: Terminal, ready: str = "help") -> bytes:
    """Everything written, from the first frame to the last, with the help opened in between."""
    with one:
        one.until(ready, 30)
        one.press("?")
        one.until("Everywhere", 20)
        one.press("esc", "1")
        one.press("q")
        assert one.wait() == 0
        assert one.modes_restored and b"\x1b[?1049l" in one.raw and b"\x1b[?25h" in one.raw
        return bytes(one.raw)


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true"),
        ({"TERM": "tmux-256color", "COLORTERM": "24bit"}, "true"),
        ({"TERM": "xterm-256color"}, "many"),
        ({"TERM": "screen-256color"}, "many"),
        ({"TERM": "xterm"}, "sixteen"),
        ({"TERM": "screen"}, "sixteen"),
        ({"TERM": "linux"}, "sixteen"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
    ],
)
def test_no_more_colours_than_the_terminal_has(tmp_path: Path, environment: dict[str, str], depth: str) -> None:
    assert depth_of(look_and_leave(dashboard(tmp_path, **environment))) == depth


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_theme_that_is_asked_for_keeps_to_sixteen_colours(tmp_path: Path, theme: str) -> None:
    assert depth_of(look_and_leave(dashboard(tmp_path, "--theme", theme, TERM="xterm"))) == "sixteen"


@pytest.mark.parametrize(
    ("words", "environment", "ascii_only"),
    [
        ((), {"TERM": "xterm"}, False),
        (("--ascii",), {"TERM": "xterm"}, True),
        ((), {"TERM": "linux"}, True),
        ((), {"TERM": "xterm", "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}, True),
    ],
    ids=["usual", "--ascii", "the Linux console", "a locale without UTF-8"],
)
def test_characters(tmp_path: Path, words: tuple[str, ...], environment: dict[str, str], ascii_only: bool) -> None:
    written = look_and_leave(dashboard(tmp_path, *words, **environment))
    # The disc that asks how wide the terminal draws it is printed before it is known to be wanted.
    rest = written.replace("\x1b[H●\x1b[6n\x1b[H ".encode(), b"")
    assert rest.isascii() == ascii_only


def test_the_mouse_is_left_alone_when_told_so(tmp_path: Path) -> None:
    assert MOUSE in look_and_leave(dashboard(tmp_path))
    assert MOUSE not in look_and_leave(dashboard(tmp_path, "--no-mouse"))


@pytest.mark.parametrize("size", [(80, 24), (119, 39), (120, 40), (121, 41), (200, 60), (300, 80)])
def test_sizes_between(tmp_path: Path, size: tuple[int, int]) -> None:
    """Every row is within the screen: nothing wraps, scrolls or is left of an earlier frame."""
    with dashboard(tmp_path, size=size) as one:
        one.until("genesis", 30)
        one.until("help", 10)
        rows = [row.rstrip() for row in one.screen.display]
        assert len(rows) == size[1] and rows[0] and rows[-1].lstrip().startswith(("1-7", "Esc", "j/k"))
        assert "lab" in rows[0] and "UTC" in rows[0]
        one.press("q")
        assert one.wait() == 0


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ((79, 24), "The panes need 80 x 24: 1 column more."),
        ((80, 23), "The panes need 80 x 24: 1 row more."),
        ((40, 10), "This window is 40 x 10."),
        ((10, 3), " "),
    ],
)
def test_too_small(tmp_path: Path, size: tuple[int, int], says: str) -> None:
    with dashboard(tmp_path, size=size) as one:
        one.until(says, 30)
        one.press("q")
        assert one.wait() == 0 and one.modes_restored
