"""Node RPC of the April generation, both lineages: bodies in, heads, blocks and mempools out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.node import Account, Block, Head, MempoolReading, NodeHealth, Transaction
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.times import age_s, parse_utc
from aitbc_tui.protocol.wire import Int, LaxInt, LaxList, LaxNumber, LaxText, Text, Wire, bounded, read, safe

MEMPOOL_MAX_BYTES = 8 * 1024 * 1024
BLOCK_MAX_BYTES = 4 * 1024 * 1024
# A block of the field holds at most 500 transactions (max_txs_per_block).
MAX_TRANSACTIONS = 20_000
MAX_CHAINS = 256
PAYLOAD_CHARS = 1024
_SIGNATURE = re.compile(r"(0x)?[0-9a-fA-F]{130}")


class _Head(Wire):
    height: Int
    hash: Text
    timestamp: LaxText = None
    tx_count: LaxInt = None


class _Block(_Head):
    parent_hash: LaxText = None
    proposer: LaxText = None
    transactions: LaxList = []


class _Range(Wire):
    blocks: list[_Block]


class _Mempool(Wire):
    transactions: list[dict[str, object]]
    count: LaxInt = None


class _Health(Wire):
    status: Text
    supported_chains: LaxList = []
    proposer_id: LaxText = None


class _Account(Wire):
    address: LaxText = None
    balance: LaxNumber = None
    nonce: LaxInt = None
    exists: bool | None = None


class _Tx(Wire):
    """Both shapes: `from/to/amount` of mempools and blocks, `sender/recipient/value` of the other lineage's range."""

    sender: LaxText = None
    recipient: LaxText = None
    amount: LaxNumber = None
    value: LaxNumber = None
    fee: LaxNumber = None
    nonce: LaxInt = None
    chain_id: LaxText = None
    tx_hash: LaxText = None


def parse_head(body: bytes, server_date: datetime | None) -> Head:
    """`GET /rpc/head`. The age is the node's own Date header minus the block's time."""
    wire = read(_Head, parse_json(body), "/rpc/head")
    timestamp = parse_utc(wire.timestamp)
    return Head(wire.height, safe(wire.hash), timestamp, wire.tx_count, age_s(server_date, timestamp))


def parse_block(body: bytes) -> Block:
    """`GET /rpc/blocks/{height}`."""
    return _block(read(_Block, parse_json(body, BLOCK_MAX_BYTES), "/rpc/blocks"))


def parse_blocks_range(body: bytes) -> tuple[Block, ...]:
    """`GET /rpc/blocks-range`, ascending. One lineage gives no parent and no proposer here: then they are empty."""
    wire = read(_Range, parse_json(body, BLOCK_MAX_BYTES), "/rpc/blocks-range")
    return tuple(_block(block) for block in bounded(wire.blocks, "/rpc/blocks-range"))


def parse_mempool(body: bytes, limit: int) -> MempoolReading:
    """`GET /rpc/mempool?limit=N`. As many as were asked for (or more) means: at least that many."""
    wire = read(_Mempool, parse_json(body, MEMPOOL_MAX_BYTES), "/rpc/mempool")
    if len(wire.transactions) > MAX_TRANSACTIONS:
        raise ParseError(f"/rpc/mempool: more than {MAX_TRANSACTIONS} transactions")
    count = len(wire.transactions) if wire.count is None else max(wire.count, len(wire.transactions))
    return MempoolReading(count, 0 <= limit <= count, tuple(_pending(item) for item in wire.transactions))


def parse_node_health(body: bytes) -> NodeHealth:
    """`GET /health`: that the RPC process answers, and which chains it was told to serve."""
    wire = read(_Health, parse_json(body), "/health")
    chains = tuple(clean(chain) for chain in wire.supported_chains[:MAX_CHAINS] if isinstance(chain, str))
    return NodeHealth(safe(wire.status), chains, safe(wire.proposer_id))


def parse_account(body: bytes, address: str) -> Account:
    """`GET /rpc/accounts/{address}`."""
    wire = read(_Account, parse_json(body), "/rpc/accounts")
    return Account(safe(wire.address or address), wire.balance, wire.nonce, wire.exists)


def tx_hash(item: Mapping[str, object]) -> SafeText:
    """The hash of a mempool item exactly as the node returned it (contract 2.1)."""
    canonical = json.dumps(dict(item), sort_keys=True, separators=(",", ":"))
    return SafeText("0x" + hashlib.sha256(canonical.encode("ascii")).hexdigest())


def _block(wire: _Block) -> Block:
    items = [_submitted(item) for item in wire.transactions[:MAX_TRANSACTIONS] if isinstance(item, dict)]
    return Block(
        height=wire.height,
        hash=safe(wire.hash),
        parent_hash=safe(wire.parent_hash),
        proposer=safe(wire.proposer),
        timestamp=parse_utc(wire.timestamp),
        tx_count=wire.tx_count,
        transactions=tuple(transaction_of(item, _included_hash(item)) for item in items),
    )


def _submitted(item: dict[str, object]) -> dict[str, object]:
    """What was submitted, where a row of the second lineage's range wraps it (capture b:008).

    The row's own columns are not to be read beside it: on a follower its hash is empty, its value and fee are 0.
    """
    inside = item.get("payload")
    if "from" in item or not isinstance(inside, dict) or not {"from", "to", "amount"} <= inside.keys():
        return item
    return {**inside, "tx_hash": item.get("tx_hash")}


def _included_hash(item: dict[str, object]) -> SafeText:
    """Followers leave `tx_hash` empty: there it is computed from the rest, which is what was submitted."""
    given = _text(item.get("tx_hash"))
    if given or "from" not in item:
        return safe(given)
    return tx_hash({key: value for key, value in item.items() if key != "tx_hash"})


def _pending(item: dict[str, object]) -> Transaction:
    given = _text(item.get("tx_hash"))
    made = transaction_of(item, safe(given) if given else tx_hash(item))
    proof = _proof(item)
    return made if proof is None else replace(made, proof=proof)


def transaction_of(item: dict[str, object], hash_: SafeText) -> Transaction:
    """One item of a mempool, a block or an index."""
    wire = read(_Tx, item, "transaction")
    return Transaction(
        tx_hash=hash_,
        sender=safe(_text(item.get("from")) or wire.sender),
        recipient=safe(_text(item.get("to")) or wire.recipient),
        amount=wire.value if wire.amount is None else wire.amount,
        fee=wire.fee,
        nonce=wire.nonce,
        chain_id=safe(wire.chain_id),
        payload=_payload(item.get("payload")),
        signed=bool(item.get("signature")),
    )


def _proof(item: Mapping[str, object]) -> tuple[bytes, str] | None:
    """A node of 2026-08 repeats the amount as `value` and adds the hash: neither was signed (captures 203, 206)."""
    signature = item.get("signature")
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        return None
    bare = {key: value for key, value in item.items() if key not in ("signature", "value", "tx_hash")}
    return json.dumps(bare, sort_keys=True, separators=(",", ":")).encode("ascii"), signature


def _payload(value: object) -> SafeText:
    if value in (None, "", "0x") or value == {}:
        return SafeText("")
    return clean(json.dumps(value, ensure_ascii=False), PAYLOAD_CHARS)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
