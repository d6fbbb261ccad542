"""What is asked, of whom, with which key; and that a submitted job is what the shipped client sends."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.work import Constraints, JobOrder
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import Ask

JOB = "491cdfa22af64bb2bd3bfee9e911c0c2"
ORDER = JobOrder(model="llama3.2:latest", prompt="Hello AITBC")


@pytest.mark.parametrize(
    ("ask", "target", "credential"),
    [
        (requests.head(), "/rpc/head", None),
        (requests.head("ait-mainnet"), "/rpc/head?chain_id=ait-mainnet", None),
        (requests.block(7), "/rpc/blocks/7", None),
        (requests.blocks_range(0, 99), "/rpc/blocks-range?start=0&end=99", None),
        (requests.mempool(101, "ait-mainnet"), "/rpc/mempool?limit=101&chain_id=ait-mainnet", None),
        (requests.node_health(), "/health", None),
        (requests.sync_config(), "/rpc/sync/config", None),
        (requests.coordinator_health(), "/v1/health", None),
        (requests.auth_probe(), "/v1/admin/miners", None),
        (requests.admin_jobs(), "/v1/admin/jobs", "admin"),
        (requests.admin_miners(), "/v1/admin/miners", "admin"),
        (requests.admin_stats(), "/v1/admin/stats", "admin"),
        (requests.job(JOB), f"/v1/jobs/{JOB}", "client"),
        (requests.result(JOB), f"/v1/jobs/{JOB}/result", "client"),
        (requests.receipt(JOB), f"/v1/jobs/{JOB}/receipt", "client"),
        (requests.receipts(JOB), f"/v1/jobs/{JOB}/receipts", "client"),
        (requests.explorer_receipts(20, 40), "/v1/explorer/receipts?limit=20&offset=40", None),
        (requests.payment(JOB), f"/v1/payments/{JOB}", "client"),
        (requests.ollama_tags(), "/api/tags", None),
        (requests.ollama_ps(), "/api/ps", None),
        (requests.ollama_version(), "/api/version", None),
    ],
)
def test_reads(ask: Ask, target: str, credential: str | None) -> None:
    assert (ask.method, ask.target, ask.credential) == ("GET", target, credential)
    assert ask.reads and ask.body is None
    assert ask.timeout_s > 0 and ask.max_bytes > 0


def test_writes_are_marked_and_have_a_body_that_no_repr_shows() -> None:
    submit, cancel = requests.submit_job(ORDER), requests.cancel_job(JOB)
    assert (submit.what, submit.reads, submit.credential) == ("POST /v1/jobs", False, "client")
    assert submit.headers["content-type"] == "application/json"
    assert (cancel.what, cancel.reads, cancel.body) == (f"POST /v1/jobs/{JOB}/cancel", False, None)
    assert "Hello" not in repr(submit) and "Hello" not in repr(ORDER)


def test_a_submitted_job_is_what_the_shipped_client_sends() -> None:
    assert json.loads(requests.submit_job(ORDER).body or b"") == {
        "payload": {
            "type": "inference",
            "model": "llama3.2:latest",
            "prompt": "Hello AITBC",
            "parameters": {"prompt": "Hello AITBC"},
        },
        "ttl_seconds": 900,
    }


def test_payment_and_constraints_only_when_given() -> None:
    limits = Constraints(region="localhost", min_vram_gb=8, models=("a", "b"), max_price=0.5)
    body = json.loads(requests.submit_job(replace(ORDER, pay=1.5, constraints=limits)).body or b"")
    assert body["constraints"] == {"min_vram_gb": 8, "models": ["a", "b"], "region": "localhost", "max_price": 0.5}
    assert (body["payment_amount"], body["payment_currency"]) == (1.5, "AITBC")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_prompt_arrives_byte_for_byte(prompt: str) -> None:
    body = requests.submit_job(replace(ORDER, prompt=prompt)).body or b""
    assert json.loads(body)["payload"]["prompt"] == prompt


def test_utf8_is_not_escaped() -> None:
    assert "größe 🜁".encode() in (requests.submit_job(replace(ORDER, prompt="größe 🜁")).body or b"")


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, prompt="half \ud83d here"),
        replace(ORDER, model="\udc00"),
        replace(ORDER, constraints=Constraints(region="\ud83d")),
        replace(ORDER, constraints=Constraints(models=("ok", "\ud83d"))),
    ],
)
def test_half_characters_are_refused(order: JobOrder) -> None:
    with pytest.raises(ConfigError, match="lone surrogate"):
        requests.submit_job(order)


@pytest.mark.parametrize("pay", [-1.0, float("nan"), float("inf")])
def test_no_impossible_payment(pay: float) -> None:
    with pytest.raises(ConfigError):
        requests.submit_job(replace(ORDER, pay=pay))


@pytest.mark.parametrize("job_id", ["", "../admin", "a/b", "a b", "x" * 129, "a?b", "ä", "."])
def test_an_id_cannot_change_the_path(job_id: str) -> None:
    with pytest.raises(ConfigError):
        requests.job(job_id)


def test_ranges_and_pages_stay_small() -> None:
    for start, end in ((0, 100), (5, 4), (-1, 3)):
        with pytest.raises(ConfigError):
            requests.blocks_range(start, end)
    for limit, offset in ((0, 0), (201, 0), (1, -1)):
        with pytest.raises(ConfigError):
            requests.explorer_receipts(limit, offset)
