"""Each parser against a recorded answer: what it must have made of it, read independently from the JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from aitbc_tui.domain.identity import Masker
from aitbc_tui.domain.text import clean_lines
from aitbc_tui.protocol import coordinator, node, ollama, receiptdoc
from aitbc_tui.protocol.failures import failure
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.protocol.trouble import classify

from .captures import Capture

MASK = Masker(b"a salt of the tests")


def time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def date(capture: Capture) -> datetime | None:
    return parse_http_date(capture.headers.get("date"))


def secret(identity: object) -> str | None:
    return None if identity is None else identity.secret


def check_head(capture: Capture) -> None:
    raw, head = capture.json, node.parse_head(capture.body, date(capture))
    assert (head.height, head.hash, head.tx_count) == (raw["height"], raw["hash"], raw["tx_count"])
    assert head.timestamp == time(raw["timestamp"])
    assert head.block_age_s is not None
    expected = (date(capture) - time(raw["timestamp"])).total_seconds()
    assert head.block_age_s == expected if expected >= 0 else head.block_age_s == 0.0


def check_block_value(block: object, raw: dict) -> None:
    assert (block.height, block.hash, block.tx_count) == (raw["height"], raw["hash"], raw["tx_count"])
    assert (block.parent_hash, block.proposer) == (raw.get("parent_hash", ""), raw.get("proposer", ""))
    assert block.timestamp == time(raw["timestamp"])
    assert len(block.transactions) == len(raw.get("transactions", []))
    for tx, item in zip(block.transactions, raw.get("transactions", []), strict=True):
        rest = {key: value for key, value in item.items() if key != "tx_hash"}
        assert tx.tx_hash == (item["tx_hash"] or node.tx_hash(rest))  # a follower leaves it out
        assert tx.sender == item.get("from", item.get("sender"))
        assert tx.recipient == item.get("to", item.get("recipient"))
        assert tx.amount == item.get("amount", item.get("value"))
        assert (tx.fee, tx.nonce, tx.chain_id) == (item["fee"], item["nonce"], item["chain_id"])


def check_block(capture: Capture) -> None:
    check_block_value(node.parse_block(capture.body), capture.json)


def check_range(capture: Capture) -> None:
    blocks = node.parse_blocks_range(capture.body)
    assert len(blocks) == capture.json["count"]
    for block, raw in zip(blocks, capture.json["blocks"], strict=True):
        check_block_value(block, raw)


def check_mempool(capture: Capture) -> None:
    raw, limit = capture.json, int(capture.query.get("limit", 100))
    reading = node.parse_mempool(capture.body, limit)
    assert reading.count == raw["count"]
    assert reading.capped == (0 <= limit <= raw["count"])
    assert [(t.sender, t.recipient, t.amount, t.fee, t.nonce) for t in reading.transactions] == [
        (t["from"], t["to"], t["amount"], t["fee"], t["nonce"]) for t in raw["transactions"]
    ]
    assert all(len(t.tx_hash) == 66 for t in reading.transactions)


def check_node_health(capture: Capture) -> None:
    health, raw = node.parse_node_health(capture.body), capture.json
    assert (health.status, list(health.supported_chains)) == ("ok", raw["supported_chains"])
    assert health.proposer_id == raw["proposer_id"]


def check_health(capture: Capture) -> None:
    health = coordinator.parse_coordinator_health(capture.body)
    assert (health.status, health.env) == (capture.json["status"], capture.json["env"])


def check_jobs(capture: Capture) -> None:
    raw, jobs = capture.json["items"], coordinator.parse_jobs(capture.body, MASK, date(capture))
    assert jobs.server_time == date(capture) is not None
    assert jobs.capped == (len(raw) >= 100)
    for job, item in zip(jobs.jobs, raw, strict=True):
        assert (job.job_id, job.state, job.owner_view) == (item["job_id"], item["state"], False)
        assert job.requested_at == time(item["requested_at"])
        assert (secret(job.client), secret(job.miner)) == (item["client_id"], item["assigned_miner_id"])
        assert (job.expires_at, job.error) == (None, None)


def check_job(capture: Capture) -> None:
    raw, job = capture.json, coordinator.parse_job_view(capture.body, MASK)
    assert (job.job_id, job.state, job.owner_view) == (raw["job_id"], raw["state"], True)
    assert (job.requested_at, job.expires_at) == (time(raw["requested_at"]), time(raw["expires_at"]))
    assert (job.error, job.payment_id, job.payment_status) == (raw["error"], raw["payment_id"], raw["payment_status"])
    assert secret(job.miner) == raw["assigned_miner_id"]
    assert "dev-key" not in repr(job)


def check_miners(capture: Capture) -> None:
    raw, miners = capture.json["items"], coordinator.parse_miners(capture.body, MASK, date(capture))
    for miner, item in zip(miners.miners, raw, strict=True):
        assert miner.identity.secret == item["miner_id"]
        assert (miner.status, miner.region) == (item["status"], item["region"])
        assert (miner.inflight, miner.concurrency) == (item["inflight"], item["concurrency"])
        assert (miner.jobs_completed, miner.jobs_failed) == (item["jobs_completed"], item["jobs_failed"])
        assert miner.average_duration_ms == item["average_job_duration_ms"]
        assert miner.last_heartbeat == time(item["last_heartbeat"])
        assert miner.last_receipt_id == item["last_receipt_id"]
    assert "dev-key" not in repr(miners)


def check_stats(capture: Capture) -> None:
    raw, stats = capture.json, coordinator.parse_stats(capture.body)
    assert (stats.total_jobs, stats.active_jobs, stats.online_miners) == (
        raw["total_jobs"],
        raw["active_jobs"],
        raw["online_miners"],
    )


def check_result(capture: Capture) -> None:
    raw, result = capture.json, receiptdoc.parse_result(capture.body)
    inner = raw["result"] or {}
    assert (result.status, result.model, result.error) == (inner.get("status"), inner.get("model"), inner.get("error"))
    assert (result.tokens, result.execution_time_s) == (inner.get("tokens_processed"), inner.get("execution_time"))
    output = inner.get("output")
    # One capture's output holds control characters on purpose; its cleaned form is what is to be shown.
    assert result.output == (None if output is None else clean_lines(output))
    if raw["receipt"] is None:
        assert result.receipt is None
    else:
        assert_slice(result.receipt, raw["receipt"], capture.body)


def assert_slice(part: bytes | None, value: object, whole: bytes) -> None:
    """The very bytes of the answer, and the right ones."""
    assert part is not None
    assert json.loads(part) == value
    assert part in whole


def check_receipt(capture: Capture) -> None:
    assert receiptdoc.parse_receipt(capture.body) == capture.body


def check_receipts(capture: Capture) -> None:
    bodies = receiptdoc.parse_receipts(capture.body)
    for body, raw in zip(bodies, capture.json["items"], strict=True):
        assert_slice(body, raw, capture.body)


def check_explorer(capture: Capture) -> None:
    raw, limit = capture.json["items"], int(capture.query.get("limit", 50))
    page = receiptdoc.parse_explorer_receipts(capture.body, MASK, limit, date(capture))
    assert page.full == (len(raw) >= limit)
    for item, expected in zip(page.items, raw, strict=True):
        assert (item.receipt_id, item.job_id) == (expected["receiptId"], expected["jobId"])
        assert (secret(item.miner), secret(item.client)) == (expected["miner"], expected["coordinator"])
        assert (item.issued_at, item.status) == (time(expected["issuedAt"]), expected["status"])
        assert_slice(item.body, expected["payload"], capture.body)
    assert "dev-key" not in repr(page)
    assert "prompt" not in repr(page)


def check_payment(capture: Capture) -> None:
    raw, payment = capture.json, coordinator.parse_payment(capture.body)
    assert (payment.payment_id, payment.job_id) == (raw["payment_id"], raw["job_id"])
    assert (payment.amount, payment.currency, payment.status) == (raw["amount"], raw["currency"], raw["status"])
    assert payment.method == raw["payment_method"]
    assert (payment.created_at, payment.released_at) == (time(raw["created_at"]), time(raw["released_at"]))
    assert payment.refunded_at == time(raw["refunded_at"])
    assert payment.transaction_hash == raw["transaction_hash"]


def check_tags(capture: Capture) -> None:
    models = ollama.parse_tags(capture.body)
    for model, raw in zip(models, capture.json["models"], strict=True):
        assert (model.name, model.size) == (raw["name"], raw["size"])
        details = raw["details"]
        assert (model.parameters, model.quantization) == (details["parameter_size"], details["quantization_level"])


def check_ps(capture: Capture) -> None:
    assert list(ollama.parse_ps(capture.body)) == [model["name"] for model in capture.json["models"]]


def check_version(capture: Capture) -> None:
    assert ollama.parse_version(capture.body) == capture.json["version"]


def check_failure(capture: Capture) -> None:
    """One line that names the request and the status, and says what the server said; never what was sent."""
    what = f"{capture.method} {capture.path}"
    error = failure(capture.status, capture.headers, capture.body, what, "genesis")
    assert error.status == capture.status
    assert error.detail.startswith(f"{what} answered {capture.status}")
    assert "\n" not in str(error)
    assert str(error).startswith("genesis: ")
    is_json = capture.body and capture.headers.get("content-type", "").startswith("application/json")
    raw = json.loads(capture.body) if is_json else None
    if isinstance(raw, dict) and isinstance(raw.get("detail"), str):
        assert error.body_detail.rstrip("…") == raw["detail"].split("\n")[0][: len(error.body_detail.rstrip("…"))]
        assert error.body_detail
    elif raw is None and capture.body:
        assert error.body_detail == capture.body.decode()
    trouble = classify(error, now=5.0)
    assert trouble.status == capture.status
    assert trouble.detail and trouble.since == 5.0
