"""What `sudo -n systemctl start|stop|restart` on a devnet host does: the stand-in asks through a FIFO, and waits.

The unit's state and the part of the network behind it change together, so that an operation can be checked by its
effect and not by its words.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aitbc_tui.devnet.machines import COORDINATOR_UNIT, NODE_UNIT, OLLAMA_UNIT, P2P_UNIT, RPC_UNIT, Machine
from aitbc_tui.devnet.units import UnitState

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

_READ = 4096
Switch = Callable[["Devnet", Machine, bool], Awaitable[None]]


class Control:
    """One host's door for its stand-ins."""

    def __init__(self, devnet: Devnet, machine: Machine) -> None:
        self._devnet = devnet
        self._machine = machine
        self._path = machine.files.home / "control"
        self._replies = machine.files.home / "replies"
        self._fd = -1
        self._rest = b""
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        self._replies.mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self._path, 0o600)
        # For reading and writing: then the FIFO never meets its end, and no stand-in blocks on opening it.
        self._fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    async def close(self) -> None:
        if self._fd < 0:
            return
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        self._fd = -1
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._rest += os.read(self._fd, _READ)
        *whole, self._rest = self._rest.split(b"\n")
        for line in whole:
            task = asyncio.create_task(self._serve(line.decode("ascii", "replace").split()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, words: list[str]) -> None:
        if len(words) != 3 or not words[2].isdigit():
            return
        verb, unit, number = words[0], words[1].removesuffix(".service"), words[2]
        async with self._turn:
            said = await self.act(verb, unit)
        fresh = self._replies / f".{number}"
        fresh.write_text(said, encoding="ascii")
        os.replace(fresh, self._replies / number)

    async def act(self, verb: str, unit: str) -> str:
        """Do it; "" when it was done, else what systemctl says on its standard error."""
        files = self._machine.files
        if unit not in files.units:
            return f"Failed to {verb} {unit}.service: Unit {unit}.service not found.\n"
        if verb in ("stop", "restart"):
            await _switch(self._devnet, self._machine, unit, False)
            files.set_unit(unit, UnitState.DEAD)
        if verb in ("start", "restart"):
            if unit in files.broken:
                files.set_unit(unit, UnitState.CRASH_LOOP)
                files.log(unit, "ModuleNotFoundError: No module named 'aitbc_chain'")
                return f"Job for {unit}.service failed because the control process exited with error code.\n"
            await _switch(self._devnet, self._machine, unit, True)
            files.restart_unit(unit)
        return ""


async def _switch(devnet: Devnet, machine: Machine, unit: str, up: bool) -> None:
    switch = _SWITCHES.get(unit)
    if switch is not None:
        await switch(devnet, machine, up)
    for miner in machine.miners:
        if miner.unit == unit:
            miner.alive = up


async def _node(devnet: Devnet, machine: Machine, up: bool) -> None:
    if machine.node is not None:
        machine.node.running = up


async def _rpc(devnet: Devnet, machine: Machine, up: bool) -> None:
    await _server(devnet, machine.name, up)


async def _p2p(devnet: Devnet, machine: Machine, up: bool) -> None:
    if machine.p2p is not None:
        await (machine.p2p.open() if up else machine.p2p.close())


async def _coordinator(devnet: Devnet, machine: Machine, up: bool) -> None:
    await _server(devnet, "coordinator", up)


async def _ollama(devnet: Devnet, machine: Machine, up: bool) -> None:
    if machine.ollama is not None:
        machine.ollama.up = up
        machine.ollama.loaded.clear()
        await _server(devnet, f"ollama-{machine.name}", up)


async def _server(devnet: Devnet, name: str, up: bool) -> None:
    server = devnet.parts.servers[name]
    await (server.open() if up else server.close())


_SWITCHES: dict[str, Switch] = {
    NODE_UNIT: _node,
    RPC_UNIT: _rpc,
    P2P_UNIT: _p2p,
    COORDINATOR_UNIT: _coordinator,
    OLLAMA_UNIT: _ollama,
}
