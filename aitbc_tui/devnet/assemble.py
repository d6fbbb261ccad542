"""Puts the parts of a devnet together: who runs on which machine, behind which port. Nothing is started here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from aitbc_tui.devnet.chain_db import data_folder
from aitbc_tui.devnet.chain_net import Node
from aitbc_tui.devnet.config_file import NODE_UNITS, HostEntry, Layout, MinerEntry, NodeEntry
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.generation import Generation
from aitbc_tui.devnet.gpu import make_card
from aitbc_tui.devnet.host_files import HostFiles
from aitbc_tui.devnet.keys import Keys
from aitbc_tui.devnet.machines import (
    COORDINATOR_UNIT,
    NODE_UNIT,
    OLLAMA_UNIT,
    RPC_UNIT,
    SYNC_UNIT,
    Machine,
    UnitMaker,
    write_august_env,
    write_env_file,
)
from aitbc_tui.devnet.miner import Generates, Miner
from aitbc_tui.devnet.ollama import Ollama, RealOllama
from aitbc_tui.devnet.options import AUGUST, DevnetOptions
from aitbc_tui.devnet.p2p import P2pNode
from aitbc_tui.devnet.repo import AUGUST_COMMIT, Repo, write_repo
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.devnet.servers import HttpServer, Port
from aitbc_tui.devnet.ssh_host import SshHost

USER = "ops"
DEFAULT_P2P = 8200  # of the newest generation, where the service was never seen running
CARDS = 2
_MODELS_BY_HOST = {
    1: (("llama3.2:latest", "mistral:latest", "deepseek-r1:14b"),),
    2: (("llama3.2:latest", "mistral:latest"), ("llama3.2:latest", "deepseek-r1:14b")),
}


@dataclass(slots=True)
class Parts:
    """What `assemble` made, by name."""

    machines: dict[str, Machine] = field(default_factory=dict)
    servers: dict[str, HttpServer] = field(default_factory=dict)
    gates: dict[str, Gate] = field(default_factory=dict)
    open_ports: list[Port] = field(default_factory=list)
    reachable: dict[str, set[int]] = field(default_factory=dict)
    nodes: list[NodeEntry] = field(default_factory=list)

    def layout(self) -> Layout:
        hosts = tuple(
            HostEntry(name, machine.ssh.port.number, self.ollama_url(machine))
            for name, machine in self.machines.items()
        )
        miners = tuple(
            MinerEntry(miner.name, miner.host, miner.unit)
            for machine in self.machines.values()
            for miner in machine.miners
        )
        return Layout(USER, hosts, tuple(self.nodes), miners, "genesis", self.servers["coordinator"].url)

    def ollama_url(self, machine: Machine) -> str:
        if not machine.cards:
            return ""
        generates = machine.miners[0].ollama
        if isinstance(generates, RealOllama):
            return generates.url
        return self.servers[f"ollama-{machine.name}"].url


class Assembler:
    """Holds what every step needs."""

    def __init__(self, options: DevnetOptions, folder: Path, seeded: Seeded, keys: Keys, made: Generation) -> None:
        self.options = options
        self.folder = folder
        self.seeded = seeded
        self.keys = keys
        self.made = made
        self.net = made.net
        self.store = made.store
        self.parts = Parts()
        self._units = UnitMaker(options.clock)

    def _port(self, number: int = 0) -> Port:
        port = Port(number)
        self.parts.open_ports.append(port)
        return port

    def _server(self, name: str, host: str, app: ASGIApp) -> HttpServer:
        server = HttpServer(app, self._port(), self.options.clock)
        self.parts.servers[name] = server
        self.parts.reachable.setdefault(host, set()).add(server.port.number)
        return server

    def _machine(self, name: str) -> Machine:
        files = HostFiles(self.folder, name, self.options.clock)
        allowed = self.parts.reachable.setdefault(name, set())
        may_reach: Callable[[int], bool] = allowed.__contains__
        public = self.keys.user.export_public_key().decode("ascii")
        ssh = SshHost(name, USER, files.home, self._port(), self.keys.host(name), public, may_reach)
        machine = Machine(files, ssh)
        if self.options.clock.simulated:
            ssh.epoch = machine.epoch(self.options.clock)
            files.open_pace()
        self.parts.machines[name] = machine
        return machine

    def nodes(self) -> None:
        august = self.options.generation == AUGUST
        for number, node in enumerate(self.net.nodes):
            machine = self._machine(node.name)
            machine.node = node
            p2p_port = self._p2p(machine, node, number)
            self.parts.gates[node.name] = node.gate
            server = self._server(node.name, node.name, self.made.node_app(node))
            own = NODE_UNITS if self.made.p2p else (NODE_UNIT, RPC_UNIT)
            names = [*own, COORDINATOR_UNIT] if number == 0 else list(own)
            self._units.add(machine.files, names, dead=[SYNC_UNIT])
            machine.files.write_git()
            write_repo(machine.files, Repo() if not august else Repo(AUGUST_COMMIT, AUGUST_COMMIT))
            rpc_port, block_time = server.port.number, self.options.block_time_s
            env = (
                write_august_env(machine.files.home, node, self.parts.servers["genesis"].url)
                if august
                else write_env_file(machine.files.home, node, p2p_port, rpc_port, block_time)
            )
            entry = NodeEntry(node.name, node.state.role, server.url, p2p_port, env, data_folder(machine.files), own)
            self.parts.nodes.append(entry)

    def _p2p(self, machine: Machine, node: Node, number: int) -> int:
        """The port of the P2P service, or the one on which it would listen."""
        if not self.made.p2p:
            return DEFAULT_P2P
        wanted = self.options.p2p_port + number if self.options.p2p_port else 0
        machine.p2p = P2pNode(node.state.proposer_id, self._port(wanted))
        return machine.p2p.port.number

    def coordinator(self) -> None:
        gate = self.parts.gates["coordinator"] = Gate()
        self._server("coordinator", "genesis", self.made.coordinator_app(gate))

    def gpu_hosts(self, real: RealOllama | None) -> None:
        for number in range(self.options.gpu_hosts):
            name = f"gpu-{number + 1}"
            machine = self._machine(name)
            machine.cards = [make_card(self.seeded, name, index) for index in range(CARDS)]
            generates = self._ollama(machine, number, real)
            units = [OLLAMA_UNIT]
            for card in machine.cards:
                index = number * CARDS + card.index
                suffix = "" if card.index == 0 else f"-{card.index}"
                unit = f"aitbc-host-gpu-miner{suffix}"
                units.append(unit)
                machine.miners.append(self._miner(machine, index, unit, generates))
            self._units.add(machine.files, units)

    def _ollama(self, machine: Machine, number: int, real: RealOllama | None) -> Generates:
        name = machine.name
        if real is not None:
            self.parts.reachable[name].add(int(real.url.rsplit(":", 1)[1]))
            return real
        models = _MODELS_BY_HOST[self.options.gpu_hosts][number]
        machine.ollama = Ollama(self.options.clock, self.seeded, name, models)
        self.parts.gates[f"ollama-{name}"] = machine.ollama.gate
        self._server(f"ollama-{name}", name, machine.ollama.app())
        return machine.ollama

    def _miner(self, machine: Machine, index: int, unit: str, generates: Generates) -> Miner:
        def note(message: str) -> None:
            machine.files.log(unit, message)

        miner = Miner(
            name=f"miner-{index}",
            host=machine.name,
            unit=unit,
            key=self.made.miners[index],
            card=machine.cards[index % CARDS],
            store=self.store,
            ollama=generates,
            clock=self.options.clock,
            note=note,
        )
        ollama = machine.ollama
        if ollama is not None:
            miner.ollama_up = lambda: ollama.up
        return miner
