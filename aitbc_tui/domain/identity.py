"""Who: an id that may be a live API key, shown only under a masked name (contract, coordinator Q5)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aitbc_tui.domain.text import SafeText, clean


class Role(StrEnum):
    """What an id stands for; also the word before the dot of a masked name."""

    CLIENT = "client"
    MINER = "miner"


@dataclass(frozen=True, slots=True)
class Identity:
    """A client or miner. `label` is safe to show; `secret` may be a live API key and stays out of every repr."""

    role: Role
    label: SafeText
    secret: str = field(repr=False, compare=True)

    def __str__(self) -> str:
        return self.label


class Masker:
    """Turns ids into names: the configured name, else `miner·3f9a`, four digits of a keyed hash."""

    def __init__(self, salt: bytes, names: Mapping[str, str] | None = None) -> None:
        self._salt = salt
        self._names = dict(names or {})

    def __call__(self, role: Role, raw: str) -> Identity:
        name = self._names.get(raw)
        if name is not None:
            return Identity(role, clean(name, 24), raw)
        digest = hmac.new(self._salt, raw.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return Identity(role, SafeText(f"{role.value}·{digest[:4]}"), raw)
