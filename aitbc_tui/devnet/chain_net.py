"""The nodes together: a producer, followers that hear of each block a moment later, gossip, and steady traffic."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aitbc_tui.devnet.chain import Account, Block, NodeState, block_hash, genesis_block
from aitbc_tui.devnet.clock import Clock, naive
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.options import CHAIN_ID, DevnetOptions
from aitbc_tui.devnet.seeded import JsonObject, Seeded

GENESIS_ADDRESS = "ait10tlyqdczq6ycvcrdz5xdg4jmn2jgg6y7wncd32kvkuzqgqc5385sthrv8l"
TREASURY = "ait1mch8hek4lyucypsfpla53mtpcrjfw6uhsx3gthm8mdvs0l4clj5s4842d8"
ROGUE = "rogue-proposer"
PENNILESS = "ait1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpenniless"
_IMPORT_DELAY_S = 0.03
_CATCH_UP = 120  # blocks a repaired follower fetches per block time: about 60 a second were measured
_TRAFFIC_MAX = 2000  # a chain that stands still collects no more than this

Note = Callable[[str, str, dict[str, object]], None]


@dataclass(slots=True)
class Node:
    """One node: its state, the switches of its processes, and the RPC process's own counters."""

    state: NodeState
    gate: Gate = field(default_factory=Gate)
    rpc_up: bool = True
    producing: bool = True  # genesis only: False = the process lives and makes no blocks
    running: bool = True  # the node process: producer or importer
    rogue: bool = False
    hollow: bool = False  # imports as the shipped chain_sync does: the hash, and nothing else
    deaf: bool = False  # no block of the gossip reaches it
    late: bool = False  # it began after the others, and refuses every block
    chain_id_unset: bool = False  # its environment lacks chain_id
    counters: dict[str, float] = field(default_factory=dict)
    timings: dict[str, tuple[int, float]] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=lambda: {"gossip_subscribers_total": 0.0})

    @property
    def name(self) -> str:
        return self.state.name

    def count(self, name: str, by: float = 1.0) -> None:
        self.counters[name] = self.counters.get(name, 0.0) + by
        if name.startswith("mempool_tx_added_total"):
            self.gauges[f"mempool_size_{CHAIN_ID}"] = float(len(self.state.mempool))

    def measure(self, name: str, seconds: float) -> None:
        count, total = self.timings.get(name, (0, 0.0))
        self.timings[name] = (count + 1, total + seconds)

    def metrics_text(self) -> str:
        """Counters, gauges, summaries; each group by name, without labels or help."""
        lines: list[str] = []
        for kind, values in (("counter", self.counters), ("gauge", self.gauges)):
            for name in sorted(values):
                lines += [f"# TYPE {name} {kind}", f"{name} {values[name]}"]
        for name in sorted(self.timings):
            count, total = self.timings[name]
            lines += [f"# TYPE {name} summary", f"{name}_count {float(count)}", f"{name}_sum {total}"]
        return "\n".join(lines) + "\n"


