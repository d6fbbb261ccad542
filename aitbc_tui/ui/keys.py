"""The reader's own keys: `keys.toml` beside the configuration says `copy = "w"`; conflicts are refused at the start.

A key is translated into the one that the screens know, so that what is moved is moved on every screen. Arrows, Enter,
Esc, Tab and ctrl+c keep their meaning; questions that are answered with a key keep the key they name. Pure.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

DEFAULTS: Mapping[str, str] = {
    "quit": "q",
    "help": "question_mark",
    "command": "colon",
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
}
_FIXED = frozenset({"ctrl+c", "escape", "enter", "tab", "shift+tab", "up", "down", "left", "right", "f1", "ctrl+p"})
_NAMES = {"solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus"}
_NAMES |= {"plus_sign": "plus", "low_line": "underscore"}
_KEY = re.compile(r"(ctrl\+|shift\+|alt\+)*[A-Za-z0-9_]+")
_SHOWN = {"slash": "/", "colon": ":", "question_mark": "?"}
MAX_BYTES = 64 * 1024
# On these the key that answers is part of the question, or keys are text: they keep the usual ones.
ASKING = frozenset(
    ("CancelScreen", "ConfirmScreen", "QuietScreen", "OperationsScreen", "PlanScreen", "ProgressScreen")
    + ("StressScreen", "SubmitScreen", "PreviewScreen", "PromptEditor", "EnvironmentsScreen")
)


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

    def shown(self, hint: str) -> str:
        """A hint's key as it is now: `y` becomes `w`; what is no single key stays."""
        back = {meant: pressed for pressed, meant in self.known.items()}
        moved = back.get(normal(hint)) if len(hint) == 1 or hint in DEFAULTS.values() else None
        return hint if moved is None else _SHOWN.get(moved, moved)


def normal(key: str) -> str:
    """`?` is `question_mark`, as the toolkit calls it."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return _NAMES.get(name, name)


def read_keys(path: Path) -> Keys:
    """The keys of this file; the usual ones where there is no file."""
    try:
        raw = path.read_bytes()[:MAX_BYTES]
    except FileNotFoundError:
        return Keys()
    except OSError as error:
        raise ConfigError(f"{clean(str(path))}: {error.strerror}", remedy="make it readable, or remove it") from None
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
            raise ConfigError(f'{where}: {action} cannot be on "{said}"', remedy='a key such as "w", "ctrl+w" or "f5"')
        wanted[action] = key
    taken: dict[str, str] = {}
    for action, key in {**DEFAULTS, **wanted}.items():
        if key in taken:
            raise ConfigError(
                f'{where}: "{_SHOWN.get(key, key)}" is for {taken[key]} and for {action}',
                remedy="give one of them another",
            )
        taken[key] = action
    moved = {action: key for action, key in wanted.items() if key != DEFAULTS[action]}
    known = {key: DEFAULTS[action] for action, key in moved.items()}
    return Keys(known, frozenset(DEFAULTS[action] for action in moved) - frozenset(known))
