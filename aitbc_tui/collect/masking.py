"""The key under which ids are masked: made once, kept private, so that a name stays the same tomorrow."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.ledger.files import private_folder

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
        salt = _make(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", remedy="the masking key must be readable by you") from None
    if len(salt) < SALT_BYTES:
        raise ConfigError(f"{path}: shorter than {SALT_BYTES} bytes", remedy="remove it; a new one is made")
    return Masker(salt, {name: name for name in miners})


def _make(path: Path) -> bytes:
    salt = secrets.token_bytes(SALT_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:  # another process of ours was quicker
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", remedy="the state directory must be writable") from None
    with os.fdopen(handle, "wb") as file:
        file.write(salt)
    return salt
