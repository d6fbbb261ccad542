"""What the February coordinator takes in each body; a field that is missing or of another kind is refused with 422."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Constraints(BaseModel):
    """What a miner must have for a job."""

    gpu: str | None = None
    cuda: str | None = None
    min_vram_gb: int | None = None
    models: list[str] | None = None
    region: str | None = None
    max_price: float | None = None


class Submission(BaseModel):
    """A job, and what is paid for it."""

    payload: dict[str, Any]
    constraints: Constraints = Field(default_factory=Constraints)
    ttl_seconds: int = 900
    payment_amount: float | None = None
    payment_currency: str = "AITBC"


class Registration(BaseModel):
    """A miner, and what it can do."""

    capabilities: dict[str, Any]
    concurrency: int = 1
    region: str | None = None


class Heartbeat(BaseModel):
    """A miner lives."""

    inflight: int = 0
    status: str = "ONLINE"
    metadata: dict[str, Any] = Field(default_factory=dict)


class Poll(BaseModel):
    """A miner asks for work."""

    max_wait_seconds: int = 15


class Result(BaseModel):
    """A miner is done."""

    result: dict[str, Any]
    metrics: dict[str, Any] = Field(default_factory=dict)


class Failure(BaseModel):
    """A miner could not."""

    error_code: str
    error_message: str
    metrics: dict[str, Any] = Field(default_factory=dict)


class NewPayment(BaseModel):
    """Money for a job."""

    job_id: str
    amount: float
    currency: str = "AITBC"
    payment_method: str = "aitbc_token"
    escrow_timeout_seconds: int = 3600


class Release(BaseModel):
    """The money goes to the miner."""

    job_id: str
    payment_id: str
    reason: str | None = None


class Refund(BaseModel):
    """The money goes back."""

    job_id: str
    payment_id: str
    reason: str
