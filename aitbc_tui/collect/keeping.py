"""Opens what is kept on this machine; where that cannot be, the watching goes on without it, and says so."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from aitbc_tui.collect.masking import SALT_BYTES, load_masker
from aitbc_tui.collect.setup import Setup
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.ledger.book import Ledger


def open_ledger(setup: Setup, clock: Callable[[], float]) -> tuple[Masker, Ledger, ConfigError | None]:
    """The masker, the ledger, and why nothing can be written (None: it can).

    A full disk or somebody else's folder must not make an operator blind: without the ledger nothing is sent, and
    where the kept salt cannot be made either, masked ids have names of this run only.

    Raises ConfigError when only the salt is unusable: then it, and not the place, has to be mended.
    """
    miners = tuple(setup.environment.miners)
    lost: ConfigError | None = None
    try:
        ledger = Ledger.open(setup.ledger, clock)
    except ConfigError as error:
        lost, ledger = error, Ledger.lost(setup.ledger, clock)
    try:
        return load_masker(setup.ledger.parent, miners), ledger, lost
    except ConfigError:
        if lost is None:
            ledger.close()
            raise
        return Masker(secrets.token_bytes(SALT_BYTES), {name: name for name in miners}), ledger, lost
