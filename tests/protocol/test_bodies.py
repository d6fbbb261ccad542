"""Parsers against what no capture holds: wrong shapes, hostile text, caps at their edge, arbitrary input."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.protocol import coordinator, node, ollama, receiptdoc

MASK = Masker(b"salt")
NOW = datetime(2026, 11, 22, tzinfo=UTC)

PARSERS: dict[str, Callable[[bytes], object]] = {
    "head": lambda body: node.parse_head(body, NOW),
    "block": node.parse_block,
    "range": node.parse_blocks_range,
    "mempool": lambda body: node.parse_mempool(body, 100),
    "node health": node.parse_node_health,
    "health": coordinator.parse_coordinator_health,
    "jobs": lambda body: coordinator.parse_jobs(body, MASK, NOW),
    "job": lambda body: coordinator.parse_job_view(body, MASK),
    "miners": lambda body: coordinator.parse_miners(body, MASK, NOW),
    "stats": coordinator.parse_stats,
    "payment": coordinator.parse_payment,
    "result": receiptdoc.parse_result,
    "receipt": receiptdoc.parse_receipt,
    "receipts": receiptdoc.parse_receipts,
    "explorer": lambda body: receiptdoc.parse_explorer_receipts(body, MASK, 50, NOW),
    "tags": ollama.parse_tags,
    "ps": ollama.parse_ps,
    "version": ollama.parse_version,
}
FIELDS = [
    "items", "height", "hash", "timestamp", "tx_count", "blocks", "transactions", "count", "status", "supported_chains",
    "job_id", "state", "client_id", "miner_id", "payment_id", "result", "receipt", "jobId", "payload", "models", "name",
    "version", "details", "total_jobs", "active_jobs", "online_miners", "output", "from", "amount", "error", "success",
]  # fmt: skip
SHAPED = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud83d", "2026-11-22T00:00:00"]),
    lambda c: st.lists(c, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), c, max_size=8),
    max_leaves=25,
)


@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
@given(body=st.binary() | SHAPED.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=60, deadline=None)
def test_arbitrary_input(parse: Callable[[bytes], object], body: bytes) -> None:
    try:
        value = parse(body)
    except ParseError as error:
        assert "\n" not in error.detail
    else:
        repr(value)


@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"5", b'"x"', b'{"success":false,"error":"down"}', b'{"status":"error"}']
)
def test_what_is_never_an_answer(parse: Callable[[bytes], object], body: bytes) -> None:
    if parse is PARSERS["receipt"] and body.startswith(b"{"):
        return  # any object may be a receipt; verifying it is another room's work
    with pytest.raises(ParseError):
        parse(body)


@pytest.mark.parametrize("inside", [{"success": False}, {"status": "error"}, {"error": "down"}])
def test_an_error_inside_a_success_is_no_empty_pool(inside: dict[str, object]) -> None:
    with pytest.raises(ParseError, match="an error inside"):
        node.parse_mempool(json.dumps({"transactions": [], "count": 0} | inside).encode(), 100)


def test_the_wrong_field_is_named_and_its_value_is_not() -> None:
    with pytest.raises(ParseError, match=r"/v1/admin/miners: items\.0\.miner_id") as caught:
        coordinator.parse_miners(b'{"items":[{"miner_id":["key-1"]}]}', MASK)
    assert "key-1" not in str(caught.value)


def test_unknown_fields_and_states_pass() -> None:
    (job,) = coordinator.parse_jobs(b'{"items":[{"job_id":"a","state":"PAUSED?","new":{}}],"x":1}', MASK).jobs
    assert (job.state, job.client, job.requested_at) == ("PAUSED?", None, None)


def test_ids_are_masked_and_stay_out_of_reprs() -> None:
    body = b'{"items":[{"job_id":"a","state":"RUNNING","client_id":"ck-live","assigned_miner_id":"mk-live"}]}'
    jobs = coordinator.parse_jobs(body, MASK)
    assert "live" not in repr(jobs)
    assert str(jobs.jobs[0].client).startswith("client·")


def test_the_admin_list_is_capped_at_its_hard_limit() -> None:
    def body(count: int) -> bytes:
        return json.dumps({"items": [{"job_id": str(i), "state": "QUEUED"} for i in range(count)]}).encode()

    assert not coordinator.parse_jobs(body(99), MASK).capped
    assert coordinator.parse_jobs(body(100), MASK).capped


def test_remote_text_is_cleaned_and_cut() -> None:
    body = json.dumps({"job_id": "a", "state": "FAILED", "error": "\x1b[2J\u202eevil" + "x" * 999}).encode()
    error = coordinator.parse_job_view(body, MASK).error
    assert error is not None and "\x1b" not in error and "\u202e" not in error and len(error) == 512


def test_counts_at_their_edge() -> None:
    def page(count: int) -> bytes:
        return json.dumps({"items": [{"jobId": "a", "payload": {}}] * count}).encode()

    assert len(receiptdoc.parse_explorer_receipts(page(1000), MASK).items) == 1000
    with pytest.raises(ParseError, match="more than 1000"):
        receiptdoc.parse_explorer_receipts(page(1001), MASK)
    with pytest.raises(ParseError, match="more than 1000"):
        receiptdoc.parse_receipts(json.dumps({"items": [{}] * 1001}).encode())
    many = {"transactions": [{}] * node.MAX_TRANSACTIONS}
    assert node.parse_mempool(json.dumps(many).encode(), -1).count == node.MAX_TRANSACTIONS
    many["transactions"].append({})
    with pytest.raises(ParseError, match="more than"):
        node.parse_mempool(json.dumps(many).encode(), -1)


def test_a_deep_payload_does_not_hide_the_page() -> None:
    deep = "[" * 150 + "]" * 150
    body = f'{{"items":[{{"jobId":"a","payload":{{"metadata":{deep}}}}}]}}'.encode()
    (item,) = receiptdoc.parse_explorer_receipts(body, MASK).items
    assert item.body == f'{{"metadata":{deep}}}'.encode()


def test_receipt_bytes_are_those_of_the_wire() -> None:
    body = b'{"result":null, "receipt" : {"units": 1.0 , "price":1E-7,"a":"\\u00e4"} }'
    assert receiptdoc.parse_result(body).receipt == b'{"units": 1.0 , "price":1E-7,"a":"\\u00e4"}'
    assert receiptdoc.parse_receipt(b' {"a": 1} \n') == b'{"a": 1}'


def test_an_untyped_result_never_breaks_the_view() -> None:
    body = b'{"result":{"status":5,"output":{"x":1},"tokens_processed":"many","execution_time":true},"receipt":null}'
    result = receiptdoc.parse_result(body)
    assert (result.status, result.output, result.tokens, result.execution_time_s) == (None, None, None, None)


def test_a_page_is_full_by_what_was_asked_for() -> None:
    body = b'{"items":[{"jobId":"a"},{"jobId":"b"}]}'
    assert receiptdoc.parse_explorer_receipts(body, MASK, 2).full
    assert not receiptdoc.parse_explorer_receipts(body, MASK, 3).full
    assert not receiptdoc.parse_explorer_receipts(body, MASK).full


def test_an_item_without_a_receipt_verifies_as_nothing() -> None:
    (item,) = receiptdoc.parse_explorer_receipts(b'{"items":[{"jobId":"a","payload":"text"}]}', MASK).items
    assert item.body == b"null"


def test_odd_transactions() -> None:
    items = [{"from": 5, "to": None, "amount": "10", "fee": True, "nonce": 2.0}, {"amount": 2**70, "fee": 0.5}]
    first, second = node.parse_mempool(json.dumps({"transactions": items}).encode(), 100).transactions
    assert (first.sender, first.recipient, first.amount, first.fee, first.nonce) == ("", "", None, None, 2)
    assert (second.amount, second.fee) == (2**70, 0.5)


def test_the_hash_rule_needs_no_order_and_escapes_as_python_does() -> None:
    assert node.tx_hash({"b": 1.0, "a": "ä"}) == node.tx_hash({"a": "ä", "b": 1.0})
    assert node.tx_hash({"a": "\ud83d"}).startswith("0x")


def test_a_block_that_is_no_april_block_keeps_what_it_has() -> None:
    block = node.parse_block(b'{"height":3,"hash":"0xf00d","transactions":[5,{"tx_hash":null}],"signature":"x"}')
    assert (block.hash, block.parent_hash, block.tx_count, len(block.transactions)) == ("0xf00d", "", None, 1)
    assert block.hollow


@pytest.mark.parametrize(
    "body", [b'{"height":true,"hash":"x"}', b'{"height":"5","hash":"x"}', b'{"height":5.0,"hash":"x"}']
)
def test_typed_fields_are_not_coerced(body: bytes) -> None:
    with pytest.raises(ParseError, match="height"):
        node.parse_head(body, NOW)
