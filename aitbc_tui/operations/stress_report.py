"""A stress test as a report: Markdown for people, JSON for programs. No prompt, no key, no id of a client. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from aitbc_tui.domain.stress import Phase, Spread, StressFigures, StressJob, StressPicture
from aitbc_tui.domain.text import clean
from aitbc_tui.state.totals import plain

FORMAT = "aitbc-tui stress report"
VERSION = 1
NONE = "–"
Json = dict[str, object]


def name_of(picture: StressPicture) -> str:
    """The files' name without its ending; no two tests share one."""
    return f"aitbc-stress-{datetime.fromtimestamp(picture.begun_utc, UTC):%Y%m%dT%H%M%S-%fZ}"


def moment(utc: float | None) -> str | None:
    """UTC seconds as `2026-11-27T12:04:20Z`; None stays None."""
    if utc is None:
        return None
    return datetime.fromtimestamp(utc, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def as_json(picture: StressPicture, environment: str) -> Json:
    """The whole report as one document."""
    plan, figures = picture.plan, picture.figures
    return {
        "format": FORMAT,
        "version": VERSION,
        "environment": environment,
        "begun_at": moment(picture.begun_utc),
        "ended_at": moment(picture.ended_utc),
        "phase": picture.phase.value,
        "note": picture.note or None,
        "plan": {
            "models": list(plan.models),
            "count": plan.count,
            "prompt_chars": len(plan.prompt),
            "ttl_s": plan.ttl_s,
            "pay": plan.pay,
        },
        "figures": figures_json(figures),
        "jobs": [_job_json(job) for job in picture.jobs],
        "payments": [
            {
                "job_id": proof.job_id,
                "steps": [
                    {"step": one.step, "state": one.state, "verdict": one.verdict.word, "evidence": one.verdict.text}
                    for one in proof.steps
                ],
            }
            for proof in picture.proofs
        ],
    }


def figures_json(figures: StressFigures) -> Json:
    """The figures of a stress test, for its report."""
    return {
        "planned": figures.planned,
        "accepted": figures.accepted,
        "completed": figures.completed,
        "failed": figures.failed,
        "unfinished": figures.queued + figures.running,
        "elapsed_s": round(figures.elapsed_s, 1),
        "throughput_per_min": _rounded(figures.per_minute, 2),
        "queue_wait_s": _spread_json(figures.wait),
        "run_s": _spread_json(figures.run),
        "tokens": figures.tokens,
        "tokens_per_s": _rounded(figures.tokens_per_s, 2),
        "cost": str(plain(figures.cost)),
        "unverified": str(plain(figures.unverified)),
        "receipts": figures.receipts,
        "receipts_valid": figures.receipts_valid,
        "failures": [{"cause": cause, "jobs": count} for cause, count in figures.causes],
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _spread_json(spread: Spread | None) -> Json | None:
    return None if spread is None else {"p50": round(spread.p50, 3), "p95": round(spread.p95, 3), "of": spread.of}


def _job_json(job: StressJob) -> Json:
    return {
        "number": job.number + 1,
        "job_id": job.job_id or None,
        "model": job.model,
        "miner": job.miner or None,
        "state": job.state,
        "outcome": job.cause or "unfinished",
        "sent_at": moment(job.sent_at),
        "ended_at": moment(job.ended_at),
        "queue_wait_s": _rounded(job.wait_s, 3),
        "run_s": _rounded(job.run_s, 3),
        "tokens": job.tokens,
        "price": job.price or None,
        "receipt": job.receipt or None,
        "payment": job.payment or None,
    }


# --- Markdown


def as_markdown(picture: StressPicture, environment: str) -> str:
    """The same for people."""
    plan, f = picture.plan, picture.figures
    unfinished = f.queued + f.running
    ended = (
        "" if picture.phase is Phase.DONE else f" It was stopped before every job had ended ({unfinished} lived on)."
    )
    lines = [
        f"# Stress test of {_cell(environment)}, {moment(picture.begun_utc)}",
        "",
        f"{plan.count} jobs on {_cell(', '.join(plan.models))}, a prompt of {len(plan.prompt):,} characters each,"
        f" lifetime {plan.ttl_s:,} s, {f'payment {plan.pay:g} AITBC' if plan.pay else 'no payment'}.{ended}",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name} | {_cell(value)} |" for name, value in figure_rows(f)),
        "",
        "## Failures by cause",
        "",
        *([f"* {count} × {_cell(cause)}" for cause, count in f.causes] or ["None."]),
        "",
        "## Jobs",
        "",
        "| # | job | model | miner | outcome | wait s | run s | tokens | price | receipt | payment |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_job_line(job) for job in picture.jobs),
        "",
        *_proof_lines(picture),
        "Queue wait is the coordinator's own duration less the miner's own run time, where both are known; else what"
        " the polling saw. Percentiles are values that were measured (nearest rank). Cost is that of valid receipts.",
        "",
    ]
    return "\n".join(lines)


def _proof_lines(picture: StressPicture) -> list[str]:
    """Payment test: from the job to the chain, each step with what was seen."""
    lines: list[str] = []
    for proof in picture.proofs:
        lines += [f"## Payment of {_cell(proof.job_id)}", "", "| step | state | | seen |", "|---|---|---|---|"]
        for one in proof.steps:
            cells = (str(one.step), str(one.state), str(one.verdict.word), str(one.verdict.text))
            lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        lines.append("")
    return lines


def figure_rows(f: StressFigures) -> list[tuple[str, str]]:
    """Names and values as shown in the report, on the terminal and on the screen."""
    return [
        ("completed", f"{f.completed} of {f.planned}"),
        ("failed", str(f.failed)),
        ("unfinished", str(f.queued + f.running)),
        ("elapsed", f"{f.elapsed_s:,.1f} s"),
        ("throughput", NONE if f.per_minute is None else f"{f.per_minute:,.1f} jobs a minute"),
        ("queue wait p50 / p95", spread_text(f.wait)),
        ("run time p50 / p95", spread_text(f.run)),
        ("tokens/s", NONE if f.tokens_per_s is None else f"{f.tokens_per_s:,.1f} ({f.tokens:,} tokens)"),
        ("cost", f"{plain(f.cost)} AITBC"),
        ("unverified", f"{plain(f.unverified)} AITBC"),
        ("receipts valid", f"{f.receipts_valid} of {f.receipts}"),
    ]


def spread_text(spread: Spread | None) -> str:
    """Median and 95th percentile in seconds, and of how many."""
    return NONE if spread is None else f"{spread.p50:,.1f} / {spread.p95:,.1f} s (of {spread.of})"


def _job_line(job: StressJob) -> str:
    cells = (
        str(job.number + 1),
        job.job_id or NONE,
        job.model,
        job.miner or NONE,
        job.cause or "unfinished",
        NONE if job.wait_s is None else f"{job.wait_s:.1f}",
        NONE if job.run_s is None else f"{job.run_s:.1f}",
        NONE if job.tokens is None else str(job.tokens),
        job.price or NONE,
        job.receipt or NONE,
        job.payment or NONE,
    )
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


_MARKS = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>|"})


def _cell(text: str) -> str:
    """Text of the network that cannot become markup."""
    return clean(text, 400).translate(_MARKS)


def json_bytes(picture: StressPicture, environment: str) -> bytes:
    """The report as a file: ASCII, no NaN."""
    return (json.dumps(as_json(picture, environment), indent=2, allow_nan=False) + "\n").encode("ascii")
