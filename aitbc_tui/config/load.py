"""Read the configuration: flag over `AITBC_TUI_*` over file over default, with where each value came from."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aitbc_tui.config import build, paths
from aitbc_tui.config.check import Finding, check_shape, dotted
from aitbc_tui.config.errors import ConfigProblems, NoConfiguration, Problem
from aitbc_tui.config.lines import KeyPath, key_lines, line_of
from aitbc_tui.config.model import Origin, OriginKind, Settings
from aitbc_tui.config.overrides import Override, apply
from aitbc_tui.config.references import check_references
from aitbc_tui.config.variables import foreign_variables
from aitbc_tui.config.words import did_you_mean, one_of
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

MAX_BYTES = 1 << 20
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says about the configuration. `any_env`: the command is about the file, not a network."""

    config: str | None = None
    env: str | None = None
    read_only: bool = False
    any_env: bool = False


def locate(flags: Flags, environ: Mapping[str, str]) -> tuple[Path, Origin]:
    """Which file is meant, whether or not it exists, and who said so."""
    if flags.config is not None:
        return paths.expand(flags.config, Path.cwd()), Origin(OriginKind.FLAG, "--config")
    named = environ.get("AITBC_TUI_CONFIG")
    if named:
        return paths.expand(named, Path.cwd()), Origin(OriginKind.ENVIRONMENT, "AITBC_TUI_CONFIG")
    return paths.config_file(), Origin(OriginKind.DEFAULT)


def load(flags: Flags = Flags(), environ: Mapping[str, str] | None = None) -> Settings:
    """Read, check and build; raises `ConfigError` (all problems at once where the file can be parsed)."""
    environ = os.environ if environ is None else environ
    path, named_by = locate(flags, environ)
    raw, lines = parse(path, read(path, named_by))
    problems = check_shape(raw) or check_references(raw)
    if problems:
        raise ConfigProblems(tuple(_problem(finding, path, lines) for finding in problems))
    origins = {dotted(key): Origin(OriginKind.FILE, f"{path}:{line}") for key, line in lines.items()}
    chosen, chosen_by = _choose(raw, path, flags, environ)
    overrides = apply(raw, chosen, flags.read_only, environ)
    _check_overrides(raw, overrides)
    origins |= {override.key: override.origin for override in overrides}

    def origin(key: str) -> Origin:
        return origins.get(key, Origin(OriginKind.DEFAULT))

    return Settings(
        path=path,
        chosen=chosen,
        chosen_by=chosen_by,
        default_env=raw.get("default_env"),
        env={name: build.environment(name, item, path.parent, origin) for name, item in raw["env"].items()},
        trust=build.trust(raw.get("trust", {})),
        origins=origins,
        warnings=foreign_variables(environ),
    )


def read(path: Path, named_by: Origin) -> str:
    """The text of the file, or why there is none."""
    by = "" if named_by.kind is OriginKind.DEFAULT else f" (named by {named_by})"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        kind = NoConfiguration if named_by.kind is OriginKind.DEFAULT else ConfigError
        raise kind(f"{path}: no such file{by}", remedy="aitbc-tui config init writes one") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder, not a file{by}", remedy="name the file in it") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}{by}", remedy="check who may read it") from None
    except ValueError:
        raise ConfigError(f"the name of the configuration file holds a NUL{by}") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB{by}", remedy="is this the right file?")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8", remedy="save the file as UTF-8") from None


def parse(path: Path, text: str) -> tuple[dict[str, Any], Mapping[KeyPath, int]]:
    """TOML into plain data, and the line of each key."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from None
    except (RecursionError, ValueError):
        raise ConfigError(f"{path}: nested too deeply, or holds a number too long", remedy="simplify it") from None
    return raw, key_lines(text)


def _not_toml(path: Path, text: str, message: str) -> ConfigError:
    found = _AT_LINE.search(message)
    line = int(found[1]) if found else max(1, text.count("\n") + (not text.endswith("\n")))
    column = f", column {found[2]}" if found else ""
    reason = clean(_AT_LINE.sub("", message).replace(" (at end of document)", " before the end of the file"), 120)
    return ConfigError(f"{path}:{line}: not valid TOML{column}: {reason}", remedy="strings need quotes")


def _problem(finding: Finding, path: Path, lines: Mapping[KeyPath, int]) -> Problem:
    line = line_of(lines, finding.path)
    return Problem(f"{path}:{line}" if line else str(path), dotted(finding.path), finding.message)


def _choose(raw: Mapping[str, Any], path: Path, flags: Flags, environ: Mapping[str, str]) -> tuple[str, Origin]:
    names = list(raw["env"])
    if flags.env is not None:
        name, origin = flags.env, Origin(OriginKind.FLAG, "--env")
    elif environ.get("AITBC_TUI_ENV"):
        name, origin = environ["AITBC_TUI_ENV"], Origin(OriginKind.ENVIRONMENT, "AITBC_TUI_ENV")
    elif "default_env" in raw:
        return raw["default_env"], Origin(OriginKind.FILE, "default_env")
    elif len(names) == 1 or flags.any_env:
        return names[0], Origin(OriginKind.DEFAULT)
    else:
        said = f"{path}: no environment was chosen, and there is {one_of(names)}"
        raise ConfigError(said, remedy="--env NAME, or default_env in the file")
    if name not in raw["env"]:
        near = did_you_mean(name, names)
        said = f'{origin}: there is no environment "{clean(name, 64)}" in {path}'
        raise ConfigError(f"{said}{near or '; there is ' + one_of(names)}", remedy="aitbc-tui config show")
    return name, origin


def _check_overrides(raw: Mapping[str, Any], overrides: tuple[Override, ...]) -> None:
    """A bad value from a variable is told of the variable, not of a line of the file."""
    by_key = {override.key: override for override in overrides}
    problems = tuple(
        Problem(str(by_key[dotted(finding.path)].origin), dotted(finding.path), finding.message)
        for finding in check_shape(raw)
        if dotted(finding.path) in by_key
    )
    if problems:
        raise ConfigProblems(problems)
