"""Hub and follower: a block when transactions wait, else a heartbeat; every block signed by the hub's wallet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from aitbc_tui.devnet.august.wallet import Wallet, tx_message
from aitbc_tui.devnet.chain import Account, Block, NodeState, block_hash, genesis_block
from aitbc_tui.devnet.chain_net import ChainNet, Node, Note
from aitbc_tui.devnet.clock import naive
from aitbc_tui.devnet.options import CHAIN_ID, DevnetOptions
from aitbc_tui.devnet.seeded import JsonObject, Seeded
from aitbc_tui.protocol.platform_signer import recover

BLOCK_S, HEARTBEAT_S = 3.0, 9.0  # as recorded; the defaults are 10 and 60
LEASE_S = 3600
SUPPLY = 3_600_000_000_000
UNITS = 3600  # compute-seconds to one AIT
FEE = 36
_IMPORT_DELAY_S = 0.03


@dataclass(slots=True)
class AugustState(NodeState):
    """A follower of this generation keeps the transactions' hashes."""

    @staticmethod
    def as_imported(block: Block) -> Block:
        return block


@dataclass(slots=True)
class Escrow:
    """What the hub holds for a paid job; amounts in AIT."""

    job_id: str
    contract_id: str
    buyer: str
    provider: str
    amount: float
    created_at: str
    state: str = "created"
    released: float = 0.0
    released_at: str | None = None

    def view(self) -> JsonObject:
        def money(value: float) -> str:
            return f"{value:.11f}" if value else "0"

        return {
            "job_id": self.job_id,
            "contract_id": self.contract_id,
            "state": self.state,
            "buyer": self.buyer,
            "provider": self.provider,
            "amount": money(self.amount),
            "released_amount": money(self.released),
            "refunded_amount": "0",
            "created_at": self.created_at,
            "released_at": self.released_at,
            "refunded_at": None,
            "refund_tx_hash": None,
        }


