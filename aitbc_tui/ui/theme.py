"""Roles become styles here and nowhere else: dark, light, 16 colours and NO_COLOR; ASCII mode is applied here too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style

from aitbc_tui.ui.colours import ANSI_DARK, ANSI_LIGHT, PALETTES, Palette
from aitbc_tui.ui.colours import as_deep as as_deep
from aitbc_tui.ui.colours import choose as choose
from aitbc_tui.ui.colours import wants_ascii as wants_ascii
from aitbc_tui.ui.paint import Role, to_ascii

if TYPE_CHECKING:
    from textual.theme import Theme

CHIPS = {Role.CHIP_BAD: Role.BAD, Role.CHIP_WARN: Role.WARN, Role.CHIP_ACCENT: Role.ACCENT}
_STRONG = {
    Role.STRONG: Role.TEXT,
    Role.BAD_STRONG: Role.BAD,
    Role.ACCENT_STRONG: Role.ACCENT,
    Role.OK_STRONG: Role.OK,
}
_BOLD = set(_STRONG)

_ANSI_BOLD = {"ansi": {Role.BAD}, "ansi-light": {Role.BAD, Role.WARN}}


@dataclass(frozen=True)
class Look:
    """How lines are painted: the style of each role, on its own and on the selected row, and the character set."""

    name: str
    ascii: bool
    plain: Mapping[Role, Style]
    chosen: Mapping[Role, Style]  # on the selected row

    def style(self, role: Role, selected: bool = False) -> Style:
        return (self.chosen if selected else self.plain)[role]

    def text(self, text: str) -> str:
        return _ascii_sentence(text) if self.ascii else text


_UNEQUAL = re.compile(r"(?<=\S) ≠ (?=\S)")


def _ascii_sentence(text: str) -> str:
    """In a sentence `≠` takes two cells and reads `!=`; alone in its column it stays one cell."""
    if text.isascii():
        return text
    return to_ascii(_UNEQUAL.sub(" != ", text))


def _true_colour(palette: Palette) -> tuple[dict[Role, Style], ...]:
    plain, chosen = {}, {}
    for role in Role:
        colour = palette.roles[CHIPS.get(role, _STRONG.get(role, role))]
        if role in CHIPS:
            plain[role] = chosen[role] = Style(color=palette.background, bgcolor=colour, bold=True)
            continue
        plain[role] = Style(color=colour, bgcolor=palette.background, bold=role in _BOLD or None)
        chosen[role] = plain[role] + Style(bgcolor=palette.selection)
    return plain, chosen


def _sixteen(numbers: Mapping[Role, int], name: str) -> tuple[dict[Role, Style], ...]:
    plain, chosen = {}, {}
    bold = _BOLD | _ANSI_BOLD[name]
    for role in Role:
        base = CHIPS.get(role, _STRONG.get(role, role))
        number = 15 if role is Role.STRONG and name == "ansi" else numbers[base]
        chip = role in CHIPS
        plain[role] = Style(color=f"color({number})", bold=role in bold or chip or None, reverse=chip or None)
        # A coloured text on a reversed row would lose its contrast: the selected row is plain text, reversed.
        chosen[role] = plain[role] if chip else Style(reverse=True, bold=role in bold or None)
    return plain, chosen


def _no_colour() -> tuple[dict[Role, Style], ...]:
    plain, chosen = {}, {}
    for role in Role:
        chip = role in CHIPS
        plain[role] = Style(bold=role in _BOLD or chip or None, reverse=chip or None)
        chosen[role] = plain[role] if chip else Style(reverse=True, bold=role in _BOLD or None)
    return plain, chosen


LOOKS = ("dark", "light", "ansi", "ansi-light", "mono")


@lru_cache(16)
def look(name: str = "dark", ascii_only: bool = False, own: Palette | None = None) -> Look:
    """The look of this name, which may be that of the reader's own palette; `mono` is what NO_COLOR asks for."""
    palette = own if own is not None and own.name == name else PALETTES.get(name)
    if palette is not None:
        plain, chosen = _true_colour(palette)
    elif name == "ansi":
        plain, chosen = _sixteen(ANSI_DARK, name)
    elif name == "ansi-light":
        plain, chosen = _sixteen(ANSI_LIGHT, name)
    elif name == "mono":
        plain, chosen = _no_colour()
    else:
        raise ValueError(f"no theme {name!r}; there are {', '.join(LOOKS)}")
    return Look(name, ascii_only, plain, chosen)


def is_ansi(name: str) -> bool:
    """True where only the terminal's own colours are used."""
    return name in ("ansi", "ansi-light", "mono")


def textual_themes(own: Palette | None = None) -> list[Theme]:
    """The same colours for Textual's own widgets: fields, the command palette."""
    palettes = [*PALETTES.values(), *([own] if own is not None else [])]
    return [*map(_textual, palettes), *map(_textual_ansi, ("ansi", "ansi-light", "mono"))]


def _textual(palette: Palette) -> Theme:
    from textual.theme import Theme  # not before the first frame

    colours, background, selection = palette.roles, palette.background, palette.selection
    return Theme(
        name=f"aitbc-{palette.name}",
        dark=palette.dark,
        primary=colours[Role.ACCENT],
        secondary=colours[Role.MUTED],
        accent=colours[Role.ACCENT],
        warning=colours[Role.WARN],
        error=colours[Role.BAD],
        success=colours[Role.OK],
        foreground=colours[Role.TEXT],
        background=background,
        surface=background,
        panel=selection,
        variables={"aitbc-selection": selection, "aitbc-muted": colours[Role.MUTED], "aitbc-rule": colours[Role.RULE]},
    )


def _textual_ansi(name: str) -> Theme:
    from textual.theme import BUILTIN_THEMES

    dark = name != "ansi-light"
    accent = "ansi_default" if name == "mono" else "ansi_bright_cyan" if dark else "ansi_blue"
    own = {"aitbc-selection": "ansi_default", "aitbc-muted": "ansi_default", "aitbc-rule": "ansi_default"}
    return replace(
        BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"],
        name=f"aitbc-{name}",
        primary=accent,
        accent=accent,
        variables={**BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables, **own},
    )
