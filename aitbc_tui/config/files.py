"""Whether the files that the configuration names are there and private; asked by `config validate`, not at start.

A missing key file stops one source, not the dashboard, so loading does not look.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from aitbc_tui.config.errors import Problem
from aitbc_tui.config.model import EnvironmentConfig, Settings
from aitbc_tui.config.secrets import read_secret
from aitbc_tui.config.variables import CREDENTIALS
from aitbc_tui.domain.errors import ConfigError


def check_files(settings: Settings) -> tuple[Problem, ...]:
    """Identity, known_hosts and key files of every environment; commands are not run."""
    return tuple(problem for item in settings.env.values() for problem in _environment(item, settings))


def _environment(environment: EnvironmentConfig, settings: Settings) -> Iterator[Problem]:
    for name, host in environment.hosts.items():
        for key, path in (("identity", host.identity), ("known_hosts", host.known_hosts)):
            dotted = f"env.{environment.name}.hosts.{name}.{key}"
            if path is not None and not os.access(path, os.R_OK):
                what = "cannot be read" if os.path.exists(path) else "does not exist"
                yield Problem(str(settings.origin(dotted)), dotted, f"{path} {what}")
    coordinator = environment.coordinator
    for role in CREDENTIALS if coordinator is not None else ():
        source = getattr(coordinator, role)
        if source is not None and source.file is not None:
            try:
                read_secret(source)
            except ConfigError as error:
                where = str(source.origin)
                said = error.detail.removeprefix(f"{where}: {source.key}: ")
                yield Problem(where, source.key, f"{said} ({error.remedy})")
