"""Faults of the chain itself: what nodes make, import, gossip and agree on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aitbc_tui.devnet.chain import genesis_block
from aitbc_tui.devnet.chain_net import GENESIS_ADDRESS, Node
from aitbc_tui.devnet.fault import Fault, number_of
from aitbc_tui.devnet.machines import NODE_UNIT
from aitbc_tui.devnet.options import APRILS, CHAIN_ID
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

WENT_BACK = 20  # blocks that height-back takes away unless told otherwise
_COPIES_S = 9.0  # how long the node is away from the chain while its database is put back


def follower_of(devnet: Devnet) -> Node:
    if not devnet.net.followers:
        raise ConfigError("this fault needs a follower; start the devnet with --nodes 2 or more")
    return devnet.net.followers[0]


async def _wedge(devnet: Devnet, value: str | None) -> None:
    state = follower_of(devnet).state
    behind = number_of("wedge", value, 0)
    if behind > state.height():
        raise ConfigError(f"wedge={behind}: the chain has only {state.height()} blocks")
    state.shipped_importer = True
    state.dict_txs_seen = 1  # so the very next transaction is one too many
    if behind:
        height = state.height() - behind
        while height > 0 and not state.blocks[(CHAIN_ID, height + 1)].tx_count:
            height -= 1  # a wedge is before a block with transactions
        state.truncate(height)


async def _unwedge(devnet: Devnet, _: str | None) -> None:
    follower_of(devnet).state.shipped_importer = False


async def _fork(devnet: Devnet, _: str | None) -> None:
    follower_of(devnet).rogue = True


async def _unfork(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    follower.rogue = False
    devnet.net.adopt_genesis_chain(follower)


async def _stall(devnet: Devnet, _: str | None) -> None:
    devnet.net.producer.producing = False


async def _unstall(devnet: Devnet, _: str | None) -> None:
    devnet.net.producer.producing = True


async def _as_shipped(devnet: Devnet, _: str | None) -> None:
    devnet.net.genesis.producing = False
    devnet.machine("genesis").files.restart_unit(NODE_UNIT)


async def _producer_dead(devnet: Devnet, _: str | None) -> None:
    devnet.net.genesis.running = False
    devnet.machine("genesis").files.set_unit(NODE_UNIT, UnitState.FAILED)


async def _producer_back(devnet: Devnet, _: str | None) -> None:
    devnet.net.genesis.running = True
    devnet.machine("genesis").files.restart_unit(NODE_UNIT)


async def _hollow(devnet: Devnet, _: str | None) -> None:
    follower_of(devnet).hollow = True


async def _whole(devnet: Devnet, _: str | None) -> None:
    """The copy of the producer's database, which alone repairs hollow blocks."""
    follower = follower_of(devnet)
    follower.hollow = False
    for (chain, height), block in list(devnet.net.genesis.state.blocks.items()):
        if chain == CHAIN_ID and height <= follower.state.height():
            follower.state.store(follower.state.as_imported(block))


async def _redis_down(devnet: Devnet, _: str | None) -> None:
    devnet.net.gossip_lost = True


async def _redis_up(devnet: Devnet, _: str | None) -> None:
    """Redis and then the node units, without whose restart nobody subscribes again."""
    devnet.net.gossip_lost = False
    for follower in devnet.net.followers:
        follower.deaf = False
        devnet.machine(follower.name).files.restart_unit(NODE_UNIT)


async def _part(devnet: Devnet, _: str | None) -> None:
    devnet.net.partitioned = True
    for machine in devnet.machines.values():
        if machine.p2p is not None:
            await machine.p2p.close()
            await machine.p2p.open()


async def _rejoin(devnet: Devnet, _: str | None) -> None:
    devnet.net.partitioned = False


