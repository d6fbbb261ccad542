"""The reader's own keys: `keys.toml` beside the configuration says `copy = "i"`; conflicts are refused at the start.

A key is translated into the one that the screens know, so that what is moved is moved on every screen, and every hint,
help and sentence names the key as it is. Arrows, Enter, Esc, Tab, F1, ctrl+p and ctrl+c keep their meaning, and may get
another key beside them. While a text is typed its keys are text.
"""

from __future__ import annotations

import difflib
import re
import string
import tomllib
import unicodedata
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

DEFAULTS: Mapping[str, str] = {
    "quit": "q",
    "help": "question_mark",
    "command": "colon",
    "suspend": "ctrl+z",
    "refresh": "r",
    "redraw": "ctrl+l",
    **{f"pane-{number}": str(number) for number in range(1, 8)},
    "overview": "0",
    "zoom": "z",
    "down": "j",
    "up": "k",
    "page-down": "ctrl+d",
    "page-up": "ctrl+u",
    "first": "g",
    "last": "G",
    "filter": "slash",
    "sort": "s",
    "freeze": "space",
    "copy": "y",
    "copy-check": "Y",
    "verify": "v",
    "submit": "n",
    "stress": "t",
    "cancel": "c",
    "logs": "l",
    "operations": "o",
    "events": "e",
    "acknowledge": "a",
    "environments": "E",
    "unfold": "p",
    "unmask": "u",
    "miner": "m",
    "bell": "b",
    "history": "h",
    "previous-hit": "N",
    "narrow": "f",
    "again": "d",
    "save": "w",
    "constraints": "x",
    "more": "plus",
    "fewer": "minus",
    "older": "left_square_bracket",
    "newer": "right_square_bracket",
    "back-a-minute": "left_curly_bracket",
    "on-a-minute": "right_curly_bracket",
    "slower": "less_than_sign",
    "faster": "greater_than_sign",
    "preview": "ctrl+g",
    "editor": "ctrl+e",
    "constraints-typing": "ctrl+x",
    "confirm": "ctrl+y",
    "open": "enter",
    "back": "escape",
    "next": "tab",
    "previous": "shift+tab",
    "arrow-down": "down",
    "arrow-up": "up",
    "left": "left",
    "right": "right",
}
_FIXED = frozenset({"ctrl+c", "escape", "enter", "tab", "shift+tab", "up", "down", "left", "right", "f1", "ctrl+p"})
_NAMES = {"solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus"}
_NAMES |= {"plus_sign": "plus", "low_line": "underscore"}
_KEY = re.compile(r"(ctrl\+|shift\+|alt\+)*[A-Za-z0-9_]+")
MAX_BYTES = 64 * 1024
# What these do is wanted while a text is typed: they cannot be on a key that is text.
_WHILE_TYPING = frozenset({"preview", "editor", "constraints-typing", "confirm"})
_NO_TEXT = re.compile(r"(ctrl|alt)\+.+|f\d{1,2}")
# On these what is pressed may be text.
TYPING = frozenset({"ConfirmScreen", "QuietScreen", "OperationsScreen", "SubmitScreen", "PromptEditor", "PowerScreen"})


@dataclass(frozen=True, slots=True)
class Keys:
    """`known`: a pressed key and the one it stands for; `dead`: keys whose meaning has moved away."""

    known: Mapping[str, str] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()

    def translate(self, key: str) -> str | None:
        """The key as the screens know it; None: it means nothing any more."""
        if key in self.known:
            return self.known[key]
        return None if key in self.dead else key

    def beside_text(self) -> Keys:
        """Those that stay while a text is typed."""
        meant = {DEFAULTS[action] for action in _WHILE_TYPING}
        return Keys({pressed: key for pressed, key in self.known.items() if key in meant})

    def shown(self, hint: str) -> str:
        """A hint's keys as they are now: `y` becomes `i`, `j/k` `i/k`; what is no key of ours stays."""
        moved = {meant: pressed for pressed, meant in self.known.items() if meant not in _FIXED}
        if not moved:
            return hint
        one = _spoken(hint, moved)
        if one is not None:
            return one
        parts = re.split(r"( +|(?<=\w)/(?=\w))", _RANGE.sub(lambda found: _unfolded(found, moved), hint))
        return "".join(part if at % 2 else _spoken(part, moved) or part for at, part in enumerate(parts))

    def words(self, text: str) -> str:
        """A sentence of ours with its keys, which stand in backticks, as they are now."""
        return _QUOTED.sub(lambda found: self.shown(found[1]), text)


