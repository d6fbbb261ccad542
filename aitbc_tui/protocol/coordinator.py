"""The coordinator's lists and views (2026-02, and what later generations kept): bodies in, jobs and miners out."""

from __future__ import annotations

from datetime import datetime

from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.receipt import Mask
from aitbc_tui.domain.work import CoordinatorHealth, CoordinatorStats, Job, JobList, Miner, MinerList
from aitbc_tui.protocol.answers import Payment
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.times import parse_utc
from aitbc_tui.protocol.wire import (
    Int,
    LaxFloat,
    LaxInt,
    LaxText,
    Text,
    Wire,
    bounded,
    read,
    safe,
    safe_or_none,
)

# The admin list never holds more, so a list of this length may hide older jobs (Q9).
ADMIN_JOBS_LIMIT = 100
ERROR_LENGTH = 512


class _JobRow(Wire):
    job_id: Text
    state: Text
    client_id: LaxText = None
    assigned_miner_id: LaxText = None
    requested_at: LaxText = None


class _JobView(_JobRow):
    expires_at: LaxText = None
    error: LaxText = None
    payment_id: LaxText = None
    payment_status: LaxText = None


class _Jobs(Wire):
    items: list[_JobRow]


class _Miner(Wire):
    miner_id: Text
    status: LaxText = None
    inflight: LaxInt = None
    concurrency: LaxInt = None
    region: LaxText = None
    last_heartbeat: LaxText = None
    average_job_duration_ms: LaxFloat = None
    jobs_completed: LaxInt = None
    jobs_failed: LaxInt = None
    last_receipt_id: LaxText = None


class _Miners(Wire):
    items: list[_Miner]


class _Stats(Wire):
    total_jobs: Int
    active_jobs: Int
    online_miners: Int


class _Health(Wire):
    status: Text
    env: LaxText = None


class _Payment(Wire):
    payment_id: Text
    job_id: Text
    amount: LaxFloat = None
    currency: LaxText = None
    status: Text
    payment_method: LaxText = None
    created_at: LaxText = None
    released_at: LaxText = None
    refunded_at: LaxText = None
    transaction_hash: LaxText = None
    refund_transaction_hash: LaxText = None


def parse_jobs(body: bytes, mask: Mask, server_date: datetime | None = None) -> JobList:
    """`GET /v1/admin/jobs`, newest first."""
    items = bounded(read(_Jobs, parse_json(body), "/v1/admin/jobs").items, "/v1/admin/jobs")
    jobs = tuple(
        Job(
            job_id=safe(item.job_id),
            state=safe(item.state, 32),
            requested_at=parse_utc(item.requested_at),
            client=_who(mask, Role.CLIENT, item.client_id),
            miner=_who(mask, Role.MINER, item.assigned_miner_id),
        )
        for item in items
    )
    return JobList(jobs, len(jobs) >= ADMIN_JOBS_LIMIT, server_date)


def parse_job_view(body: bytes, mask: Mask) -> Job:
    """A JobView: the answer to reading, submitting or cancelling one's own job."""
    return job_of(parse_json(body), mask)


def job_of(document: object, mask: Mask) -> Job:
    """A JobView that stands alone or in a list."""
    wire = read(_JobView, document, "/v1/jobs")
    return Job(
        job_id=safe(wire.job_id),
        state=safe(wire.state, 32),
        requested_at=parse_utc(wire.requested_at),
        client=_who(mask, Role.CLIENT, wire.client_id),
        miner=_who(mask, Role.MINER, wire.assigned_miner_id),
        expires_at=parse_utc(wire.expires_at),
        error=safe_or_none(wire.error, ERROR_LENGTH),
        payment_id=safe_or_none(wire.payment_id),
        payment_status=safe_or_none(wire.payment_status, 32),
        owner_view=True,
    )


def parse_miners(body: bytes, mask: Mask, server_date: datetime | None = None) -> MinerList:
    """`GET /v1/admin/miners`."""
    items = bounded(read(_Miners, parse_json(body), "/v1/admin/miners").items, "/v1/admin/miners")
    return MinerList(tuple(_miner(item, mask) for item in items), server_date)


def parse_stats(body: bytes) -> CoordinatorStats:
    """`GET /v1/admin/stats`, in the moments in which it answers at all (Q2)."""
    wire = read(_Stats, parse_json(body), "/v1/admin/stats")
    return CoordinatorStats(wire.total_jobs, wire.active_jobs, wire.online_miners)


def parse_coordinator_health(body: bytes) -> CoordinatorHealth:
    """`GET /v1/health`: that the process answers, no more."""
    wire = read(_Health, parse_json(body), "/v1/health")
    return CoordinatorHealth(safe(wire.status, 32), safe(wire.env, 32))


def parse_payment(body: bytes) -> Payment:
    """`GET /v1/payments/{id}`."""
    return payment_of(parse_json(body), "/v1/payments")


def payment_of(document: object, what: str) -> Payment:
    """A payment document; ParseError, which names `what`, where it is none."""
    wire = read(_Payment, document, what)
    return Payment(
        payment_id=safe(wire.payment_id),
        job_id=safe(wire.job_id),
        amount=wire.amount,
        currency=safe(wire.currency, 16),
        status=safe(wire.status, 32),
        method=safe(wire.payment_method, 32),
        created_at=parse_utc(wire.created_at),
        released_at=parse_utc(wire.released_at),
        refunded_at=parse_utc(wire.refunded_at),
        transaction_hash=safe_or_none(wire.transaction_hash),
        refund_transaction_hash=safe_or_none(wire.refund_transaction_hash),
    )


def _miner(wire: _Miner, mask: Mask) -> Miner:
    return Miner(
        identity=mask(Role.MINER, wire.miner_id),
        status=safe(wire.status, 32),
        inflight=wire.inflight,
        concurrency=wire.concurrency,
        region=safe_or_none(wire.region, 64),
        last_heartbeat=parse_utc(wire.last_heartbeat),
        average_duration_ms=wire.average_job_duration_ms,
        jobs_completed=wire.jobs_completed,
        jobs_failed=wire.jobs_failed,
        last_receipt_id=safe_or_none(wire.last_receipt_id),
    )


def _who(mask: Mask, role: Role, raw: str | None) -> Identity | None:
    return mask(role, raw) if raw else None
