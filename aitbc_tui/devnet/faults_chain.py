"""Faults of the chain and its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.chain_net import Node
from aitbc_tui.devnet.fault import Fault, number_of
from aitbc_tui.devnet.machines import NODE_UNIT, P2P_UNIT, RPC_UNIT
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet


def _follower(devnet: Devnet) -> Node:
    if not devnet.net.followers:
        raise ConfigError("this fault needs a follower; start the devnet with --nodes 2 or more")
    return devnet.net.followers[0]


async def _wedge(devnet: Devnet, value: str | None) -> None:
    state = _follower(devnet).state
    behind = number_of("wedge", value, 0)
    if behind > state.height():
        raise ConfigError(f"wedge={behind}: the chain has only {state.height()} blocks")
    state.shipped_importer = True
    state.dict_txs_seen = 1  # so the very next transaction is one too many
    if behind:
        state.truncate(state.height() - behind)


async def _unwedge(devnet: Devnet, _: str | None) -> None:
    _follower(devnet).state.shipped_importer = False


async def _fork(devnet: Devnet, _: str | None) -> None:
    _follower(devnet).rogue = True


async def _unfork(devnet: Devnet, _: str | None) -> None:
    follower = _follower(devnet)
    follower.rogue = False
    devnet.net.adopt_genesis_chain(follower)


async def _stall(devnet: Devnet, _: str | None) -> None:
    devnet.net.genesis.producing = False


async def _unstall(devnet: Devnet, _: str | None) -> None:
    devnet.net.genesis.producing = True


async def _producer_dead(devnet: Devnet, _: str | None) -> None:
    devnet.net.genesis.running = False
    devnet.machine("genesis").files.set_unit(NODE_UNIT, UnitState.FAILED)


async def _producer_back(devnet: Devnet, _: str | None) -> None:
    devnet.net.genesis.running = True
    devnet.machine("genesis").files.restart_unit(NODE_UNIT)


async def _follower_down(devnet: Devnet, _: str | None) -> None:
    follower = _follower(devnet)
    follower.running = False
    machine = devnet.machine(follower.name)
    for unit in (NODE_UNIT, RPC_UNIT, P2P_UNIT):
        machine.files.set_unit(unit, UnitState.FAILED)
    await devnet.parts.servers[follower.name].close()
    if machine.p2p is not None:
        await machine.p2p.close()


async def _follower_back(devnet: Devnet, _: str | None) -> None:
    follower = _follower(devnet)
    machine = devnet.machine(follower.name)
    await devnet.parts.servers[follower.name].open()
    if machine.p2p is not None:
        await machine.p2p.open()
    for unit in (NODE_UNIT, RPC_UNIT, P2P_UNIT):
        machine.files.restart_unit(unit)
    follower.running = True


def _hung(devnet: Devnet, value: str | None) -> Node:
    return devnet.node(value) if value else _follower(devnet)


async def _hang(devnet: Devnet, value: str | None) -> None:
    _hung(devnet, value).gate.hang(True)


async def _unhang(devnet: Devnet, value: str | None) -> None:
    _hung(devnet, value).gate.hang(False)


async def _flood(devnet: Devnet, value: str | None) -> None:
    devnet.net.flood = number_of("mempool-flood", value, 1500)
    devnet.net.top_up()


async def _drain(devnet: Devnet, _: str | None) -> None:
    devnet.net.flood = 0


FAULTS = (
    Fault(
        "wedge",
        "the follower imports as the shipped one: it stops at the next block with transactions, for ever",
        "WEDGED follower: head unchanged while genesis advances, health still ok",
        _wedge,
        _unwedge,
        value="BLOCKS-BEHIND",
        needs_blocks=True,
    ),
    Fault(
        "fork",
        "the follower extends its own chain from here on (proposer rogue-proposer)",
        "FORK: same height, other hash; both hashes and the last common block",
        _fork,
        _unfork,
    ),
    Fault(
        "stall",
        "genesis lives, its unit is active, and it makes no blocks",
        "STALLED genesis: head older than five block times while transactions wait",
        _stall,
        _unstall,
    ),
    Fault(
        "producer-dead",
        "the block producer's process is gone; RPC answers, health says ok",
        "STALLED genesis, unit aitbc-blockchain-node failed",
        _producer_dead,
        _producer_back,
    ),
    Fault(
        "follower-down",
        "the follower's node, RPC and P2P are gone; its SSH answers",
        "DOWN follower: nothing listens on its RPC port and its units are failed",
        _follower_down,
        _follower_back,
    ),
    Fault(
        "rpc-hang",
        "a node's RPC accepts connections and never answers",
        "figures of that node go stale, then unreachable: timed out",
        _hang,
        _unhang,
        value="NODE",
    ),
    Fault(
        "mempool-flood",
        "more transactions arrive than blocks take; genesis's mempool never empties",
        "mempool above what the API counts by default, shown as a lower bound",
        _flood,
        _drain,
        value="TRANSACTIONS",
    ),
)