class AugustNet(ChainNet):
    """`nodes[0]` is the hub. A transaction stays at the node it was submitted to."""

    def __init__(self, options: DevnetOptions, seeded: Seeded, note: Note) -> None:
        self.wallet = Wallet(seeded.bytes("wallet", "hub"))
        self.treasury = Wallet(seeded.bytes("wallet", "treasury"))
        self.stranger = Wallet(seeded.bytes("wallet", "stranger"))
        self.sealer = self.wallet  # whose key signs the next blocks; it should be the proposer's
        self.escrows: dict[str, Escrow] = {}
        self._seals: dict[str, str] = {}
        self._tx_ids: dict[str, int] = {}
        super().__init__(options, seeded, note)

    def _node(self, number: int, note: Note) -> Node:
        name = "genesis" if number == 0 else "follower" if number == 1 else f"follower-{number}"

        def noted(message: str, fields: dict[str, object]) -> None:
            note(name, message, fields)

        proposer = self.wallet.address if number == 0 else ""
        state = AugustState(name, "genesis" if number == 0 else "follower", proposer, self.clock, noted)
        state.store(genesis_block("genesis"))
        state.accounts = {self.wallet.address: Account(SUPPLY), self.treasury.ait1: Account()}
        return Node(state)

    def build_history(self, blocks: int) -> None:
        """A heartbeat every nine seconds, every fourth block with a transaction."""
        now = self.clock.now()
        for number in range(blocks):
            at = now - timedelta(seconds=HEARTBEAT_S * (blocks - number))
            mined = [self._mined_tx()] if number % 4 == 1 else []
            self.add_block(naive(at), mined)

    def add_block(self, stamp: str, mined: list[JsonObject]) -> None:
        """One block of the past, at every node."""
        parent = self.genesis.state.head()
        assert parent is not None
        height = parent.height + 1
        digest = block_hash(CHAIN_ID, height, parent.hash, stamp, (str(tx["tx_hash"]) for tx in mined))
        made = Block(CHAIN_ID, height, digest, parent.hash, self.wallet.address, stamp, len(mined), tuple(mined))
        for node in self.nodes:
            node.state.store(made)

    def _mined_tx(self) -> JsonObject:
        tx = self.new_tx()
        digest = self.genesis.state.add_tx(tx)
        self.genesis.state.mempool.pop(digest)
        self.genesis.state.apply(tx)
        return {**tx, "tx_hash": digest}

    def new_tx(self) -> JsonObject:
        """The next signed transfer from the hub's wallet, as the mempool shows it."""
        nonce, amount = self._nonce, self._rng.randint(1, 500)
        self._nonce += 1
        body: JsonObject = {
            "from": self.wallet.address,
            "to": self.treasury.ait1,
            "amount": amount,
            "fee": FEE,
            "nonce": nonce,
            "payload": {"to": self.treasury.ait1, "amount": amount},
            "type": "TRANSFER",
            "chain_id": CHAIN_ID,
        }
        return pooled({**body, "signature": self.wallet.sign(tx_message(body))})

    def submit(self, node: Node, tx: JsonObject) -> str:
        """Nothing is forwarded: at a follower a transaction waits for ever."""
        return node.state.add_tx(tx)

    async def produce(self) -> None:
        """The hub's loop: a block when something waits, and a heartbeat when nothing did for nine seconds."""
        due, last = self.clock.monotonic(), self.clock.monotonic()
        while True:
            due += BLOCK_S
            await self.clock.sleep(due - self.clock.monotonic())
            self.top_up()
            maker = self.producer
            idle = self.clock.monotonic() - last
            if maker.running and maker.producing and (maker.state.mempool or idle >= HEARTBEAT_S - 0.01):
                last = self.clock.monotonic()
                block = maker.state.propose(maker.state.proposer_id or self.wallet.address)
                self._seals[block.hash] = self.sealer.sign_hash(block.hash)
                await self.clock.sleep(_IMPORT_DELAY_S)
                self._publish(maker, block)
            self._rogues()

    def signature(self, block: Block) -> str:
        """The genesis block's is an empty text; a block that nobody sealed otherwise, the hub did."""
        if block.height == 0:
            return ""
        if block.hash not in self._seals:
            rogue = block.proposer != self.wallet.address
            self._seals[block.hash] = (self.stranger if rogue else self.wallet).sign_hash(block.hash)
        return self._seals[block.hash]

    def sealed_by(self, block: Block) -> str | None:
        """The address whose key signed this block."""
        seal = self.signature(block)
        if not seal:
            return None
        return recover(bytes.fromhex(block.hash.removeprefix("0x")), bytes.fromhex(seal.removeprefix("0x")))

    def tx_id(self, digest: str) -> int:
        """The row number a transaction got."""
        return self._tx_ids.setdefault(digest, len(self._tx_ids) + 1)

    def escrow(self, job_id: str, contract_id: str, buyer: str, provider: str, amount: float) -> None:
        """The hub holds the amount and a fee on top."""
        at = naive(self.clock.now())
        self.escrows[job_id] = Escrow(job_id, contract_id, buyer, provider, round(amount * 1.025, 8), at)

    def release(self, job_id: str, amount: float) -> None:
        """Without a settlement key no transaction is made, and nobody is paid: only a line in the log says so."""
        found = self.escrows.get(job_id)
        if found is not None and found.state == "created":
            found.state, found.released = "released", round(amount * 0.975, 8)
            found.released_at = naive(self.clock.now())


def pooled(body: JsonObject) -> JsonObject:
    """The mempool's item of a submitted transaction: keys in order at every depth, the amount once more as value."""
    made: JsonObject = json.loads(json.dumps({**body, "value": body["amount"]}, sort_keys=True))
    return made


def state_root(block: Block) -> str:
    """Changes with every block that holds a transaction."""
    return "0x" + hashlib.sha256(f"state/{block.height if block.tx_count else 0}".encode()).hexdigest()
