"""One signature object, `{"alg", "key_id", "sig"}`: decoded strictly and checked over a message."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from aitbc_tui.domain.text import SafeText, clean, literal
from aitbc_tui.receipts.jsontext import JsonValue
from aitbc_tui.receipts.trust import decode_exact

ALG = "Ed25519"


@dataclass(frozen=True, slots=True)
class Seal:
    """What one signature object is worth. `key` is None when it cannot be decoded.

    `verifies` says only that the bytes were signed by the key inside: anybody can make such a pair.
    """

    key_id: SafeText
    key: bytes | None
    alg_ok: bool
    alg_text: SafeText
    verifies: bool
    problem: SafeText


def examine(seal: JsonValue, message: bytes) -> Seal:
    """Decode a signature object of any shape and check it over the message itself, no hash in between."""
    if not isinstance(seal, dict):
        return _bad(literal(""), "is not an object", "")
    alg, key_text, sig_text = seal.get("alg"), seal.get("key_id"), seal.get("sig")
    key_id = clean(key_text, 64) if isinstance(key_text, str) else literal("")
    alg_text = clean(alg, 24) if isinstance(alg, str) else literal("no alg")
    key = decode_exact(key_text, 32) if isinstance(key_text, str) else None
    sig = decode_exact(sig_text, 64) if isinstance(sig_text, str) else None
    if alg != ALG:
        return Seal(key_id, key, False, alg_text, False, SafeText(f'has the alg "{alg_text}", not "{ALG}"'))
    if key is None:
        return _bad(key_id, "has a key_id that is not 43 base64url characters", ALG)
    if sig is None:
        return Seal(key_id, key, True, literal(ALG), False, literal("has a sig that is not 86 base64url characters"))
    if not verifies(key, sig, message):
        return Seal(key_id, key, True, literal(ALG), False, literal("does not verify over these bytes"))
    return Seal(key_id, key, True, literal(ALG), True, literal(""))


def _bad(key_id: SafeText, problem: str, alg: str) -> Seal:
    return Seal(key_id, None, alg == ALG, SafeText(alg or "no alg"), False, SafeText(problem))


def verifies(key: bytes, sig: bytes, message: bytes) -> bool:
    """Whether `sig` is that of `message` under this Ed25519 key of 32 bytes; False for a key or signature of no use."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(sig, message)
    except (InvalidSignature, ValueError):  # ValueError: 32 bytes that are no point of the curve
        return False
    return True
