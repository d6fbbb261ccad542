"""`AITBC_TUI_*` variables and flags that stand in for a key of the chosen environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aitbc_tui.config.model import CREDENTIALS, Origin, OriginKind
from aitbc_tui.config.paths import expand
from aitbc_tui.config.words import did_you_mean
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import clean

PREFIX = "AITBC_TUI_"
# Variables that stand for a flag of the command line; `cli/options.py` reads them.
FLAG_VARIABLES = tuple(
    PREFIX + name
    for name in ("CONFIG", "ENV", "READ_ONLY", "TIMEOUT", "VERBOSE", "SLOW_LINK", "ASCII", "NO_MOUSE", "THEME")
)
_CREDENTIAL_VARIABLES = {
    f"{PREFIX}{role.upper()}_{kind.upper()}": (role, kind) for role in CREDENTIALS for kind in ("file", "command")
}
KEY_VARIABLES = (f"{PREFIX}ACCESS", f"{PREFIX}INTERVAL_S", *_CREDENTIAL_VARIABLES)


@dataclass(frozen=True, slots=True)
class Override:
    """A key that something stronger than the file has set."""

    key: str
    origin: Origin


def apply(raw: dict[str, Any], chosen: str, read_only: bool, environ: Mapping[str, str]) -> tuple[Override, ...]:
    """Put flags and variables into the data of the file; says which keys they took."""
    environment = raw["env"][chosen]
    done: list[Override] = []

    def put(table: dict[str, Any], path: str, key: str, value: object, origin: Origin) -> None:
        table[key] = value
        done.append(Override(f"{path}.{key}", origin))

    for name, key in ((f"{PREFIX}ACCESS", "access"), (f"{PREFIX}INTERVAL_S", "interval_s")):
        if environ.get(name):
            value = environ[name] if key == "access" else _number(environ[name])
            put(environment, f"env.{chosen}", key, value, _from(name))
    coordinator = environment.get("coordinator")
    for name, (role, kind) in _CREDENTIAL_VARIABLES.items():
        if environ.get(name) and coordinator is not None:
            coordinator.pop(f"{role}_{'command' if kind == 'file' else 'file'}", None)
            value = str(expand(environ[name], Path.cwd())) if kind == "file" else environ[name]
            put(coordinator, f"env.{chosen}.coordinator", f"{role}_{kind}", value, _from(name))
    by_variable = is_on(f"{PREFIX}READ_ONLY", environ)
    if read_only or by_variable:
        # Every environment: the dashboard can switch to another one.
        for name, item in raw["env"].items():
            origin = Origin(OriginKind.FLAG, "--read-only") if read_only else _from(f"{PREFIX}READ_ONLY")
            put(item, f"env.{name}", "access", Access.OBSERVE.value, origin)
    return tuple(done)


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


def _from(name: str) -> Origin:
    return Origin(OriginKind.ENVIRONMENT, name)


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text  # the check of the key says what it must be
