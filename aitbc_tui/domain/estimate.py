"""What is known before a job is sent: who could run it, what it may cost, what a payment would do here. Pure."""

from __future__ import annotations

from math import ceil

from aitbc_tui.domain.order import UNMATCHABLE, OrderFields, Pace
from aitbc_tui.domain.snapshot import MinerRow, OfferedModel, Snapshot
from aitbc_tui.domain.verdict import Level

FEW = 20  # receipts; up to so many, lowest and highest price are told instead of a share of all jobs
POLL_S = 3.0  # a shipped miner asks for work every 3 s
_LIVE = (Level.GOOD, Level.RUNNING)


def offered(snapshot: Snapshot, model: str) -> OfferedModel | None:
    """The model of this name as the miners' Ollama offer it; None where none does."""
    return next((offer for offer in snapshot.models if offer.name == model.strip()), None)


def priced(snapshot: Snapshot, model: str) -> OfferedModel | None:
    """What is known of this model's cost, also while nobody who was heard holds it."""
    past = (known for known in snapshot.past_models if known.name == model.strip())
    return offered(snapshot, model) or next(past, None)


def _range(offer: OfferedModel, low: str, high: str) -> str:
    """A share of all jobs only where enough were seen to speak of one."""
    return f"{low} to {high} in 9 of 10 such jobs" if offer.receipts > FEW else f"{low} to {high} so far"


def _holds(row: MinerRow, offer: OfferedModel | None) -> bool:
    return offer is not None and row.host is not None and row.host in offer.hosts


def could_run(snapshot: Snapshot, fields: OrderFields) -> tuple[int, int]:
    """How many of the known miners hold the model and match the constraints, and how many are known."""
    offer = offered(snapshot, fields.model)
    region = fields.region.strip()
    blocked = any(fields.text(which).strip() for which in UNMATCHABLE)
    able = [
        row
        for row in snapshot.miners
        if not blocked and _holds(row, offer) and (not region or row.miner.region == region)
    ]
    return len(able), len(snapshot.miners)


def who_has(snapshot: Snapshot, model: str) -> str:
    """`3 miners have it`; where the miners are not known, the hosts whose Ollama holds it."""
    offer = offered(snapshot, model)
    if offer is None:
        return "nobody has it" if snapshot.models else "? not known who has it"
    miners = sum(1 for row in snapshot.miners if _holds(row, offer))
    if miners:
        return "1 miner has it" if miners == 1 else f"{miners} miners have it"
    return "1 host holds it" if len(offer.hosts) == 1 else f"{len(offer.hosts)} hosts hold it"


def pace(snapshot: Snapshot, model: str) -> Pace:
    """How long such a job takes, and the queue before it: jobs ahead shared by the live miners, in 5 s steps."""
    offer = priced(snapshot, model)
    seconds = offer.seconds_median if offer is not None else None
    if seconds is None:
        return Pace()
    ahead = sum(1 for row in snapshot.jobs if row.job.state in ("QUEUED", "RUNNING"))
    live = sum(1 for row in snapshot.miners if row.verdict.level in _LIVE)
    queue = 5 * ceil(ahead * seconds / live / 5) if live and ahead else None
    return Pace(job_s=seconds, queue_s=queue)


def money(amount: float) -> str:
    """An estimate, in as many digits as it deserves; never used for sums that were charged."""
    if amount >= 0.1 or amount == 0:
        return f"{amount:,.2f}"
    return f"{amount:.4f}" if amount >= 0.001 else f"{amount:.6f}"


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"


def cost(snapshot: Snapshot, fields: OrderFields, count: int) -> str:
    """For the preview: the median and the spread of this model's receipts, or that there is no basis."""
    offer = priced(snapshot, fields.model)
    if offer is None or offer.price_median is None:
        return "no basis: no receipt of this model seen yet"
    text = f"about {money(offer.price_median * count)} AITBC"
    if offer.price_low is not None and offer.price_high is not None and offer.receipts > 1:
        text += f", {_range(offer, money(offer.price_low * count), money(offer.price_high * count))}"
    return text


def estimate(snapshot: Snapshot, fields: OrderFields, count: int) -> str:
    """For the form: the median, out of how many jobs, and when the result may be there."""
    if not fields.model.strip():
        return "none yet: choose a model"
    offer = priced(snapshot, fields.model)
    if offer is None or offer.price_median is None:
        return "no basis: no receipt of this model seen yet"
    text = f"about {money(offer.price_median * count)} AITBC"
    if count > 1:
        text += f" for {count}"
    text += f" (median of {_jobs(offer.receipts)} of this model)"
    if offer.seconds_median is not None:
        text += f", result in about {offer.seconds_median + POLL_S:.0f} s"
    return text


def spread(snapshot: Snapshot, fields: OrderFields) -> str:
    """The second line of the estimate: what such jobs cost so far; empty without a basis."""
    offer = priced(snapshot, fields.model)
    if offer is None or offer.price_low is None or offer.price_high is None or offer.receipts < 2:
        return ""
    low, high = money(offer.price_low), money(offer.price_high)
    return f"each {_range(offer, low, high)}; the wait in the queue is billed too"


def payment_note(snapshot: Snapshot, pay: float) -> str:
    """What a payment would do here, as far as jobs with one were seen; it never says more than was observed."""
    begin = "0: no payment." if pay == 0 else "is asked to be paid."
    seen = {str(row.job.payment_status) for row in snapshot.jobs if row.job.payment_status}
    if seen & {"escrowed", "released"}:
        return f"{begin} A payment is held in escrow here; cancel and expiry do not give it back"
    if "failed" in seen:
        return f'{begin} No exchange answers here: a payment would be recorded as "failed"'
    if "pending" in seen:
        return f'{begin} The exchange refuses here: a payment would stay "pending"'
    return f"{begin} What a payment would do here is not known: no job with one was seen"
