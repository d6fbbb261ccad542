"""Faults of the follower's machine: its clock, its disk, its memory, its unit files and environment files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.fault import Fault, number_of
from aitbc_tui.devnet.faults_chain import follower_of
from aitbc_tui.devnet.machines import NODE_UNIT, P2P_UNIT, write_august_env, write_env_file
from aitbc_tui.devnet.options import APRILS, AUGUST, CHAIN_ID
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

SKEW_S = 300
FULL_PERCENT = 99
NEAR_LIMIT_PERCENT = 95
DRIFTED = "5"


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
