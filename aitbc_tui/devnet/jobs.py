"""What the February coordinator keeps: jobs, miners, payments, receipts, and the few rules it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aitbc_tui.devnet.clock import naive
from aitbc_tui.devnet.seeded import JsonObject

CONSTRAINT_KEYS = ("gpu", "cuda", "min_vram_gb", "models", "region", "max_price")
ACTIVE = ("QUEUED", "RUNNING")


@dataclass(slots=True)
class Payment:
    """A payment that never reached an exchange: none listens."""

    payment_id: str
    job_id: str
    amount: float
    currency: str
    method: str
    status: str
    created_at: datetime
    updated_at: datetime
    transaction_hash: str | None = None
    refund_hash: str | None = None

    def settle(self, status: str, now: datetime, transaction: str | None) -> None:
        """Released or refunded, with the transaction that did it, if there was one."""
        self.status, self.updated_at = status, now
        if status == "released":
            self.transaction_hash = transaction
        else:
            self.refund_hash = transaction

    def view(self) -> JsonObject:
        return {
            "job_id": self.job_id,
            "payment_id": self.payment_id,
            "amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "payment_method": self.method,
            "escrow_address": "escrow-0001" if self.status in ("escrowed", "released", "refunded") else None,
            "refund_address": None,
            "created_at": naive(self.created_at),
            "updated_at": naive(self.updated_at),
            "released_at": naive(self.updated_at) if self.status == "released" else None,
            "refunded_at": naive(self.updated_at) if self.status == "refunded" else None,
            "transaction_hash": self.transaction_hash,
            "refund_transaction_hash": self.refund_hash,
        }

    def receipt(self) -> JsonObject:
        return {
            "payment_id": self.payment_id,
            "job_id": self.job_id,
            "amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "transaction_hash": None,
            "created_at": naive(self.created_at),
            "verified_at": None,
        }


@dataclass(slots=True)
class Job:
    """One job; `client_id` is the client's API key, as in this generation."""

    job_id: str
    client_id: str
    payload: JsonObject
    constraints: JsonObject
    requested_at: datetime
    ttl_seconds: int
    state: str = "QUEUED"
    miner_id: str | None = None
    error: str | None = None
    payment: Payment | None = None
    payment_status: str | None = None  # as at submission; nobody ever updates it
    result: JsonObject | None = None
    receipts: list[JsonObject] = field(default_factory=list)

    @property
    def expires_at(self) -> datetime:
        return self.requested_at + timedelta(seconds=self.ttl_seconds)

    def view(self) -> JsonObject:
        return {
            "job_id": self.job_id,
            "state": self.state,
            "assigned_miner_id": self.miner_id,
            "requested_at": naive(self.requested_at),
            "expires_at": naive(self.expires_at),
            "error": self.error,
            "payment_id": self.payment.payment_id if self.payment else None,
            "payment_status": self.payment_status,
        }

    def admin_row(self) -> JsonObject:
        return {
            "job_id": self.job_id,
            "state": self.state,
            "client_id": self.client_id,
            "assigned_miner_id": self.miner_id,
            "requested_at": naive(self.requested_at),
        }

    def all_constraints(self) -> JsonObject:
        return {key: self.constraints.get(key) for key in CONSTRAINT_KEYS}


@dataclass(slots=True)
class MinerRecord:
    """A miner as the coordinator knows it: nothing ever marks it offline."""

    miner_id: str
    capabilities: JsonObject
    concurrency: int
    region: str | None
    last_heartbeat: datetime
    status: str = "ONLINE"
    inflight: int = 0
    completed: int = 0
    failed: int = 0
    total_ms: float = 0.0
    last_receipt_id: str | None = None

    @property
    def average_ms(self) -> float:
        return self.total_ms / self.completed if self.completed else 0.0

    def row(self) -> JsonObject:
        return {
            "miner_id": self.miner_id,
            "status": self.status,
            "inflight": self.inflight,
            "concurrency": self.concurrency,
            "region": self.region,
            "last_heartbeat": naive(self.last_heartbeat),
            "average_job_duration_ms": self.average_ms,
            "jobs_completed": self.completed,
            "jobs_failed": self.failed,
            "last_receipt_id": self.last_receipt_id,
        }

    def may_run(self, job: Job) -> bool:
        """The matcher reads `gpus[]`, `cuda`, `models` and `price`, which the shipped miner does not send."""
        wanted, caps = job.constraints, self.capabilities
        gpus = caps.get("gpus")
        cards = [gpu for gpu in gpus if isinstance(gpu, dict)] if isinstance(gpus, list) else []
        if wanted.get("gpu") and not any(gpu.get("name") == wanted["gpu"] for gpu in cards):
            return False
        least = wanted.get("min_vram_gb")
        if isinstance(least, int) and not any(_mb(gpu) >= least * 1024 for gpu in cards):
            return False
        if wanted.get("cuda") and not str(caps.get("cuda", "")).startswith(str(wanted["cuda"])):
            return False
        models, offered = wanted.get("models"), caps.get("models")
        if isinstance(models, list) and models and not set(models) <= set(_list(offered)):
            return False
        if wanted.get("region") and wanted["region"] != self.region:
            return False
        limit, price = wanted.get("max_price"), caps.get("price")
        return not (isinstance(limit, (int, float)) and not (isinstance(price, (int, float)) and price <= limit))


def _mb(gpu: JsonObject) -> int:
    memory = gpu.get("memory_mb")
    return memory if isinstance(memory, int) else 0


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
