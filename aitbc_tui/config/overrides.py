"""`AITBC_TUI_*` variables and flags that stand in for a key of the chosen environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aitbc_tui.config.model import Origin, OriginKind
from aitbc_tui.config.paths import expand
from aitbc_tui.config.variables import CREDENTIAL_VARIABLES, PREFIX, is_on
from aitbc_tui.domain.places import Access


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
    for name, (role, kind) in CREDENTIAL_VARIABLES.items():
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


def _from(name: str) -> Origin:
    return Origin(OriginKind.ENVIRONMENT, name)


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text  # the check of the key says what it must be
