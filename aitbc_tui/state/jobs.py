"""The rows of the job pane, in their order, and what its title says of them together."""

from __future__ import annotations

from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import JobRow, MinerRow, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.state.facts import JobFacts, World
from aitbc_tui.state.job_verdicts import judge_job, result_status
from aitbc_tui.state.job_views import LIVE, JobView, left_s
from aitbc_tui.state.miners import HOUR_S, silent_summary


def job_row(view: JobView, miners: tuple[MinerRow, ...], now: float, utc: float) -> JobRow:
    """One job as it is shown; `now` is monotonic, `utc` this machine's clock, both in seconds."""
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
        result_status=result_status(view),
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
    """How many wait for a miner."""
    return sum(1 for r in rows if r.job.state == "QUEUED")


def summary(world: World, rows: tuple[JobRow, ...], now: float) -> PaneSummary:
    """The pane's title: its worst verdict, the counts, and why it is empty where it is."""
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
