"""How the coordinator makes a receipt of a result: units, price, signature, attestation, and how to spoil one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aitbc_tui.devnet.jobs import Job
from aitbc_tui.devnet.seeded import JsonObject
from aitbc_tui.devnet.signer import Signer


class Signing(StrEnum):
    """How the next receipts are signed."""

    GOOD = "good"
    UNSIGNED = "unsigned"
    BAD = "bad"
    ATTACKER = "attacker"


@dataclass(frozen=True, slots=True)
class ReceiptKeys:
    """The two honest keys and a stranger's."""

    signing: Signer
    attestation: Signer
    attacker: Signer


def _first_number(*sources: tuple[JsonObject, str]) -> float | None:
    """The first that is a number or reads as one; garbage is passed over in silence."""
    for source, key in sources:
        value = source.get(key)
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, (int, float, str)):
            try:
                return float(value)
            except ValueError:
                continue
    return None


def _units(metrics: JsonObject, result: JsonObject) -> float:
    units = _first_number((metrics, "units"), (result, "units"))
    if units is not None:
        return units
    duration = _first_number((metrics, "duration_ms"))
    return 0.0 if duration is None else duration / 1000


def make_receipt(
    job: Job, provider: str, receipt_id: str, metrics: JsonObject, now: datetime, zone_s: int = 0
) -> JsonObject:
    """The receipt before signing, in the wire's key order. `started_at` is the submission, not the start."""
    result = job.result or {}
    units = _units(metrics, result)
    unit_price = _first_number((metrics, "unit_price"), (result, "unit_price"))
    unit_price = 0.02 if unit_price is None else unit_price
    names = ("price", "aitbc_earned", "cost")
    price = _first_number(*((source, name) for name in names for source in (metrics, result)))
    constraints = {key: value for key, value in job.all_constraints().items() if value is not None}
    return {
        "version": "1.0",
        "receipt_id": receipt_id,
        "job_id": job.job_id,
        "provider": provider,
        "client": job.client_id,
        "status": "COMPLETED",
        "units": units,
        "unit_type": metrics.get("unit_type") or result.get("unit_type") or "gpu_seconds",
        "unit_price": unit_price,
        "price": round(units * unit_price, 6) if price is None else price,
        "started_at": int(job.requested_at.timestamp()) - zone_s,
        "completed_at": int(now.timestamp()) - zone_s,
        "metadata": {
            "job_payload": job.payload,
            "job_constraints": constraints,
            "result": result,
            "metrics": metrics,
        },
    }


def sign_receipt(body: JsonObject, keys: ReceiptKeys, how: Signing) -> JsonObject:
    """The receipt as it is stored and served."""
    if how is Signing.UNSIGNED:
        return body
    signer = keys.attacker if how is Signing.ATTACKER else keys.signing
    signature, attestation = signer.sign(body), keys.attestation.sign(body)
    signed = {**body, "signature": signature, "attestations": [attestation]}
    if how is Signing.BAD:
        price = body["price"]
        assert isinstance(price, (int, float))
        signed["price"] = round(price * 2, 6)
    return signed
