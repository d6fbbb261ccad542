"""Reads every configured credential, when the collector opens; one that cannot be read says so in its row."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from aitbc_tui.collect.setup import ROLES, Setup
from aitbc_tui.config.model import SecretSource
from aitbc_tui.config.secrets import Secret, read_secret
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import CredentialRow
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level, Verdict


def sources_of(setup: Setup) -> dict[str, SecretSource]:
    """Where each role's credential comes from, a file or a command; only the roles that are configured."""
    found = {role: setup.secret_source(role) for role in ROLES}
    return {role: source for role, source in found.items() if source is not None}


async def read_credentials(
    setup: Setup, rows: Sequence[CredentialRow]
) -> tuple[dict[str, Secret], tuple[CredentialRow, ...]]:
    """The secrets by role, and `rows` with what came of each; a `ConfigError` becomes its row's verdict."""
    sources = sources_of(setup)
    found: dict[str, Secret] = {}
    read: list[CredentialRow] = []
    for row in rows:
        source = sources.get(row.role)
        if source is None:
            continue
        try:
            found[row.role] = await asyncio.to_thread(read_secret, source)
            read.append(replace(row, verdict=Verdict(Level.COMING, SafeText("not tried yet"))))
        except ConfigError as error:
            read.append(replace(row, verdict=Verdict(Level.REFUSED, SafeText("unreadable"), clean(str(error)))))
    return found, tuple(read)
