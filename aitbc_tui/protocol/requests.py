"""Every request this program makes of a coordinator, a node or an Ollama, described once: nothing is sent here."""

from __future__ import annotations

import re
from urllib.parse import quote

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.protocol import node, receiptdoc
from aitbc_tui.protocol.ask import COORDINATOR_TIMEOUT_S, SMALL, Ask, Credential
from aitbc_tui.protocol.jsondoc import MAX_BYTES
from aitbc_tui.protocol.orderbody import order_body

# One slow range freezes every other answer of a node, so no more is ever asked at once (contract, node quirk 14).
MAX_RANGE = 100
MEMPOOL_DEFAULT_LIMIT = 100
# The server's own bounds of the explorer's pages; outside them it answers 422.
EXPLORER_LIMIT = 200

_ADDRESS = re.compile(r"[0-9A-Za-z_:.-]{1,128}")
_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")


# Nodes


def head(chain_id: str = "") -> Ask:
    """The newest block. Without a chain id some misconfigured nodes say they have none."""
    return Ask("GET", "/rpc/head", _chain(chain_id), max_bytes=SMALL)


def block(height: int) -> Ask:
    """One block of a node, with its transactions."""
    return Ask("GET", f"/rpc/blocks/{height}", max_bytes=node.BLOCK_MAX_BYTES)


def blocks_range(start: int, end: int) -> Ask:
    """Blocks from `start` to `end`, both included, at most 100."""
    if not 0 <= start <= end or end - start + 1 > MAX_RANGE:
        raise ConfigError(f"blocks {start} to {end}: from 1 to {MAX_RANGE} blocks can be asked for at once")
    query = (("start", str(start)), ("end", str(end)))
    return Ask("GET", "/rpc/blocks-range", query, timeout_s=COORDINATOR_TIMEOUT_S, max_bytes=node.BLOCK_MAX_BYTES)


def mempool(limit: int = MEMPOOL_DEFAULT_LIMIT, chain_id: str = "") -> Ask:
    """What waits at a node, by fee; at most `limit` of it."""
    query = (("limit", str(limit)), *_chain(chain_id))
    return Ask("GET", "/rpc/mempool", query, max_bytes=node.MEMPOOL_MAX_BYTES)


def account(address: str) -> Ask:
    """One account; nodes take any text as an address."""
    if not _ADDRESS.fullmatch(address):
        raise ConfigError("this is no address", remedy="an address is letters and digits, such as ait1...")
    return Ask("GET", f"/rpc/accounts/{quote(address, safe='')}", max_bytes=SMALL)


def node_health() -> Ask:
    """A node's `/health`: it says ok with a dead producer (contract, node quirks)."""
    return Ask("GET", "/health", max_bytes=SMALL)


def sync_config() -> Ask:
    """Only to tell generations apart: the newest one answers, April says 404."""
    return Ask("GET", "/rpc/sync/config", max_bytes=SMALL)


# The coordinator


def coordinator_health() -> Ask:
    """The coordinator's `/v1/health`: it answers, and that is all it says."""
    return Ask("GET", "/v1/health", timeout_s=COORDINATOR_TIMEOUT_S, max_bytes=SMALL)


def root_health() -> Ask:
    """Only to tell generations apart: in 2026-02 there is nothing at this path."""
    return Ask("GET", "/health", timeout_s=COORDINATOR_TIMEOUT_S, max_bytes=SMALL)


def auth_probe() -> Ask:
    """Without a credential, on purpose: how it is refused tells keys from tokens."""
    return Ask("GET", "/v1/admin/miners", timeout_s=COORDINATOR_TIMEOUT_S)


def admin_jobs() -> Ask:
    """The newest 100 jobs of everybody."""
    return _coordinator("/v1/admin/jobs", "admin")


def admin_miners() -> Ask:
    """Every miner that ever registered; that list never ages one."""
    return _coordinator("/v1/admin/miners", "admin")


def admin_stats() -> Ask:
    """The coordinator's own counts."""
    return _coordinator("/v1/admin/stats", "admin")


def job(job_id: str) -> Ask:
    """Reading an overdue job settles its state: expiry happens when somebody looks (contract Q3)."""
    return _coordinator(f"/v1/jobs/{_id(job_id)}", "client")


def result(job_id: str) -> Ask:
    """The result of one of our jobs; 425 while there is none."""
    return _coordinator(f"/v1/jobs/{_id(job_id)}/result", "client", receiptdoc.MAX_BYTES)


def receipt(job_id: str) -> Ask:
    """The newest receipt of one of our jobs."""
    return _coordinator(f"/v1/jobs/{_id(job_id)}/receipt", "client", receiptdoc.MAX_BYTES)


def receipts(job_id: str) -> Ask:
    """Every receipt of one of our jobs."""
    return _coordinator(f"/v1/jobs/{_id(job_id)}/receipts", "client", receiptdoc.MAX_BYTES)


def explorer_receipts(limit: int = 50, offset: int = 0, job_id: str = "") -> Ask:
    """Receipts of everybody, newest first; no credential. Prompts and ids are in it: mask before showing."""
    if not 1 <= limit <= EXPLORER_LIMIT or offset < 0:
        raise ConfigError(f"receipts: the limit is 1 to {EXPLORER_LIMIT}, the offset 0 or more")
    query = (*((("job_id", _id(job_id)),) if job_id else ()), ("limit", str(limit)), ("offset", str(offset)))
    return Ask("GET", "/v1/explorer/receipts", query, timeout_s=COORDINATOR_TIMEOUT_S, max_bytes=receiptdoc.MAX_BYTES)


def payment(payment_id: str) -> Ask:
    """One payment by its id."""
    return _coordinator(f"/v1/payments/{_id(payment_id)}", "client")


def submit_job(order: JobOrder) -> Ask:
    """One job (`order.count` is the caller's loop). There is no idempotency key: never send it twice by itself."""
    return Ask("POST", "/v1/jobs", (), "client", order_body(order), COORDINATOR_TIMEOUT_S, SMALL, reads=False)


def cancel_job(job_id: str) -> Ask:
    """Cancels one of our jobs: a write."""
    return Ask("POST", f"/v1/jobs/{_id(job_id)}/cancel", (), "client", None, COORDINATOR_TIMEOUT_S, SMALL, reads=False)


# Ollama


def ollama_tags() -> Ask:
    """The models that an Ollama holds on disk."""
    return Ask("GET", "/api/tags")


def ollama_ps() -> Ask:
    """The models that an Ollama has in memory."""
    return Ask("GET", "/api/ps")


def ollama_version() -> Ask:
    """An Ollama's version: the cheapest sign of life."""
    return Ask("GET", "/api/version", max_bytes=SMALL)


def _coordinator(path: str, credential: Credential, max_bytes: int = MAX_BYTES) -> Ask:
    return Ask("GET", path, (), credential, None, COORDINATOR_TIMEOUT_S, max_bytes)


def _chain(chain_id: str) -> tuple[tuple[str, str], ...]:
    # An empty chain_id is not the same as none: nodes answer it with "no blocks yet".
    return (("chain_id", chain_id),) if chain_id else ()


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ConfigError("this is no job or payment id", remedy="an id is 32 letters and digits, as submit prints it")
    return quote(value, safe="")
