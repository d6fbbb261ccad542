"""Every recorded answer of the February coordinator through the parser that its path selects."""

from __future__ import annotations

import re

import pytest

from . import checks
from .captures import Capture, load, one, others

AREAS = ("coordinator-2026-02", "coordinator-2026-02/newer-dependencies")
JOB = r"/v1/jobs/[0-9a-f]{32}"

PARSERS = {
    r"GET /v1/health": checks.check_health,
    r"GET /v1/admin/jobs": checks.check_jobs,
    r"GET /v1/admin/miners": checks.check_miners,
    r"GET /v1/admin/stats": checks.check_stats,
    rf"GET {JOB}|POST /v1/jobs|POST {JOB}/cancel": checks.check_job,
    rf"GET {JOB}/result": checks.check_result,
    rf"GET {JOB}/receipt": checks.check_receipt,
    rf"GET {JOB}/receipts": checks.check_receipts,
    r"GET /v1/explorer/receipts": checks.check_explorer,
    r"GET /v1/payments/[0-9a-f]{32}|POST /v1/payments": checks.check_payment,
}

# Answers that nothing here reads, and why. The number is how many there are: a new one must be looked at.
UNREAD = {
    r"POST /v1/miners/(register|heartbeat|poll|[0-9a-f]{32}/(result|fail))": (36, "what miners ask; we are none"),
    r"GET /v1/explorer/(blocks|transactions|addresses)": (15, "a pseudo-chain of jobs (Q8)"),
    r"(GET|POST) /v1/marketplace/.*": (6, "mock offers (Q14)"),
    r"GET /v1/(services|zk/status)": (2, "nothing of ours is in it"),
    r"GET /v1/payments/[0-9a-f]{32}/receipt": (2, "unsigned, and says no more than the payment itself"),
    r"GET /metrics/": (1, "the process's own counters, nothing on jobs or miners"),
    r"OPTIONS .*": (1, "for browsers"),
}

NO_EXCHANGE = {
    "INDEX.md": "the list of the others",
    "heartbeat-gap.json": "measured ages of heartbeats",
    "keepalive-after-500.json": "what a pooled connection does after a 500; the transport's concern",
    "lifecycle-transitions.json": "measured times of states",
    "miner-traffic.jsonl": "the shipped miner's own requests; see test_submitted_shape",
    "rate-limit-probe.json": "300 status codes",
    "routes.txt": "the list of routes",
    "timings-10k.json": "measured times",
    "websocket-attempts.json": "no websocket is there",
}


def _captures() -> list[Capture]:
    return [capture for area in AREAS for capture in load(area)]


def _matching(capture: Capture, patterns: object) -> list[str]:
    return [pattern for pattern in patterns if re.fullmatch(pattern, f"{capture.method} {capture.path}")]


@pytest.mark.parametrize("capture", _captures(), ids=lambda c: c.id)
def test_answer(capture: Capture) -> None:
    if not 200 <= capture.status < 300:
        checks.check_failure(capture)
        return
    parsers, unread = _matching(capture, PARSERS), _matching(capture, UNREAD)
    assert len(parsers) + len(unread) == 1, "each answer has one parser, or one reason why it has none"
    if parsers:
        PARSERS[parsers[0]](capture)


def test_what_is_not_read_is_counted() -> None:
    answers = [c for c in _captures() if 200 <= c.status < 300]
    counted = {pattern: sum(bool(_matching(c, [pattern])) for c in answers) for pattern in UNREAD}
    assert counted == {pattern: count for pattern, (count, _) in UNREAD.items()}


def test_every_file_is_accounted_for() -> None:
    assert set(others(AREAS[0])) == set(NO_EXCHANGE)
    assert others(AREAS[1]) == ("INDEX.md",)
    assert len(_captures()) == 305


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("040", "ttl_seconds: Input should be a valid integer, got a number with a fractional part"),
        ("046", "body.33: JSON decode error"),
        ("047", "body: Field required"),
        ("041", "Internal Server Error"),
        ("024", "Not Found"),
        ("023", "job not found"),
    ],
)
def test_what_the_server_said(number: str, words: str) -> None:
    capture = one("coordinator-2026-02", number)
    error = checks.failure(capture.status, capture.headers, capture.body, "POST /v1/jobs", "")
    assert error.body_detail == words


def test_many_wrong_fields_make_one_line() -> None:
    capture = one("coordinator-2026-02", "045")
    error = checks.failure(capture.status, capture.headers, capture.body, "POST /v1/jobs", "")
    assert error.body_detail.startswith("payload: Input should be a valid dictionary; constraints.min_vram_gb: ")
    assert "lots" not in error.detail, "what was sent is not repeated"


def test_allowed_methods_and_redirects_are_said() -> None:
    capture = one("coordinator-2026-02", "027")
    error = checks.failure(capture.status, capture.headers, capture.body, "GET /v1/jobs", "")
    assert error.detail.endswith("allowed: POST")
    capture = one("coordinator-2026-02", "002")
    error = checks.failure(capture.status, capture.headers, capture.body, "GET /metrics", "")
    assert error.detail.endswith("/metrics/")


def test_a_failed_result_inside_a_completed_job_is_seen() -> None:
    result = checks.receiptdoc.parse_result(one("coordinator-2026-02", "359").body)
    assert result.status == "failed"
    assert result.error
    assert result.receipt is not None


def test_the_model_that_really_ran_is_seen() -> None:
    assert checks.receiptdoc.parse_result(one("coordinator-2026-02", "100").body).model == "llama3.2:latest"
