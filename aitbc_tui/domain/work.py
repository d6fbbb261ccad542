"""What the coordinator, the miners and their machines say (contract: coordinator-2026-02.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.text import SafeText


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the admin list, or the owner's view. Fields that this view does not have are None.

    `state` is the wire's word (QUEUED, RUNNING, COMPLETED, FAILED, CANCELED, EXPIRED, or one never seen).
    No state is final: a late result turns any of them into COMPLETED (contract 4).
    """

    job_id: SafeText
    state: SafeText
    requested_at: datetime | None
    client: Identity | None = None
    miner: Identity | None = None
    expires_at: datetime | None = None
    error: SafeText | None = None
    payment_id: SafeText | None = None
    payment_status: SafeText | None = None
    owner_view: bool = False


@dataclass(frozen=True, slots=True)
class JobList:
    """`GET /v1/admin/jobs`: newest first, never more than 100. `server_time` is its Date header."""

    jobs: tuple[Job, ...]
    capped: bool
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Miner:
    """`GET /v1/admin/miners`. `status` is a free string and says nothing; liveness is the heartbeat's age."""

    identity: Identity
    status: SafeText
    inflight: int | None
    concurrency: int | None
    region: SafeText | None
    last_heartbeat: datetime | None
    average_duration_ms: float | None
    jobs_completed: int | None
    jobs_failed: int | None
    last_receipt_id: SafeText | None


@dataclass(frozen=True, slots=True)
class MinerSaid:
    """What a miner's own log says it can do: no API returns it. Empty or None: the lines read do not say."""

    gpu: SafeText = SafeText("")
    memory_mb: int | None = None
    models: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class EscrowSeen:
    """What a node of 2026-08 holds for a job (`GET /rpc/escrow/{job}`): created, released or refunded."""

    node: SafeText
    state: SafeText
    amount: float | None
    released: float | None
    refunded: float | None


@dataclass(frozen=True, slots=True)
class MinerLog:
    """A miner unit's journal as it was read once: its last lines, and what so many of them said in all."""

    unit: SafeText
    said: MinerSaid
    tail: tuple[SafeText, ...]
    read: int


@dataclass(frozen=True, slots=True)
class MinerList:
    """The coordinator's miners, and its clock at that moment (its `Date` header)."""

    miners: tuple[Miner, ...]
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class CoordinatorStats:
    """`GET /v1/admin/stats`, when it is not a 500 (contract Q2)."""

    total_jobs: int
    active_jobs: int
    online_miners: int


@dataclass(frozen=True, slots=True)
class CoordinatorHealth:
    """`GET /v1/health`."""

    status: SafeText
    env: SafeText


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What a payment itself says; the job's view keeps saying "escrowed" (contract Q10)."""

    status: SafeText
    amount: float | None
    currency: SafeText
    transaction_hash: SafeText | None


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One card. Memory in bytes, power in watts, temperature in °C; None where the card does not say."""

    index: int
    uuid: SafeText
    name: SafeText
    utilisation: float | None
    memory_used: int | None
    memory_total: int | None
    temperature: float | None
    power: float | None
    power_limit: float | None
    driver: SafeText = SafeText("")
    lost: bool = False
    clock_sm: float | None = None  # MHz
    clock_memory: float | None = None
    throttle: tuple[SafeText, ...] | None = None  # why it runs slower than it could; None: the driver does not say
    power_min: float | None = None  # the bounds within which its limit may be set
    power_max: float | None = None
    processes: tuple[GpuProcess, ...] | None = None  # None: not asked


@dataclass(frozen=True, slots=True)
class GpuMinute:
    """The first reading of one minute of a card; units as in `GpuReading`, None also where none came."""

    utilisation: float | None
    memory_used: int | None
    power: float | None
    temperature: float | None


@dataclass(frozen=True, slots=True)
class GpuUse:
    """The highest utilisation (percent) of any card of the host in so many readings."""

    most: float
    readings: int

    @property
    def words(self) -> SafeText:
        """`its host's cards at up to 97 % meanwhile (3 readings)`."""
        count = "1 reading" if self.readings == 1 else f"{self.readings} readings"
        return SafeText(f"its host's cards at up to {self.most:.0f} % meanwhile ({count})")


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """What computes on a card: its process id on that host, its name, its share of the memory in bytes."""

    pid: int
    name: SafeText
    memory: int | None


@dataclass(frozen=True, slots=True)
class OllamaModel:
    """A model an Ollama holds (`/api/tags`), sizes in bytes."""

    name: SafeText
    size: int | None
    parameters: SafeText
    quantization: SafeText


@dataclass(frozen=True, slots=True)
class OllamaReading:
    """What one host's Ollama holds; `loaded` are the names of `/api/ps`."""

    models: tuple[OllamaModel, ...]
    loaded: tuple[SafeText, ...] = ()
    version: SafeText = SafeText("")
    running: tuple[LoadedModel, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory (`/api/ps`): its share of VRAM in bytes, and when Ollama will let go of it."""

    name: SafeText
    size: int | None
    vram: int | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a miner must have. Only `region` ever matches a shipped miner (contract 4)."""

    gpu: str | None = None
    cuda: str | None = None
    min_vram_gb: int | None = None
    models: tuple[str, ...] = ()
    region: str | None = None
    max_price: float | None = None


@dataclass(frozen=True, slots=True)
class JobOrder:
    """A job to submit. The prompt is sent byte for byte and stays out of every repr."""

    model: str
    prompt: str = field(repr=False)
    ttl_s: int = 900
    job_type: str = "inference"
    pay: float = 0.0
    constraints: Constraints = Constraints()
    count: int = 1
