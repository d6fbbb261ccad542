"""The machines of a devnet: their units, their SSH servers, their GPUs, and the journal lines of each process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aitbc_tui.devnet.chain_net import GENESIS_ADDRESS, ChainNet, Node
from aitbc_tui.devnet.clock import Clock, naive
from aitbc_tui.devnet.config_file import NODE_UNITS
from aitbc_tui.devnet.gpu import Card
from aitbc_tui.devnet.host_files import HostFiles
from aitbc_tui.devnet.miner import Miner
from aitbc_tui.devnet.ollama import Ollama
from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.devnet.p2p import P2pNode
from aitbc_tui.devnet.ssh_host import SshHost
from aitbc_tui.devnet.units import Unit, UnitState, machine_uptime_us

NODE_UNIT, RPC_UNIT, P2P_UNIT = NODE_UNITS
SYNC_UNIT = "aitbc-blockchain-sync"
COORDINATOR_UNIT = "aitbc-coordinator-api"
OLLAMA_UNIT = "ollama"
MEMORY_MAX = {NODE_UNIT: 2 * 2**30}  # of upstream's unit file; the others have none
_TXS_KEPT = 200
UP_S = 3600.0  # for so long every unit ran when the devnet begins


@dataclass(slots=True)
class Machine:
    """One host: files, SSH, and what runs on it."""

    files: HostFiles
    ssh: SshHost
    node: Node | None = None
    p2p: P2pNode | None = None
    ollama: Ollama | None = None
    cards: list[Card] = field(default_factory=list)
    miners: list[Miner] = field(default_factory=list)
    skew_s: float = 0.0  # how far its clock is ahead
    storm: asyncio.Task[None] | None = None  # drops its SSH connections again and again

    @property
    def name(self) -> str:
        return self.files.host

    def epoch(self, clock: Clock) -> Callable[[], float]:
        """This machine's own clock, as its shell tells it."""
        return lambda: clock.now().timestamp() + self.skew_s


class UnitMaker:
    """Units that all came up before the history they are said to have made: its blocks, jobs and receipts."""

    def __init__(self, clock: Clock) -> None:
        self._entered = clock.now() - timedelta(seconds=UP_S)
        self._entered_us = max(1, machine_uptime_us() - int(UP_S * 1e6))
        self._pid = 400

    def add(self, files: HostFiles, names: Iterable[str], *, dead: Iterable[str] = ()) -> None:
        for name in (*names, *dead):
            self._pid += 7
            state = UnitState.DEAD if name in dead else UnitState.RUNNING
            memory = 64_000_000 + self._pid * 40_960
            unit = Unit(name, self._pid, self._entered, self._entered_us, memory, MEMORY_MAX.get(name), state=state)
            files.add_unit(unit)


def journal_line(clock: Clock, message: str, fields: dict[str, object]) -> str:
    """A node's log line: JSON with the time first."""
    failed = message.startswith(("Error", "Failed"))
    level = "ERROR" if failed else "WARNING" if message == "Fork detected" else "INFO"
    logger = "aitbc_chain.consensus.poa" if message.startswith(("[PROPOSE]", "Proposed")) else "__main__"
    head = {"timestamp": naive(clock.now()) + "Z", "level": level, "logger": logger, "message": message}
    return json.dumps({**head, **fields})


def write_node_files(machine: Machine, net: ChainNet) -> None:
    """The P2P sockets and the SQLite answers of a node's host."""
    node, p2p = machine.node, machine.p2p
    if node is None or p2p is None:
        return
    listening = [p2p.port.number] if p2p.listening else []
    machine.files.write_sockets(listening, p2p.established())
    state, head = node.state, node.state.head()
    put, pending = machine.files.put, len(node.state.mempool)
    if head is not None:
        row = {
            "chain_id": CHAIN_ID,
            "height": head.height,
            "hash": head.hash,
            "proposer": head.proposer,
            "timestamp": head.timestamp.replace("T", " "),
            "tx_count": head.tx_count,
        }
        put("sqlite/head", _compact([row]))
        put("sqlite/blocks", _compact([{"n": len(state.blocks), "h": head.height, "lo": 0}]))
    put("sqlite/mempool-count", _compact([{"n": pending}]))
    put("sqlite/mempool-by-chain", _compact([{"chain_id": CHAIN_ID, "n": pending}]) if pending else "")
    if node is net.genesis:
        put("sqlite/transactions", "".join(_transactions(node)))
    else:
        put("sqlite/transactions", "")


