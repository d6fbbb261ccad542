"""Faults of the machines: the SSH way to them, their GPUs, their Ollama."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.fault import Fault
from aitbc_tui.devnet.machines import OLLAMA_UNIT, Machine
from aitbc_tui.devnet.units import UnitState
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

STORM_S = 2.5


def _host(devnet: Devnet, value: str | None) -> Machine:
    """The host named, else the first follower's, else genesis."""
    default = devnet.net.followers[0].name if devnet.net.followers else "genesis"
    return devnet.machine(value or default)


async def _drop(devnet: Devnet, value: str | None) -> None:
    await _host(devnet, value).ssh.valve.cut()


async def _undrop(devnet: Devnet, value: str | None) -> None:
    await _host(devnet, value).ssh.valve.open()


async def _freeze(devnet: Devnet, value: str | None) -> None:
    _host(devnet, value).ssh.valve.freeze(True)


async def _thaw(devnet: Devnet, value: str | None) -> None:
    _host(devnet, value).ssh.valve.freeze(False)


async def _other_key(devnet: Devnet, value: str | None) -> None:
    machine = _host(devnet, value)
    machine.ssh.use_key(devnet.keys.other_host(machine.name))
    await machine.ssh.valve.drop()


async def _own_key(devnet: Devnet, value: str | None) -> None:
    machine = _host(devnet, value)
    machine.ssh.use_key(devnet.keys.host(machine.name))
    await machine.ssh.valve.drop()


async def _storm(devnet: Devnet, value: str | None) -> None:
    machine = _host(devnet, value)
    machine.storm = devnet.spawn(machine.ssh.valve.storm(devnet.clock.sleep, STORM_S))


async def _calm(devnet: Devnet, value: str | None) -> None:
    machine = _host(devnet, value)
    if machine.storm is not None:
        machine.storm.cancel()
        machine.storm = None


async def _gpu_lost(devnet: Devnet, _: str | None) -> None:
    devnet.machine("gpu-1").cards[1].lost = True


async def _gpu_found(devnet: Devnet, _: str | None) -> None:
    devnet.machine("gpu-1").cards[1].lost = False


async def _ollama_down(devnet: Devnet, _: str | None) -> None:
    machine = _with_ollama(devnet)
    assert machine.ollama is not None
    machine.ollama.up = False
    machine.ollama.loaded.clear()
    machine.files.set_unit(OLLAMA_UNIT, UnitState.FAILED)
    await devnet.parts.servers[f"ollama-{machine.name}"].close()


async def _ollama_up(devnet: Devnet, _: str | None) -> None:
    machine = _with_ollama(devnet)
    assert machine.ollama is not None
    await devnet.parts.servers[f"ollama-{machine.name}"].open()
    machine.files.restart_unit(OLLAMA_UNIT)
    machine.ollama.up = True


def _with_ollama(devnet: Devnet) -> Machine:
    machine = devnet.machine("gpu-1")
    if machine.ollama is None:
        raise ConfigError("the real Ollama is not ours to stop; leave --ollama real out")
    return machine


FAULTS = (
    Fault(
        "ssh-drop",
        "a host's SSH connections are cut and new ones refused",
        "connection lost and refused, with the time of the next try; its last figures stay, marked stale",
        _drop,
        _undrop,
        value="HOST",
    ),
    Fault(
        "ssh-freeze",
        "a host's SSH connections stay open and carry nothing",
        "figures go stale; the keepalive ends the connection and it is tried again",
        _freeze,
        _thaw,
        value="HOST",
    ),
    Fault(
        "ssh-hostkey-changed",
        "a host shows another host key",
        "refused, with both fingerprints and the known_hosts line; nothing is sent to it",
        _other_key,
        _own_key,
        value="HOST",
    ),
    Fault(
        "reconnect-storm",
        "a host's SSH connections are dropped shortly after each login",
        "lost three times within a minute; the pauses between our tries grow",
        _storm,
        _calm,
        value="HOST",
    ),
    Fault(
        "gpu-lost",
        "the second card of gpu-1 falls off the bus",
        "gpu-1:1 is gone: nvidia-smi fails for it; the other card goes on",
        _gpu_lost,
        _gpu_found,
    ),
    Fault(
        "ollama-down",
        "gpu-1's Ollama is gone; its miners post failed results that are billed",
        "Ollama of gpu-1 does not answer, and how many jobs were billed for failures meanwhile",
        _ollama_down,
        _ollama_up,
        leaves=("job-fails-completed",),
    ),
)
