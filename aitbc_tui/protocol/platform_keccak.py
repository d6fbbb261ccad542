"""Keccak-256 as Ethereum uses it (the padding before SHA-3 was a standard); the standard library has only SHA-3."""

from __future__ import annotations

_RATE = 136
_MASK = (1 << 64) - 1
# Rotation of lane (x, y) at index x + 5 * y.
_ROTATIONS = (0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14)


def _round_constants() -> tuple[int, ...]:
    """The 24 constants, from the LFSR that defines them."""
    constants, state = [], 1
    for _ in range(24):
        value = 0
        for power in range(7):
            if state & 1:
                value |= 1 << ((1 << power) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(value)
    return tuple(constants)


_CONSTANTS = _round_constants()


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _MASK


def _permute(lanes: list[int]) -> list[int]:
    for constant in _CONSTANTS:
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [columns[(x + 4) % 5] ^ _rotate(columns[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * 25
        for y in range(5):
            for x in range(5):
                at = x + 5 * y
                moved[y + 5 * ((2 * x + 3 * y) % 5)] = _rotate(lanes[at] ^ mixed[x], _ROTATIONS[at])
        lanes = [
            moved[at] ^ (~moved[at // 5 * 5 + (at + 1) % 5] & _MASK & moved[at // 5 * 5 + (at + 2) % 5])
            for at in range(25)
        ]
        lanes[0] ^= constant
    return lanes


def keccak256(data: bytes) -> bytes:
    """The 32-byte digest."""
    padded = bytearray(data) + bytes(_RATE - len(data) % _RATE)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for index in range(_RATE // 8):
            lanes[index] ^= int.from_bytes(padded[start + 8 * index : start + 8 * index + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
