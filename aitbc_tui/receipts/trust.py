"""Which keys the operator trusts, each for one role; frozen values, no files and no cryptography."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.receipt import short_key
from aitbc_tui.domain.text import SafeText, clean

_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_ALLOWED = "64 hex digits or 43 base64url characters"


class KeyRole(StrEnum):
    """What a key may vouch for. A key pinned for one role is a stranger in the other."""

    SIGNING = "signing"
    ATTESTATION = "attestation"


class AttestationPolicy(StrEnum):
    """Whether a receipt without an attestation may be valid."""

    REQUIRED = "required"
    OPTIONAL = "optional"


def decode_exact(text: str, size: int) -> bytes | None:
    """Base64url without padding of exactly `size` bytes, in its one canonical spelling; else None."""
    if len(text) != -(-size * 4 // 3) or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if encode_key(raw) == text else None


def encode_key(raw: bytes) -> str:
    """Base64url without padding, as `key_id` and `sig` are written."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class Pin:
    """A public key that the operator trusts for one role, and where that trust came from."""

    key: bytes
    role: KeyRole
    added: date | None = None
    note: SafeText = SafeText("")

    @property
    def key_id(self) -> str:
        return encode_key(self.key)

    @property
    def short(self) -> SafeText:
        return short_key(self.key_id)

    @property
    def last8(self) -> str:
        """What an operator types to show that the key was compared."""
        return self.key_id[-8:]


@dataclass(frozen=True, slots=True)
class TrustStore:
    """All pins, and the policy on attestations (None: required as soon as an attestation key is known)."""

    pins: tuple[Pin, ...] = ()
    attestation_policy: AttestationPolicy | None = None
    _roles: dict[bytes, KeyRole] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        roles: dict[bytes, KeyRole] = {}
        for pin in self.pins:
            if roles.setdefault(pin.key, pin.role) is not pin.role:
                raise ConfigError(
                    f"key {pin.short} is pinned for signing and for attestation",
                    remedy="a key has one role: remove one of the two pins",
                )
        object.__setattr__(self, "_roles", roles)

    def role_of(self, key: bytes) -> KeyRole | None:
        return self._roles.get(key)

    def pin_of(self, key: bytes) -> Pin | None:
        return next((pin for pin in self.pins if pin.key == key), None)

    def knows(self, role: KeyRole) -> bool:
        """Whether any key is pinned for this role."""
        return any(pin.role is role for pin in self.pins)

    @property
    def policy(self) -> AttestationPolicy:
        if self.attestation_policy is not None:
            return self.attestation_policy
        known = self.knows(KeyRole.ATTESTATION)
        return AttestationPolicy.REQUIRED if known else AttestationPolicy.OPTIONAL

    def merged(self, pins: Iterable[Pin]) -> TrustStore:
        """This store and more pins; of two pins of the same key and role the first is kept."""
        kept = {(pin.key, pin.role): pin for pin in reversed((*self.pins, *pins))}
        return replace(self, pins=tuple(reversed(kept.values())))


def parse_key(text: str) -> bytes:
    """A public key as people write it. The refused text is not repeated: it might be a private one."""
    stripped = text.strip()
    if _HEX.fullmatch(stripped):
        return bytes.fromhex(stripped)
    key = decode_exact(stripped, 32)
    if key is None:
        raise ConfigError(
            f"not a receipt key: {len(stripped)} characters that are not {_ALLOWED}",
            remedy=f"give the public key as {_ALLOWED}",
        )
    return key


def parse_role(text: str) -> KeyRole:
    """`signing` or `attestation`; ConfigError for anything else."""
    try:
        return KeyRole(text.strip())
    except ValueError:
        # what is longer is no misspelt role: perhaps a key in the wrong place, which is not repeated
        named = f'"{clean(text, 16)}" is no key role' if len(text) <= 16 else "unknown key role"
        raise ConfigError(named, remedy="the roles are signing and attestation") from None


def parse_role_key(text: str) -> Pin:
    """`ROLE:KEY` as the command line takes it."""
    role, colon, key = text.partition(":")
    if not colon:
        raise ConfigError("a key without its role", remedy=f"write ROLE:KEY, KEY being {_ALLOWED}")
    named = parse_role(role)
    return Pin(parse_key(key), named)


def store_of(
    signing: Iterable[str] = (),
    attestation: Iterable[str] = (),
    policy: AttestationPolicy | None = None,
) -> TrustStore:
    """A store out of the key texts of a configuration's `[trust]` table."""
    pins = [Pin(parse_key(key), KeyRole.SIGNING) for key in signing]
    pins += [Pin(parse_key(key), KeyRole.ATTESTATION) for key in attestation]
    return TrustStore((), policy).merged(pins)
