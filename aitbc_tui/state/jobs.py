"""The verdict on each job: what comes next, or what is wrong. COMPLETED is not success (contract 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aitbc_tui.domain.figures import clock, coarse_age, money
from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.receipt import ReceiptVerdict, RemarkKind, VerifiedReceipt
from aitbc_tui.domain.snapshot import JobRow, MinerRow, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.domain.work import Job
from aitbc_tui.state.clockwork import server_age
from aitbc_tui.state.facts import JobFacts, OwnJob, World
from aitbc_tui.state.miners import HOUR_S, live, silent_summary
from aitbc_tui.state.overtaken import Taken, overtaken

POLL_S = 3.6  # contract 4: the shipped miner's poll cycle
QUEUE_PATIENCE_S = 20.0
RUN_LIMIT_S = 60.0  # contract 4: the shipped miner gives up its own job after 60 s
RUN_GRACE_S = 8.0
OVERTAKEN_S = 20.0  # a miner runs one job at a time: an older one of its jobs is forgotten
FRESH_S = 14.0  # older than this, a job that was under way may have ended
LIVE = ("QUEUED", "RUNNING")
QUEUE_BILLED_S = 10.0
HIGH_VALUE = 10.0  # AIT; contract platform 2026-08, pain 5: from here on a bond and two proofs are wanted, unsaid
NEVER_S = 8.0  # two poll cycles of the shipped miner


@dataclass(frozen=True, slots=True)
class JobView:
    """One job with all that is known of it, from whichever source."""

    job: Job
    facts: JobFacts | None
    own: OwnJob | None
    receipt: VerifiedReceipt | None
    age_s: float | None
    seen_at: float
    our_key: bool = False  # submitted with our client key, from wherever
    overtaken: bool = False  # its miner took another one since
    high_value: bool = False  # paid so much that the platform wants what no shipped miner shows


def job_views(world: World, now: float) -> tuple[JobView, ...]:
    """The admin list joined with the owner's views; the newer of the two speaks."""
    jobs: dict[str, tuple[Job, float, float | None]] = {}
    listed = world.jobs.value
    if listed is not None and world.jobs.at is not None:
        for job in listed.jobs:
            jobs[job.job_id] = (
                job,
                world.jobs.at,
                server_age(job.requested_at, listed.server_time, world.jobs.at, now),
            )
    for job_id, facts in world.job_facts.items():
        view = facts.view
        if view.value is None or view.at is None:
            continue
        own = view.value
        age = server_age(own.job.requested_at, own.server_time, view.at, now)
        old = jobs.get(job_id)
        if old is None:
            jobs[job_id] = (own.job, view.at, age)
        else:
            jobs[job_id] = (_joined(old[0], own.job, newer=view.at >= old[1]), max(old[1], view.at), old[2])
    receipts = {str(k.item.receipt.facts.job_id): k.item.receipt for k in world.book.values()}
    views = [_view(world, j, at, age, receipts) for j, at, age in jobs.values()]
    behind = _overtaken(world, views)
    return tuple(replace(v, overtaken=True) if v.job.job_id in behind else v for v in views)


def _overtaken(world: World, views: list[JobView]) -> set[str]:
    """Jobs that run on a miner which runs one at a time, and has taken another since, or is done with it already."""
    miners = world.miners.value.miners if world.miners.value is not None else ()
    single = {str(m.identity.label) for m in miners if m.concurrency == 1}
    by_miner: dict[str, list[Taken]] = {}
    for view in views:
        if view.job.miner is None or view.facts is None or not view.facts.first_seen:
            continue
        miner, first_seen = str(view.job.miner.label), view.facts.first_seen
        if miner in single:
            running, begun = view.job.state == "RUNNING", first_seen.get("RUNNING")
            taken = Taken(str(view.job.job_id), running, begun, min(first_seen.values()), view.job.requested_at)
            by_miner.setdefault(miner, []).append(taken)
    return {job_id for jobs in by_miner.values() for job_id in overtaken(jobs)}


def _joined(listed: Job, own: Job, newer: bool) -> Job:
    """The owner's view has more fields; the admin list has the client."""
    state, miner = (own.state, own.miner) if newer else (listed.state, listed.miner)
    return Job(
        job_id=own.job_id,
        state=state,
        requested_at=own.requested_at or listed.requested_at,
        client=listed.client or own.client,
        miner=miner,
        expires_at=own.expires_at,
        error=own.error,
        payment_id=own.payment_id,
        payment_status=own.payment_status,
        owner_view=True,
    )


