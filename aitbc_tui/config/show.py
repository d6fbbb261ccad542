"""Every value in effect with its origin, for `config show`; what could be a secret is masked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from aitbc_tui.config.model import CoordinatorConfig, Origin, SecretSource, Settings
from aitbc_tui.config.variables import CREDENTIALS

Row = tuple[str, object, Origin]


def rows(settings: Settings) -> list[Row]:
    """Key, value as JSON would have it, origin; in the order of the file's tables."""
    listed: list[Row] = [("default_env", settings.default_env, settings.origin("default_env"))]
    for name, environment in settings.env.items():
        listed += _walk(f"env.{name}", environment, settings)
    return [*listed, *_walk("trust", settings.trust, settings)]


def _walk(path: str, value: object, settings: Settings) -> Iterator[Row]:
    if isinstance(value, CoordinatorConfig):
        yield from _coordinator(path, value, settings)
    elif is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            is_header = field.name == "name" and path.rpartition(".")[2] == inner  # [env.NAME], [hosts.H]
            if not is_header:
                yield from _walk(f"{path}.{field.name}", inner, settings)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(f"{path}.{name}", inner, settings)
    elif isinstance(value, tuple) and any(map(is_dataclass, value)):
        for index, inner in enumerate(value):
            yield from _walk(f"{path}[{index}]", inner, settings)
    elif not (value is None and path.endswith(".coordinator")):
        yield path, _plain(value), settings.origin(path)


def _coordinator(path: str, coordinator: CoordinatorConfig, settings: Settings) -> Iterator[Row]:
    for key in ("host", "url", "unit"):
        yield f"{path}.{key}", getattr(coordinator, key), settings.origin(f"{path}.{key}")
    for role in CREDENTIALS:
        source: SecretSource | None = getattr(coordinator, role)
        if source is None:
            yield f"{path}.{role}_file", None, settings.origin(f"{path}.{role}_file")
        else:
            yield source.key, _place(source), source.origin


def _place(source: SecretSource) -> str:
    """The file, if there is one of that name (else it may be the secret itself); of a command its name only."""
    if source.file is not None:
        return str(source.file) if os.path.exists(source.file) else "•••••• (no such file)"
    words = (source.command or "").split()
    return f"{words[0]} ••••••" if len(words) > 1 else "••••••"


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
