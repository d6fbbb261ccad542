"""A theme of the reader's own: checked with file and line, and seen on the first frame and every one after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitbc_tui.cli.themes import read_theme
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.colours import PALETTES
from aitbc_tui.ui.opening import First, painted
from aitbc_tui.ui.options import DashboardOptions
from aitbc_tui.ui.paint import Role
from aitbc_tui.ui.widgets.canvas import Canvas
from tests.fixtures import snapshots
from tests.ui.backends import StillBackend

from ..config.samples import write
from .conftest import Run

INK = 'base = "light"\nbackground = "#fffff0"\n\ntext = "#102030"  # nearly black\n'


def theme(folder: Path, text: str, name: str = "ink") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def test_what_it_leaves_out_is_the_base_theme(tmp_path: Path) -> None:
    theme(tmp_path, INK)
    palette = read_theme("ink", tmp_path, "--theme")
    assert (palette.name, palette.dark, palette.background) == ("ink", False, "#fffff0")
    assert palette.roles == {**PALETTES["light"].roles, Role.TEXT: "#102030"}
    assert palette.selection == PALETTES["light"].selection


def test_an_empty_file_is_the_dark_theme(tmp_path: Path) -> None:
    theme(tmp_path, "")
    palette = read_theme("ink", tmp_path, "--theme")
    assert palette.dark and palette.roles == PALETTES["dark"].roles


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('\nbackgruond = "#000000"\n', 2, 'no such colour; did you mean "background"?'),
        ('text = "#d5dae1"\nmuted = "#333333"\n', 2, "muted on background has a contrast of 1.5, and 4.5"),
        ('base = "light"\nok = "#7cc08c"\n', 2, "ok on background has a contrast of 2.1"),
        ('\n\nselection = "#ffffff"\n', 3, "text on selection has a contrast of 1.4"),
        ('base = "dim"\n', 1, 'must be "dark" or "light"'),
        ('\ntext = "red"\n', 2, '"red" is no colour: "#rrggbb"'),
        ("text = 7\n", 1, "is no colour"),
        ('text = "#fff"\n', 1, "is no colour"),
        ("[text]\nx = 1\n", 1, "is no colour"),
        ('text = "\\u001b]52;c;x\\u0007"\n', 1, "is no colour"),
        ("text = #ffffff\n", 1, "not valid TOML"),
    ],
)
def test_what_cannot_be_is_told_with_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = theme(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_theme("ink", tmp_path, "--theme")
    assert str(caught.value).startswith(f"{path}:{line}: ") and words in str(caught.value)
    assert str(caught.value).isprintable()


def test_every_fault_is_counted(tmp_path: Path) -> None:
    theme(tmp_path, 'a = 1\nb = 2\nc = "#000000"\n')
    with pytest.raises(ConfigError, match="and 2 more"):
        read_theme("ink", tmp_path, "--theme")


def test_a_rule_is_decoration_and_may_be_faint(tmp_path: Path) -> None:
    theme(tmp_path, 'rule = "#151515"\n')
    assert read_theme("ink", tmp_path, "--theme").roles[Role.RULE] == "#151515"


@pytest.mark.parametrize("name", ["in", "../ink", "ink.toml", "x" * 50, "", "\x1b[2J"])
def test_a_name_without_a_file(tmp_path: Path, name: str) -> None:
    theme(tmp_path / "themes", INK)
    with pytest.raises(ConfigError, match="no theme") as caught:
        read_theme(name, tmp_path / "themes", "--theme")
    said = str(caught.value)
    assert "auto, dark, light, ansi, ansi-light or ink" in said and said.isprintable()


def test_from_the_command_line_and_the_variable(
    run: Run, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr("aitbc_tui.cli.dashboard.need_terminal", lambda: None)
    monkeypatch.setattr("aitbc_tui.cli.dashboard.show", lambda ctx, display: seen.append(display) or 0)
    config = write(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "aitbc-tui").mkdir()
    theme(tmp_path / "aitbc-tui" / "themes", INK)
    assert run("--config", config, "--theme", "ink").code == 0
    monkeypatch.setenv("AITBC_TUI_THEME", "ink")
    assert run("--config", config).code == 0
    for display in seen:
        assert display.theme == "ink" and display.palette.roles[Role.TEXT] == "#102030"


async def test_the_first_frame_and_the_screens_have_its_colours(tmp_path: Path) -> None:
    theme(tmp_path, INK)
    own = read_theme("ink", tmp_path, "--theme")
    first = First("demo", "observe", ["genesis"])
    frame = painted(first, 80, 24, "ink", False, {"COLORTERM": "truecolor"}, own)
    assert "38;2;16;32;48;48;2;255;255;240m" in frame and "48;2;251;251;249" not in frame

    app = AitbcApp(StillBackend(snapshots.sound()), DashboardOptions(theme="ink", palette=own))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.theme == "aitbc-ink" and app.current_theme.background == "#fffff0"
        styles = [segment.style for segment in app.screen.query_one("#figures", Canvas).render_line(0)]
        assert {str(style.bgcolor.triplet.hex) for style in styles if style and style.bgcolor} == {"#fffff0"}
        app.set_look("dark")
        assert app.look.name == "dark"
        app.set_look("ink")
        assert app.look.style(Role.TEXT).color.triplet.hex == "#102030"
