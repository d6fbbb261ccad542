"""The life of one job as steps: done only when seen, the missing one named, those after it with what was due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aitbc_tui.domain.figures import clock
from aitbc_tui.domain.snapshot import JobRow, Step, TraceStep
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.facts import JobFacts, World
from aitbc_tui.state.job_verdicts import RUN_LIMIT_S

_ENDED = ("CANCELED", "EXPIRED", "FAILED")


def trace(world: World, row: JobRow, utc: float) -> tuple[TraceStep, ...]:
    """The steps of one job, from the submission to its receipt; the one that is missing has its reason."""
    facts = world.job_facts.get(row.job.job_id)
    begun = row.job.requested_at.timestamp() if row.job.requested_at else None
    state = str(row.job.state)
    seen = dict(facts.first_seen) if facts else {}
    ran = state in ("RUNNING", "COMPLETED") or "RUNNING" in seen or row.job.miner is not None
    completed = state == "COMPLETED"
    steps = [
        _submitted(world, row, begun),
        _step(
            Step.QUEUED, True, begun, begun, "accepted by the coordinator" if row.ours else "listed by the coordinator"
        ),
        _acquired(row, facts, begun, ran, state),
        _with_cards(world, row, _processing(row, seen, begun, ran, completed, state, utc)),
        _result(row, facts, seen, begun, completed, ran, state),
        *_receipt(row, begun, completed),
        TraceStep(
            Step.ON_CHAIN,
            Verdict(Level.NONE, SafeText("on chain")),
            None,
            SafeText("–"),
            None,
            SafeText("this chain does not record receipts"),
        ),
    ]
    return tuple(steps)


def _step(step: Step, done: bool, at: float | None, begun: float | None, evidence: str, about: str = "") -> TraceStep:
    level = Level.GOOD if done else Level.WAITS
    after = None if at is None or begun is None else max(0.0, at - begun)
    text = about or (str(clock(at, seconds=True)) if done else "–")
    verdict = Verdict(level, SafeText(step.value))
    return TraceStep(step, verdict, at, SafeText(text), after if done else None, SafeText(evidence))


def _submitted(world: World, row: JobRow, begun: float | None) -> TraceStep:
    own = world.own_jobs.get(row.job.job_id)
    if own is not None:
        evidence = f"POST /v1/jobs 201, sent from here at {clock(own.submitted_utc, seconds=True)}"
    else:
        evidence = "not sent from here: requested_at of the coordinator"
    return _step(Step.SUBMITTED, begun is not None, begun, begun, evidence)


def _acquired(row: JobRow, facts: JobFacts | None, begun: float | None, ran: bool, state: str) -> TraceStep:
    """No API gives the moment: only between which two looks it happened."""
    name = row.job.miner.label if row.job.miner else (facts.miner_seen if facts and facts.miner_seen else "a miner")
    if not ran:
        if state in _ENDED:
            return _missing(Step.ACQUIRED, begun, f"no miner took it before it was {state}")
        return _step(Step.ACQUIRED, False, None, begun, "a miner polls every 3 s")
    first = facts.first_seen.get("RUNNING") if facts else None
    last = facts.last_seen.get("QUEUED") if facts else None
    about = ""
    if first is not None and last is not None and last <= first:
        about = f"{clock(last, seconds=True)}-{clock(first, seconds=True)[6:]}"
    if first is None:
        said = f"{name}; the moment was not seen from here"
    elif about:
        said = f"GET job: RUNNING on {name}"
    else:  # it was never seen waiting: this look is only the latest it can have been
        said = f"taken by then: first seen RUNNING on {name}"
    return _step(Step.ACQUIRED, True, first, begun, said, about or ("" if first is not None else "–"))


def _processing(
    row: JobRow, seen: dict[str, float], begun: float | None, ran: bool, completed: bool, state: str, utc: float
) -> TraceStep:
    first = seen.get("RUNNING")
    if completed:
        run = f"{row.run_s:.3f} s by the miner's own measure" if row.run_s is not None else "ended with a result"
        return _step(Step.PROCESSING, True, first, begun, run, "" if first is not None else "–")
    if not ran:
        return _step(Step.PROCESSING, False, None, begun, "after a miner took it")
    if state in _ENDED:
        return _missing(Step.PROCESSING, begun, f"no result before it was {state}")
    if row.verdict.level is Level.BAD:
        since = None if first is None else utc - first
        missing = _missing(Step.PROCESSING, begun, f"MISSING: {row.verdict.text}")
        return TraceStep(missing.step, missing.verdict, None, missing.at_text, since, missing.evidence)
    step = _step(Step.PROCESSING, False, None, begun, str(row.verdict.text))
    return TraceStep(
        Step.PROCESSING, Verdict(Level.RUNNING, SafeText("processing")), None, step.at_text, None, step.evidence
    )


def _with_cards(world: World, row: JobRow, step: TraceStep) -> TraceStep:
    """What its host's cards were seen to do meanwhile, beside what the miner says."""
    use = world.gpu_during.get(str(row.job.job_id))
    return step if use is None else replace(step, evidence=SafeText(f"{step.evidence}; {use.words}"))


