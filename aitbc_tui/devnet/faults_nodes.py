"""Faults of single nodes: their RPC, their mempool, their units, their configuration, their clock and disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.chain_net import Node
from aitbc_tui.devnet.fault import Fault, number_of
from aitbc_tui.devnet.faults_chain import follower_of
from aitbc_tui.devnet.machines import NODE_UNIT, P2P_UNIT, RPC_UNIT, Machine, write_august_env, write_env_file
from aitbc_tui.devnet.options import APRILS, AUGUST, CHAIN_ID
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

FLOOD = 1500
SKEW_S = 300
FULL_PERCENT = 99
NEAR_LIMIT_PERCENT = 95
DRIFTED = "5"
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


async def _skew(devnet: Devnet, value: str | None) -> None:
    _set_skew(devnet, float(number_of("clock-skew", value, SKEW_S)))


async def _in_time(devnet: Devnet, _: str | None) -> None:
    _set_skew(devnet, 0.0)


def _set_skew(devnet: Devnet, seconds: float) -> None:
    follower = follower_of(devnet)
    machine = devnet.machine(follower.name)
    machine.skew_s = seconds
    machine.ssh.epoch = machine.epoch(devnet.clock)
    devnet.parts.servers[follower.name].skew(seconds)


async def _crash_loop(devnet: Devnet, _: str | None) -> None:
    machine = devnet.machine(follower_of(devnet).name)
    machine.files.set_unit(P2P_UNIT, UnitState.CRASH_LOOP)
    if machine.p2p is not None:
        await machine.p2p.close()


async def _steady(devnet: Devnet, _: str | None) -> None:
    machine = devnet.machine(follower_of(devnet).name)
    if machine.p2p is not None:
        await machine.p2p.open()
    machine.files.restart_unit(P2P_UNIT)


async def _fill(devnet: Devnet, value: str | None) -> None:
    follower = follower_of(devnet)
    devnet.machine(follower.name).files.write_disk(number_of("disk-full", value, FULL_PERCENT))
    follower.deaf = True  # what it imports cannot be written


async def _grow(devnet: Devnet, value: str | None) -> None:
    _use_memory(devnet, number_of("unit-memory", value, NEAR_LIMIT_PERCENT))


async def _shrink(devnet: Devnet, _: str | None) -> None:
    _use_memory(devnet, 4)


def _use_memory(devnet: Devnet, percent: int) -> None:
    files = devnet.machine(follower_of(devnet).name).files
    unit = files.units[NODE_UNIT]
    unit.memory = (unit.memory_max or 0) * percent // 100 + 1
    files.write_unit(unit)


async def _empty(devnet: Devnet, _: str | None) -> None:
    follower = follower_of(devnet)
    devnet.machine(follower.name).files.write_disk(42)
    follower.deaf = False


async def _drift(devnet: Devnet, value: str | None) -> None:
    if devnet.options.generation != AUGUST:
        _write_env(devnet, block_time_seconds=value or DRIFTED)
    elif value is not None:
        raise ConfigError("config-drift: the block time of 2026-08 is in no recorded file; it takes no value there")
    else:
        _write_env(devnet, BLOCK_PRODUCTION_CHAINS=CHAIN_ID)


async def _undrift(devnet: Devnet, _: str | None) -> None:
    _write_env(devnet)


def _write_env(devnet: Devnet, **changed: str) -> None:
    follower = follower_of(devnet)
    machine = devnet.machine(follower.name)
    if devnet.options.generation == AUGUST:
        write_august_env(machine.files.home, follower, devnet.parts.servers["genesis"].url, **changed)
        return
    p2p_port = machine.p2p.port.number if machine.p2p is not None else 0
    rpc_port = devnet.parts.servers[follower.name].port.number
    write_env_file(machine.files.home, follower, p2p_port, rpc_port, devnet.options.block_time_s, **changed)


async def _other_suffixes(devnet: Devnet, _: str | None) -> None:
    for machine in devnet.machines.values():
        machine.files.bare_unit_names(True)


async def _usual_suffixes(devnet: Devnet, _: str | None) -> None:
    for machine in devnet.machines.values():
        machine.files.bare_unit_names(False)


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
    Fault(
        "clock-skew",
        "the follower's clock is ahead by some minutes",
        "how far each host's clock is off ours; no age is wrong because of it",
        _skew,
        _in_time,
        value="SECONDS",
    ),
    Fault(
        "unit-crashloop",
        "the follower's P2P unit starts and dies again and again",
        "activating/auto-restart with a rising count of restarts",
        _crash_loop,
        _steady,
        only=APRILS,
    ),
    Fault(
        "disk-full",
        "the follower's disk is full: its node cannot write the blocks it imports",
        "free space under 5 percent on the disk that holds the node's data, which explains why its head stands",
        _fill,
        _empty,
        value="PERCENT-USED",
        leaves=("wedge",),  # its head stands until the next block comes, now without that reason
    ),
    Fault(
        "unit-memory",
        "the follower's node unit uses nearly all the memory that its unit file allows",
        "how much of MemoryMax the unit holds, while its host has plenty",
        _grow,
        _shrink,
        value="PERCENT",
    ),
    Fault(
        "config-drift",
        "the follower's environment file says another block time than genesis's; in 2026-08, that it is to make blocks",
        "a key that must be equal on all nodes is not, with both values; or a follower is to make blocks",
        _drift,
        _undrift,
        value="SECONDS",
    ),
    Fault(
        "unit-suffixes",
        "systemctl prints unit ids without .service",
        "nothing: a unit is the same with and without its suffix",
        _other_suffixes,
        _usual_suffixes,
        tolerated=True,
    ),
)
