"""The recorded receipts and keys that the tests of this folder share."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from aitbc_tui.domain.identity import Masker
from aitbc_tui.receipts.trust import AttestationPolicy, TrustStore, store_of

DATA = Path(__file__).parent.parent / "contract" / "data"
RECEIPTS = DATA / "receipts"
CAPTURES = DATA / "captures"
MASK = Masker(b"0123456789abcdef", {"miner-dev-key-1": "gpu-1"})


@cache
def expected() -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((RECEIPTS / "EXPECTED.json").read_text())["vectors"]
    return vectors


@cache
def keys() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = json.loads((RECEIPTS / "public-keys.json").read_text())
    return found


def trust(generation: str | None = None, policy: AttestationPolicy | None = None) -> TrustStore:
    """The keys of one generation pinned, or of all."""
    chosen = [keys()[generation]] if generation else list(keys().values())
    return store_of(
        [one["signing"]["key_id"] for one in chosen], [one["attestation"]["public_hex"] for one in chosen], policy
    )


def body(file: str) -> bytes:
    return (RECEIPTS / file).read_bytes()


def edited(file: str, **changes: Any) -> bytes:
    """A recorded receipt with top-level keys set, or taken out where the value is `...`."""
    receipt = json.loads(body(file))
    for key, value in changes.items():
        if value is ...:
            receipt.pop(key, None)
        else:
            receipt[key] = value
    return json.dumps(receipt).encode()