def _missing(step: Step, begun: float | None, why: str) -> TraceStep:
    verdict = Verdict(Level.BAD, SafeText(step.value.upper()))
    return TraceStep(step, verdict, None, SafeText("–"), None, SafeText(why))


def _result(
    row: JobRow,
    facts: JobFacts | None,
    seen: dict[str, float],
    begun: float | None,
    completed: bool,
    ran: bool,
    state: str,
) -> TraceStep:
    if not completed:
        first = seen.get("RUNNING")
        due = (
            f"due by {clock(first + RUN_LIMIT_S, seconds=True)}, the miner's own limit" if first else "after processing"
        )
        return _step(Step.RESULT, False, None, begun, f"none: {state}" if state in _ENDED else due)
    at = _end(row) or seen.get("COMPLETED")
    status = row.result_status
    if status is None:
        why = row.output_trouble.detail if row.output_trouble else "COMPLETED; the result was not read from here"
        return _step(Step.RESULT, True, at, begun, str(why))
    if status.lower() in ("failed", "error"):
        error = facts.result.value.error if facts and facts.result.value else None
        return _missing(
            Step.RESULT, begun, f"COMPLETED, and the result inside says {status}: {error or 'no reason given'}"
        )
    tokens = facts.result.value.tokens if facts and facts.result.value else None
    return _step(Step.RESULT, True, at, begun, f"{status}{f', {tokens} tokens' if tokens is not None else ''}")


def _end(row: JobRow) -> float | None:
    """The end by the receipt: requested_at plus its units, both by the coordinator's clock."""
    receipt, requested = row.receipt, row.job.requested_at
    if receipt is None or requested is None or receipt.facts.duration_ms is None:
        return None
    return _utc(requested) + receipt.facts.duration_ms / 1000.0


def _utc(moment: datetime) -> float:
    return moment.timestamp()


def _receipt(row: JobRow, begun: float | None, completed: bool) -> tuple[TraceStep, TraceStep]:
    receipt = row.receipt
    if receipt is None:
        why = "not fetched yet" if completed else "after a result"
        return (
            _step(Step.RECEIPT, False, None, begun, why),
            _step(Step.VERIFIED, False, None, begun, "against the pinned keys, when there is one"),
        )
    at = _end(row)
    facts = receipt.facts
    price = f"{facts.units_text} × {facts.unit_price_text} = {facts.price_text}"
    made = _step(Step.RECEIPT, True, at, begun, f"{facts.receipt_id[:8]}: {price}", "" if at is not None else "–")
    if receipt.valid:
        return made, _step(Step.VERIFIED, True, None, begun, f"valid: {receipt.reason}", "–")
    return made, _missing(Step.VERIFIED, begun, f"{receipt.verdict.value}: {receipt.reason}")
