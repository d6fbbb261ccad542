"""The rows of miners, jobs, cards, receipts and models."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Verdict
from aitbc_tui.domain.work import GpuMinute, GpuReading, Job, Miner, PaymentState


@dataclass(frozen=True, slots=True)
class MinerRow:
    """One miner. `beat_age_s` is by the coordinator's own clock, as of `seen_at` (monotonic)."""

    miner: Miner
    verdict: Verdict
    seen_at: float
    beat_age_s: float | None
    beat_limit_s: float
    runs: tuple[int, int] | None  # of the models in the queue, how many its Ollama holds; None: not known
    host: SafeText | None = None
    last_job: SafeText | None = None
    jobs_per_hour: int | None = None
    beats: tuple[float | None, ...] = ()  # the oldest that its heartbeat got in each minute (s), oldest minute first
    units: tuple[Unit, ...] = ()  # of the miners of its host; more than one: which is its own is not told
    units_old_s: float | None = None  # the age of what is said of them, where it is past its limit


class Step(Enum):
    """The life of a job, in order."""

    SUBMITTED = "submitted"
    QUEUED = "queued"
    ACQUIRED = "acquired"
    PROCESSING = "processing"
    RESULT = "result"
    RECEIPT = "receipt"
    VERIFIED = "verified"
    ON_CHAIN = "on chain"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a job: `verdict` says done, under way, missing or due; times are UTC seconds."""

    step: Step
    verdict: Verdict
    at: float | None
    at_text: SafeText  # `11:59:13`, `between 12:04:01 and 12:04:03`, `–`
    after_s: float | None
    evidence: SafeText


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job: the wire's figures, what this program knows of it, and the verdict."""

    job: Job
    verdict: Verdict  # text: next step, or what is wrong
    seen_at: float  # monotonic, of the newest view
    ours: bool  # submitted with our client key or from our ledger
    age_s: float | None  # by the server's clock as of seen_at
    left_s: float | None  # until expiry, likewise; None: not known to us
    model_asked: SafeText | None
    model_used: SafeText | None = None
    result_status: SafeText | None = None
    run_s: float | None = None
    wait_s: float | None = None
    receipt: VerifiedReceipt | None = None
    price_text: SafeText | None = None
    steps: tuple[TraceStep, ...] = ()
    prompt_length: int | None = None
    output: tuple[SafeText, ...] | None = field(default=None, repr=False)
    output_trouble: Trouble | None = None
    prompt: tuple[SafeText, ...] | None = field(default=None, repr=False)
    payment: PaymentState | None = None  # what the payment itself says, which the job never does


@dataclass(frozen=True, slots=True)
class GpuRow:
    """One card. `earned_per_hour`: valid receipts of the last 60 minutes, where all of its host's are this card's.

    What several cards of a host earned together is `host_earned_per_hour`: nothing says which of them ran which job.
    None: not known.
    """

    name: SafeText  # gpu-1:0
    host: SafeText
    verdict: Verdict
    reading: GpuReading
    observed_at: float
    limit_s: float
    source: str  # NVML | nvidia-smi
    earned_per_hour: float | None = None
    job: SafeText | None = None
    miner: SafeText | None = None
    host_miners: tuple[SafeText, ...] = ()  # configured for its host; which of several uses it, nothing tells
    history: tuple[float | None, ...] = ()  # utilisation, a value a minute, oldest first
    past: tuple[GpuMinute, ...] = ()  # the last hour, a value a minute, oldest first
    host_earned_per_hour: float | None = None
    host_cards: int = 1
    host_jobs: tuple[SafeText, ...] = ()  # that run on its host now
    kwh_price: float | None = None  # AITBC, as configured for its host
    bounds: tuple[float, float] | None = None  # watts, as configured for its host


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt with its verdict. `sum_mark`: `=`, `≠` or `?`."""

    receipt: VerifiedReceipt
    verdict: Verdict
    issued_at: datetime | None
    age_s: float | None
    seen_at: float
    sum_mark: str
    duplicate: bool = False
    key_since: float | None = None  # UTC, the ledger's: the first receipt under its signing key seen from here


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that miners' Ollamas really hold, and what its receipts cost so far."""

    name: SafeText
    hosts: tuple[SafeText, ...]
    receipts: int = 0
    price_median: float | None = None
    price_low: float | None = None  # 5th percentile, the lowest where FEW or fewer receipts are known
    price_high: float | None = None  # 95th percentile, or the highest
    seconds_median: float | None = None
