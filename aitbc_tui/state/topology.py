"""What the configuration says exists: the fixed frame into which answers are sorted."""

from __future__ import annotations

from dataclasses import dataclass, field

from aitbc_tui.domain.snapshot import CredentialRow, Environment, PinRow, ServerRow
from aitbc_tui.domain.text import SafeText

PRODUCER_ROLE = "genesis"
PLATFORM = "2026-08"


@dataclass(frozen=True, slots=True)
class NodeFrame:
    """One configured node; `units[0]` is the unit that produces or imports."""

    name: SafeText
    role: str
    host: str
    rpc: str
    chain_id: SafeText
    units: tuple[str, ...] = ()
    p2p_port: int = 7070
    data: str = ""  # where its database lies
    env_files: tuple[str, ...] = ()
    repo: str = ""
    repo_named: bool = True  # in the configuration: else it is where the platform usually lies
    generation: str = ""  # found by probing; empty before that
    heartbeat_s: float = 0.0  # an idle chain of this version may show no new block for so long


@dataclass(frozen=True, slots=True)
class MinerFrame:
    """A miner's service: its configured name, host and unit."""

    name: SafeText
    host: str
    unit: str


@dataclass(frozen=True, slots=True)
class HostFrame:
    """One host: how it is reached, whether it has GPUs, where its Ollama listens (as the host sees it)."""

    name: SafeText
    way: SafeText
    gpu: bool = False
    ollama: str = ""
    local: bool = False
    shell: str = ""  # how a command is typed to it by hand: `ssh -p 22 ops@aitbc`; empty: `ssh NAME`
    sudo: bool = False
    kwh_price: float | None = None  # AITBC, as configured
    power_limit_w: tuple[float, float] | None = None  # within which limits may be set from here, as configured


@dataclass(frozen=True, slots=True)
class Topology:
    """The whole frame. `queue_interval_s` etc. are the freshness limits' basis, in seconds."""

    environment: Environment
    hosts: tuple[HostFrame, ...] = ()
    nodes: tuple[NodeFrame, ...] = ()
    miners: tuple[MinerFrame, ...] = ()
    coordinator: SafeText = SafeText("")
    coordinator_host: str = ""
    has_client_key: bool = False
    client: SafeText = SafeText("")  # the masked name of our own client key
    has_admin_key: bool = False
    credentials: tuple[CredentialRow, ...] = ()
    credential_word: str = "key"  # what this coordinator wants: a key, or a token
    capabilities: tuple[ServerRow, ...] = ()
    pins: tuple[PinRow, ...] = ()
    head_interval_s: float = 2.0
    queue_interval_s: float = 2.0
    miners_interval_s: float = 5.0
    receipts_interval_s: float = 5.0
    host_interval_s: float = 10.0
    units_interval_s: float = 72.0  # 50 processes an hour: with all others at most 70 on a host that is node and miner
    labels: dict[str, SafeText] = field(default_factory=dict)

    def node(self, name: str) -> NodeFrame | None:
        return next((frame for frame in self.nodes if frame.name == name), None)

    def of_platform(self, server: str) -> bool:
        """Whether the server of this name is one of the 2026-08 platform, as probing found."""
        return any(row.name == server and row.generation == PLATFORM for row in self.capabilities)

    @property
    def producer(self) -> NodeFrame | None:
        """The node the others are compared with: the one configured as genesis, else the first."""
        return next((n for n in self.nodes if n.role == PRODUCER_ROLE), self.nodes[0] if self.nodes else None)


def limit_for(interval_s: float) -> float:
    """A figure is stale after three missed polls, and never before 6 s (one slow answer is no failure)."""
    return max(6.0, 3.0 * interval_s + 1.0)
