"""The bytes that were signed: CPython's own `json.dumps` of the receipt as it was before signing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from dataclasses import dataclass

from aitbc_tui.receipts.jsontext import JsonValue, RefusedJson

SIGNATURE = "signature"
ATTESTATIONS = "attestations"

# Put in after signing, by one generation or another: claims of whoever sent them. Only at top level; the same
# names deeper inside are signed. A key that is not listed is covered and must not be taken out.
CLAIM_KEYS = frozenset(
    {
        "privacy_level",
        "reinvest_amount",
        "reinvest_stake_id",
        "reinvest_status",
        "tee_attestation_id",
        "tee_quote",
        "tee_status",
        "zk_proof",
        "zk_status",
    }
)
NOT_SIGNED = CLAIM_KEYS | {SIGNATURE, ATTESTATIONS}


@dataclass(frozen=True, slots=True)
class Canonical:
    """The signed message. The digest is for comparing and showing only; it is no part of the signature."""

    message: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.message).hexdigest()


def meant_as_receipt(keys: Container[str]) -> bool:
    """Whether an object with these keys is meant as a receipt, signed or not."""
    return "receipt_id" in keys or (SIGNATURE in keys and "job_id" in keys)


def canonical(receipt: dict[str, JsonValue]) -> Canonical:
    """The message that the signature and every attestation of this parsed receipt sign."""
    body = {key: value for key, value in receipt.items() if key not in NOT_SIGNED}
    try:
        text = json.dumps(without_nulls(body), separators=(",", ":"), sort_keys=True)
    except (RecursionError, ValueError) as error:
        raise RefusedJson(f"no canonical form: {type(error).__name__}") from None
    return Canonical(text.encode("ascii"))


def without_nulls(value: JsonValue) -> JsonValue:
    """Nulls go, out of objects and arrays at every depth; containers that become empty stay."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value
