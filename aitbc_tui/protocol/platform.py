"""What the 2026-08 platform says that nothing before it said: own jobs, payments, escrows, leases, signed blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from aitbc_tui.domain.address import same_address
from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.node import Block, Transaction
from aitbc_tui.domain.receipt import Mask
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import Job
from aitbc_tui.protocol.answers import Payment
from aitbc_tui.protocol.coordinator import job_of, payment_of
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.node import BLOCK_MAX_BYTES, parse_block, transaction_of
from aitbc_tui.protocol.platform_signer import signer
from aitbc_tui.protocol.times import parse_utc
from aitbc_tui.protocol.wire import Int, LaxFloat, LaxInt, LaxText, Text, Wire, bounded, read, safe, safe_or_none

MAX_OWN_JOBS = 1000


def _amount(value: object) -> float | None:
    """Money is a string here and a float there."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


Amount = Annotated[float | None, BeforeValidator(_amount)]


class _OwnJobs(Wire):
    items: list[dict[str, object]]


class _Escrow(Wire):
    job_id: Text
    state: Text
    amount: Amount = None
    released_amount: Amount = None
    refunded_amount: Amount = None
    created_at: LaxText = None
    released_at: LaxText = None
    refunded_at: LaxText = None
    refund_tx_hash: LaxText = None


class _Subscriber(Wire):
    node_id: Text
    chain_id: LaxText = None
    expiry: LaxFloat = None


class _Subscribers(Wire):
    subscribers: list[_Subscriber]


class _Counts(Wire):
    total: Int
    completed: LaxInt = None
    pending: LaxInt = None
    failed: LaxInt = None


class _Totals(Wire):
    jobs: _Counts


class _Signature(Wire):
    hash: LaxText = None
    signature: LaxText = None


class _Indexed(Wire):
    tx_hash: Text
    block_height: Int
    timestamp: LaxText = None


class _Genesis(Wire):
    chain_id: LaxText = None
    genesis_hash: Text


@dataclass(frozen=True, slots=True)
class Escrow:
    """`GET /rpc/escrow/{job}`: created, released or refunded. A release names no transaction that would prove it."""

    job_id: SafeText
    state: SafeText
    amount: float | None
    released: float | None
    refunded: float | None
    created_at: datetime | None
    released_at: datetime | None
    refunded_at: datetime | None
    refund_tx_hash: SafeText | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A follower's lease at the hub. It outlives a killed follower by up to an hour: no sign of life."""

    node_id: SafeText
    chain_id: SafeText
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class JobTotals:
    """`GET /v1/monitoring/metrics`. With its database down it answers 200 and zeros."""

    total: int
    completed: int | None
    pending: int | None
    failed: int | None


def parse_own_jobs(body: bytes, mask: Mask) -> tuple[Job, ...]:
    """`GET /v1/jobs`. `total` is the length of the page, so it is not read."""
    items = read(_OwnJobs, parse_json(body), "/v1/jobs").items
    if len(items) > MAX_OWN_JOBS:
        raise ParseError(f"/v1/jobs: more than {MAX_OWN_JOBS} jobs on one page")
    return tuple(job_of(item, mask) for item in items)


def parse_job_payment(body: bytes) -> Payment:
    """`GET /v1/jobs/{id}/payment`; "released" is no proof of payment: see `transaction_hash`."""
    document = parse_json(body)
    if isinstance(document, dict):
        document = {**document, "amount": _amount(document.get("amount"))}
    return payment_of(document, "/v1/jobs/{id}/payment")


def parse_escrow(body: bytes) -> Escrow:
    """The escrow of one job on the chain of 2026-08; ParseError where it is none."""
    wire = read(_Escrow, parse_json(body), "/rpc/escrow")
    return Escrow(
        job_id=safe(wire.job_id),
        state=safe(wire.state, 32),
        amount=wire.amount,
        released=wire.released_amount,
        refunded=wire.refunded_amount,
        created_at=parse_utc(wire.created_at),
        released_at=parse_utc(wire.released_at),
        refunded_at=parse_utc(wire.refunded_at),
        refund_tx_hash=safe_or_none(wire.refund_tx_hash),
    )


def parse_subscribers(body: bytes) -> tuple[Subscriber, ...]:
    """`GET /rpc/subscribers` of a hub."""
    rows = bounded(read(_Subscribers, parse_json(body), "/rpc/subscribers").subscribers, "/rpc/subscribers")
    return tuple(Subscriber(safe(row.node_id, 64), safe(row.chain_id, 64), row.expiry) for row in rows)


def parse_totals(body: bytes) -> JobTotals:
    """How many jobs the coordinator of 2026-08 counts by state; ParseError where that is missing."""
    jobs = read(_Totals, parse_json(body), "/v1/monitoring/metrics").jobs
    return JobTotals(jobs.total, jobs.completed, jobs.pending, jobs.failed)


def parse_genesis_hash(body: bytes) -> SafeText:
    """`GET /rpc/genesis_allocations`: which chain this node was born into."""
    return safe(read(_Genesis, parse_json(body), "/rpc/genesis_allocations").genesis_hash)


def parse_signed_block(body: bytes) -> Block:
    """`GET /rpc/blocks/{height}` of any generation; where the block is signed, with the address that signed it.

    A signer who is the proposer is spelled as the proposer, so that the two can be compared as they are. Block 0 is
    signed by nobody, and says so by an empty text (contract platform-2026-08 §4; seen on the running hub).
    """
    block = parse_block(body)
    wire = read(_Signature, parse_json(body, BLOCK_MAX_BYTES), "/rpc/blocks")
    found = None if block.height == 0 and not wire.signature else signer(wire.signature, wire.hash or "")
    if found and same_address(found, block.proposer):
        found = block.proposer
    return replace(block, signer=found)


def parse_indexed(body: bytes) -> tuple[Transaction, int, float | None]:
    """`GET /rpc/transaction/{hash}`: the transaction, the height of its block, its time (UTC seconds)."""
    document = parse_json(body)
    wire = read(_Indexed, document, "/rpc/transaction")
    assert isinstance(document, dict)
    moment = parse_utc(wire.timestamp)
    return transaction_of(document, safe(wire.tx_hash)), wire.block_height, moment.timestamp() if moment else None
