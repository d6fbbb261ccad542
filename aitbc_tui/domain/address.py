"""Addresses of the chain: one account may be spelled in several ways."""

from __future__ import annotations


def digits(address: str) -> str:
    """The 40 hex digits under 0x, ait1 or aitbc1, in lower case; empty for an address of another form."""
    lowered = address.strip().lower()
    for prefix in ("0x", "aitbc1", "ait1"):
        rest = lowered.removeprefix(prefix)
        if rest != lowered and len(rest) == 40 and all(c in "0123456789abcdef" for c in rest):
            return rest
    return ""


def same_address(address: str, other: str) -> bool:
    """Whether two spellings of an address are one: 0x, ait1 and aitbc1 before the same 40 digits."""
    return digits(address) == digits(other) != ""


def is_account(address: str, other: str) -> bool:
    """The same text, or two spellings of one address."""
    return address == other or same_address(address, other)
