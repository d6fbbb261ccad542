"""Faults of single nodes: their process, their RPC, their mempool, the chain they think they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.chain_net import Node
from aitbc_tui.devnet.fault import Fault, number_of
from aitbc_tui.devnet.faults_chain import follower_of
from aitbc_tui.devnet.machines import NODE_UNIT, P2P_UNIT, RPC_UNIT, Machine
from aitbc_tui.devnet.options import APRILS
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

FLOOD = 1500
RETRY_AFTER_S = 15  # the recorded server says 60; any value can be given


async def _follower_down(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    follower.running = False
    machine = devnet.machine(follower.name)
    for unit in _own_units(machine):
        machine.files.set_unit(unit, UnitState.FAILED)
    await devnet.parts.servers[follower.name].close()
    if machine.p2p is not None:
        await machine.p2p.close()


async def _follower_back(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    machine = devnet.machine(follower.name)
    await devnet.parts.servers[follower.name].open()
    if machine.p2p is not None:
        await machine.p2p.open()
    for unit in _own_units(machine):
        machine.files.restart_unit(unit)
    follower.running = True


def _own_units(machine: Machine) -> list[str]:
    """Of its node; in 2026-08 the P2P service was never seen running."""
    return [unit for unit in (NODE_UNIT, RPC_UNIT, P2P_UNIT) if unit in machine.files.units]


async def _importer_dead(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    follower.running = False
    devnet.machine(follower.name).files.set_unit(NODE_UNIT, UnitState.FAILED)


async def _importer_back(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    follower.running = True
    devnet.machine(follower.name).files.restart_unit(NODE_UNIT)


def _node(devnet: Devnet, value: str | None) -> Node:
    return devnet.node(value) if value else follower_of(devnet)


async def _hang(devnet: Devnet, value: str | None) -> None:
    _node(devnet, value).gate.hang(True)


async def _unhang(devnet: Devnet, value: str | None) -> None:
    _node(devnet, value).gate.hang(False)


async def _limit(devnet: Devnet, value: str | None) -> None:
    """In 2026-08 others behind the same address use every bucket up, and the server itself asks for its minute."""
    follower = follower_of(devnet)
    limits = devnet.made.limits.get(follower.name)
    if limits is None:
        follower.gate.limited_s = number_of("rate-limit", value, RETRY_AFTER_S)
    elif value is not None:
        raise ConfigError(f"rate-limit={value}: a server of {devnet.options.generation} always says 60")
    else:
        limits.spare = 0


async def _unlimit(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    follower.gate.limited_s = 0
    limits = devnet.made.limits.get(follower.name)
    if limits is not None:
        limits.spare = None


async def _flood(devnet: Devnet, value: str | None) -> None:
    devnet.net.flood = number_of("mempool-flood", value, FLOOD)
    devnet.net.top_up()


async def _drain(devnet: Devnet, _: str | None) -> None:
    devnet.net.flood = 0


async def _unpayable(devnet: Devnet, _: str | None) -> None:
    devnet.net.unpayable = True


async def _payable(devnet: Devnet, _: str | None) -> None:
    devnet.net.unpayable = False


async def _no_chain_id(devnet: Devnet, value: str | None) -> None:
    _node(devnet, value).chain_id_unset = True


async def _chain_id(devnet: Devnet, value: str | None) -> None:
    _node(devnet, value).chain_id_unset = False


FAULTS = (
    Fault(
        "follower-down",
        "the follower's node, RPC and P2P are gone; its SSH answers",
        "nothing listens on its RPC port and its units are not active",
        _follower_down,
        _follower_back,
    ),
    Fault(
        "importer-dead",
        "the follower's node process is gone; its RPC answers with the last head, its health says ok",
        "the unit that imports is not active, and its head stands",
        _importer_dead,
        _importer_back,
    ),
    Fault(
        "rpc-hang",
        "a node's RPC accepts connections and never answers",
        "its RPC times out while other things on the same host answer",
        _hang,
        _unhang,
        value="NODE",
    ),
    Fault(
        "rate-limit",
        "the follower's RPC answers 429 with Retry-After",
        "asked too often: no further question before the server allows one",
        _limit,
        _unlimit,
        value="RETRY-AFTER",
    ),
    Fault(
        "mempool-flood",
        "more transactions arrive than blocks take; the producer's mempool never empties",
        "more wait than the API counts by default, shown as a lower bound",
        _flood,
        _drain,
        value="TRANSACTIONS",
    ),
    Fault(
        "tx-vanished",
        "some transactions cannot be paid; the producer drops them without a word",
        "a transaction left the mempool and is in none of the blocks made meanwhile",
        _unpayable,
        _payable,
        only=APRILS,
    ),
    Fault(
        "chain-id-unset",
        "a node's environment lacks chain_id: /rpc/head is 404 for ever, with ?chain_id= it answers",
        "the head answers only when the chain is named in the question",
        _no_chain_id,
        _chain_id,
        value="NODE",
        only=APRILS,
    ),
)
