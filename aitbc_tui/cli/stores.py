"""The trust store that counts for a command: pins of the configuration, and those made by `trust add`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from aitbc_tui.cli.context import Context
from aitbc_tui.config import paths
from aitbc_tui.config.errors import NoConfiguration
from aitbc_tui.config.model import TrustConfig
from aitbc_tui.receipts.trust import Pin, TrustStore


@dataclass(frozen=True, slots=True)
class Stores:
    """`configured` may be empty: receipts can be verified, and keys pinned, before there is a configuration."""

    file: Path
    config_file: Path | None
    configured: TrustStore
    pinned: tuple[Pin, ...]

    @property
    def all(self) -> TrustStore:
        return self.configured.merged(self.pinned)


def read_stores(ctx: Context) -> Stores:
    config_file: Path | None = None
    configured = TrustConfig()
    try:
        settings = ctx.settings_of_file
        config_file, configured = settings.path, settings.trust
    except NoConfiguration:
        pass  # the pins in the usual place still count
    file = paths.trust_file(config_file)
    return Stores(file, config_file, configured.store(), _pinned(file))


def _pinned(file: Path) -> tuple[Pin, ...]:
    """Reading the file needs a heavy import, which the dashboard's first frame should not wait for in vain."""
    if not os.path.exists(file):
        return ()
    from aitbc_tui.ledger.trustfile import load_pins

    return load_pins(file)
