"""A stress test of the whole way from submission to verified receipt: its plan, its jobs, its figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.domain.work import Constraints, JobOrder

MOST_JOBS = 1000
_EMPTY = SafeText("")


@dataclass(frozen=True, slots=True)
class StressPlan:
    """So many jobs, the models taken in turn. The prompt is sent byte for byte and stays out of every repr."""

    models: tuple[str, ...]
    count: int
    prompt: str = field(repr=False)
    ttl_s: int = 900
    pay: float = 0.0
    constraints: Constraints = Constraints()
    job_type: str = "inference"

    def order(self, number: int) -> JobOrder:
        """The order of job `number`, counted from 0."""
        model = self.models[number % len(self.models)]
        return JobOrder(model, self.prompt, self.ttl_s, self.job_type, self.pay, self.constraints)


class Phase(StrEnum):
    """Where the test stands. `stopped`: ended before every job had, because somebody or a deadline said so."""

    SENDING = "sending"
    WAITING = "waiting"  # everything that will be sent is sent
    DONE = "done"
    STOPPED = "stopped"

    @property
    def over(self) -> bool:
        return self in (Phase.DONE, Phase.STOPPED)


@dataclass(frozen=True, slots=True)
class StressJob:
    """One job of the test. Times are UTC seconds; `cause` is empty while it is under way, `completed` when all is well.

    `wait_s` is the coordinator's own duration less the miner's own run time where both are known, else what the
    polling saw; None where neither says.
    """

    number: int
    model: SafeText
    job_id: SafeText = _EMPTY
    state: SafeText = SafeText("unsent")
    sent_at: float | None = None
    ended_at: float | None = None
    wait_s: float | None = None
    run_s: float | None = None
    tokens: int | None = None
    price: SafeText = _EMPTY  # as written in the receipt
    receipt: SafeText = _EMPTY  # the verdict's word
    payment: SafeText = _EMPTY
    miner: SafeText = _EMPTY
    cause: SafeText = _EMPTY

    @property
    def ended(self) -> bool:
        return bool(self.cause)

    @property
    def under_way(self) -> bool:
        return bool(self.job_id) and not self.ended


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile of so many measured values, in seconds."""

    p50: float
    p95: float
    of: int


@dataclass(frozen=True, slots=True)
class StressFigures:
    """What the jobs add up to. None: nothing to say it from."""

    planned: int = 0
    accepted: int = 0
    queued: int = 0
    running: int = 0
    completed: int = 0  # all is well with them: result, content and receipt
    failed: int = 0
    elapsed_s: float = 0.0
    per_minute: float | None = None  # ended jobs
    wait: Spread | None = None
    run: Spread | None = None
    tokens_per_s: float | None = None  # of the time that miners ran
    tokens: int = 0
    cost: Decimal = Decimal(0)  # of valid receipts
    unverified: Decimal = Decimal(0)
    receipts_valid: int = 0
    receipts: int = 0
    causes: tuple[tuple[SafeText, int], ...] = ()

    @property
    def ended(self) -> int:
        return self.completed + self.failed


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One step from job to chain: what is so, in a word for scripts, a word for people, and what that was seen by."""

    step: SafeText
    state: SafeText  # done | missing | absent | waits | unknown
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class StressProof:
    """The payment of one job followed: job, payment, receipt, transfer and record on chain."""

    number: int
    job_id: SafeText
    steps: tuple[ProofStep, ...]

    @property
    def wrong(self) -> tuple[ProofStep, ...]:
        return tuple(step for step in self.steps if step.verdict.level is Level.BAD)


@dataclass(frozen=True, slots=True)
class StressPicture:
    """The test at this moment. `note`: why it waits or stopped."""

    plan: StressPlan
    phase: Phase
    begun_utc: float
    jobs: tuple[StressJob, ...]
    figures: StressFigures
    note: SafeText = _EMPTY
    ended_utc: float | None = None
    saved: SafeText = _EMPTY
    proofs: tuple[StressProof, ...] = ()  # of the last jobs that completed
