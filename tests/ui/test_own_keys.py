"""`keys.toml`: what is moved is moved on every screen, what conflicts is refused, what answers a question stays."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui import ui
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.state.rulebook import REMEDIES
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.keys import DEFAULTS, MAX_BYTES, Keys, in_remedy, in_words, keys_of, normal, read_keys, spoken, use
from aitbc_tui.ui.options import DashboardOptions
from aitbc_tui.ui.screens.alarm_words import WORDS, words_for
from aitbc_tui.ui.screens.help_lines import KEYS
from aitbc_tui.ui.screens.node_lines import to_do
from tests.fixtures import snapshots
from tests.ui.backends import StillBackend, screen_text


def test_without_a_file_keys_are_the_usual_ones(tmp_path: Path) -> None:
    keys = read_keys(tmp_path / "keys.toml")
    assert keys == Keys() and keys.translate("q") == "q" and keys.shown("q") == "q"


def test_a_moved_key_stands_for_the_old_one_which_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('copy = "i"\nhelp = "f5"\nfilter = "ctrl+f"\n')
    keys = read_keys(path)
    assert keys.translate("i") == "y" and keys.translate("y") is None
    assert keys.translate("f5") == "question_mark" and keys.translate("j") == "j"
    assert keys.shown("y") == "i" and keys.shown("?") == "f5" and keys.shown("1-7") == "1-7"


def test_two_may_change_places() -> None:
    keys = keys_of({"copy": "v", "verify": "y"}, "keys.toml")
    assert keys.translate("v") == "y" and keys.translate("y") == "v" and not keys.dead


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"copy": "v"}, '"v" is for copy and for verify'),
        ({"copy": "i", "sort": "i"}, '"i" is for sort and for copy'),
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
    options = DashboardOptions(keys=keys_of({"zoom": "i", "filter": ";"}, "keys.toml"), theme="dark")
    app = AitbcApp(StillBackend(snapshots.sound()), options)
    async with app.run_test(size=(120, 40)) as pilot:
        assert "i zoom" in app.dashboard.build_hints(120).plain
        await pilot.press("z")
        assert not app.dashboard.zoomed
        await pilot.press("i")
        assert app.dashboard.zoomed
        await pilot.press("semicolon", "i", "z")
        field = app.dashboard.query_one("#filter")
        assert getattr(field, "value", "") == "iz", "in a field every key is text"


async def test_help_hints_and_sentences_name_the_moved_keys() -> None:
    own = keys_of(
        {"unmask": "i", "copy": "w", "down": "J", "page-down": "ctrl+b", "save": "y", "first": "O"}, "keys.toml"
    )
    assert own.shown("j/k") == "J/k" and own.shown("ctrl+d ctrl+u") == "ctrl+b ctrl+u"
    assert own.words("`u` shows, `y` copies `v`, u") == "i shows, w copies v, u"
    app = AitbcApp(StillBackend(snapshots.bad()), DashboardOptions(keys=own, theme="dark"))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("question_mark")
        shown = "\n".join(screen_text(app))
        assert " J k  arrows  row; O G first, last; ctrl+b ctrl+u" in shown and " w            copy" in shown
        await pilot.press("escape", "4", "enter")
        await pilot.pause()
        shown = "\n".join(screen_text(app))
        assert "masked, i shows" in shown and "J/k next job" in shown and "w copy" in shown
        assert "masked, u shows" not in shown


def test_with_every_key_moved_no_usual_one_is_named_in_the_help() -> None:
    """Each to a key of its own, so that one that is left behind is seen."""
    own = keys_of({action: f"ctrl+f{at}" for at, action in enumerate(DEFAULTS, 1)}, "keys.toml")
    fixed = {"escape", "enter", "tab", "up", "down", "left", "right", "shift+tab"}
    usual = {spoken(key) for key in DEFAULTS.values() if key not in fixed}
    named = set()
    for _, rows in KEYS:
        for hint, text in rows:
            words = re.sub(r"\d+ s\b|[,;]", " ", own.words(text))
            named |= set(own.shown(hint).split()) | set(words.split())
    assert named & usual <= {"a"}, "the article"
    assert "ctrl+f1" in named


def test_an_app_names_its_own_keys_and_those_of_no_other() -> None:
    def say(keys: Keys) -> str:
        use(keys)
        return in_words("`y` copies")

    assert copy_context().run(say, Keys({"w": "y"})) == "w copies"
    assert copy_context().run(say, Keys({"f5": "y"})) == "f5 copies"
    assert in_words("`y` copies") == "y copies"


@pytest.fixture
def letters_moved() -> Iterator[None]:
    """Every key that is one letter, moved to a function key."""
    letters = [action for action, key in DEFAULTS.items() if len(key) == 1 and key.isalpha()]
    use(Keys({f"f{20 + number}": DEFAULTS[action] for number, action in enumerate(letters)}))
    yield
    use(Keys())


@pytest.mark.usefixtures("letters_moved")
def test_what_is_said_of_an_alarm_names_the_moved_keys() -> None:
    network = snapshots.bad()
    alarm = network.alarms[0]
    said = [text for rule in WORDS for text in words_for(replace(alarm, rule=rule)).do]
    said += [in_remedy(remedy) for remedy in REMEDIES.values()]
    said += [text for node in network.nodes for text in to_do(network, node)]
    bare = re.compile(r"(?<![\w`'/.-])[b-zB-Z](?![\w'/.-])")  # a letter alone, but for the article
    assert [text for text in said if bare.search(text)] == []
    assert re.fullmatch(r"f\d\d: its log", in_remedy("l: its log")) and not any("`" in text for text in said)


def test_in_a_field_keys_are_text_but_for_those_that_serve_it() -> None:
    own = keys_of({"preview": "f6", "copy": "i", "confirm": "ctrl+b"}, "keys.toml").beside_text()
    assert own.translate("f6") == "ctrl+g" and own.translate("ctrl+b") == "ctrl+y"
    assert own.translate("i") == "i" and own.translate("y") == "y" and own.translate("ctrl+g") == "ctrl+g"


async def test_the_form_is_left_for_the_preview_with_the_moved_key() -> None:
    options = DashboardOptions(keys=keys_of({"preview": "f6"}, "keys.toml"), theme="dark")
    app = AitbcApp(StillBackend(snapshots.sound()), options)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("n")
        await pilot.pause()
        assert "f6 preview" in "\n".join(screen_text(app))
        await pilot.press("tab", "w", "y", "f6")
        await pilot.pause()
        assert "wy" in "\n".join(screen_text(app)), "what is typed stays text"
        assert "to correct" in "\n".join(screen_text(app)), "the preview was asked for"


def test_a_fixed_key_gets_another_beside_it() -> None:
    own = keys_of({"open": "i", "back": "backspace"}, "keys.toml")
    assert own.translate("i") == "enter" and own.translate("enter") == "enter"
    assert own.translate("backspace") == "escape" and own.shown("Enter") == "Enter"


def test_a_key_for_while_a_text_is_typed_cannot_be_text() -> None:
    with pytest.raises(ConfigError, match='preview cannot be on "w": it is wanted while a text is typed'):
        keys_of({"preview": "w"}, "keys.toml")


@pytest.mark.parametrize(("size", "refused"), [(MAX_BYTES, False), (MAX_BYTES + 1, True)])
def test_a_file_is_read_to_its_limit(tmp_path: Path, size: int, refused: bool) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('copy = "i"\n'.ljust(size, "#"))
    if refused:
        with pytest.raises(ConfigError, match="larger than 64 KiB"):
            read_keys(path)
    else:
        assert read_keys(path).translate("i") == "y"


def test_every_key_that_any_screen_binds_can_be_moved() -> None:
    """What no table names could not be: the toolkit's own and the page keys, which have their letters beside them."""
    found: dict[str, str] = {}
    for module in pkgutil.walk_packages(ui.__path__, "aitbc_tui.ui."):
        for owner in vars(importlib.import_module(module.name)).values():
            if not (isinstance(owner, type) and owner.__module__.startswith("aitbc_tui.ui")):
                continue
            for binding in vars(owner).get("BINDINGS", ()):
                found |= {normal(key): f"{owner.__name__}.{binding.action}" for key in binding.key.split(",")}
    beside = {"home", "end", "pageup", "pagedown", "f1", "ctrl+c"}
    assert len(found) > 50
    assert {key: where for key, where in found.items() if key not in {*DEFAULTS.values(), *beside}} == {}


def test_every_default_of_the_table_is_bound_on_the_dashboard_or_a_detail() -> None:
    from aitbc_tui.ui.screens.dashboard import DashboardScreen

    bound = {binding.id for binding in (*AitbcApp.BINDINGS, *DashboardScreen.BINDINGS)}  # type: ignore[union-attr]
    of_details = {"unfold", "unmask", "miner", "bell", "history", "previous-hit", "narrow", "again", "save", "more"}
    of_details |= {
        "constraints",
        "fewer",
        "older",
        "newer",
        "slower",
        "faster",
        "back-a-minute",
        "on-a-minute",
        "preview",
    }
    of_details |= {"editor", "constraints-typing", "confirm", "back", "next", "previous", "arrow-down", "arrow-up"}
    assert set(DEFAULTS) - of_details - {"left", "right"} <= bound
