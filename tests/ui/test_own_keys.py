"""`keys.toml`: what is moved is moved on every screen, what conflicts is refused, what answers a question stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.ui.app import AitbcApp, DashboardOptions
from aitbc_tui.ui.keys import DEFAULTS, Keys, keys_of, read_keys
from tests.fixtures import snapshots
from tests.ui.backends import StillBackend


def test_without_a_file_keys_are_the_usual_ones(tmp_path: Path) -> None:
    keys = read_keys(tmp_path / "keys.toml")
    assert keys == Keys() and keys.translate("q") == "q" and keys.shown("q") == "q"


def test_a_moved_key_stands_for_the_old_one_which_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('copy = "w"\nhelp = "f5"\nfilter = "ctrl+f"\n')
    keys = read_keys(path)
    assert keys.translate("w") == "y" and keys.translate("y") is None
    assert keys.translate("f5") == "question_mark" and keys.translate("j") == "j"
    assert keys.shown("y") == "w" and keys.shown("?") == "f5" and keys.shown("1-7") == "1-7"


def test_two_may_change_places() -> None:
    keys = keys_of({"copy": "v", "verify": "y"}, "keys.toml")
    assert keys.translate("v") == "y" and keys.translate("y") == "v" and not keys.dead


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"copy": "v"}, '"v" is for copy and for verify'),
        ({"copy": "w", "sort": "w"}, '"w" is for'),
        ({"cpoy": "w"}, 'did you mean "copy"'),
        ({"copy": "ctrl+c"}, "cannot be on"),
        ({"copy": "escape"}, "cannot be on"),
        ({"copy": ""}, "cannot be on"),
        ({"copy": 3}, "cannot be on"),
        ({"copy": "\x1b]52;c;x\x07"}, "cannot be on"),
    ],
)
def test_what_cannot_be_is_refused(table: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match="keys.toml") as caught:
        keys_of(table, "keys.toml")
    assert words in str(caught.value) and "\x1b" not in str(caught.value)


def test_the_usual_keys_do_not_conflict() -> None:
    assert keys_of({}, "x") == Keys()
    assert len(set(DEFAULTS.values())) == len(DEFAULTS)


async def test_on_the_screen_the_moved_key_works_and_the_hint_says_so() -> None:
    options = DashboardOptions(keys=keys_of({"zoom": "w", "filter": "x"}, "keys.toml"), theme="dark")
    app = AitbcApp(StillBackend(snapshots.sound()), options)
    async with app.run_test(size=(120, 40)) as pilot:
        assert "w zoom" in app.dashboard.build_hints(120).plain
        await pilot.press("z")
        assert not app.dashboard.zoomed
        await pilot.press("w")
        assert app.dashboard.zoomed
        await pilot.press("x", "w", "z")
        field = app.dashboard.query_one("#filter")
        assert getattr(field, "value", "") == "wz", "in a field every key is text"


def test_every_default_of_the_table_is_bound_on_the_dashboard_or_a_detail() -> None:
    from aitbc_tui.ui.screens.dashboard import DashboardScreen

    bound = {binding.id for binding in (*AitbcApp.BINDINGS, *DashboardScreen.BINDINGS)}  # type: ignore[union-attr]
    of_details = {"unfold", "unmask", "miner", "bell", "history"}
    assert set(DEFAULTS) - of_details <= bound
