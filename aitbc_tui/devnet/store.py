"""The coordinator's behaviour without HTTP: submit, poll, result, cancel, lazy expiry, and the pseudo-chain."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import datetime

from aitbc_tui.devnet.clock import Clock, naive
from aitbc_tui.devnet.jobs import ACTIVE, Job, MinerRecord, Payment
from aitbc_tui.devnet.receipts import ReceiptKeys, Signing, make_receipt, sign_receipt
from aitbc_tui.devnet.seeded import JsonObject, Seeded


class UnknownJob(Exception):
    """No job of that id, or not this client's: the two look the same."""


class NotCancelable(Exception):
    """The job is in a terminal state."""


class UnknownMiner(Exception):
    """A valid miner key that never registered."""


class Store:
    """All state of one coordinator."""

    def __init__(
        self, clock: Clock, seeded: Seeded, keys: ReceiptKeys, note: Callable[[str], None] = lambda _: None
    ) -> None:
        self.clock = clock
        self._seeded = seeded
        self._keys = keys
        self._note = note
        self.jobs: dict[str, Job] = {}
        self.miners: dict[str, MinerRecord] = {}
        self.payments: dict[str, Payment] = {}
        self.receipts: list[tuple[datetime, Job, JsonObject]] = []
        self.signing = Signing.GOOD
        self.exchange = False  # an exchange and a wallet answer: payments go into escrow
        self.settles = True  # a release gets its transaction
        self.zone_s = 0  # the server's UTC offset, which its receipts' times are off by
        self.poison: set[str] = set()  # receipts that make every page with them a 500

    # clients

    def submit(
        self,
        client: str,
        payload: JsonObject,
        constraints: JsonObject | None = None,
        ttl_seconds: int = 900,
        amount: float | None = None,
        currency: str = "AITBC",
        requested_at: datetime | None = None,
    ) -> Job:
        at = requested_at or self.clock.now()
        job = Job(self._seeded.next_id("job"), client, payload, constraints or {}, at, max(1, ttl_seconds))
        naive(job.expires_at)  # a TTL beyond the calendar fails here, before anything is kept
        if amount is not None and amount > 0:
            job.payment = self.pay(job.job_id, amount, currency, "aitbc_token")
            job.payment_status = job.payment.status
        self.jobs[job.job_id] = job
        self._note(f"job {job.job_id[:8]} QUEUED")
        return job

    def pay(self, job_id: str, amount: float, currency: str, method: str) -> Payment:
        """Without an exchange token and bitcoin payments fail, and anything else stays pending."""
        now = self.clock.now()
        status = ("escrowed" if self.exchange else "failed") if method in ("aitbc_token", "bitcoin") else "pending"
        payment_id = self._seeded.next_id("payment")
        made = Payment(payment_id, job_id, round(amount, 8), currency, method, status, now, now)
        self.payments[payment_id] = made
        return made

    def job_of(self, client: str, job_id: str) -> Job:
        """One job as its client reads it; reading settles an overdue one."""
        job = self.jobs.get(job_id)
        if job is None or job.client_id != client:
            raise UnknownJob(job_id)
        self.expire(job)
        return job

    def expire(self, job: Job) -> None:
        """Nobody looks, nothing expires."""
        if job.state in ACTIVE and self.clock.now() > job.expires_at:
            job.state, job.error = "EXPIRED", "job expired"

    def cancel(self, client: str, job_id: str) -> Job:
        job = self.job_of(client, job_id)
        if job.state not in ACTIVE:
            raise NotCancelable(job_id)
        job.state, job.error, job.miner_id = "CANCELED", "canceled by client", None
        self._note(f"job {job_id[:8]} CANCELED")
        return job

    # miners

    def register(self, miner_id: str, caps: JsonObject, concurrency: int = 1, region: str | None = None) -> str:
        now = self.clock.now()
        record = self.miners.get(miner_id)
        if record is None:
            self.miners[miner_id] = MinerRecord(miner_id, caps, concurrency, region, now)
        else:
            record.capabilities, record.concurrency, record.region = caps, concurrency, region
            record.status, record.inflight, record.last_heartbeat = "ONLINE", 0, now
        return self._seeded.next_id("token")

    def heartbeat(self, miner_id: str, inflight: int = 0, status: str = "ONLINE") -> None:
        record = self._miner(miner_id)
        record.inflight, record.status, record.last_heartbeat = inflight, status, self.clock.now()

    def _miner(self, miner_id: str) -> MinerRecord:
        record = self.miners.get(miner_id)
        if record is None:
            raise UnknownMiner(miner_id)
        return record

    def poll(self, miner_id: str) -> Job | None:
        """The oldest queued job this miner may run."""
        record = self._miner(miner_id)
        if record.inflight >= record.concurrency:
            return None
        for job in sorted(self.jobs.values(), key=lambda job: job.requested_at):
            if job.state != "QUEUED":
                continue
            self.expire(job)
            if job.state == "QUEUED" and record.may_run(job):
                job.state, job.miner_id = "RUNNING", miner_id
                record.inflight += 1
                record.last_heartbeat = self.clock.now()
                self._note(f"job {job.job_id[:8]} RUNNING")
                return job
        return None

    def complete(
        self, miner_id: str, job_id: str, result: JsonObject, metrics: JsonObject, now: datetime | None = None
    ) -> JsonObject:
        """A result is accepted in any state and from any miner; it always leads to a priced receipt."""
        now = now or self.clock.now()
        job, metrics = self._completed(job_id, result, metrics, now)
        receipt_id = self._seeded.next_id("receipt")
        body = make_receipt(job, miner_id, receipt_id, metrics, now, self.zone_s)
        receipt = sign_receipt(body, self._keys, self.signing)
        job.receipts.append(receipt)
        self.receipts.append((now, job, receipt))
        self._settle(job, "released", now)
        self._note(f"job {job_id[:8]} COMPLETED, receipt {receipt_id[:8]}")
        record = self._miner(miner_id)
        record.last_receipt_id = receipt_id
        record.completed += 1
        duration = metrics["duration_ms"]
        if not isinstance(duration, (int, float)):
            # committed already: the caller gets a 500 and inflight leaks, as on the real server
            raise TypeError("duration_ms is not a number")
        record.total_ms += duration
        record.inflight = max(0, record.inflight - 1)
        return receipt

    def _completed(self, job_id: str, result: JsonObject, metrics: JsonObject, now: datetime) -> tuple[Job, JsonObject]:
        """The job with its result, and the metrics with a duration: that since the submission unless it was told."""
        job = self.jobs.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        told = dict(metrics)
        told.setdefault("duration_ms", int((now - job.requested_at).total_seconds() * 1000))
        job.result, job.state, job.error = result, "COMPLETED", None
        return job, told

    def fail(self, miner_id: str, job_id: str, code: str, message: str) -> None:
        job = self.jobs.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        job.state, job.error = "FAILED", f"{code}: {message}"
        self._settle(job, "refunded", self.clock.now())
        record = self._miner(miner_id)
        record.failed += 1
        record.inflight = max(0, record.inflight - 1)

    def _settle(self, job: Job, status: str, now: datetime) -> None:
        """What the wallet does at the end of a job; neither a cancel nor an expiry asks it to."""
        if job.payment is not None and job.payment.status == "escrowed":
            transaction = f"0x{self._seeded.next_id('settlement')}" if self.settles else None
            job.payment.settle(status, now, transaction)

    # the operator

    def newest(self) -> list[Job]:
        """Every job, newest first."""
        return sorted(self.jobs.values(), key=lambda job: job.requested_at, reverse=True)

    def stats(self) -> JsonObject:
        """Raises when the average is fractional, as the real response model does."""
        averages = [record.average_ms for record in self.miners.values()]
        average = statistics.fmean(averages) if averages else 0.0
        if not average.is_integer():
            raise ValueError("average_job_duration_ms is not an integer")
        return {
            "total_jobs": len(self.jobs),
            "active_jobs": sum(1 for job in self.jobs.values() if job.state in ACTIVE),
            "online_miners": sum(1 for record in self.miners.values() if record.status == "ONLINE"),
            "avg_miner_job_duration_ms": int(average),
        }
