"""What the collector reports: an answer, a failure, a link, a tick. Values only; times are given, never read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.alarm import Alarm, Happening
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.observed import Confirmation, Trouble
from aitbc_tui.domain.snapshot import Submission
from aitbc_tui.domain.stress import StressPicture
from aitbc_tui.domain.text import SafeText


class Kind(StrEnum):
    """Each kind of figure is one source per subject (a node, a host, the coordinator, a job)."""

    HEAD = "head"
    HEALTH = "health"
    BARE = "bare"  # the head, asked for without naming the chain
    BLOCK = "block"
    MEMPOOL = "mempool"
    UNITS = "units"
    FIGURES = "figures"
    DISK = "disk"
    SETTINGS = "settings"
    PEERS = "peers"
    GIT = "git"
    COORDINATOR = "coordinator"
    JOBS = "jobs"
    MINERS = "miners"
    RECEIPTS = "receipts"
    JOB = "job"
    RESULT = "result"
    RECEIPT = "receipt"
    PAYMENT = "payment"
    GPUS = "gpus"
    OLLAMA = "ollama"


@dataclass(frozen=True, slots=True)
class Source:
    """Which figure of whom; also the key under which at most one request is in flight."""

    kind: Kind
    subject: str

    def __str__(self) -> str:
        return f"{self.kind.value} of {self.subject}"


@dataclass(frozen=True, slots=True)
class Answered:
    """A parsed answer. `at` monotonic seconds of its receipt, `utc` the dashboard's clock, for display only.

    `confirmed`: nothing was asked anew; what was told earlier is seen to hold at `at`.
    """

    source: Source
    payload: object
    at: float
    utc: float
    rtt_ms: float | None = None
    confirmed: Confirmation | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt that brought nothing; the last value stays."""

    source: Source
    trouble: Trouble
    at: float
    utc: float


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """What the transport says of one host's connection; `state` is its word (up, connecting, waiting...)."""

    host: str
    state: str
    step: int
    since: float
    error: AitbcError | None
    next_try_at: float | None
    reconnects: int
    lost: int
    rtt_ms: float | None
    bytes_in: int
    bytes_out: int
    connected_since: float | None
    fingerprint: SafeText
    at: float
    utc: float


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission changed its state."""

    submission: Submission
    at: float
    utc: float


@dataclass(frozen=True, slots=True)
class OwnJobKnown:
    """A job of ours from the ledger: its id and what only we know of it."""

    job_id: SafeText
    model: SafeText
    submitted_utc: float
    expires_utc: float | None
    prompt_length: int
    at: float
    constraints: tuple[str, ...] = ()  # `gpu=RTX 4090`, as asked for


@dataclass(frozen=True, slots=True)
class Watching:
    """The job the operator has open, or None."""

    job_id: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests sent, for the meter."""

    count: int
    at: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the ledger kept of an earlier run: happenings (the newest first), findings left open, what was seen."""

    past: tuple[Happening, ...]
    findings: tuple[Alarm, ...]
    acked: tuple[tuple[str, str], ...]  # rule and about
    at: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has seen this alarm."""

    rule: str
    about: str
    at: float
    utc: float


@dataclass(frozen=True, slots=True)
class Quieted:
    """Hidden from row 0 until then (UTC seconds); a moment in the past ends that."""

    rule: str
    about: str
    until_utc: float
    why: SafeText
    at: float


@dataclass(frozen=True, slots=True)
class StressTold:
    """How the stress test of this dashboard stands."""

    picture: StressPicture
    at: float


@dataclass(frozen=True, slots=True)
class CollectorFell:
    """The watching itself stopped, and why; empty words: it goes on."""

    words: SafeText
    at: float


@dataclass(frozen=True, slots=True)
class LedgerTold:
    """The ledger cannot be written, and why; empty words: it can."""

    words: SafeText
    at: float


Event = (
    Answered
    | Failed
    | LinkChanged
    | Submitted
    | OwnJobKnown
    | Watching
    | Asked
    | Remembered
    | Acknowledged
    | Quieted
    | StressTold
    | CollectorFell
    | LedgerTold
)