def _transactions(node: Node) -> list[str]:
    """Rows of the newest transactions on the producer; a follower stores none that can be found by hash."""
    rows: list[str] = []
    height = node.state.height()
    while height >= 0 and len(rows) < _TXS_KEPT and height > node.state.height() - 400:
        block = node.state.blocks.get((CHAIN_ID, height))
        height -= 1
        for tx in block.transactions if block else ():
            at = block.timestamp.replace("T", " ") if block else ""
            bare = {key: value for key, value in tx.items() if key != "tx_hash"}
            row = {
                "tx_hash": tx["tx_hash"],
                "block_height": height + 1,
                "sender": tx["from"],
                "recipient": tx["to"],
                "value": tx["amount"],
                "fee": tx["fee"],
                "nonce": tx["nonce"],
                "status": "confirmed",
                "timestamp": at,
                "created_at": at,
                "payload": json.dumps(bare),
            }
            rows.append(json.dumps(row, separators=(",", ":")) + "\n")
    return rows


def _compact(rows: list[dict[str, object]]) -> str:
    return json.dumps(rows, separators=(",", ":")) + "\n"


def write_env_file(home: Path, node: Node, p2p_port: int, rpc_port: int, block_time_s: float, **changed: str) -> Path:
    """The node's environment file; it holds a dummy secret, so that readers of whitelisted keys are tested."""
    return _write_env(
        home,
        {
            "chain_id": CHAIN_ID,
            "supported_chains": CHAIN_ID,
            "block_time_seconds": f"{block_time_s:g}",
            "enable_block_production": str(node.state.role == "genesis").lower(),
            "proposer_id": node.state.proposer_id,
            "gossip_backend": "broadcast",
            "gossip_broadcast_url": "redis://127.0.0.1:6379",
            "trusted_proposers": GENESIS_ADDRESS,
            "mempool_max_size": "10000",
            "max_txs_per_block": "500",
            "rpc_bind_host": "127.0.0.1",
            "rpc_bind_port": str(rpc_port),
            "p2p_bind_port": str(p2p_port),
            "keystore_password": "dummy-not-a-secret",
            **changed,
        },
    )


def write_august_env(home: Path, node: Node, hub_rpc: str, **changed: str) -> Path:
    """The keys of a hub, or of a follower, as that deployment was recorded; its names are in upper case."""
    hub = node.state.role == "genesis"
    own = {"BLOCK_PRODUCTION_CHAINS": CHAIN_ID} if hub else {"DEFAULT_PEER_RPC_URL": hub_rpc}
    return _write_env(
        home,
        {
            "BLOCKCHAIN_MODE": "hub" if hub else "follower",
            "CHAIN_ID": CHAIN_ID,
            "SUPPORTED_CHAINS": CHAIN_ID,
            "PROPOSER_ID": node.state.proposer_id,
            "PROPOSER_KEY": "dummy-not-a-secret" if hub else "",
            "GOSSIP_BACKEND": "broadcast",
            "GOSSIP_BROADCAST_URL": "redis://127.0.0.1:6379",
            "MEMPOOL_DB_URL": "postgresql://aitbc:dummy-not-a-secret@127.0.0.1/mempool",
            **own,
            **changed,
        },
    )


def _write_env(home: Path, values: Mapping[str, str]) -> Path:
    path = home / "etc" / "blockchain.env"
    path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")
    return path


def step_gpus(machine: Machine, seconds: float) -> None:
    """Move the cards of a GPU host and write what nvidia-smi prints."""
    if machine.ollama is None:
        return
    held = machine.ollama.vram_mib() if machine.ollama.up else 0
    for card in machine.cards:
        card.held_mib = 12 + held
        card.limit_w = machine.files.power_limit(card.index) or card.limit_w
        card.step(seconds)
    machine.files.write_gpus(machine.cards)


def crash_loops(machine: Machine, ticks: int) -> None:
    """A unit in a crash loop is started anew every ten seconds, and counted; the loops that print are told to."""
    if ticks % 5 == 0:
        machine.files.beat()
        machine.files.age_units()
    if ticks % 10:
        return
    for unit in machine.files.units.values():
        if unit.state is UnitState.CRASH_LOOP:
            unit.restarts += 1
            machine.files.write_unit(unit)
