"""Coordinator answers that no pane shows as they are: results, payments, and receipts in their exact bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.text import SafeText


@dataclass(frozen=True, slots=True)
class JobResult:
    """`GET /v1/jobs/{id}/result`. `status` is the miner's own word: "failed" inside a COMPLETED job.

    `output` is the customer's text, cleaned, and stays out of every repr; `receipt` are the exact bytes, for verifying.
    """

    status: SafeText | None
    model: SafeText | None
    error: SafeText | None
    tokens: int | None
    execution_time_s: float | None
    output: tuple[SafeText, ...] | None = field(repr=False)
    receipt: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """One item of `GET /v1/explorer/receipts`. The envelope is unsigned; `body` is the signed receipt as printed."""

    receipt_id: SafeText
    job_id: SafeText
    miner: Identity | None
    client: Identity | None
    issued_at: datetime | None
    status: SafeText
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A page of receipts, newest first. `full`: as many as were asked for, so there may be more."""

    items: tuple[ReceiptItem, ...]
    full: bool
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """`GET /v1/payments/{id}`. The job's own view keeps saying "escrowed" after this says "released" (Q10)."""

    payment_id: SafeText
    job_id: SafeText
    amount: float | None
    currency: SafeText
    status: SafeText
    method: SafeText
    created_at: datetime | None
    released_at: datetime | None
    refunded_at: datetime | None
    transaction_hash: SafeText | None
    refund_transaction_hash: SafeText | None
