"""What is remembered between two snapshots: the figures of each subject and its short past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aitbc_tui.domain.node import (
    Block,
    DiskReading,
    GitState,
    Head,
    HostFigures,
    MempoolReading,
    NodeHealth,
    NodeSettings,
    Peers,
    Unit,
)
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import Submission
from aitbc_tui.domain.stress import StressPicture
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import (
    CoordinatorHealth,
    GpuMinute,
    GpuReading,
    GpuUse,
    Job,
    JobList,
    MinerList,
    OllamaReading,
    PaymentState,
)
from aitbc_tui.state.alarms import AlarmMemory
from aitbc_tui.state.departures import Departures
from aitbc_tui.state.events import LinkChanged
from aitbc_tui.state.journal import Journal
from aitbc_tui.state.pool import PoolMemory
from aitbc_tui.state.skew import ClockReading
from aitbc_tui.state.streaks import Answers, Losses, Restarts
from aitbc_tui.state.topology import Topology, limit_for


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One node. `blocks` and `hashes` map a height to what this node says is there: the newest heights, those that
    were read last, and the anchors.
    """

    head: Observed[Head]
    health: Observed[NodeHealth]
    mempool: Observed[MempoolReading]
    units: Observed[tuple[Unit, ...]]
    figures: Observed[HostFigures]
    peers: Observed[Peers]
    git: Observed[GitState]
    bare: Observed[Head] = Observed("GET /rpc/head without chain_id", 35.0)
    settings: Observed[NodeSettings] = Observed("environment files", 50.0)
    blocks: Mapping[int, Block] = field(default_factory=dict)
    hashes: Mapping[int, SafeText] = field(default_factory=dict)
    changes: tuple[tuple[float, int], ...] = ()  # (monotonic, height) whenever the head moved
    arrivals: Mapping[int, tuple[float, float]] = field(default_factory=dict)  # height -> asked before it, seen with it
    pool: PoolMemory = field(default_factory=PoolMemory)
    counts: Mapping[int, int] = field(default_factory=dict)  # height -> transactions, as its head said
    read_at: Mapping[int, float] = field(default_factory=dict)  # height -> when its block was read last (monotonic)
    anchors: frozenset[int] = frozenset()  # heights that decide where a chain splits: kept however old they are
    went_back: tuple[int, int, float] | None = None  # from, to, UTC: the head went down
    departures: Departures = Departures()
    last_agreed: float | None = None  # UTC
    makes_empty_blocks: bool = False
    intervals: tuple[float, ...] = ()  # median block interval, one a minute, oldest first
    minute: int | None = None


