"""One blockchain node's state: blocks, accounts, mempool and importer, with the habits of the April nodes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from aitbc_tui.devnet.clock import Clock, naive
from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.devnet.seeded import JsonObject

GENESIS_TIME = "2025-01-01T00:00:00"
MAX_TXS_PER_BLOCK = 500
INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Block:
    """A block as one node stores it; `transactions` items carry `tx_hash`."""

    chain_id: str
    height: int
    hash: str
    parent_hash: str
    proposer: str
    timestamp: str
    tx_count: int
    transactions: tuple[JsonObject, ...] = ()

    def summary(self) -> JsonObject:
        return {
            "height": self.height,
            "hash": self.hash,
            "timestamp": self.timestamp,
            "tx_count": self.tx_count,
        }

    def full(self) -> JsonObject:
        return {
            "height": self.height,
            "hash": self.hash,
            "parent_hash": self.parent_hash,
            "proposer": self.proposer,
            "timestamp": self.timestamp,
            "tx_count": self.tx_count,
            "state_root": None,
            "transactions": [dict(tx) for tx in self.transactions],
        }


@dataclass(slots=True)
class Account:
    """Balance and nonce; negative balances happen."""

    balance: int = 0
    nonce: int = 0


def tx_hash(tx: JsonObject) -> str:
    """Over the mempool item exactly as it is returned."""
    return "0x" + hashlib.sha256(json.dumps(tx, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def block_hash(chain_id: str, height: int, parent: str, timestamp: str, hashes: Iterable[str]) -> str:
    message = f"{chain_id}|{height}|{parent}|{timestamp}|{'|'.join(hashes)}"
    return "0x" + hashlib.sha256(message.encode()).hexdigest()


def genesis_block(proposer: str, chain_id: str = CHAIN_ID) -> Block:
    """Depends on the chain id only; the proposer is not hashed."""
    digest = block_hash(chain_id, 0, "0x00", GENESIS_TIME, ())
    return Block(chain_id, 0, digest, "0x00", proposer, GENESIS_TIME, 0)


def normal_tx(body: JsonObject, chain_id: str = CHAIN_ID) -> JsonObject:
    """The mempool item a submission becomes; KeyError when from, to or amount is missing."""
    sender, recipient, amount = body["from"], body["to"], body["amount"]
    return {
        "amount": amount,
        "chain_id": body.get("chain_id", chain_id),
        "fee": body.get("fee", 10),
        "from": sender,
        "nonce": body.get("nonce", 0),
        "payload": body.get("payload", "0x"),
        "signature": body.get("signature"),
        "to": recipient,
    }


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


@dataclass(slots=True)
class NodeState:
    """What one node holds. `shipped_importer` makes it wedge as the published follower does."""

    name: str
    role: str
    proposer_id: str
    clock: Clock
    note: Callable[[str, dict[str, object]], None]
    chain_id: str = CHAIN_ID
    blocks: dict[tuple[str, int], Block] = field(default_factory=dict)
    first_at: dict[int, Block] = field(default_factory=dict)
    heights: dict[str, int] = field(default_factory=dict)
    mempool: dict[str, JsonObject] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    shipped_importer: bool = False
    dict_txs_seen: int = 0
    txs_added: int = 0

    def head(self, chain_id: str | None = None) -> Block | None:
        chain = self.chain_id if chain_id is None else chain_id
        height = self.heights.get(chain)
        return None if height is None else self.blocks[(chain, height)]

    def height(self) -> int:
        """-1 while there is no block, as the importer's own log says it."""
        return self.heights.get(self.chain_id, -1)

    def store(self, block: Block) -> None:
        """Append or insert; a block of another chain also answers for its height, as on the real node."""
        self.blocks[(block.chain_id, block.height)] = block
        known = self.first_at.get(block.height)
        if known is None or known.chain_id == block.chain_id:
            self.first_at[block.height] = block
        self.heights[block.chain_id] = max(block.height, self.heights.get(block.chain_id, -1))

    def truncate(self, height: int) -> None:
        """Forget every own block above `height`."""
        for above in range(height + 1, self.height() + 1):
            self.blocks.pop((self.chain_id, above), None)
            self.first_at.pop(above, None)
        self.heights[self.chain_id] = height

    def own_blocks(self, start: int, end: int) -> list[Block]:
        """Blocks of every chain between the two heights, ascending, both ends included."""
        if end - start > len(self.first_at):
            return [self.first_at[h] for h in sorted(self.first_at) if start <= h <= end]
        return [self.first_at[h] for h in range(start, end + 1) if h in self.first_at]

    def pending(self, limit: int, chain_id: str | None = None) -> Sequence[JsonObject]:
        """Highest fee first, then arrival; a negative limit means all."""
        if chain_id is not None and chain_id != self.chain_id:
            return ()
        ordered = sorted(self.mempool.values(), key=lambda tx: -_number(tx["fee"]))
        return ordered if limit < 0 else ordered[:limit]

    def add_tx(self, tx: JsonObject) -> str:
        digest = tx_hash(tx)
        self.mempool.setdefault(digest, tx)
        return digest

    def propose(self, proposer: str) -> Block:
        """Drain the mempool into the next block. Transactions that cannot be paid vanish without a word."""
        parent = self.head()
        assert parent is not None
        drained = list(self.pending(MAX_TXS_PER_BLOCK))
        mined: list[JsonObject] = []
        for tx in drained:
            digest = tx_hash(tx)
            self.mempool.pop(digest, None)
            if self.apply(tx):
                mined.append({**tx, "tx_hash": digest})
        self.note(f"[PROPOSE] drained {len(drained)} txs from mempool, chain={self.chain_id}", {})
        height, timestamp = parent.height + 1, naive(self.clock.now())
        digest = block_hash(self.chain_id, height, parent.hash, timestamp, (str(t["tx_hash"]) for t in mined))
        block = Block(self.chain_id, height, digest, parent.hash, proposer, timestamp, len(mined), tuple(mined))
        self.store(block)
        self.note("Proposed block", {"height": height, "hash": digest, "proposer": proposer})
        return block

    def apply(self, tx: JsonObject) -> bool:
        sender = self.accounts.get(str(tx["from"]))
        cost = _number(tx["amount"]) + _number(tx["fee"])
        if sender is None or sender.balance < cost:
            return False
        sender.balance -= cost
        sender.nonce += 1
        recipient = self.accounts.setdefault(str(tx["to"]), Account())
        recipient.balance += _number(tx["amount"])
        return True

    def hear(self, block: Block) -> bool:
        """A block from gossip, through the importer. True when it was appended."""
        self.note("Received block from gossip", {})
        self.note(f"Importing block for chain {block.chain_id}: {block.height}", {})
        ours = self.height()
        if block.height > ours + 1:
            reason = f"Gap detected (our height: {ours}, received: {block.height})"
        elif (known := self.blocks.get((block.chain_id, block.height))) is not None:
            if known.hash == block.hash:
                reason = "Block already exists"
            else:
                self.note("Fork detected", {})
                reason = f"Fork rejected: our chain is longer or equal ({ours} >= {block.height})"
        elif self.shipped_importer and self._throws_on(block):
            self.note("Error processing block from gossip: 'str' object has no attribute 'get'", {})
            return False
        else:
            self.store(self.as_imported(block))
            fields: dict[str, object] = {"height": block.height, "hash": block.hash}
            self.note("Imported block", {**fields, "proposer": block.proposer})
            self.note("Import result: accepted=True, reason=Appended to chain", {})
            return True
        self.note(f"Import result: accepted=False, reason={reason}", {})
        return False

    def _throws_on(self, block: Block) -> bool:
        """The published importer fails on a text payload, and on the second object payload."""
        for tx in block.transactions:
            if not isinstance(tx["payload"], dict):
                return True
            self.dict_txs_seen += 1
            if self.dict_txs_seen > 1:
                return True
        return False

    @staticmethod
    def as_imported(block: Block) -> Block:
        """A follower loses the transaction hashes."""
        bare = tuple({**tx, "tx_hash": ""} for tx in block.transactions)
        return Block(
            block.chain_id,
            block.height,
            block.hash,
            block.parent_hash,
            block.proposer,
            block.timestamp,
            block.tx_count,
            bare,
        )