async def _late(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    follower.late = True
    state = follower.state
    for held in (state.blocks, state.first_at, state.heights, state.accounts):
        held.clear()


async def _not_late(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    source = devnet.net.genesis.state
    for height in range(source.height() + 1):
        follower.state.store(follower.state.as_imported(source.blocks[(CHAIN_ID, height)]))
    follower.late = False


async def _back(devnet: Devnet, value: str | None) -> None:
    follower = follower_of(devnet)
    by = number_of("height-back", value, WENT_BACK)
    if not 0 < by <= follower.state.height():
        raise ConfigError(f"height-back={by}: the chain has {follower.state.height()} blocks")
    follower.state.truncate(follower.state.height() - by)
    follower.deaf = True

    async def copied() -> None:
        await devnet.clock.sleep(_COPIES_S)
        follower.deaf = False

    devnet.spawn(copied())


async def _forward(devnet: Devnet, _: str | None) -> None:
    follower_of(devnet).deaf = False


async def _swap(devnet: Devnet, _: str | None) -> None:
    """As if the operator had swapped the two machines: the new producer has the accounts and what waits."""
    follower, genesis = follower_of(devnet), devnet.net.genesis
    follower.state.accounts = genesis.state.accounts
    follower.state.mempool = dict(genesis.state.mempool)
    devnet.net.producer = follower


async def _unswap(devnet: Devnet, _: str | None) -> None:
    genesis = devnet.net.genesis
    genesis.state.mempool = dict(devnet.net.producer.state.mempool)
    devnet.net.producer = genesis


async def _fake_genesis(devnet: Devnet, _: str | None) -> None:
    fake = replace(genesis_block(GENESIS_ADDRESS), hash="0x" + "0" * 64)
    follower_of(devnet).state.store(fake)


async def _true_genesis(devnet: Devnet, _: str | None) -> None:
    state = devnet.net.genesis.state
    follower_of(devnet).state.store(state.blocks[(CHAIN_ID, 0)])


FAULTS = (
    Fault(
        "wedge",
        "the follower imports as the shipped one: it stops at the next block with transactions, for ever",
        "head unchanged while the source advances, its health still ok",
        _wedge,
        _unwedge,
        value="BLOCKS-BEHIND",
        needs_blocks=True,
        only=APRILS,
    ),
    Fault(
        "fork",
        "the follower extends its own chain from here on (proposer rogue-proposer)",
        "same height, other hash; both hashes and the last common block",
        _fork,
        _unfork,
        leaves=("height-back",),
    ),
    Fault(
        "stall",
        "genesis lives, its unit is active, and it makes no blocks any more",
        "head older than five block times while its unit is active; it had produced since the unit started",
        _stall,
        _unstall,
    ),
    Fault(
        "not-producing",
        "genesis's node unit was restarted with the program of the shipped unit file, which makes no blocks",
        "the unit is active and no block was made since it started: told from a stall by that moment",
        _as_shipped,
        _unstall,
        only=APRILS,
    ),
    Fault(
        "producer-dead",
        "the block producer's process is gone; RPC answers, health says ok",
        "no new block, and the unit that makes them is not active",
        _producer_dead,
        _producer_back,
    ),
    Fault(
        "hollow",
        "the follower imports as the shipped chain_sync does: height and hash, without parent, proposer, transactions",
        "blocks of the right hash without proposer, parent or body",
        _hollow,
        _whole,
        only=APRILS,
    ),
    Fault(
        "redis-down",
        "Redis is gone: from the next empty block on no follower hears of any; P2P still carries transactions",
        "head stands before an empty block, so no transaction broke the import. Before a block with transactions it "
        "cannot be told from a wedge, and is called wedge",
        _redis_down,
        _redis_up,
        only=APRILS[:1],
    ),
    Fault(
        "p2p-partition",
        "no P2P link between the nodes: transactions do not spread, blocks do",
        "no established P2P connection at any node, while every P2P unit is active",
        _part,
        _rejoin,
        only=APRILS,
    ),
    Fault(
        "late-join",
        "the follower began after the others: empty, and it refuses every block as a gap",
        '404 "no blocks yet", with and without chain_id, while the source has blocks',
        _late,
        _not_late,
        only=APRILS,
    ),
    Fault(
        "height-back",
        "the follower's database is replaced by an older copy, and catches up again",
        "the head went back; what the node said before is forgotten, not taken for a fork",
        _back,
        _forward,
        value="BLOCKS",
    ),
    Fault(
        "role-swapped",
        "the follower proposes and genesis imports, contrary to the configuration",
        "recent blocks carry the proposer id of another node than the one configured as genesis",
        _swap,
        _unswap,
        only=APRILS,
    ),
    Fault(
        "genesis-mismatch",
        "the follower's block 0 has the hash 0x000...0 that the shipped repair script imports",
        "other hash at block 0: another chain, whatever the heights say",
        _fake_genesis,
        _true_genesis,
    ),
)