@dataclass(frozen=True, slots=True)
class OwnJob:
    """What only this program knows of a job it submitted. Times are UTC seconds."""

    model: SafeText
    submitted_utc: float
    expires_utc: float | None
    prompt_length: int
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobResult:
    """`GET /v1/jobs/{id}/result`. `status` is the miner's own word, which COMPLETED hides (contract trap 3)."""

    status: SafeText | None
    model: SafeText | None
    output: tuple[SafeText, ...] = field(repr=False)
    error: SafeText | None
    tokens: int | None
    run_s: float | None


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """A verified receipt as it came in: `issued_at` only when an explorer envelope said so.

    `key_since`: UTC seconds of the first receipt under its signing key in the ledger; None where nobody looked.
    """

    receipt: VerifiedReceipt
    issued_at: datetime | None
    key_since: float | None = None


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """The newest receipts the coordinator lists; `skipped` could not be read (poison page, contract Q6)."""

    items: tuple[ReceiptItem, ...]
    skipped: int = 0
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A receipt of the book: when first seen here (monotonic, UTC), and the server's time then."""

    item: ReceiptItem
    seen_at: float
    seen_utc: float
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class OwnerView:
    """`GET /v1/jobs/{id}` with the Date header of its answer."""

    job: Job
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The owner's view of one job, its result, and when each wire state was first and last seen (UTC)."""

    view: Observed[OwnerView]
    result: Observed[JobResult]
    receipt: Observed[VerifiedReceipt]
    payment: Observed[PaymentState] = Observed("GET /v1/payments", 30.0)
    first_seen: Mapping[str, float] = field(default_factory=dict)
    last_seen: Mapping[str, float] = field(default_factory=dict)
    miner_seen: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """The state of the program apart from the screen."""

    topology: Topology
    nodes: Mapping[str, NodeFacts]
    coordinator: Observed[CoordinatorHealth]
    jobs: Observed[JobList]
    miners: Observed[MinerList]
    receipts: Observed[ReceiptPage]
    book: Mapping[str, Kept] = field(default_factory=dict)
    job_facts: Mapping[str, JobFacts] = field(default_factory=dict)
    own_jobs: Mapping[str, OwnJob] = field(default_factory=dict)
    gpus: Mapping[str, Observed[tuple[GpuReading, ...]]] = field(default_factory=dict)
    gpu_history: Mapping[str, tuple[GpuMinute, ...]] = field(default_factory=dict)
    gpu_during: Mapping[str, GpuUse] = field(default_factory=dict)  # job -> the cards of its host while it ran
    gpu_minute: Mapping[str, int] = field(default_factory=dict)
    beats: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)  # miner -> a value a minute
    beats_minute: int | None = None
    figures: Mapping[str, Observed[HostFigures]] = field(default_factory=dict)
    units: Mapping[str, Observed[tuple[Unit, ...]]] = field(default_factory=dict)
    ollamas: Mapping[str, Observed[OllamaReading]] = field(default_factory=dict)
    links: Mapping[str, LinkChanged] = field(default_factory=dict)
    submissions: tuple[Submission, ...] = ()
    watched: str | None = None
    asked: tuple[tuple[float, int], ...] = ()
    disks: Mapping[str, Observed[DiskReading]] = field(default_factory=dict)
    clocks: Mapping[str, ClockReading] = field(default_factory=dict)
    losses: Mapping[str, Losses] = field(default_factory=dict)
    restarts: Mapping[tuple[str, str], Restarts] = field(default_factory=dict)
    answers: Answers = Answers()  # of the coordinator
    free_before: frozenset[str] = frozenset()  # miners that were free at the look before the newest
    pools: Mapping[str, float] = field(default_factory=dict)  # node -> since when its mempool is over the API's count
    journal: Journal = field(default_factory=Journal)
    alarms: AlarmMemory = field(default_factory=AlarmMemory)
    compared: int = 0
    compared_since: float | None = None
    compared_height: int | None = None
    stress: StressPicture | None = None
    ledger_trouble: SafeText = SafeText("")  # why nothing can be written down on this machine
    collector_trouble: SafeText = SafeText("")  # why the watching itself stands still
    proposer: tuple[str, float] | None = None  # who makes the blocks, and since when (monotonic)
    mismatches: Mapping[str, tuple[int, float]] = field(default_factory=dict)  # node -> (times, since UTC)


def begin(topology: Topology) -> World:
    """The world before anything was heard."""
    t = topology
    host_limit = limit_for(t.host_interval_s)
    unit_limit = limit_for(t.units_interval_s)
    nodes = {
        str(n.name): NodeFacts(
            head=Observed(f"GET /rpc/head at {n.name}", limit_for(t.head_interval_s)),
            health=Observed(f"GET /health at {n.name}", 95.0),
            mempool=Observed(f"GET /rpc/mempool at {n.name}", limit_for(2 * t.head_interval_s)),
            units=Observed(f"systemctl show at {n.host}", unit_limit),
            figures=Observed(f"/proc at {n.host}", host_limit),
            peers=Observed(f"/proc/net/tcp at {n.host}", host_limit),
            git=Observed(f"git status at {n.host}", 1900.0),
        )
        for n in t.nodes
    }
    names = [str(h.name) for h in t.hosts]
    return World(
        topology=t,
        nodes=nodes,
        coordinator=Observed("GET /v1/health", 95.0),
        jobs=Observed("GET /v1/admin/jobs", limit_for(t.queue_interval_s)),
        miners=Observed("GET /v1/admin/miners", limit_for(t.miners_interval_s)),
        receipts=Observed("GET /v1/explorer/receipts", limit_for(t.receipts_interval_s)),
        gpus={str(h.name): Observed(f"nvidia-smi at {h.name}", host_limit) for h in t.hosts if h.gpu},
        ollamas={str(h.name): Observed(f"GET /api/tags at {h.name}", 95.0) for h in t.hosts if h.ollama},
        figures={name: Observed(f"/proc at {name}", host_limit) for name in names},
        disks={name: Observed(f"df at {name}", 2800.0) for name in names},
        units={name: Observed(f"systemctl show at {name}", unit_limit) for name in names},
    )