def _view(world: World, job: Job, at: float, age: float | None, receipts: dict[str, VerifiedReceipt]) -> JobView:
    facts = world.job_facts.get(job.job_id)
    receipt = facts.receipt.value if facts is not None and facts.receipt.value is not None else None
    ours = job.client is not None and job.client.label == world.topology.client
    own, proof = world.own_jobs.get(job.job_id), receipt or receipts.get(job.job_id)
    return JobView(job, facts, own, proof, age, at, ours, high_value=_high_value(world, facts))


def _high_value(world: World, facts: JobFacts | None) -> bool:
    payment = facts.payment.value if facts is not None else None
    amount = payment.amount if payment is not None else None
    return amount is not None and amount >= HIGH_VALUE and world.topology.of_platform("coordinator")


def judge_job(view: JobView, miners: tuple[MinerRow, ...], now: float, utc: float) -> Verdict:
    state = str(view.job.state)
    if state in LIVE and now - view.seen_at > FRESH_S:
        return Verdict(Level.STALE, SafeText("stale"), SafeText(f"was {state} {coarse_age(now - view.seen_at)} ago"))
    match state:
        case "QUEUED":
            return _overdue(view, utc) or _queued(view, miners)
        case "RUNNING":
            return _overdue(view, utc) or _running(view, miners, utc)
        case "COMPLETED":
            return _completed(view)
        case "CANCELED" | "EXPIRED" | "FAILED":
            return Verdict(Level.NONE, SafeText(state.lower()), view.job.error or SafeText("–"))
    return Verdict(Level.UNKNOWN, SafeText(state.lower()[:10]), SafeText("a state this program does not know"))


def left_s(view: JobView, utc: float) -> float | None:
    """Seconds until expiry by the span the coordinator itself gave; None for other clients' jobs."""
    job = view.job
    if job.expires_at is not None and job.requested_at is not None and view.age_s is not None:
        return (job.expires_at - job.requested_at).total_seconds() - view.age_s
    if view.own is not None and view.own.expires_utc is not None:
        return view.own.expires_utc - utc
    return None


def _overdue(view: JobView, utc: float) -> Verdict | None:
    left = left_s(view, utc)
    if left is None or left > -5.0:
        return None
    said = f"its time was over {coarse_age(-left)} ago; nobody has looked, so it is still {view.job.state}"
    return Verdict(Level.WARN, SafeText("overdue"), SafeText(said))


def _unmet(view: JobView, miners: tuple[MinerRow, ...]) -> list[str]:
    """What was asked for and no miner has. A shipped miner never matches anything but a region (contract 4)."""
    regions = {str(row.miner.region) for row in miners if row.miner.region}
    wanted = view.own.constraints if view.own is not None else ()
    return [item for item in wanted if not (item.startswith("region=") and item.removeprefix("region=") in regions)]


def _queued(view: JobView, miners: tuple[MinerRow, ...]) -> Verdict:
    unmet = _unmet(view, miners)
    if unmet and (view.age_s or 0.0) >= NEVER_S:
        return Verdict(Level.WARN, SafeText("queued"), SafeText(f"no miner meets {', '.join(unmet)}: waits for ever"))
    if view.high_value and (view.age_s or 0.0) >= NEVER_S:
        words = f"paid {HIGH_VALUE:g} or more: wants bond, proof and attestation, which no shipped miner shows"
        return Verdict(Level.WARN, SafeText("queued"), SafeText(words))
    if view.age_s is None or view.age_s < QUEUE_PATIENCE_S:
        return Verdict(Level.WAITS, SafeText("queued"), SafeText("a miner polls every 3 s"))
    if miners and not live(miners):
        return Verdict(Level.WARN, SafeText("queued"), SafeText("no miner is alive"))
    if miners and all(r.verdict.word == "busy" for r in miners if r.verdict.level is Level.GOOD):
        return Verdict(Level.WAITS, SafeText("queued"), SafeText("every miner is busy"))
    if miners:
        return Verdict(Level.WARN, SafeText("queued"), SafeText("a miner is free, and does not take it"))
    return Verdict(Level.WAITS, SafeText("queued"), SafeText("? no miner list to explain the wait"))


