"""Every key of a devnet. All follow from the seed but one: the SSH user key opens a real shell, so it never does."""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aitbc_tui.devnet.receipts import ReceiptKeys
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.devnet.signer import Signer


def _host_key(seed: bytes) -> asyncssh.SSHKey:
    made = Ed25519PrivateKey.from_private_bytes(seed)
    return asyncssh.import_private_key(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))


@dataclass(slots=True)
class Keys:
    """API keys, receipt keys and SSH keys of one devnet."""

    client: str = field(repr=False)
    other_client: str = field(repr=False)
    admin: str = field(repr=False)
    miners: tuple[str, ...] = field(repr=False)
    receipts: ReceiptKeys = field(repr=False)
    user: asyncssh.SSHKey = field(repr=False)
    _seeded: Seeded = field(repr=False)

    def host(self, name: str) -> asyncssh.SSHKey:
        return _host_key(self._seeded.bytes("host-key", name))

    def other_host(self, name: str) -> asyncssh.SSHKey:
        """The key a host shows when it is no longer the same."""
        return _host_key(self._seeded.bytes("other-host-key", name))

    def roles(self) -> dict[str, frozenset[str]]:
        """Three disjoint sets, as the coordinator keeps them."""
        return {
            "client": frozenset((self.client, self.other_client)),
            "admin": frozenset((self.admin,)),
            "miner": frozenset(self.miners),
        }


def make_keys(seeded: Seeded, miners: int) -> Keys:
    """All keys for this seed."""
    signers = [Signer(seeded.bytes("receipt-key", role)) for role in ("signing", "attestation", "attacker")]
    return Keys(
        client=seeded.api_key("client"),
        other_client=seeded.api_key("client", 1),
        admin=seeded.api_key("admin"),
        miners=tuple(seeded.api_key("miner", number) for number in range(miners)),
        receipts=ReceiptKeys(*signers),
        user=asyncssh.generate_private_key("ssh-ed25519"),
        _seeded=seeded,
    )
