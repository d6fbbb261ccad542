"""The one frozen picture that screens, commands and alarms share: they cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from aitbc_tui.domain.alarm import Alarm, Happening
from aitbc_tui.domain.node import (
    Block,
    GitState,
    Head,
    HostFigures,
    MempoolReading,
    NodeHealth,
    NodeSettings,
    Peers,
    Unit,
)
from aitbc_tui.domain.observed import Observed, Trouble
from aitbc_tui.domain.places import Access as Access
from aitbc_tui.domain.places import Pane as Pane
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.servers import EndpointRow as EndpointRow
from aitbc_tui.domain.servers import ServerRow as ServerRow
from aitbc_tui.domain.stress import StressPicture
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.domain.work import GpuMinute, GpuReading, Job, JobOrder, Miner, OllamaReading, PaymentState

_EMPTY = SafeText("")


@dataclass(frozen=True, slots=True)
class Environment:
    """Which network this is. `demo` is shown on every screen."""

    name: SafeText
    access: Access
    production: bool = False
    demo: bool = False
    interval_s: float = 2.0
    program: SafeText = SafeText("aitbc-tui")  # this program with the options that lead it to this network
    armed_until: float | None = None  # monotonic: access operate ends then; None where it does not run out


@dataclass(frozen=True, slots=True)
class Headline:
    """Row 0: the worst thing first. `word` is a state word (`FORK`, `sound`, `connecting`, `unknown`)."""

    level: Level
    word: SafeText
    text: SafeText
    short: SafeText  # the text for 80 columns


@dataclass(frozen=True, slots=True)
class PaneSummary:
    """A pane's title and notes. `oldest_at` is the receipt time of the oldest thing in it; None is "never".

    `bound_s` is the age below which "as fresh as its poll allows" holds. `note` is the evidence line under the rows.
    `empty` are the lines to show when there is no row: which nothing it is.
    """

    verdict: Verdict
    counts: SafeText = _EMPTY
    note: SafeText = _EMPTY
    short: SafeText = _EMPTY  # the overview's one line at 80 columns
    oldest_at: float | None = None
    bound_s: float = 5.0
    empty: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node: its figures, each with its own freshness, and the verdict on it."""

    name: SafeText
    role: str  # genesis | follower | node
    host: str
    chain_id: SafeText
    verdict: Verdict
    head: Observed[Head]
    health: Observed[NodeHealth]
    mempool: Observed[MempoolReading]
    units: Observed[tuple[Unit, ...]]
    figures: Observed[HostFigures]
    peers: Observed[Peers]
    git: Observed[GitState]
    lag: int | None = None  # blocks behind the source; negative: ahead; None: not comparable
    hash_at_common: SafeText | None = None  # at Chain.display_height
    hash_agrees: bool | None = None
    off_chain: bool = False  # forked: marked ≠
    last_agreed: float | None = None  # UTC seconds when its hash was last seen to agree with the source
    head_changed_at: float | None = None  # monotonic
    uptime_s: float | None = None  # of the node unit
    intervals_s: tuple[float, ...] = ()  # median block interval per minute, oldest first
    rule: str = ""  # the alarm that the verdict leads to, if it leads to one
    check: SafeText = _EMPTY  # how to see the same by hand
    closes_in_s: float | None = None  # of a lag that gets smaller; None: it does not, or there is none
    clock_off_s: float | None = None  # how far its host's clock is ahead of ours
    settings: Observed[NodeSettings] | None = None  # of its environment files; None: none is configured
    has_units: bool = True  # whether any is configured: else none is asked for, and none can be missing


@dataclass(frozen=True, slots=True)
class Fork:
    """Two chains: where they differ, what each says there, the last height they share (None: not yet found)."""

    height: int
    hashes: Mapping[str, SafeText]
    proposers: Mapping[str, SafeText]
    last_common: int | None
    since: float
    nodes: tuple[str, ...]  # the ones split off from the source


@dataclass(frozen=True, slots=True)
class Chain:
    """What the nodes say together. Heights are compared at the lowest fresh head, never at unequal heads."""

    source: str | None = None  # the node the others are compared with
    common_height: int | None = None
    display_height: int | None = None  # the last multiple of 10 common to all, or the fork's height
    agreeing: int = 0
    compared: int = 0
    heights_compared: int = 0
    compared_since: float | None = None  # UTC seconds
    block_interval_s: float | None = None  # median of the recent ones
    fork: Fork | None = None
    proposer: str | None = None  # the node that made the recent blocks, when that is known
    propagation_s: Mapping[str, float] = field(default_factory=dict)  # node -> an upper bound, no finer than the polls