def _running(view: JobView, miners: tuple[MinerRow, ...], utc: float) -> Verdict:
    since = view.facts.first_seen.get("RUNNING") if view.facts else None
    ran = None if since is None else utc - since
    miner = next((r for r in miners if view.job.miner is not None and r.miner.identity == view.job.miner), None)
    if miner is not None and miner.verdict.level is Level.BAD:
        silent = clock(utc - (miner.beat_age_s or 0.0))
        return Verdict(Level.BAD, SafeText("STUCK"), SafeText(f"no result: silent since {silent}"), since)
    if view.overtaken and ran is not None and ran > OVERTAKEN_S:
        text = f"no result after {coarse_age(ran)}; its miner has taken another job since"
        return Verdict(Level.BAD, SafeText("STUCK"), SafeText(text), since)
    if ran is not None and ran > RUN_LIMIT_S + RUN_GRACE_S and _beaten_since(miner, ran):
        text = f"no result after {coarse_age(ran)}; the miner lives"
        return Verdict(Level.BAD, SafeText("STUCK"), SafeText(text), since)
    due = RUN_LIMIT_S if ran is None else max(0.0, RUN_LIMIT_S - ran)
    words = f"result due within {int(due + 9) // 10 * 10} s" if due > 0 else "result due now"
    return Verdict(Level.RUNNING, SafeText("running"), SafeText(words), since)


def _beaten_since(miner: MinerRow | None, ran: float) -> bool:
    """A miner at work sends no heartbeat (contract 5): one since it took the job says that it lives and has let go.

    Without one the miner itself may be gone, which its own limit tells.
    """
    return miner is None or miner.beat_age_s is None or miner.beat_age_s < ran - RUN_GRACE_S


def _completed(view: JobView) -> Verdict:
    status = _result_status(view)
    receipt = view.receipt
    if status is not None and status.lower() in ("failed", "error"):
        price = receipt.facts.price if receipt else None
        billed = f"billed {money(price)} as COMPLETED" if price else "COMPLETED, and failed inside"
        return Verdict(Level.BAD, SafeText("FAILED"), SafeText(billed))
    if receipt is not None and not receipt.valid:
        words = {
            ReceiptVerdict.UNTRUSTED_KEY: "signed with a key not pinned",
            ReceiptVerdict.UNSIGNED: "its receipt is not signed",
        }.get(receipt.verdict, f"its receipt is {receipt.verdict.value}")
        return Verdict(Level.GOOD, SafeText("done"), SafeText(words))
    if receipt is not None and receipt.has(RemarkKind.MODEL_SUBSTITUTED):
        return Verdict(Level.WARN, SafeText("done"), SafeText(f"ran {receipt.facts.model_used} instead"))
    after = _ended_before(view)
    if after:
        return Verdict(Level.WARN, SafeText("done late"), SafeText(f"its result came after it was {after}"))
    if view.job.miner is None:  # a cancel takes the miner away; a late or foreign result does not put one there
        words = "no miner is assigned: its result came after a cancel, or from another miner"
        return Verdict(Level.WARN, SafeText("done"), SafeText(words))
    if receipt is not None and receipt.facts.duration_ms is not None and receipt.facts.execution_time is not None:
        charged, ran = receipt.facts.duration_ms / 1000.0, receipt.facts.execution_time
        if charged - ran > max(ran, QUEUE_BILLED_S):
            return Verdict(Level.GOOD, SafeText("done"), SafeText(f"billed {charged:.1f} s, ran {ran:.1f} s"))
    return Verdict(Level.GOOD, SafeText("done"), SafeText("–"))


def _ended_before(view: JobView) -> str:
    """The terminal state that was seen before its result came: no state is final (contract 4)."""
    seen = view.facts.first_seen if view.facts is not None else {}
    done = seen.get("COMPLETED")
    ends = [state for state in ("CANCELED", "EXPIRED", "FAILED") if done is not None and seen.get(state, done) < done]
    return ends[0] if ends else ""


def _result_status(view: JobView) -> SafeText | None:
    if view.facts is not None and view.facts.result.value is not None:
        return view.facts.result.value.status
    return view.receipt.facts.result_status or None if view.receipt else None


