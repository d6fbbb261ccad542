"""The one frozen picture that screens, commands and alarms share: they cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from aitbc_tui.domain.alarm import Alarm, Happening
from aitbc_tui.domain.chain_rows import Chain as Chain
from aitbc_tui.domain.chain_rows import Fork as Fork
from aitbc_tui.domain.chain_rows import MempoolRow as MempoolRow
from aitbc_tui.domain.chain_rows import NodeRow as NodeRow
from aitbc_tui.domain.node import Block
from aitbc_tui.domain.observed import Observed, Trouble
from aitbc_tui.domain.places import Access as Access
from aitbc_tui.domain.places import Pane as Pane
from aitbc_tui.domain.servers import EndpointRow as EndpointRow
from aitbc_tui.domain.servers import ServerRow as ServerRow
from aitbc_tui.domain.stress import StressPicture
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.domain.work import JobOrder, OllamaReading
from aitbc_tui.domain.work_rows import GpuRow as GpuRow
from aitbc_tui.domain.work_rows import JobRow as JobRow
from aitbc_tui.domain.work_rows import MinerRow as MinerRow
from aitbc_tui.domain.work_rows import OfferedModel as OfferedModel
from aitbc_tui.domain.work_rows import ReceiptRow as ReceiptRow
from aitbc_tui.domain.work_rows import Step as Step
from aitbc_tui.domain.work_rows import TraceStep as TraceStep

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
    """What became of a job that was sent."""

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
