"""What a blockchain node and its host say (contract: node-2026-04.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aitbc_tui.domain.text import SafeText


@dataclass(frozen=True, slots=True)
class Head:
    """`GET /rpc/head`. `block_age_s` is the node's own Date header minus the block's time: one clock only."""

    height: int
    hash: SafeText
    timestamp: datetime | None
    tx_count: int | None
    block_age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A pending or included transaction. `tx_hash` is computed for pending ones (contract 2.1)."""

    tx_hash: SafeText
    sender: SafeText
    recipient: SafeText
    amount: int | float | None
    fee: int | float | None
    nonce: int | None
    chain_id: SafeText = SafeText("")
    payload: SafeText = SafeText("")  # as JSON text, where it is more than the CLI's "0x"
    signed: bool = False  # carries something in `signature`; no node of April looks at it
    # What a signature of 2026-08 is over (canonical JSON), and the signature; empty where it is of no such form.
    proof: tuple[bytes, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """`GET /rpc/accounts/{address}`: an unknown one is answered 200 with zeros and `exists` false."""

    address: SafeText
    balance: int | float | None
    nonce: int | None
    exists: bool | None


@dataclass(frozen=True, slots=True)
class Block:
    """`GET /rpc/blocks/{height}`; `proposer` and `parent_hash` are empty on hollow blocks (contract fact 6)."""

    height: int
    hash: SafeText
    parent_hash: SafeText
    proposer: SafeText
    timestamp: datetime | None
    tx_count: int | None
    transactions: tuple[Transaction, ...] = ()
    signer: SafeText | None = None  # address that signed (2026-08); "" an impossible signature; None: not signed

    @property
    def hollow(self) -> bool:
        return self.height > 0 and (not self.proposer or not self.parent_hash)


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """`GET /health`: proves only that the RPC process answers (contract fact 3)."""

    status: SafeText
    supported_chains: tuple[SafeText, ...]
    proposer_id: SafeText


@dataclass(frozen=True, slots=True)
class MempoolReading:
    """`GET /rpc/mempool`. `capped` when as many came back as were asked for: then the count is a lower bound."""

    count: int
    capped: bool
    transactions: tuple[Transaction, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """One systemd unit as `systemctl show` prints it. `uptime_s` only while active.

    `memory_limit`: None where there is none, or it was not told. `memory_cache` is the part of `memory_bytes` that the
    kernel takes back before it kills anything (`inactive_file` of the unit's cgroup); None where that was not read.
    """

    name: SafeText
    load: SafeText
    active: SafeText
    sub: SafeText
    result: SafeText
    restarts: int | None
    memory_bytes: int | None
    uptime_s: float | None
    main_pid: int | None = None
    memory_limit: int | None = None
    memory_cache: int | None = None

    @property
    def memory_held(self) -> int | None:
        """Bytes that cannot be taken back, as far as that is known."""
        return None if self.memory_bytes is None else max(0, self.memory_bytes - (self.memory_cache or 0))

    @property
    def memory_share(self) -> float | None:
        """How much of its limit the unit holds, 0..1; None without a limit, and while it does not run."""
        held = self.memory_held
        return held / self.memory_limit if held is not None and self.memory_limit else None

    @property
    def memory_words(self) -> str:
        """`holds 1.9 of 2.0 GB (95 %)`, and whether cache is counted; for a unit that has a limit."""
        held, limit = self.memory_held or 0, self.memory_limit or 1
        cache = ", cache counted" if self.memory_cache is None else ""
        return f"holds {held / 2**30:.1f} of {limit / 2**30:.1f} GB ({held * 100 // limit} %{cache})"

    @property
    def found(self) -> bool:
        return self.load != "not-found"

    @property
    def running(self) -> bool:
        return self.active == "active"


@dataclass(frozen=True, slots=True)
class HostFigures:
    """A host's own figures from /proc, read by shell built-ins. Sizes in bytes, times in seconds."""

    uptime_s: float | None
    epoch_s: float | None
    load1: float | None
    cpus: int | None
    cpu_busy: float | None  # share 0..1 since the previous reading; None on the first
    memory_total: int | None
    memory_available: int | None
    disk_total: int | None = None
    disk_free: int | None = None
    disk_at: float | None = None  # when the disk was looked at (monotonic): more seldom than the others


@dataclass(frozen=True, slots=True)
class DiskReading:
    """One disk, in bytes, and where it is mounted."""

    total: int
    free: int
    mount: SafeText


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """The keys of a node's environment that we know, as they stand in its files; never a secret."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Peers:
    """Distinct peer addresses with an established connection on the P2P port; `listening` from the same read.

    A hub of 2026-08 tells of leases instead, which outlive a dead follower (contract platform-2026-08, peers):
    `leases_left_s` is how long each still runs by the hub's own clock. None: these are connections.
    """

    addresses: tuple[SafeText, ...]
    listening: bool | None
    leases_left_s: tuple[float | None, ...] | None = None

    @property
    def count(self) -> int:
        return len(self.addresses)


@dataclass(frozen=True, slots=True)
class GitState:
    """`git status --porcelain=v2 --branch`: short oid, ahead/behind of the last fetch, changed files."""

    oid: SafeText
    branch: SafeText
    ahead: int | None
    behind: int | None
    changed: int

    @property
    def words(self) -> str:
        """As the Nodes pane shows it: `084dcde clean`, `084dcde +0 -2`."""
        if self.ahead or self.behind:
            return f"{self.oid[:7]} +{self.ahead or 0} -{self.behind or 0}"
        return f"{self.oid[:7]} {'clean' if not self.changed else f'{self.changed} changed'}"