def job_row(view: JobView, miners: tuple[MinerRow, ...], now: float, utc: float) -> JobRow:
    receipt, facts, own = view.receipt, view.facts, view.own
    result = facts.result if facts else None
    asked = own.model if own else receipt.facts.model_asked if receipt and receipt.facts.model_asked else None
    used = result.value.model if result and result.value else None
    if used is None and receipt is not None and receipt.facts.model_used:
        used = receipt.facts.model_used
    output = result.value.output if result and result.value else receipt.facts.output if receipt else None
    return JobRow(
        job=view.job,
        verdict=judge_job(view, miners, now, utc),
        seen_at=view.seen_at,
        ours=own is not None or view.job.owner_view or view.our_key,
        age_s=view.age_s,
        left_s=left_s(view, utc) if view.job.state in LIVE else None,
        model_asked=asked,
        model_used=used,
        result_status=_result_status(view),
        run_s=receipt.facts.execution_time if receipt else None,
        wait_s=_wait(facts),
        receipt=receipt,
        price_text=receipt.facts.price_text if receipt else None,
        prompt_length=own.prompt_length if own else receipt.facts.prompt_chars if receipt else None,
        output=output,
        output_trouble=result.trouble if result else None,
        prompt=receipt.facts.prompt if receipt else None,
        payment=facts.payment.value if facts else None,
    )


def _wait(facts: JobFacts | None) -> float | None:
    """How long it waited, by the moments at which its states were first seen from here."""
    if facts is None or "QUEUED" not in facts.first_seen or "RUNNING" not in facts.first_seen:
        return None
    return max(0.0, facts.first_seen["RUNNING"] - facts.first_seen["QUEUED"])


def in_order(rows: list[JobRow]) -> tuple[JobRow, ...]:
    """Alive before finished, worst first, then newest."""

    def key(row: JobRow) -> tuple[int, int, float]:
        alive = row.job.state in LIVE
        group = (
            0 if alive and row.verdict.level is Level.BAD else 1 if row.job.state == "RUNNING" else 2 if alive else 3
        )
        age = row.age_s if row.age_s is not None else float("inf")
        return group, severity(row.verdict.level) if alive else 0, age

    return tuple(sorted(rows, key=key))


def queued(rows: tuple[JobRow, ...]) -> int:
    return sum(1 for r in rows if r.job.state == "QUEUED")


def summary(world: World, rows: tuple[JobRow, ...], now: float) -> PaneSummary:
    if not world.topology.coordinator:
        none = SafeText("no coordinator is configured")
        return PaneSummary(Verdict(Level.NONE, SafeText("none")), short=none, empty=(none,))
    if not world.topology.has_admin_key and not rows:
        word = world.topology.credential_word
        none = SafeText(f"needs an admin {word} for everybody's jobs; your own show once you submit one")
        return PaneSummary(Verdict(Level.REFUSED, SafeText(f"no {word}")), short=none, empty=(none,))
    seen: Observed[object] = world.jobs  # type: ignore[assignment]
    if seen.value is None and not rows:
        return silent_summary(seen, now, "queue")
    waits, runs = queued(rows), sum(1 for r in rows if r.job.state == "RUNNING")
    ended = [r for r in rows if r.job.state == "COMPLETED" and r.age_s is not None and r.age_s < HOUR_S]
    failed = sum(1 for r in ended if r.verdict.word == "FAILED")
    done = len(ended) - failed
    capped = "+" if world.jobs.value and world.jobs.value.capped else ""
    inside = f" and {failed}{capped} failed inside" if failed else ""
    counts = f"{waits} queued, {runs} running, {done}{capped} done{inside} in 1 h"
    stuck = sum(1 for r in rows if r.verdict.word == "STUCK")
    late = [r for r in rows if r.job.state in LIVE and r.verdict.level is Level.WARN]
    if stuck:
        verdict = Verdict(Level.BAD, SafeText(f"{stuck} STUCK"))
    elif seen.value is not None and seen.freshness(now) is not Freshness.FRESH:
        verdict = Verdict(Level.STALE, SafeText("stale"))
    elif failed:
        verdict = Verdict(Level.BAD, SafeText(f"{failed} FAILED"))
    elif late:
        verdict = Verdict(Level.WARN, SafeText(f"{len(late)} {late[0].verdict.word}"))
    else:
        verdict = Verdict(Level.GOOD, SafeText("flow" if waits or runs or done else "idle"))
    empty = (SafeText("no job in the last 100"),) if not rows else ()
    return PaneSummary(verdict, SafeText(counts), SafeText(""), SafeText(counts), seen.at, 5.0, empty)