@dataclass(frozen=True, slots=True)
class MempoolRow:
    """One node's mempool. Rates per minute are None until a minute was watched; `oldest_s` since first seen here.

    `rates_capped`: more may have come and gone between two looks.
    """

    name: SafeText
    verdict: Verdict
    reading: Observed[MempoolReading]
    in_per_min: float | None
    out_per_min: float | None
    oldest_since: float | None  # monotonic moment at which the oldest pending transaction was first seen
    drains: bool  # a proposer's drains; a follower's keeps by design
    rates_capped: bool = False
    fee_min: float | None = None
    fee_median: float | None = None
    fee_max: float | None = None
    history: tuple[int, ...] = ()


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


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One SSH connection (or `local`). `step` 1..5: name, TCP, host key, user key, ready; times monotonic."""

    host: SafeText
    way: SafeText
    verdict: Verdict
    step: int
    since: float
    next_try_at: float | None
    reconnects: int
    rtt_ms: float | None
    bytes_in: int
    bytes_out: int
    connected_since: float | None
    detail: SafeText = _EMPTY
    remedy: SafeText = _EMPTY
    fingerprint: SafeText = _EMPTY
    host_key_problem: bool = False
    heard_at: float | None = None  # the newest answer of anything behind it


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


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential the configuration names. `state` in words of the screens; never the secret."""

    role: str  # client | admin | miner
    origin: SafeText
    verdict: Verdict
    expires_at: float | None = None  # UTC seconds by the server's clock; tokens only
    left: SafeText = SafeText("")  # until then, in coarse steps; empty once it ran out, or when it never does


@dataclass(frozen=True, slots=True)
class PinRow:
    """A receipt key that is pinned. `added` is a date, or empty for a pin of the configuration."""

    role: str  # signing | attestation
    key_id: SafeText
    added: SafeText = _EMPTY


class SubmissionState(Enum):
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no answer: look it up, never send again


@dataclass(frozen=True, slots=True)
class Submission:
    """A job sent from here. `ledger_id` is on disk before anything is sent, `job_id` before it is shown."""

    ledger_id: int
    order: JobOrder
    state: SubmissionState
    at: float  # UTC seconds
    job_id: SafeText | None = None
    detail: SafeText = _EMPTY


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of row 1 beside the heads. None is "not learnt"."""

    pool: int | None = None
    pool_capped: bool = False
    queue: int | None = None
    miners_live: int | None = None
    miners: int | None = None
    gpus_used: int | None = None
    gpus: int | None = None
    receipts_valid: int | None = None
    receipts: int | None = None
    alarms: int | None = None
    earned: float | None = None
    requests_per_s: float = 0.0
    rtt_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything known at `now` (collector's monotonic seconds); `utc` is for display only.

    A newer snapshot shares every slice that did not change with the one before.
    """

    now: float
    utc: datetime
    environment: Environment
    headline: Headline
    panes: Mapping[Pane, PaneSummary]
    chain: Chain = Chain()
    nodes: tuple[NodeRow, ...] = ()
    mempools: tuple[MempoolRow, ...] = ()
    miners: tuple[MinerRow, ...] = ()
    jobs: tuple[JobRow, ...] = ()
    gpus: tuple[GpuRow, ...] = ()
    receipts: tuple[ReceiptRow, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    links: tuple[LinkRow, ...] = ()
    models: tuple[OfferedModel, ...] = ()
    past_models: tuple[OfferedModel, ...] = ()  # of receipts seen; no Ollama that was heard holds them now
    ollamas: Mapping[str, Observed[OllamaReading]] = field(default_factory=dict)
    credentials: tuple[CredentialRow, ...] = ()
    capabilities: tuple[ServerRow, ...] = ()
    submissions: tuple[Submission, ...] = ()
    totals: Totals = Totals()
    coordinator: SafeText = _EMPTY  # url, or empty: none configured
    coordinator_verdict: Verdict = Verdict(Level.UNKNOWN, SafeText("unknown"))
    rules_watched: int = 0
    collector_trouble: SafeText = _EMPTY
    stress: StressPicture | None = None  # the stress test begun on this dashboard
    pins: tuple[PinRow, ...] = ()
    watched: str | None = None  # the job that is followed closely, and why its owner's view does not come
    watched_trouble: Trouble | None = None
    events: tuple[Happening, ...] = ()  # the newest first
    clocks: Mapping[str, float] = field(default_factory=dict)  # host -> seconds its clock is ahead of ours
    blocks: Mapping[str, Mapping[int, Block]] = field(default_factory=dict)  # node -> height -> what it says is there

    def job(self, job_id: str) -> JobRow | None:
        return next((row for row in self.jobs if row.job.job_id == job_id), None)
