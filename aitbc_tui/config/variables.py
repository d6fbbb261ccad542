"""The `AITBC_TUI_*` variables: their names, and reading a switch; light, for the command line's first step."""

from __future__ import annotations

from collections.abc import Mapping

from aitbc_tui.config.words import did_you_mean
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

PREFIX = "AITBC_TUI_"
CREDENTIALS = ("client", "admin", "miner")

# Variables that stand for a flag of the command line.
FLAG_VARIABLES = tuple(
    PREFIX + name
    for name in ("CONFIG", "ENV", "READ_ONLY", "TIMEOUT", "VERBOSE", "SLOW_LINK", "ASCII", "NO_MOUSE", "THEME")
)
CREDENTIAL_VARIABLES = {
    f"{PREFIX}{role.upper()}_{kind.upper()}": (role, kind) for role in CREDENTIALS for kind in ("file", "command")
}
KEY_VARIABLES = (f"{PREFIX}ACCESS", f"{PREFIX}INTERVAL_S", *CREDENTIAL_VARIABLES)


def is_on(name: str, environ: Mapping[str, str]) -> bool:
    """A variable that stands for a switch; anything but a plain yes or no is an error."""
    value = environ.get(name, "").strip().lower()
    if value in ("", "0", "no", "false", "off"):
        return False
    if value in ("1", "yes", "true", "on"):
        return True
    raise ConfigError(f"{name} must be 1 or 0", remedy=f"unset {name}, or set it to 1")


def foreign_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """A misspelt variable is otherwise ignored in silence."""
    known = FLAG_VARIABLES + KEY_VARIABLES
    return tuple(
        f"the variable {clean(name, 64)} means nothing here and is ignored{did_you_mean(name, known)}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    )
