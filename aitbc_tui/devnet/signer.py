"""Signs receipts as the coordinator does; written apart from the verifier, so that each checks the other."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aitbc_tui.devnet.seeded import JsonObject


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value


def signed_bytes(body: JsonObject) -> bytes:
    """The message: nulls dropped at every depth, keys sorted, no spaces, pure ASCII."""
    return json.dumps(_without_nulls(body), separators=(",", ":"), sort_keys=True).encode("ascii")


def unpadded(raw: bytes) -> str:
    """base64url without padding, as keys and signatures are written."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Signer:
    """One Ed25519 key with its public name."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key_id = unpadded(self._key.public_key().public_bytes_raw())

    def sign(self, body: JsonObject) -> JsonObject:
        """The signature object over `body` as it is now."""
        return {"alg": "Ed25519", "key_id": self.key_id, "sig": unpadded(self._key.sign(signed_bytes(body)))}
