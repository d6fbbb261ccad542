"""The verdict on each job: what comes next, or what is wrong. COMPLETED is not success (contract 4)."""

from __future__ import annotations

from aitbc_tui.domain.figures import clock, coarse_age, money
from aitbc_tui.domain.receipt import ReceiptVerdict, RemarkKind
from aitbc_tui.domain.snapshot import MinerRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.job_views import HIGH_VALUE, LIVE, JobView, left_s
from aitbc_tui.state.miners import live

QUEUE_PATIENCE_S = 20.0
RUN_LIMIT_S = 60.0  # contract 4: the shipped miner gives up its own job after 60 s
RUN_GRACE_S = 8.0
OVERTAKEN_S = 20.0  # a miner runs one job at a time: an older one of its jobs is forgotten
FRESH_S = 14.0  # older than this, a job that was under way may have ended
QUEUE_BILLED_S = 10.0
NEVER_S = 8.0  # two poll cycles of the shipped miner


def judge_job(view: JobView, miners: tuple[MinerRow, ...], now: float, utc: float) -> Verdict:
    """What is said of one job. `now` is monotonic, `utc` this machine's clock, both in seconds."""
    state = str(view.job.state)
    if state in LIVE and (view.refused or now - view.seen_at > FRESH_S):
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


NONE_MEETS, PAID = "no miner meets", "paid"


def waits_for_ever(text: str) -> bool:
    """Whether what is said of a queued job names something that no miner ever meets."""
    return text.startswith((NONE_MEETS, PAID))


def _queued(view: JobView, miners: tuple[MinerRow, ...]) -> Verdict:
    unmet = _unmet(view, miners)
    if unmet and (view.age_s or 0.0) >= NEVER_S:
        return Verdict(Level.WARN, SafeText("queued"), SafeText(f"{NONE_MEETS} {', '.join(unmet)}: waits for ever"))
    if view.high_value and (view.age_s or 0.0) >= NEVER_S:
        words = f"{PAID} {HIGH_VALUE:g} or more: wants bond, proof and attestation, which no shipped miner shows"
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
    if view.receipt is not None:  # the receipts were read after the list: what it says is over
        return Verdict(Level.RUNNING, SafeText("running"), SafeText("over: its receipt came already"), since)
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
    status = result_status(view)
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


def result_status(view: JobView) -> SafeText | None:
    """What the miner itself said of its result, which COMPLETED does not tell; None where it was not read."""
    if view.facts is not None and view.facts.result.value is not None:
        return view.facts.result.value.status
    return view.receipt.facts.result_status or None if view.receipt else None
