"""What goes into the ledger and comes out of it: frozen values, no SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.text import SafeText

Constraint = str | int | float | bool


class LedgerError(ConfigError):
    """The ledger file cannot be used, or was used in a way that would make it lie."""


class SubmitState(StrEnum):
    """How far a submission is known to have come."""

    INTENT = "intent"  # written down before it was sent; alone, the process died before the answer
    ACCEPTED = "accepted"  # the coordinator gave it an id
    UNKNOWN = "unknown"  # sent, and no answer: it may have been taken
    REFUSED = "refused"  # answered with an error


@dataclass(frozen=True, slots=True)
class Intent:
    """A submission before it is sent. Of the prompt only the length and a digest are kept."""

    model: str
    prompt_sha256: str
    prompt_chars: int
    job_type: str = "inference"
    ttl_s: int | None = None
    payment: str | None = None
    constraints: Mapping[str, Constraint] = field(default_factory=lambda: MappingProxyType({}))
    client: str = ""

    @classmethod
    def of(
        cls,
        *,
        model: str,
        prompt: str,
        job_type: str = "inference",
        ttl_s: int | None = None,
        payment: str | None = None,
        constraints: Mapping[str, Constraint] | None = None,
        client: str = "",
    ) -> Intent:
        """`client` is the masked label, never the key."""
        digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()
        frozen = MappingProxyType(dict(constraints or {}))
        return cls(model, digest, len(prompt), job_type, ttl_s, payment, frozen, client)


@dataclass(frozen=True, slots=True)
class OwnJob:
    """One submission of ours. Times are unix seconds; `uuid` is ours, `job_id` the coordinator's."""

    id: int
    uuid: str
    env: str
    state: SubmitState
    job_id: str | None
    intent: Intent
    intent_at: float
    updated_at: float
    expires_at: float | None
    detail: SafeText


class Seen(StrEnum):
    """How a receipt compares with what the ledger holds under its id."""

    NEW = "new"
    SAME = "same"  # signed content as before; what is outside the signature may differ
    CONFLICT = "conflict"  # the same id over different signed content


@dataclass(frozen=True, slots=True)
class KeySeen:
    """The memory of one signing key. `changed`: another key signed in this environment before this one did."""

    key_id: str
    first_seen: float
    receipts: int
    changed: bool
    first_key_id: str


@dataclass(frozen=True, slots=True)
class SeenReceipt:
    """What the ledger knows after a receipt was shown to it.

    `other_ids`: valid receipts of other ids for the same job. `key` is None where the bytes verify under no key.
    """

    seen: Seen
    first_seen: float
    last_seen: float
    times: int
    other_ids: tuple[str, ...]
    key: KeySeen | None


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt as kept: its exact bytes and the newest verdict on them."""

    env: str
    receipt_id: str
    job_id: str
    verdict: ReceiptVerdict
    reason: SafeText
    key_id: str
    remarks: tuple[str, ...]
    first_seen: float
    last_seen: float
    times: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit. `before` is the id of the entry that announced what this one reports."""

    id: int
    at: float
    who: SafeText
    what: SafeText
    where: SafeText
    phase: str
    detail: SafeText
    before: int | None