class ChainNet:
    """`nodes[0]` is genesis, the rest follow it."""

    def __init__(self, options: DevnetOptions, seeded: Seeded, note: Note) -> None:
        self.options = options
        self.clock: Clock = options.clock
        self._rng: random.Random = seeded.rng("chain")
        self._nonce = 0
        self.flood = 0
        self.with_txs: frozenset[int] = frozenset()  # heights of the history that must have a transaction
        self.partitioned = False  # no P2P link: transactions stay where they were submitted
        self.gossip_lost = False  # Redis is down: no follower hears of a block
        self.unpayable = False  # some transactions come from accounts that hold nothing
        self.nodes = [self._node(number, note) for number in range(options.nodes)]
        self.genesis = self.nodes[0]
        self.producer = self.genesis  # whoever proposes; another one when the roles are swapped

    def _node(self, number: int, note: Note) -> Node:
        name = "genesis" if number == 0 else "follower" if number == 1 else f"follower-{number}"
        role = "genesis" if number == 0 else "follower"
        proposer = GENESIS_ADDRESS if number == 0 else f"{name}-node-aitbc"

        def noted(message: str, fields: dict[str, object]) -> None:
            note(name, message, fields)

        state = NodeState(name, role, proposer, self.clock, noted)
        state.store(genesis_block(GENESIS_ADDRESS if self.options.empty_blocks else "genesis"))
        if number == 0:
            state.accounts = {GENESIS_ADDRESS: Account(1_000_000_000), TREASURY: Account()}
        return Node(state)

    @property
    def followers(self) -> list[Node]:
        return self.nodes[1:]

    def node(self, name: str) -> Node | None:
        return next((node for node in self.nodes if node.name == name), None)

    def build_history(self, blocks: int) -> None:
        """Blocks of the past, ending one block time ago, with a transaction in every fourth and where one is wanted."""
        state, now = self.genesis.state, self.clock.now()
        for number in range(blocks):
            parent = state.head()
            assert parent is not None
            at = now - timedelta(seconds=self.options.block_time_s * (blocks - number))
            stamp, height = naive(at), parent.height + 1
            mined = (
                [self._mined_tx()]
                if number % 4 == 1 or height in self.with_txs or not self.options.empty_blocks
                else []
            )
            digest = block_hash(CHAIN_ID, height, parent.hash, stamp, (str(tx["tx_hash"]) for tx in mined))
            block = Block(CHAIN_ID, height, digest, parent.hash, GENESIS_ADDRESS, stamp, len(mined), tuple(mined))
            state.store(block)
            for follower in self.followers:
                follower.state.store(NodeState.as_imported(block))

    def _mined_tx(self) -> JsonObject:
        tx = self.new_tx()
        digest = self.genesis.state.add_tx(tx)
        self.genesis.state.mempool.pop(digest)
        self.genesis.state.apply(tx)
        for follower in self.followers:
            follower.state.add_tx(tx)
        return {**tx, "tx_hash": digest}

    def new_tx(self) -> JsonObject:
        """The next transfer from the genesis account; one in five has the text payload that wedges."""
        self._nonce += 1
        amount = self._rng.randint(1, 500)
        payload: object = "0x"
        if self._rng.random() >= 0.2:
            payload = {"memo": f"settlement {self._nonce}", "to": TREASURY, "value": amount}
        return {
            "amount": amount,
            "chain_id": CHAIN_ID,
            "fee": 10 + self._rng.randint(0, 5),
            "from": GENESIS_ADDRESS,
            "nonce": self._nonce,
            "payload": payload,
            "signature": None,
            "to": TREASURY,
        }

    def submit(self, node: Node, tx: JsonObject) -> str:
        """Into this node's mempool, and by gossip into every other's whose node process runs."""
        digest = node.state.add_tx(tx)
        for other in self.nodes:
            if other is not node and other.running and not self.partitioned:
                other.state.add_tx(tx)
        return digest

    async def produce(self) -> None:
        """Genesis's proposer loop, on a fixed schedule."""
        due = self.clock.monotonic()
        while True:
            due += self.options.block_time_s
            await self.clock.sleep(due - self.clock.monotonic())
            self.top_up()
            maker = self.producer
            if maker.running and maker.producing and (self.options.empty_blocks or maker.state.mempool):
                block = maker.state.propose(maker.state.proposer_id)
                maker.state.hear(block)  # it hears its own gossip, and refuses it
                await self.clock.sleep(_IMPORT_DELAY_S)
                self._publish(maker, block)
            self._rogues()

    def _publish(self, maker: Node, block: Block) -> None:
        for follower in self.nodes:
            if follower is maker or not follower.running or follower.rogue:
                continue
            if self.gossip_lost and block.tx_count == 0:
                follower.deaf = True  # before an empty block, so that no transaction can be to blame
            if follower.deaf:
                continue
            if not follower.state.shipped_importer and not follower.late:
                self._catch_up(follower, maker)
            if follower.hollow and block.height == follower.state.height() + 1:
                follower.state.store(replace(block, parent_hash="", proposer="", tx_count=0, transactions=()))
            else:
                follower.state.hear(block)

    def _catch_up(self, follower: Node, maker: Node) -> None:
        """What a repaired importer does about a gap: fetch some of the missing blocks."""
        state, source = follower.state, maker.state
        first_missing = state.height() + 1
        until = min(source.height(), first_missing + _CATCH_UP)
        for height in range(first_missing, until):
            state.store(state.as_imported(source.blocks[(CHAIN_ID, height)]))

    def _rogues(self) -> None:
        for follower in self.followers:
            if follower.rogue and follower.running:
                ours = follower.state
                kept, ours.mempool = ours.mempool, {}
                ours.propose(ROGUE)
                ours.mempool = kept

    def top_up(self) -> None:
        """Keep the mempool at least as full as the flood wants it."""
        missing = self.flood - len(self.producer.state.mempool)
        for _ in range(max(0, missing)):
            self.submit(self.producer, self.new_tx())

    def adopt_genesis_chain(self, follower: Node) -> None:
        """The copy of the producer's database that ends a fork."""
        for height in range(follower.state.height() + 1):
            ours = follower.state.blocks.get((CHAIN_ID, height))
            theirs = self.genesis.state.blocks.get((CHAIN_ID, height))
            if ours is None or theirs is None or ours.hash != theirs.hash:
                follower.state.truncate(height - 1)
                break

    async def traffic(self) -> None:
        """A transfer or two every few seconds."""
        while True:
            await self.clock.sleep(self._rng.uniform(0.4, 1.6) * self.options.tx_every_s)
            for _ in range(self._rng.choice((1, 1, 1, 2, 3))):
                if len(self.producer.state.mempool) < _TRAFFIC_MAX:
                    self.submit(self.producer, self.new_tx())
            if self.unpayable:
                self.submit(self.producer, {**self.new_tx(), "from": PENNILESS})

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.produce())
            group.create_task(self.traffic())
