"""A running devnet: `async with Devnet.start(options) as devnet`; every part is reachable by name for tests."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

from aitbc_tui.devnet.assemble import CARDS, Assembler, Parts
from aitbc_tui.devnet.chain_db import write_chain_db
from aitbc_tui.devnet.chain_net import ChainNet, Node
from aitbc_tui.devnet.config_file import write_config
from aitbc_tui.devnet.control import Control
from aitbc_tui.devnet.fault import Fault, parse_fault
from aitbc_tui.devnet.folder import private_folder
from aitbc_tui.devnet.generation import make_generation
from aitbc_tui.devnet.host_files import standins_dir
from aitbc_tui.devnet.jobs import Job
from aitbc_tui.devnet.keys import Keys, make_keys
from aitbc_tui.devnet.machines import (
    COORDINATOR_UNIT,
    NODE_UNIT,
    Machine,
    crash_loops,
    journal_line,
    step_gpus,
    write_node_files,
)
from aitbc_tui.devnet.miner import Miner
from aitbc_tui.devnet.ollama import Ollama, RealOllama
from aitbc_tui.devnet.options import REAL_OLLAMA, DevnetOptions
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.devnet.store import Store
from aitbc_tui.devnet.traffic import Clients
from aitbc_tui.domain.errors import ConfigError

__all__ = ["Devnet", "standins_dir"]
_TICK_S = 1.0


class Devnet:
    """Made by `start` only."""

    def __init__(self, options: DevnetOptions, folder: Path) -> None:
        options.check()
        self.options = options
        self.clock = options.clock
        self.dir = folder
        self.config_path = folder / "config.toml"
        self.seed = secrets.randbelow(2**31) if options.seed is None else options.seed
        self.seeded = Seeded(self.seed)
        self.keys: Keys = make_keys(self.seeded, options.gpu_hosts * CARDS)
        self.made = make_generation(options, self.seeded, self.keys, self._note_node, self._note_coordinator)
        self.net: ChainNet = self.made.net
        self.store: Store = self.made.store
        self.clients = Clients(options, self.seeded, self.store, self.made.client, self.made.other_client)
        self.parts = Parts()
        self.active: dict[str, str | None] = {}
        self.controls: dict[str, Control] = {}
        self.dear: Job | None = None  # a job that is worth too much for anybody
        self.flapping: dict[str, asyncio.Task[None]] = {}
        self._ticks = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # names

    @property
    def machines(self) -> dict[str, Machine]:
        return self.parts.machines

    @property
    def hosts(self) -> dict[str, Machine]:
        """The SSH hosts by their configured names."""
        return self.parts.machines

    @property
    def ports(self) -> dict[str, int]:
        """HTTP servers by name, `ssh-HOST` and `p2p-NODE`."""
        found = {name: server.port.number for name, server in self.parts.servers.items()}
        for name, machine in self.machines.items():
            found[f"ssh-{name}"] = machine.ssh.port.number
            if machine.p2p is not None:
                found[f"p2p-{name}"] = machine.p2p.port.number
        return found

    @property
    def miners(self) -> list[Miner]:
        return [miner for machine in self.machines.values() for miner in machine.miners]

    @property
    def ollamas(self) -> list[Ollama]:
        return [machine.ollama for machine in self.machines.values() if machine.ollama is not None]

    def node(self, name: str) -> Node:
        found = self.net.node(name)
        if found is None:
            known = ", ".join(node.name for node in self.net.nodes)
            raise ConfigError(f"no node {name!r} in this devnet; it has {known}")
        return found

    def machine(self, name: str) -> Machine:
        found = self.machines.get(name)
        if found is None:
            raise ConfigError(f"no host {name!r} in this devnet; it has {', '.join(self.machines)}")
        return found

    # starting and stopping

    @classmethod
    @asynccontextmanager
    async def start(cls, options: DevnetOptions | None = None) -> AsyncIterator[Devnet]:
        """A network that answers on every port when the body is entered, and is gone when it is left."""
        options = options or DevnetOptions()
        folder, ours = private_folder(options.dir)
        try:
            devnet = cls(options, folder)
            try:
                await devnet._open()
                yield devnet
            finally:
                await devnet._close()
        finally:
            if ours:
                shutil.rmtree(folder, ignore_errors=True)

    async def _open(self) -> None:
        wanted = [parse_fault(text, self.options.generation) for text in self.options.faults]
        real = await self._real_ollama()
        assembler = Assembler(self.options, self.dir, self.seeded, self.keys, self.made)
        self.parts = assembler.parts
        assembler.nodes()
        assembler.coordinator()
        assembler.gpu_hosts(real)
        self._history(wanted)
        async with asyncio.TaskGroup() as group:
            for server in self.parts.servers.values():
                group.create_task(server.open())
            for machine in self.machines.values():
                group.create_task(machine.ssh.open())
                if machine.p2p is not None:
                    group.create_task(machine.p2p.open())
        for machine in self.machines.values():
            if machine.node is not None:
                write_chain_db(machine.files, machine.node)
            self.controls[machine.name] = Control(self, machine)
            self.controls[machine.name].open()
        self.config_path = write_config(self.dir, self.parts.layout(), self.keys, self.made.secrets)
        await self._tick()
        for fault, value in wanted:
            await self.fault_on(fault.name, value)
        self._begin()

    def _history(self, wanted: list[tuple[Fault, str | None]]) -> None:
        longest = max((fault.blocks_needed(value) for fault, value in wanted), default=0)
        blocks = max(self.options.history_blocks, longest)
        # what is missing from a follower that wedged begins with a block that has transactions
        first_missing = {blocks - int(value) + 1 for fault, value in wanted if fault.blocks_needed(value) and value}
        self.net.with_txs = frozenset(first_missing)
        self.net.build_history(blocks)
        shared = [set(miner.ollama.models) for miner in self.miners]
        first = self.miners[0].ollama.models
        # what every miner holds: a sound network substitutes nothing
        self.clients.models = tuple(name for name in first if all(name in models for models in shared))
        for miner in self.miners:
            miner.register()
        self.clients.build_history([miner.key for miner in self.miners], self.options.history_jobs)

    def _begin(self) -> None:
        self._spawn(self.net.run())
        for number, miner in enumerate(self.miners):
            self._spawn(miner.run(0.7 + number * 1.1))
        self._spawn(self.clients.run())
        self._spawn(self._ticking())

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Something that goes on until the devnet ends; a fault cancels what it began."""
        self._spawn(work)
        return self._tasks[-1]

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._watch)
        self._tasks.append(task)

    def _watch(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not self.failure.done():
            self.failure.set_exception(error)

    async def _real_ollama(self) -> RealOllama | None:
        if self.options.ollama != "real":
            return None
        real = RealOllama(REAL_OLLAMA)
        try:
            await real.load()
        except (OSError, TimeoutError) as exc:
            remedy = "start it, or leave --ollama real out"
            raise ConfigError(f"--ollama real: no Ollama answers on {REAL_OLLAMA}", remedy=remedy) from exc
        if not real.models:
            raise ConfigError(f"--ollama real: {REAL_OLLAMA} holds no model", remedy="ollama pull llama3.2")
        return real

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for control in self.controls.values():
            await control.close()
        closing = [server.close() for server in self.parts.servers.values()]
        for machine in self.machines.values():
            closing.append(machine.ssh.close())
            if machine.p2p is not None:
                closing.append(machine.p2p.close())
        await asyncio.gather(*closing)
        for machine in self.machines.values():
            machine.files.close()
        for port in self.parts.open_ports:
            port.close()
        if self.failure.done():
            self.failure.exception()  # told by whoever waited for it

    # what goes on

    async def _ticking(self) -> None:
        while True:
            await self.clock.sleep(_TICK_S)
            await self._tick()

    async def _tick(self) -> None:
        self._ticks += 1
        for machine in self.machines.values():
            step_gpus(machine, _TICK_S)
            crash_loops(machine, self._ticks)
        genesis = self.machines["genesis"].p2p
        for machine in self.machines.values():
            p2p = machine.p2p
            if self.net.partitioned or p2p is None:
                continue
            if genesis and p2p is not genesis and p2p.listening and genesis.listening:
                with contextlib.suppress(OSError, TimeoutError):
                    await p2p.dial(genesis)
        for machine in self.machines.values():
            write_node_files(machine, self.net)

    def _note_node(self, node: str, message: str, fields: dict[str, object]) -> None:
        machine = self.machines.get(node)
        if machine is not None:
            machine.files.log(NODE_UNIT, journal_line(self.clock, message, fields))

    def _note_coordinator(self, message: str) -> None:
        machine = self.machines.get("genesis")
        if machine is not None:
            machine.files.log(COORDINATOR_UNIT, message)

    # faults

    async def fault_on(self, name: str, value: str | None = None) -> None:
        """Break something; ConfigError when there is no such fault or the value means nothing to it."""
        fault, _ = parse_fault(name, self.options.generation)
        await fault.on(self, value)
        self.active[name] = value

    async def fault_off(self, name: str) -> None:
        """Mend it again; what it left behind (a stuck job, a bad receipt) stays."""
        fault, _ = parse_fault(name, self.options.generation)
        if name in self.active:
            await fault.off(self, self.active.pop(name))
