"""The requests that only the 2026-08 platform answers; what it kept from before stands in `requests`."""

from __future__ import annotations

import re

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.protocol.ask import COORDINATOR_TIMEOUT_S, SMALL, Ask
from aitbc_tui.protocol.requests import job as one_job

OWN_JOBS_LIMIT = 50
_HASH = re.compile(r"(0x)?[0-9a-f]{64}")


def own_jobs(limit: int = OWN_JOBS_LIMIT, offset: int = 0) -> Ask:
    """The token owner's jobs, newest first. Unlike reading one job, this settles no overdue one (contract 2.1)."""
    if not 1 <= limit <= 100 or offset < 0:
        raise ConfigError("own jobs: the limit is 1 to 100, the offset 0 or more")
    query = (("limit", str(limit)), ("offset", str(offset)))
    return Ask("GET", "/v1/jobs", query, "client", timeout_s=COORDINATOR_TIMEOUT_S)


def job_payment(job_id: str) -> Ask:
    """The payment of one of our jobs."""
    return Ask("GET", f"{one_job(job_id).path}/payment", (), "client", timeout_s=COORDINATOR_TIMEOUT_S, max_bytes=SMALL)


def totals() -> Ask:
    """The only aggregate that works; its count of online miners is wrong (contract 2.1)."""
    return Ask("GET", "/v1/monitoring/metrics", (), "miner", timeout_s=COORDINATOR_TIMEOUT_S, max_bytes=SMALL)


def readiness() -> Ask:
    """Closed to every role: asked by `doctor` only, to say so."""
    return Ask("GET", "/health/ready", (), "admin", timeout_s=COORDINATOR_TIMEOUT_S, max_bytes=SMALL)


def escrow(job_id: str) -> Ask:
    """Of a node, although a job's id is asked for; without a credential."""
    return Ask("GET", f"/rpc/escrow/{one_job(job_id).path.rsplit('/', 1)[1]}", max_bytes=SMALL)


def subscribers() -> Ask:
    """Followers with a lease at this hub; a follower lists none."""
    return Ask("GET", "/rpc/subscribers", max_bytes=SMALL)


def genesis_allocations() -> Ask:
    """Which account has had what since block 0."""
    return Ask("GET", "/rpc/genesis_allocations", max_bytes=SMALL)


def transaction(tx_hash: str) -> Ask:
    """One transaction that is in a block, however old; 404 where this node has none (captures 208, 216)."""
    if not _HASH.fullmatch(tx_hash):
        raise ConfigError("this is no hash of a transaction", remedy="64 hex digits")
    return Ask("GET", f"/rpc/transaction/0x{tx_hash.removeprefix('0x')}", max_bytes=SMALL)
