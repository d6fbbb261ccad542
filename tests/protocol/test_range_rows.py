"""Rows of the second lineage's blocks-range wrap what was submitted; a follower's own columns beside it are empty."""

from __future__ import annotations

import hashlib
import json

import pytest

from aitbc_tui.protocol.node import parse_blocks_range

SENT = {
    "amount": 5,
    "chain_id": "ait-mainnet",
    "fee": 10,
    "from": "ait1giver",
    "nonce": 3,
    "payload": {"job_id": "a7"},
    "signature": None,
    "to": "ait1taker",
}
HASH = "0x" + hashlib.sha256(json.dumps(SENT, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
GENESIS = {
    "tx_hash": HASH,
    "value": 5,
    "fee": 10,
    "nonce": 3,
    "status": "confirmed",
    "timestamp": "2026-11-22 04:06:02",
}
FOLLOWER = {"tx_hash": "", "value": 0, "fee": 0, "nonce": 0, "status": "pending", "timestamp": None}


@pytest.mark.parametrize("columns", [GENESIS, FOLLOWER], ids=["genesis", "follower"])
def test_both_nodes_tell_the_same_transaction(columns: dict[str, object]) -> None:
    row = {"id": 1, "block_height": 1, "sender": "ait1giver", "recipient": "ait1taker", "payload": SENT, **columns}
    block = {"height": 1, "hash": "0xab", "timestamp": "2026-11-22T04:06:02", "tx_count": 1, "transactions": [row]}
    tx = parse_blocks_range(json.dumps({"success": True, "blocks": [block], "count": 1}).encode())[0].transactions[0]
    assert (tx.tx_hash, tx.sender, tx.recipient) == (HASH, "ait1giver", "ait1taker")
    assert (tx.amount, tx.fee, tx.nonce) == (5, 10, 3)
    assert tx.payload == '{"job_id": "a7"}', "the payload is the sender's own, not the whole transaction"
