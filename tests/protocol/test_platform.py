"""The 2026-08 platform: every recorded answer through the parser that its path selects, tokens, signers, buckets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable

import pytest

from aitbc_tui.domain.address import same_address
from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.protocol import capability, coordinator, node, platform, platform_requests, requests
from aitbc_tui.protocol.capability import AuthMode, Capability, Generation, Probe
from aitbc_tui.protocol.jwt import looks_like_token, read_token
from aitbc_tui.protocol.platform_keccak import keccak256
from aitbc_tui.protocol.platform_signer import recover, signer
from aitbc_tui.protocol.rates import bucket, route
from tests.contract import checks
from tests.contract.captures import Capture, load, one

AREA = "platform-2026-08"
MASK = Masker(b"a salt of the tests")


def job_value(job: object, raw: dict) -> None:
    assert (job.job_id, job.state, job.error) == (raw["job_id"], raw["state"], raw["error"])
    assert (job.requested_at, job.expires_at) == (checks.time(raw["requested_at"]), checks.time(raw["expires_at"]))
    assert (job.payment_id, job.payment_status) == (raw["payment_id"], raw["payment_status"])
    assert checks.secret(job.miner) == raw["assigned_miner_id"]
    assert job.owner_view
    prompt = raw["payload"].get("prompt", "")
    assert len(prompt) < 4 or prompt not in repr(job), "a prompt is never kept with the job"


def check_job(c: Capture) -> None:
    job_value(coordinator.parse_job_view(c.body, MASK), c.json)


def check_own_jobs(c: Capture) -> None:
    for job, raw in zip(platform.parse_own_jobs(c.body, MASK), c.json["items"], strict=True):
        job_value(job, raw)


def check_payment(c: Capture) -> None:
    raw, payment = c.json, platform.parse_job_payment(c.body)
    assert (payment.payment_id, payment.job_id, payment.status) == (raw["payment_id"], raw["job_id"], raw["status"])
    assert payment.amount == float(raw["amount"]) == 1.0
    assert payment.transaction_hash is None
    assert payment.released_at == checks.time(raw["released_at"])


def check_escrow(c: Capture) -> None:
    raw, escrow = c.json, platform.parse_escrow(c.body)
    assert (escrow.job_id, escrow.state) == (raw["job_id"], raw["state"])
    assert (escrow.amount, escrow.released) == (float(raw["amount"]), float(raw["released_amount"]))
    assert escrow.released_at == checks.time(raw["released_at"])


def check_subscribers(c: Capture) -> None:
    rows = platform.parse_subscribers(c.body)
    assert [(r.node_id, r.chain_id, r.expires_at) for r in rows] == [
        (r["node_id"], r["chain_id"], r["expiry"]) for r in c.json["subscribers"]
    ]


def check_totals(c: Capture) -> None:
    totals, raw = platform.parse_totals(c.body), c.json["jobs"]
    assert (totals.total, totals.completed, totals.pending, totals.failed) == tuple(raw.values())


def check_genesis(c: Capture) -> None:
    assert platform.parse_genesis_hash(c.body) == c.json["genesis_hash"]


def check_block(c: Capture) -> None:
    raw, block = c.json, platform.parse_signed_block(c.body)
    checks.check_block_value(block, raw)
    assert (block.signer == raw["proposer"]) is ("forked" not in c.name)


def check_range(c: Capture) -> None:
    for block, raw in zip(node.parse_blocks_range(c.body), c.json["blocks"], strict=True):
        checks.check_block_value(block, raw)


def check_health(c: Capture) -> None:
    if "python_version" in c.json:
        checks.check_health(c)
    else:
        checks.check_node_health(c)


ID = "[0-9a-f]{32}"
READ: tuple[tuple[str, str, Callable[[Capture], None]], ...] = (
    ("GET", "/health", check_health),
    ("GET", "/rpc/head", checks.check_head),
    ("GET", r"/rpc/blocks/\d+", check_block),
    ("GET", "/rpc/blocks-range", check_range),
    ("GET", "/rpc/mempool", checks.check_mempool),
    ("GET", "/rpc/subscribers", check_subscribers),
    ("GET", "/rpc/genesis_allocations", check_genesis),
    ("GET", f"/rpc/escrow/{ID}", check_escrow),
    ("GET", "/v1/admin/jobs", checks.check_jobs),
    ("GET", "/v1/admin/miners", checks.check_miners),
    ("GET", "/v1/jobs", check_own_jobs),
    ("POST", "/v1/jobs", check_job),
    ("GET", f"/v1/jobs/{ID}", check_job),
    ("POST", f"/v1/jobs/{ID}/cancel", check_job),
    ("GET", f"/v1/jobs/{ID}/result", checks.check_result),
    ("GET", f"/v1/jobs/{ID}/receipt", checks.check_receipt),
    ("GET", f"/v1/jobs/{ID}/receipts", checks.check_receipts),
    ("GET", f"/v1/jobs/{ID}/payment", check_payment),
    ("GET", "/v1/monitoring/metrics", check_totals),
    ("GET", "/v1/explorer/receipts", checks.check_explorer),
)
# Never asked by this program: constants, fictional services, chains of another kind, writes of miners and wallets.
UNREAD = re.compile(
    "/openapi.json|/metrics|/v1/(?:status|sync-status|validators|users|services|auth|login|islands|disputes|reputation|"
    "marketplace|miners|explorer/(?:blocks|transactions|addresses)|admin/(?:status|debug-settings)|monitoring/dashboard).*"
    "|/rpc/(?:height|info|status|network-info|pending|transactions?|sync/config|chains|consensus|lease|islands|state|"
    "export-chain|ai|gpus|bridge|cross-chain|disputes|contracts|marketplace|account|balance|subscribe).*"
)


@pytest.mark.parametrize("capture", load(AREA), ids=lambda c: c.id)
def test_every_recorded_answer(capture: Capture) -> None:
    if not 200 <= capture.status < 300:
        checks.check_failure(capture)
        return
    parser = next((p for m, path, p in READ if m == capture.method and re.fullmatch(path, capture.path)), None)
    if parser is None:
        assert UNREAD.fullmatch(capture.path), (
            f"{capture.method} {capture.path} is read by nothing, and nobody says why"
        )
    elif not capture.truncated:
        parser(capture)


def probe(number: str) -> Probe:
    found = one(AREA, number)
    return Probe(found.status, found.body, found.headers)


def test_the_generation_is_told_from_the_recorded_probes() -> None:
    assert capability.coordinator(probe("004"), probe("001")).generation is Generation.AUGUST
    assert capability.auth_mode(probe("010")) is AuthMode.TOKENS
    assert capability.node(probe("103"), probe("100"), probe("115")).generation is Generation.AUGUST
    assert capability.supported_chains(probe("100")) == ("ait-head-test",)
    assert "node's RPC" in capability.coordinator(probe("004"), probe("100")).wrong


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("003", Capability.NEEDS_CREDENTIAL),
        ("004", Capability.ABSENT),
        ("009", Capability.BROKEN),  # mock data in a 200
        ("036", Capability.YES),  # a 404 about a job
        ("044", Capability.BROKEN),  # an error in a 200
        ("045", Capability.BROKEN),
        ("046", Capability.YES),
        ("081", Capability.DENIED),
        ("164", Capability.ABSENT),
        ("191", Capability.LIMITED),
        ("277", Capability.BROKEN),
    ],
)
def test_what_an_answer_says_of_its_endpoint(number: str, kind: Capability) -> None:
    assert capability.capability(probe(number)) is kind


def test_amounts_of_money_come_as_strings_and_as_numbers() -> None:
    raw = one(AREA, "241").json
    for given, expected in (("2.5", 2.5), (2, 2.0), ("NaN", None), (True, None), ("1e400", None), (None, None)):
        body = json.dumps({**raw, "amount": given}).encode()
        assert platform.parse_job_payment(body).amount == expected


def test_an_error_in_a_200_is_no_answer() -> None:
    with pytest.raises(ParseError, match="error inside"):
        platform.parse_totals(one(AREA, "044").body)


# tokens


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.c2ln"


def test_a_token_says_whose_it_is_and_until_when() -> None:
    facts = read_token(token({"sub": "98475c28-secret", "role": "admin", "iat": 1000, "exp": 87400.5}))
    assert (facts.role, facts.subject, facts.expires_at) == ("admin", "98475c28-secret", 87400.5)
    assert facts.left_s(87000) == 400.5
    assert facts.left_s(88000) == -599.5
    assert "98475c28" not in repr(facts), "a subject may be a wallet: it stays out of reprs"
    assert read_token(token({"sub": 5, "role": ["x"], "exp": "soon"})).expires_at is None
    assert read_token(token({})).left_s(1.0) is None


@pytest.mark.parametrize(
    "text", ["", "devnet-client-4f3a", "a.b", "a.b.c.d", "..", "a.%.c", "a.bm90IGpzb24.c", "a.W10.c", "x" * 9000]
)
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_token(text)
    assert text == "" or text not in str(caught.value)


def test_no_key_of_the_older_generations_looks_like_a_token() -> None:
    assert not looks_like_token("client-dev-key-1")
    assert not looks_like_token("head_admin_key_0123456789")
    assert looks_like_token(token({}))


# who signed a block


def test_keccak_is_ethereums() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    # one byte less than a block, a whole block, one more
    assert len({keccak256(b"x" * n) for n in (135, 136, 137)}) == 3


def test_the_genesis_block_is_signed_by_nobody_and_no_other_block_is() -> None:
    """The hub gives block 0 an empty signature; taken for one that fails, every sound network had a finding."""
    block = {"height": 0, "hash": "0x" + "ab" * 32, "proposer": "genesis", "signature": "", "timestamp": None}
    assert platform.parse_signed_block(json.dumps(block).encode()).signer is None
    assert platform.parse_signed_block(json.dumps({**block, "height": 1}).encode()).signer == ""


def test_the_signer_of_recorded_blocks() -> None:
    hub, forked = one(AREA, "263").json, one(AREA, "262").json
    assert signer(hub["signature"], hub["hash"]) == hub["proposer"]
    found = signer(forked["signature"], forked["hash"])
    assert found and found != forked["proposer"], "a rewritten block keeps a signature that is not its own"


@pytest.mark.parametrize(
    "signature", ["", "0x", "0x00", "zz", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "11" * 64 + "05"]
)
def test_a_signature_that_cannot_be_one(signature: str) -> None:
    assert signer(signature, "0x" + "ab" * 32) == ""
    assert signer(None, "0x" + "ab" * 32) is None
    assert signer("0x" + "11" * 65, "no hash") == ""


def test_recovery_refuses_points_off_the_curve() -> None:
    results = {recover(bytes(32), r.to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\0") for r in range(1, 12)}
    assert None in results and len(results) > 3


def test_two_spellings_of_one_address() -> None:
    address = "0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB"
    assert same_address(address, "ait15cbdd86a2fa8dc4bddd8a8f69dba48572eec07fb")
    assert same_address(address, "aitbc15cbdd86a2fa8dc4bddd8a8f69dba48572eec07fb")
    assert not same_address(address, "0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FC")
    assert not same_address("genesis", "genesis"), "a name is no address"


# buckets


def test_chain_reads_share_one_bucket_and_handlers_have_their_own() -> None:
    def name(ask: requests.Ask) -> tuple[str, int | None, int | None]:
        found = bucket(Generation.AUGUST, ask)
        return found.name, found.limit, found.ours

    assert name(requests.head("c")) == name(requests.blocks_range(1, 5)) == ("chain reads", 200, 60)
    assert name(requests.admin_jobs())[1:] == (100, 60)
    assert name(requests.admin_jobs())[0] != name(requests.admin_miners())[0]
    assert name(requests.job("a" * 32)) == name(requests.job("b" * 32))
    assert name(platform_requests.own_jobs())[1] == 200
    assert name(requests.cancel_job("a" * 32))[1] == 50
    assert name(requests.node_health())[1] is None
    assert bucket(Generation.APRIL, requests.head()) == bucket(Generation.APRIL, requests.mempool())


def test_a_route_has_no_ids_in_it() -> None:
    assert route(requests.job("0f" * 16)) == "/v1/jobs/{id}"
    assert route(requests.result("0f" * 16)) == "/v1/jobs/{id}/result"
    assert route(requests.block(118)) == "/rpc/blocks/{id}"
    assert route(requests.head()) == "/rpc/head"


def test_the_requests() -> None:
    assert platform_requests.own_jobs(5, 10).target == "/v1/jobs?limit=5&offset=10"
    assert platform_requests.own_jobs().credential == "client"
    assert platform_requests.job_payment("a" * 32).path == f"/v1/jobs/{'a' * 32}/payment"
    escrow = platform_requests.escrow("a" * 32)
    assert (escrow.path, escrow.credential) == (f"/rpc/escrow/{'a' * 32}", None)
    asked = (platform_requests.totals(), platform_requests.readiness(), platform_requests.subscribers())
    assert all(ask.reads and ask.method == "GET" for ask in asked)
