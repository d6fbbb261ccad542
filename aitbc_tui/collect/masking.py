"""The key under which ids are masked: made once, kept private, so that a name stays the same tomorrow."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.ledger.files import create_file, private_folder

SALT_BYTES = 16
_NAME = "mask.salt"


def load_masker(folder: Path, miners: Iterable[str] = ()) -> Masker:
    """The masker of this installation; its salt lies in `folder` (made 0700, file 0600).

    An id that is the name of a configured miner (2026-08) is no key, and is shown as it is.
    """
    private_folder(folder)
    path = folder / _NAME
    try:
        salt = path.read_bytes()
    except FileNotFoundError:
        salt = create_file(path, secrets.token_bytes(SALT_BYTES))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", remedy="the masking key must be readable by you") from None
    if len(salt) < SALT_BYTES:
        raise ConfigError(f"{path}: shorter than {SALT_BYTES} bytes", remedy="remove it; a new one is made")
    return Masker(salt, {name: name for name in miners})
