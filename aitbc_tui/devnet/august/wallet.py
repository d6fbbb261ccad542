"""A secp256k1 wallet: an address, and signatures with a recovery bit; the same key always signs the same way."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, derive_private_key

from aitbc_tui.devnet.seeded import JsonObject
from aitbc_tui.domain.address import same_address
from aitbc_tui.protocol.platform_keccak import keccak256
from aitbc_tui.protocol.platform_signer import address, recover

_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def _times_g(factor: int) -> tuple[int, int]:
    numbers = derive_private_key(factor, SECP256K1()).public_key().public_numbers()
    return numbers.x, numbers.y


class Wallet:
    """One key pair."""

    def __init__(self, seed: bytes) -> None:
        self._secret = int.from_bytes(seed, "big") % (_N - 1) + 1
        x, y = _times_g(self._secret)
        self.address = address(x.to_bytes(32, "big") + y.to_bytes(32, "big"))

    @property
    def ait1(self) -> str:
        """The other spelling of the same address."""
        return "ait1" + self.address[2:].lower()

    def sign(self, message: bytes) -> str:
        """65 bytes (r, s, recovery bit) over a 32-byte digest, in hex."""
        z = int.from_bytes(message, "big") % _N
        seed = self._secret.to_bytes(32, "big") + message
        nonce = int.from_bytes(hashlib.sha512(seed).digest(), "big") % (_N - 1) + 1
        x, y = _times_g(nonce)
        r, odd = x % _N, y & 1
        s = pow(nonce, -1, _N) * (z + r * self._secret) % _N
        if s > _N // 2:
            s, odd = _N - s, odd ^ 1
        return "0x" + (r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([odd])).hex()

    def sign_hash(self, digest: str) -> str:
        """Of a block: its hash is what is signed."""
        return self.sign(bytes.fromhex(digest.removeprefix("0x")))


def tx_message(body: JsonObject) -> bytes:
    """What a transaction's signature is over: its canonical JSON without the signature."""
    bare = {key: value for key, value in body.items() if key != "signature"}
    return keccak256(json.dumps(bare, sort_keys=True, separators=(",", ":")).encode())


def signed_by_sender(body: JsonObject) -> bool:
    """Whether the sender's own key signed."""
    try:
        raw = bytes.fromhex(str(body.get("signature", "")).removeprefix("0x"))
    except ValueError:
        return False
    found = recover(tx_message(body), raw) if len(raw) == 65 else None
    return found is not None and same_address(found, str(body.get("from", "")))
