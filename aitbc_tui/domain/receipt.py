"""What is known of one receipt: its facts, the verdict on its signatures, and what its content says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.text import SafeText, literal

Mask = Callable[[Role, str], Identity]


class ReceiptVerdict(StrEnum):
    """About authenticity only, in the words of the contract. Never about the content."""

    VALID = "valid"
    ATTESTATION_MISSING = "attestation-missing"
    ATTESTATION_INVALID = "attestation-invalid"
    UNTRUSTED_KEY = "untrusted-key"
    UNSIGNED = "unsigned"
    INVALID = "invalid"


class CheckName(StrEnum):
    """The six checks, in the order in which they are made and shown."""

    CANONICAL = "canonical bytes"
    ALG = "alg"
    SIGNATURE = "signature"
    PINNED = "signing key pinned"
    ATTESTATION = "attestation"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """One line of "Checked". `passed` is None when the check could not be made, or does not apply."""

    name: CheckName
    passed: bool | None
    detail: SafeText


class RemarkKind(StrEnum):
    """What the content says beside the verdict; none of these is a forgery."""

    FAILED_INSIDE = "failed-inside"  # status COMPLETED, priced, and metadata.result.status says failed
    PRICE_MISMATCH = "price-mismatch"  # price is not units x unit price; a miner may declare its price
    OTHER_JOB = "other-job"  # names another job than the one it was asked for
    DUPLICATE = "duplicate"  # another receipt names the same job
    TIME_ZONE_OFF = "time-zone-off"  # times shifted by the server's UTC offset
    TIMES_ODD = "times-odd"  # ends before it begins, or far from the moment it was issued
    NEGATIVE_PRICE = "negative-price"
    MODEL_SUBSTITUTED = "model-substituted"  # the miner ran another model than was asked for
    NOT_COMPARABLE = "not-comparable"  # units, unit price or price is missing or no number


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing the content says, in words."""

    kind: RemarkKind
    detail: SafeText


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What the receipt says. Signed only as far as the verdict goes.

    `..._text` is the number exactly as it stood on the wire. Prompt and output are the customer's: lines of
    cleaned text that stay out of every repr.
    """

    receipt_id: SafeText = SafeText("")
    job_id: SafeText = SafeText("")
    provider: Identity | None = None
    client: Identity | None = None
    version: SafeText = SafeText("")
    status: SafeText = SafeText("")
    result_status: SafeText = SafeText("")
    error: SafeText = SafeText("")
    units: float | None = None
    units_text: SafeText = SafeText("")
    unit_type: SafeText = SafeText("")
    unit_price: float | None = None
    unit_price_text: SafeText = SafeText("")
    price: float | None = None
    price_text: SafeText = SafeText("")
    started_at: int | None = None
    completed_at: int | None = None
    model_asked: SafeText = SafeText("")
    model_used: SafeText = SafeText("")
    tokens: int | None = None
    execution_time: float | None = None
    duration_ms: float | None = None
    prompt: tuple[SafeText, ...] = field(default=(), repr=False)
    prompt_chars: int = 0
    output: tuple[SafeText, ...] = field(default=(), repr=False)
    output_chars: int = 0


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt with its verdict, how that was reached, and what is only claimed. `body` is as received."""

    facts: ReceiptFacts
    verdict: ReceiptVerdict
    reason: SafeText
    checks: tuple[ReceiptCheck, ...]
    unsigned_claims: tuple[tuple[str, SafeText], ...]
    remarks: tuple[Remark, ...]
    canonical_bytes_len: int
    canonical_sha256: str
    signing_key_id: SafeText
    attestation_key_ids: tuple[SafeText, ...]
    body: bytes = field(repr=False)

    @property
    def valid(self) -> bool:
        return self.verdict is ReceiptVerdict.VALID

    @property
    def sum_mark(self) -> SafeText:
        """`=` where price is units x unit price to the last digit, `≠` where not, `?` where that is unknown."""
        kinds = {remark.kind for remark in self.remarks}
        if RemarkKind.NOT_COMPARABLE in kinds:
            return literal("?")
        return literal("≠" if RemarkKind.PRICE_MISMATCH in kinds else "=")

    def has(self, kind: RemarkKind) -> bool:
        return any(remark.kind is kind for remark in self.remarks)


def short_key(key_id: str) -> SafeText:
    """A key in 12 cells, as `0EqyMnQr…hzc`; pass a cleaned one."""
    return SafeText(key_id if len(key_id) <= 12 else f"{key_id[:8]}…{key_id[-3:]}")


def about_key(key_id: str) -> SafeText:
    """A key in the 11 cells of an alarm's subject: both ends, too long to be made to look like another one."""
    return SafeText(key_id if len(key_id) <= 11 else f"{key_id[:7]}…{key_id[-3:]}")


def short_hash(digest: str) -> SafeText:
    """A SHA-256 in 14 cells, as `22b60bc8…6cda1`."""
    return SafeText(digest if len(digest) <= 14 else f"{digest[:8]}…{digest[-5:]}")
