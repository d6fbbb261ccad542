"""Colours: each role has a style in every look, contrast as promised, and none where none is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.color import Color, ColorSystem

from aitbc_tui.ui import theme
from aitbc_tui.ui.colours import PALETTES
from aitbc_tui.ui.paint import Role


def _luminance(colour: Color) -> float:
    parts = []
    for value in colour.get_truecolor():
        part = value / 255
        parts.append(part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, two: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_text_has_contrast_on_the_background_and_on_the_selected_row(name: str) -> None:
    look = theme.look(name)
    for role in Role:
        if role is Role.RULE:
            continue
        for style in (look.style(role), look.style(role, selected=True)):
            assert style.color is not None and style.bgcolor is not None
            assert contrast(style.color, style.bgcolor) >= 4.8, (role, style)


@pytest.mark.parametrize("name", theme.LOOKS)
def test_every_look_has_every_role(name: str) -> None:
    look = theme.look(name)
    assert set(look.plain) == set(Role) == set(look.chosen)


@pytest.mark.parametrize(("name", "forbidden"), [("ansi", {1, 4, 8, 12}), ("ansi-light", {2, 3, 6, *range(9, 15)})])
def test_sixteen_colours_avoid_those_that_cannot_be_read(name: str, forbidden: set[int]) -> None:
    look = theme.look(name)
    for role in Role:
        colour = look.style(role).color
        if role is not Role.RULE and colour is not None:
            assert colour.number not in forbidden, role


def test_no_colour_has_none() -> None:
    look = theme.look("mono")
    for style in (*look.plain.values(), *look.chosen.values()):
        assert style.color is None and style.bgcolor is None
    assert look.style(Role.CHIP_BAD).reverse and look.style(Role.BAD_STRONG).bold


@pytest.mark.parametrize(
    ("wish", "environ", "name"),
    [
        ("auto", {"COLORTERM": "truecolor"}, "dark"),
        ("auto", {"TERM": "xterm-256color"}, "dark"),
        ("auto", {"TERM": "xterm"}, "ansi"),
        ("auto", {"TERM": "xterm-kitty"}, "dark"),
        ("auto", {"TERM": "linux"}, "ansi"),
        ("auto", {"TERM": "screen"}, "ansi"),
        ("auto", {"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"),
        ("auto", {"TERM": "rxvt", "COLORFGBG": "0;default;15"}, "ansi-light"),
        ("auto", {"TERM": "rxvt", "COLORFGBG": "15;0"}, "ansi"),
        ("light", {"TERM": "xterm"}, "light"),
        ("dark", {"NO_COLOR": "1"}, "mono"),
    ],
)
def test_the_look_follows_the_terminal(wish: str, environ: dict[str, str], name: str) -> None:
    assert theme.choose(wish, environ) == name


@pytest.mark.parametrize(
    ("look", "environ", "name"),
    [
        ("dark", {"TERM": "xterm"}, "ansi"),
        ("light", {"TERM": "xterm"}, "ansi-light"),
        ("light", {"TERM": "xterm-256color"}, "light"),
        ("mono", {"TERM": "xterm"}, "mono"),
        ("ansi", {"COLORTERM": "truecolor"}, "ansi"),
        ("ink", {"TERM": "linux"}, "ansi-light"),
        ("ink", {"COLORTERM": "24bit"}, "ink"),
    ],
)
def test_sixteen_colours_are_not_asked_to_approximate(look: str, environ: dict[str, str], name: str) -> None:
    own = replace(PALETTES["light"], name="ink")
    assert theme.as_deep(look, own, environ) == name


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_256_colours_keep_the_text_readable(name: str) -> None:
    look = theme.look(name)
    for role in set(Role) - {Role.RULE}:
        for style in (look.style(role), look.style(role, selected=True)):
            assert style.color is not None and style.bgcolor is not None
            near = [colour.downgrade(ColorSystem.EIGHT_BIT) for colour in (style.color, style.bgcolor)]
            assert contrast(*near) >= 4.0, (role, near)


def test_ascii_where_discs_are_missing() -> None:
    assert theme.wants_ascii({"TERM": "linux"}, "utf-8")
    assert theme.wants_ascii({"TERM": "xterm"}, "ANSI_X3.4-1968")
    assert not theme.wants_ascii({"TERM": "xterm"}, "UTF-8")
