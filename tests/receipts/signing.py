"""A throw-away coordinator's pen: signs receipts as the recorded ones are signed, with keys made here."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from aitbc_tui.receipts.trust import TrustStore, encode_key, store_of


def key_id(key: Ed25519PrivateKey) -> str:
    return encode_key(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _keys() -> Iterator[Ed25519PrivateKey]:
    """Keys whose id tells base64url from standard base64: it holds a `-` or a `_`."""
    for seed in range(200):
        key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        if set("-_") & set(key_id(key)):
            yield key


SIGNER, ATTESTER = itertools.islice(_keys(), 2)


def trust() -> TrustStore:
    return store_of([key_id(SIGNER)], [key_id(ATTESTER)])


def seal(key: Ed25519PrivateKey, message: bytes) -> dict[str, str]:
    return {"alg": "Ed25519", "key_id": key_id(key), "sig": encode_key(key.sign(message))}


def _drop(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _drop(item) for key, item in value.items() if item is not None}
    return [_drop(item) for item in value if item is not None] if isinstance(value, list) else value


def signed(receipt: dict[str, Any], *, attest: bool = True, message: bytes | None = None) -> bytes:
    """The receipt signed as the rule says, or over another message to play a wrong implementation."""
    if message is None:
        message = json.dumps(_drop(receipt), separators=(",", ":"), sort_keys=True).encode()
    full = {**receipt, "signature": seal(SIGNER, message)}
    if attest:
        full["attestations"] = [seal(ATTESTER, message)]
    return json.dumps(full).encode()


def plain(**changes: Any) -> dict[str, Any]:
    """A receipt before it is signed."""
    receipt: dict[str, Any] = {
        "version": "1.0",
        "receipt_id": "a" * 32,
        "job_id": "b" * 32,
        "provider": "miner-secret-key",
        "client": "client-secret-key",
        "status": "COMPLETED",
        "units": 1.25,
        "unit_type": "gpu_seconds",
        "unit_price": 0.02,
        "price": 0.025,
        "started_at": 1795319755,
        "completed_at": 1795319757,
        "metadata": {
            "job_payload": {"type": "inference", "prompt": "say\nhello", "model": "llama3.2:latest"},
            "job_constraints": {},
            "result": {"status": "completed", "output": "hello", "model": "llama3.2:latest"},
            "metrics": {"duration_ms": 1250},
        },
    }
    receipt.update(changes)
    return receipt
