"""The August coordinator's behaviour: 17-field views, escrow, receipts with fields added after signing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aitbc_tui.devnet.august.net import AugustNet
from aitbc_tui.devnet.clock import Clock, naive
from aitbc_tui.devnet.jobs import Job, MinerRecord, Payment
from aitbc_tui.devnet.receipts import ReceiptKeys, make_receipt, sign_receipt
from aitbc_tui.devnet.seeded import JsonObject, Seeded
from aitbc_tui.devnet.store import Store, UnknownJob

HIGH_VALUE = 10.0  # from here on a bond, a proof and an attestation are wanted, which no miner of the field has
_NO_CONSTRAINT: JsonObject = {
    "gpu": None,
    "cuda": None,
    "min_vram_gb": None,
    "models": None,
    "region": None,
    "max_price": None,
    "zk_proof_required": False,
    "tee_attestation_required": False,
    "tee_enclave_id": None,
    "min_reputation": None,
    "auto_reinvest_pct": None,
    "bond_required": False,
    "min_bond_amount": None,
    "confidential": False,
    "required_enclave_measurement": None,
}


def constraints(job: Job) -> JsonObject:
    """All fifteen, as assignments and receipts echo them."""
    return {name: job.constraints.get(name, default) for name, default in _NO_CONSTRAINT.items()}


def view(job: Job) -> JsonObject:
    """A JobView. The payment's state is kept up to date here."""
    proven = "not_required" if job.receipts else None
    return {
        **job.view(),
        "payment_status": job.payment.status if job.payment else job.payment_status,
        "zk_status": proven,
        "payload": job.payload,
        "result": job.result,
        "zk_proof_id": None,
        "tee_status": proven,
        "tee_attestation_id": None,
        "auto_reinvest_pct": None,
        "reinvest_status": "scheduled" if job.payment and job.payment.status == "released" else None,
        "reinvest_stake_id": None,
    }


def payment_view(payment: Payment) -> JsonObject:
    """The amount is a string; "released" names no transaction unless somebody settled it."""
    return {
        **payment.view(),
        "amount": f"{payment.amount:.8f}",
        "escrow_address": payment.job_id[:16],
        "transaction_hash": payment.transaction_hash,
    }


class AugustStore(Store):
    """Miners have names; clients are the owners that their tokens name."""

    def __init__(
        self,
        clock: Clock,
        seeded: Seeded,
        keys: ReceiptKeys,
        note: Callable[[str], None],
        net: AugustNet,
    ) -> None:
        super().__init__(clock, seeded, keys, note)
        self.net = net
        self._signers = keys

    def pay_escrow(self, job: Job, amount: float, currency: str, buyer: str | None, provider: str | None) -> None:
        """Without both addresses the payment is skipped, and only the view says so."""
        if buyer is None or provider is None:
            job.payment_status = "skipped"
            return
        now = self.clock.now()
        made = Payment(
            self._seeded.next_id("payment"), job.job_id, amount, currency, "aitbc_token", "escrowed", now, now
        )
        self.payments[made.payment_id] = job.payment = made
        job.payment_status = "escrowed"
        self.net.escrow(job.job_id, job.job_id[:16], buyer, provider, amount)

    def poll(self, miner_id: str) -> Job | None:
        """As before, and a job of high value is offered to nobody; no reason is given anywhere."""
        held = [job for job in self.jobs.values() if job.payment and job.payment.amount >= HIGH_VALUE]
        waiting = [job for job in held if job.state == "QUEUED"]
        for job in waiting:
            job.state = "HELD"
        try:
            return super().poll(miner_id)
        finally:
            for job in waiting:
                job.state = "QUEUED"

    def complete(
        self, miner_id: str, job_id: str, result: JsonObject, metrics: JsonObject, now: datetime | None = None
    ) -> JsonObject:
        """A result is accepted in any state; the price is that of the time since the submission, unless it was told."""
        now = now or self.clock.now()
        job, metrics = self._completed(job_id, result, metrics, now)
        receipt = self._receipt(job, miner_id, metrics, now)
        job.receipts.append(receipt)
        self.receipts.append((now, job, receipt))
        if job.payment is not None and job.payment.status == "escrowed":
            job.payment.settle("released", now, None)
            self.net.release(job_id, job.payment.amount)
        self._booked(self._miner(miner_id), receipt, metrics)
        self._note(f"job {job_id[:8]} COMPLETED, receipt {str(receipt['receipt_id'])[:8]}")
        return receipt

    def _receipt(self, job: Job, miner_id: str, metrics: JsonObject, now: datetime) -> JsonObject:
        body = make_receipt(job, miner_id, self._seeded.next_id("receipt"), metrics, now, self.zone_s)
        units = body["units"]
        assert isinstance(units, (int, float))
        began = int(now.timestamp() - max(0.0, units)) - self.zone_s
        completed, metadata = body["completed_at"], body["metadata"]
        assert isinstance(metadata, dict)
        metadata = {**metadata, "job_constraints": constraints(job)}
        for name in ("started_at", "completed_at", "metadata"):
            body.pop(name)
        body |= {"completed_at": completed, "started_at": began, "metadata": metadata}
        signed = sign_receipt(body, self._signers, self.signing)
        return {**signed, "zk_status": "not_required", "tee_status": "not_required"}

    @staticmethod
    def _booked(record: MinerRecord, receipt: JsonObject, metrics: JsonObject) -> None:
        record.last_receipt_id = str(receipt["receipt_id"])
        record.completed += 1
        duration = metrics["duration_ms"]
        assert isinstance(duration, (int, float))
        record.total_ms += duration
        record.inflight = max(0, record.inflight - 1)

    def fail(self, miner_id: str, job_id: str, code: str, message: str) -> None:
        """The message without its code; neither `inflight` nor the miner's failures are counted."""
        job = self.jobs.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        self._miner(miner_id)
        job.state, job.error = "FAILED", message

    def totals(self) -> JsonObject:
        """The one aggregate that works, with its wrong count of miners."""
        states = [job.state for job in self.jobs.values()]
        online = sum(1 for record in self.miners.values() if record.status == "ONLINE")
        return {
            "timestamp": naive(self.clock.now()) + "+00:00",
            "coordinator": {"status": "online"},
            "jobs": {
                "total": len(states),
                "completed": states.count("COMPLETED"),
                "pending": states.count("QUEUED") + states.count("RUNNING"),
                "failed": states.count("FAILED"),
            },
            "miners": {"total": len(self.miners), "online": online, "offline": len(self.miners) - online},
            "system": {
                "cpu_percent": 12.5,
                "memory_percent": 8.3,
                "memory_available_gb": 21.5,
                "disk_percent": 25.0,
            },
        }
