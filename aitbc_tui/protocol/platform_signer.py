"""Who signed a block or a transaction (2026-08): the secp256k1 address recovered from its signature.

Only public values are computed with, so nothing here needs constant time; `cryptography` cannot recover keys.
"""

from __future__ import annotations

from functools import lru_cache

from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.protocol.platform_keccak import keccak256

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
# Jacobian coordinates: (X, Y, Z) stands for (X / Z², Y / Z³); Z = 0 is the point at infinity.
_Point = tuple[int, int, int]
_INFINITY: _Point = (0, 1, 0)


def signer(signature: str | None, block_hash: str) -> SafeText | None:
    """The address that signed, `""` when the signature cannot be one, None when the block carries none."""
    if signature is None:
        return None
    message, raw = _bytes(block_hash, 32), _bytes(signature, 65)
    if message is None or raw is None:
        return SafeText("")
    found = recover(message, raw)
    return SafeText("") if found is None else clean(found, 48)


def tx_signer(signed: bytes, signature: str) -> SafeText:
    """The address that signed a transaction, `""` when the signature cannot be one.

    `signed`: its canonical JSON without the signature (contract platform-2026-08 §2.4, captures 203 and 206).
    """
    raw = _bytes(signature, 65)
    found = None if raw is None else recover(keccak256(signed), raw)
    return SafeText("") if found is None else clean(found, 48)


@lru_cache(maxsize=512)
def recover(message: bytes, signature: bytes) -> str | None:
    """The address whose key made `signature` (r, s, recovery bit) over the 32 bytes of `message`."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    odd = signature[64] - 27 if signature[64] in (27, 28) else signature[64]
    if not (0 < r < N and 0 < s < N and odd in (0, 1)):
        return None
    square = (pow(r, 3, P) + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        return None
    if y % 2 != odd:
        y = P - y
    inverse, z = pow(r, -1, N), int.from_bytes(message, "big") % N
    key = _affine(_add(_times((*_G, 1), -z * inverse % N), _times((r, y, 1), s * inverse % N)))
    if key is None:
        return None
    return address(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))


def address(public_key: bytes) -> str:
    """The checksummed address of an uncompressed public key without its leading 04."""
    plain = keccak256(public_key)[-20:].hex()
    mixed = keccak256(plain.encode("ascii")).hex()
    return "0x" + "".join(c.upper() if int(m, 16) > 7 else c for c, m in zip(plain, mixed, strict=False))


def _bytes(text: str, length: int) -> bytes | None:
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return None
    return raw if len(raw) == length else None


def _double(point: _Point) -> _Point:
    x, y, z = point
    if not z or not y:
        return _INFINITY
    yy = y * y % P
    s, m = 4 * x * yy % P, 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(one: _Point, other: _Point) -> _Point:
    if not one[2] or not other[2]:
        return other if not one[2] else one
    (x1, y1, z1), (x2, y2, z2) = one, other
    z1z1, z2z2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * z2z2 % P, x2 * z1z1 % P
    s1, s2 = y1 * z2 * z2z2 % P, y2 * z1 * z1z1 % P
    if u1 == u2:
        return _double(one) if s1 == s2 else _INFINITY
    h, r = (u2 - u1) % P, (s2 - s1) % P
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _times(point: _Point, factor: int) -> _Point:
    result = _INFINITY
    for bit in bin(factor)[2:]:
        result = _double(result)
        if bit == "1":
            result = _add(result, point)
    return result


def _affine(point: _Point) -> tuple[int, int] | None:
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * pow(inverse, 3, P) % P
