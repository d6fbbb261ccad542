"""The settings as frozen values; built only by `load`, so whoever holds one holds a checked one.

Dataclasses, not pydantic models: importing and building the latter costs 125 ms on a machine where textual takes
200, and the dashboard needs these values before its first frame (the rules stand in `schema`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from aitbc_tui.domain.places import Access
from aitbc_tui.receipts.trust import AttestationPolicy, TrustStore, store_of

LOCAL = "local"


class Role(StrEnum):
    """What a node is in its network; at most one genesis in an environment."""

    GENESIS = "genesis"
    FOLLOWER = "follower"
    NODE = "node"


class OriginKind(StrEnum):
    """The layers, strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: a flag, a variable, a file and line, or nowhere (the default)."""

    kind: OriginKind
    where: str = ""

    def __str__(self) -> str:
        return self.where or self.kind.value


@dataclass(frozen=True, slots=True)
class HostConfig:
    """A machine. Paths are absolute; `ollama` is a URL as that host sees it."""

    name: str
    address: str
    port: int | None = None
    user: str | None = None
    identity: Path | None = None
    known_hosts: Path | None = None
    sudo: bool = False
    gpu: bool = False
    ollama: str | None = None
    power_limit_w: tuple[float, float] | None = None  # within these a card's limit may be changed from here
    kwh_price: float | None = None  # AITBC

    @property
    def is_local(self) -> bool:
        return self.address == LOCAL


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """A blockchain node. `rpc` is a URL, `repo`, `data` and `env_files` are paths, all as its host sees them."""

    name: str
    host: str
    rpc: str
    role: Role = Role.NODE
    chain_id: str | None = None
    units: tuple[str, ...] = ()
    p2p_port: int = 7070
    repo: str = "/opt/aitbc"
    repo_named: bool = False  # whether the file names it: else a host may well have no such tree
    data: str | None = None
    env_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a credential is kept; never the credential itself. Exactly one of `file` and `command` is set."""

    key: str  # the configuration key, e.g. env.prod.coordinator.client_file
    origin: Origin
    base: Path  # what relative words of a command are relative to
    file: Path | None = field(default=None, repr=False)
    command: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CoordinatorConfig:
    """The coordinator as `host` sees it. The three credentials are disjoint: admin opens nothing of the others."""

    host: str
    url: str
    unit: str | None = None
    client: SecretSource | None = None
    admin: SecretSource | None = None
    miner: SecretSource | None = None


@dataclass(frozen=True, slots=True)
class MinerConfig:
    """One miner: the host it runs on, and its unit where systemd runs it."""

    name: str
    host: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class TrustConfig:
    """Receipt keys pinned in the configuration. No policy set: attestations are required once a key is known."""

    signing: tuple[str, ...] = ()
    attestation: tuple[str, ...] = ()
    attestation_policy: AttestationPolicy | None = None

    def store(self) -> TrustStore:
        """The pins of the configuration alone; pins made by command are merged in by whoever has their file."""
        return store_of(self.signing, self.attestation, self.attestation_policy)


@dataclass(frozen=True, slots=True)
class EnvironmentConfig:
    """One network and what may be done to it from here."""

    name: str
    access: Access = Access.OBSERVE
    production: bool = False
    interval_s: float = 2.0
    hosts: Mapping[str, HostConfig] = field(default_factory=dict)
    nodes: tuple[NodeConfig, ...] = ()
    coordinator: CoordinatorConfig | None = None
    miners: Mapping[str, MinerConfig] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything configured. `chosen` is the environment this run is about; `origins` has dotted key paths."""

    path: Path
    chosen: str
    chosen_by: Origin
    default_env: str | None
    env: Mapping[str, EnvironmentConfig]
    trust: TrustConfig
    origins: Mapping[str, Origin]
    warnings: tuple[str, ...] = ()

    @property
    def environment(self) -> EnvironmentConfig:
        return self.env[self.chosen]

    def origin(self, key: str) -> Origin:
        return self.origins.get(key, Origin(OriginKind.DEFAULT))
