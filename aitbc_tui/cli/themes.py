"""`--theme NAME`: a look of the program, or `themes/NAME.toml` beside the configuration, checked before it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.config.errors import ConfigProblems, Problem
from aitbc_tui.config.lines import KeyPath
from aitbc_tui.config.load import parse, read
from aitbc_tui.config.model import Origin, OriginKind
from aitbc_tui.config.words import did_you_mean, one_of
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.ui.colours import Palette

THEMES = ("auto", "dark", "light", "ansi", "ansi-light")
LEAST_CONTRAST = 4.5  # WCAG 2.1, 1.4.3: text of this size, against what is behind it
_GROUNDS = ("background", "selection")
_DECORATION = "rule"  # the rules of titles; they say nothing
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def read_theme(name: str, folder: Path, named_by: str) -> Palette:
    """The palette of `folder/NAME.toml`; raises `ConfigError` with the file and the line of what cannot be."""
    path = folder / f"{name}.toml"
    if not _NAME.fullmatch(name) or not path.is_file():
        known = [*THEMES, *sorted(found.stem for found in folder.glob("*.toml"))]
        near = did_you_mean(name, known)
        raise ConfigError(
            f'{named_by}: no theme "{clean(name, 40)}"{near}; there is {clean(one_of(known), 200)}',
            remedy=f"a theme of yours is a file: {folder}/NAME.toml",
        )
    return palette_of(name, path, *parse(path, read(path, Origin(OriginKind.DEFAULT))))


def palette_of(name: str, path: Path, table: Mapping[str, object], lines: Mapping[KeyPath, int]) -> Palette:
    """Check everything, then build; what the file leaves out is the base theme's."""
    from aitbc_tui.ui.colours import PALETTES, Palette

    base = PALETTES["light" if table.get("base") == "light" else "dark"]
    colours = {
        "background": base.background,
        "selection": base.selection,
        **{role.value: colour for role, colour in base.roles.items()},
    }
    found = list(_misfits(table, tuple(colours)))
    if not found:
        own = {key: str(value) for key, value in table.items() if key != "base"}
        colours |= own
        found = list(_unreadable(colours, own))
    if found:

        def where(key: str) -> str:
            return f"{clean(str(path), 400)}:{lines.get((key,), 1)}"

        raise ConfigProblems(
            tuple(Problem(where(key), clean(key, 40), message) for key, message in found),
            remedy=f"a theme has base, and colours for {', '.join(colours)}",
        )
    roles = {role: colours[role.value] for role in base.roles}
    dark = _luminance(colours["background"]) < _luminance(colours["text"])
    return Palette(name, dark, colours["background"], colours["selection"], roles)


def _misfits(table: Mapping[str, object], roles: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if key == "base":
            if value not in ("dark", "light"):
                yield key, 'must be "dark" or "light"'
        elif key not in roles:
            yield key, f"no such colour{did_you_mean(key, ('base', *roles))}"
        elif not isinstance(value, str) or not _COLOUR.fullmatch(value):
            yield key, f'"{clean(str(value), 40)}" is no colour: "#rrggbb"'


def _unreadable(colours: Mapping[str, str], own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Text that cannot be told from what is behind it; said of the key that the file has, of the text's first."""
    for role, colour in colours.items():
        if role in _GROUNDS or role == _DECORATION:
            continue
        for ground in _GROUNDS:
            ratio = contrast(colour, colours[ground])
            if ratio < LEAST_CONTRAST:
                key = role if role in own else ground
                yield key, f"{role} on {ground} has a contrast of {ratio:.1f}, and {LEAST_CONTRAST} is the least"


def contrast(one: str, two: str) -> float:
    """1 to 21, as WCAG 2.1 measures it."""
    light, dark = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