# Of the app whose task draws: an app sets its own, and every task it starts has them. Sentences of every screen name
# keys, and are built by pure functions deep below the screens, which would hand them through some hundred calls.
_USUAL = Keys()
_KEYS: ContextVar[Keys] = ContextVar("keys", default=_USUAL)


def use(keys: Keys) -> None:
    """In this context, and in the tasks that are begun in it, `in_words` names these keys."""
    _KEYS.set(keys)


def in_words(text: str) -> str:
    """A sentence of ours, whose keys stand in backticks, with the keys as they are: "`v` verifies" is "v verifies"."""
    return _KEYS.get().words(text)


def in_remedy(remedy: str) -> str:
    """A remedy, whose keys stand before a colon, with the keys as they are: "l: its log" where `l` is not moved."""
    return _KEYS.get().words(_KEYED.sub(r"`\1`", remedy))


_KEYED = re.compile(r"(?<![\w`-])([A-Za-z0-9])(?=: )")
_QUOTED = re.compile(r"`([^`]+)`")
_RANGE = re.compile(r"1(-| to )7")


def _spoken(key: str, moved: Mapping[str, str]) -> str | None:
    """How a moved key is called; None: it is not moved."""
    found = moved.get(normal(key))
    return None if found is None else spoken(found)


def spoken(key: str) -> str:
    """`?` for `question_mark`."""
    return _SHOWN.get(key, key)


def _unfolded(found: re.Match[str], moved: Mapping[str, str]) -> str:
    panes = [str(number) for number in range(1, 8)]
    return found[0] if not moved.keys() & set(panes) else " ".join(panes)


def normal(key: str) -> str:
    """`?` is `question_mark`, as the toolkit calls it."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return _NAMES.get(name, name)


_SHOWN = {normal(char): char for char in string.punctuation}


def read_keys(path: Path) -> Keys:
    """The keys of this file; the usual ones where there is no file."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Keys()
    except OSError as error:
        raise ConfigError(f"{clean(str(path))}: {error.strerror}", remedy="make it readable, or remove it") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{clean(str(path))}: larger than {MAX_BYTES // 1024} KiB", remedy="is this the right file?")
    try:
        table = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{clean(str(path))}: {clean(str(error))}", remedy="correct it, or remove it") from None
    return keys_of(table, str(clean(str(path))))


def keys_of(table: Mapping[str, object], where: str) -> Keys:
    """Check a table of actions and keys: known actions, possible keys, no key for two things."""
    wanted: dict[str, str] = {}
    for action, given in table.items():
        if action not in DEFAULTS:
            near = difflib.get_close_matches(action, DEFAULTS, 1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise ConfigError(f'{where}: no action "{clean(action, 40)}"{hint}', remedy=", ".join(DEFAULTS))
        key = normal(given) if isinstance(given, str) else ""
        if not _KEY.fullmatch(key) or key in _FIXED:
            said = clean(str(given), 40)
            raise ConfigError(f'{where}: {action} cannot be on "{said}"', remedy='a key such as "i", "ctrl+b" or "f5"')
        if action in _WHILE_TYPING and not _NO_TEXT.fullmatch(key):
            raise ConfigError(
                f'{where}: {action} cannot be on "{given}": it is wanted while a text is typed',
                remedy='a key such as "ctrl+b" or "f5"',
            )
        wanted[action] = key
    taken: dict[str, str] = {}
    for action, key in {**DEFAULTS, **wanted}.items():
        if key in taken:
            raise ConfigError(
                f'{where}: "{spoken(key)}" is for {taken[key]} and for {action}',
                remedy="give one of them another",
            )
        taken[key] = action
    moved = {action: key for action, key in wanted.items() if key != DEFAULTS[action]}
    known = {key: DEFAULTS[action] for action, key in moved.items()}
    return Keys(known, frozenset(DEFAULTS[action] for action in moved) - frozenset(known) - _FIXED)
