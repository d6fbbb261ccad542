"""Everything that looks random, derived from one seed: the same seed gives the same ids, keys and choices."""

from __future__ import annotations

import hashlib
import random

JsonObject = dict[str, object]


class Seeded:
    """Independent streams by name, so that the order in which tasks run changes nothing."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._counts: dict[str, int] = {}

    def bytes(self, *path: object) -> bytes:
        """32 bytes that depend on the seed and the path only."""
        return hashlib.sha256("/".join(str(part) for part in (self.seed, *path)).encode()).digest()

    def next_id(self, kind: str) -> str:
        """The next 32 hex digits of this kind: job, receipt, payment, token."""
        number = self._counts.get(kind, 0)
        self._counts[kind] = number + 1
        return self.bytes("id", kind, number).hex()[:32]

    def rng(self, *path: object) -> random.Random:
        """A generator of its own for one part of the network."""
        return random.Random(int.from_bytes(self.bytes("rng", *path), "big"))

    def api_key(self, role: str, number: int = 0) -> str:
        """A dummy API key that cannot be taken for a real one."""
        return f"devnet-{role}-{self.bytes('key', role, number).hex()[:24]}"
