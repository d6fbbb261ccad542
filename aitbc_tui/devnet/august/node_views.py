"""What an August node says, key by key as recorded: blocks, transactions, accounts, and what never changes."""

from __future__ import annotations

from aitbc_tui.devnet.august.net import BLOCK_S, SUPPLY, AugustNet, state_root
from aitbc_tui.devnet.chain import Account, Block, NodeState
from aitbc_tui.devnet.clock import naive
from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.devnet.seeded import JsonObject
from aitbc_tui.domain.address import same_address

# The gauges are those of another process, and never set here: all zeros at any height.
METRICS = "".join(
    f"# HELP {name} {text}\n# TYPE {name} gauge\n{name} 0.0\n"
    for name, text in (
        ("blockchain_block_height", "Current block height"),
        ("blockchain_peer_count", "Number of connected peers"),
        ("blockchain_mempool_size", "Number of transactions in mempool"),
    )
)

CONSTANTS: dict[str, object] = {
    "/rpc/sync/config": {
        "sync_parallel_enabled": True,
        "sync_parallel_max_peers": 4,
        "sync_parallel_timeout": 30.0,
        "sync_delta_enabled": True,
        "sync_delta_threshold": 0.5,
        "sync_delta_max_blocks": 100,
        "gossip_priority_enabled": True,
        "gossip_protocol_version": 2,
        "gossip_backward_compat": True,
        "gossip_message_batch_size": 10,
    },
    # the default of another network, whatever this one is called
    "/rpc/consensus/status": {
        "mode": "PoA (single proposer)",
        "multi_validator_enabled": False,
        "chain_id": "ait-hub",
    },
    "/rpc/consensus/validators": {"validators": [], "chain_id": "ait-hub", "multi_validator_enabled": False},
    "/rpc/consensus/slashing-history": {
        "slashing_events": [],
        "chain_id": "ait-hub",
        "multi_validator_enabled": False,
    },
    "/rpc/bridge/pending": [],
    "/rpc/disputes/active": {"success": True, "disputes": [], "count": 0},
    "/rpc/contracts": {"contracts": [], "total": 0},
    "/rpc/gpus": {"gpus": [], "total": 0},
}


def info(state: NodeState) -> JsonObject:
    head = state.head()
    assert head is not None
    return {
        "chain_id": CHAIN_ID,
        "height": head.height,
        "total_transactions": sum(block.tx_count for block in state.blocks.values()),
        "total_accounts": len(state.accounts),
        "genesis_params": {"block_time_seconds": int(BLOCK_S), "max_block_size_bytes": 1_000_000},
        "last_block_hash": head.hash,
        "timestamp": head.timestamp,
    }


def one_block(net: AugustNet, block: Block) -> JsonObject:
    """By height: with its chain."""
    return {
        "chain_id": block.chain_id,
        "height": block.height,
        "hash": block.hash,
        "parent_hash": block.parent_hash,
        "proposer": block.proposer,
        "timestamp": block.timestamp,
        "tx_count": block.tx_count,
        "state_root": state_root(block),
        "signature": net.signature(block),
        "transactions": [_in_block(net, block, tx) for tx in block.transactions],
    }


def range_block(net: AugustNet, block: Block, with_tx: bool) -> JsonObject:
    """In a range: without its chain, with metadata."""
    made = one_block(net, block)
    signature, transactions = made.pop("signature"), made.pop("transactions")
    made.pop("chain_id")
    made |= {"block_metadata": None, "signature": signature}
    return {**made, "transactions": transactions} if with_tx else made


def _in_block(net: AugustNet, block: Block, tx: JsonObject) -> JsonObject:
    return {
        "id": net.tx_id(str(tx["tx_hash"])),
        "block_height": block.height,
        "recipient": tx["to"],
        "created_at": block.timestamp,
        "value": tx["amount"],
        "type": "TRANSFER",
        "timestamp": _zoned(block.timestamp),
        "tx_hash": tx["tx_hash"],
        "chain_id": CHAIN_ID,
        "sender": tx["from"],
        "payload": tx["payload"],
        "nonce": tx["nonce"],
        "fee": tx["fee"],
        "status": "confirmed",
        "tx_metadata": None,
    }


def _zoned(stamp: str) -> str:
    return stamp.replace("T", " ") + "+00:00"


def _listed(net: AugustNet, block: Block, tx: JsonObject) -> JsonObject:
    return {
        "transaction_id": net.tx_id(str(tx["tx_hash"])),
        "tx_hash": tx["tx_hash"],
        "sender": tx["from"],
        "recipient": tx["to"],
        "payload": tx["payload"],
        "type": "TRANSFER",
        "status": "confirmed",
        "created_at": block.timestamp,
        "timestamp": _zoned(block.timestamp),
        "nonce": tx["nonce"],
        "value": tx["amount"],
        "fee": tx["fee"],
    }


def newest_transactions(net: AugustNet, state: NodeState, limit: int) -> list[JsonObject]:
    """Of the newest blocks first; a bare list."""
    found: list[JsonObject] = []
    for height in range(state.height(), -1, -1):
        block = state.first_at[height]
        found += [_listed(net, block, tx) for tx in block.transactions]
        if len(found) >= limit:
            break
    return found[:limit]


def transaction(net: AugustNet, state: NodeState, tx_hash: str) -> JsonObject | None:
    for block in reversed(state.first_at.values()):
        for tx in block.transactions:
            if tx["tx_hash"] == tx_hash:
                listed = _listed(net, block, tx)
                head = {name: listed.pop(name) for name in ("transaction_id", "tx_hash")}
                return {**head, "chain_id": CHAIN_ID, "block_height": block.height, **listed}
    return None


def _found(state: NodeState, address: str) -> Account:
    """Either spelling of an address is the same account."""
    known = (held for name, held in state.accounts.items() if name == address or same_address(name, address))
    return next(known, Account())


def account(state: NodeState, address: str) -> JsonObject:
    held = _found(state, address)
    spelled = f"ait1{address[2:].lower()}" if address.startswith("0x") else address
    return {"address": spelled, "balance": held.balance, "nonce": held.nonce, "chain_id": CHAIN_ID}


def balance(state: NodeState, address: str) -> JsonObject:
    held = _found(state, address)
    return {
        "address": address.lower(),
        "chain_id": CHAIN_ID,
        "available_balance": held.balance,
        "staked": 0,
        "bridge_locked": 0,
        "total_balance": held.balance,
        "timestamp": naive(state.clock.now()) + "+00:00",
    }


def genesis(net: AugustNet, state: NodeState) -> JsonObject:
    first = state.first_at[0]
    return {
        "chain_id": CHAIN_ID,
        "allocations": [{"address": net.wallet.ait1, "balance": SUPPLY, "nonce": 0}],
        "genesis_hash": first.hash,
        "genesis_height": 0,
        "genesis_state_root": state_root(first),
    }


def chains(rpc_port: int, began: float) -> JsonObject:
    """`running` whatever the producer does."""
    only = {
        "chain_id": CHAIN_ID,
        "chain_type": "default",
        "status": "running",
        "rpc_port": rpc_port,
        "p2p_port": 8200,
        "started_at": began,
        "error_message": None,
    }
    return {"chains": [only], "total": 1}
