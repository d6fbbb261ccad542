"""The recorded requests of 2026-08, sent to the devnet in their recorded order, get the recorded answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from aitbc_tui.devnet.august.coordinator import AugustCoordinator
from aitbc_tui.devnet.august.net import AugustNet
from aitbc_tui.devnet.august.node_rpc import AugustNodeRpc
from aitbc_tui.devnet.august.store import AugustStore
from aitbc_tui.devnet.august.tokens import Mint
from aitbc_tui.devnet.august.wallet import tx_message
from aitbc_tui.devnet.clock import SimulatedClock
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.keys import make_keys
from aitbc_tui.devnet.options import CHAIN_ID, DevnetOptions
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.devnet.servers import HttpServer, Port
from aitbc_tui.domain.address import same_address
from aitbc_tui.domain.identity import Masker
from aitbc_tui.protocol.platform import parse_signed_block
from aitbc_tui.receipts.trust import store_of
from aitbc_tui.receipts.verify import verify
from tests.devnet.shapes import capture, differences

AREA = "platform-2026-08"
MINER_KEY = "head_miner_key_0123456789"
CHAIN = "ait-head-test"
MASK = Masker(b"a salt of the tests")


class August:
    """A coordinator, a hub and a follower without a devnet around them, on a clock moved by hand."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(datetime(2026, 11, 22, 3, 55, 0, tzinfo=UTC))
        seeded = Seeded(1)
        self.keys = make_keys(seeded, 1)
        self.net = AugustNet(DevnetOptions(clock=self.clock), seeded, lambda *_: None)
        self.mint = Mint.of(self.clock, seeded)
        self.store = AugustStore(self.clock, seeded, self.keys.receipts, lambda _: None, self.net)
        self.coordinator = AugustCoordinator(self.store, self.mint, frozenset([MINER_KEY]), Gate())
        self.hub = AugustNodeRpc(self.net, self.net.nodes[0])
        self.follower = AugustNodeRpc(self.net, self.net.nodes[1])
        apps = {"28011": self.coordinator.app(), "28006": self.hub.app(), "28007": self.follower.app()}
        self._ports = {name: Port() for name in apps}
        self._servers = {name: HttpServer(app, self._ports[name], self.clock) for name, app in apps.items()}
        self.client = httpx.AsyncClient(timeout=5)
        self.ids: dict[str, str] = {}
        self.tokens = {
            "<client-jwt>": self.mint.token("client", self.mint.client),
            "<admin-jwt>": self.mint.token("admin", self.mint.admin),
        }

    async def open(self) -> None:
        for server in self._servers.values():
            await server.open()

    async def close(self) -> None:
        await self.client.aclose()
        for server in self._servers.values():
            await server.close()
        for port in self._ports.values():
            port.close()

    def url(self, recorded: str) -> str:
        for name, server in self._servers.items():
            recorded = recorded.replace(f"http://127.0.0.1:{name}", server.url)
        return recorded.replace(CHAIN, CHAIN_ID)

    def ours(self, text: str) -> str:
        return re.sub(r"[0-9a-f]{32}", lambda match: self.ids.get(match[0], match[0]), text)

    async def send(self, number: str) -> tuple[httpx.Response, dict[str, Any]]:
        recorded = capture(AREA, number)
        request = recorded["request"]
        headers = {
            name: value if not value.startswith("Bearer") else f"Bearer {self.token(value[7:])}"
            for name, value in request["headers"].items()
        }
        await self.clock.advance(0.05)
        body = request.get("json")
        answer = await self.client.request(
            request["method"],
            self.ours(self.url(request["url"])),
            params=request.get("params"),
            headers=headers,
            content=None if body is None else self.ours(json.dumps(body)).encode(),
        )
        self._learn(answer, recorded["response"])
        return answer, recorded["response"]

    def token(self, placeholder: str) -> str:
        return self.tokens.get(placeholder, placeholder)

    def _learn(self, answer: httpx.Response, recorded: dict[str, Any]) -> None:
        theirs = recorded.get("json", recorded.get("body"))
        if isinstance(theirs, dict) and isinstance(theirs.get("job_id"), str) and answer.status_code == 201:
            self.ids[theirs["job_id"]] = answer.json()["job_id"]


@pytest.fixture
async def august() -> AsyncIterator[August]:
    made = August()
    await made.open()
    yield made
    await made.close()


def body_of(recorded: dict[str, Any]) -> Any:
    return recorded.get("json", recorded.get("body"))


def unlike(answer: httpx.Response, recorded: dict[str, Any]) -> list[str]:
    found = [] if answer.status_code == recorded["status"] else [f"status {answer.status_code}"]
    theirs = body_of(recorded)
    if isinstance(theirs, (dict, list)):
        found += differences(answer.json(), theirs)
    elif theirs:
        found += [] if answer.text == theirs else [f"body {answer.text[:60]!r}"]
    for name in ("www-authenticate", "retry-after", "content-type"):
        if answer.headers.get(name) != recorded["headers"].get(name):
            found.append(f"{name}: {answer.headers.get(name)!r}")
    if recorded["status"] >= 400 and "content-length" in recorded["headers"]:
        length = recorded["headers"]["content-length"]
        found += [] if answer.headers["content-length"] == length else [f"{answer.text} is not of length {length}"]
    for name in ("x-request-id", "x-process-time"):
        if (name in answer.headers) != (name in recorded["headers"]):
            found.append(f"{name}: {answer.headers.get(name)!r}")
    return found


async def replay(august: August, numbers: list[str], before: dict[str, float] | None = None) -> None:
    wrong: dict[str, list[str]] = {}
    for number in numbers:
        await august.clock.advance((before or {}).get(number, 0.0))
        answer, recorded = await august.send(number)
        if found := unlike(answer, recorded):
            wrong[number] = found
    assert not wrong


OPEN = ["001", "002", "003", "004", "005", "007", "010", "011", "012", "013", "015", "016", "018"]
LIFE = [f"{n:03d}" for n in (*range(30, 36), 37, 38, *range(39, 57), 59, 60)]
FAILURES = [f"{n:03d}" for n in range(62, 79)]
REST = ["080", "081", "085", "086", "087", "089", "090", "091", "092", "093", "095", "096", "097", "161", "167", "168"]
LISTS = ["169", "170", "171", "256"]


async def test_the_coordinator_answers_as_recorded(august: August) -> None:
    await replay(august, OPEN + LIFE + FAILURES + REST + LISTS, {"076": 2.0})
    assert len(august.store.jobs) == 6


async def test_forged_and_expired_tokens_look_the_same(august: August) -> None:
    good = august.mint.token("client", august.mint.client)
    head, claims, seal = good.split(".")
    forged = f"{head}.{claims}.{'A' * len(seal)}"
    expired = august.mint.token("client", august.mint.client, lifetime_s=-1)
    for number, text in (("166", forged), ("281", expired), ("281", "not-a-token"), ("281", "a.b.c")):
        august.tokens["<jwt>"] = text
        recorded = capture(AREA, number)
        answer = await august.client.get(
            august.url("http://127.0.0.1:28011/v1/jobs"), headers={"authorization": f"Bearer {text}"}
        )
        assert not unlike(answer, recorded["response"]), text


async def test_a_paid_job_is_released_and_nobody_is_paid(august: August) -> None:
    await replay(august, ["040", "240", "241", "242"])
    august.store.poll("head-miner-1")
    job_id = august.ids["eb3948c961ae40e49e25da32353f8833"]
    august.store.complete("head-miner-1", job_id, {"status": "completed", "execution_time": 0.8}, {"duration_ms": 800})
    _, recorded = await august.send("243")
    answer, _ = await august.send("243")
    assert answer.json()["payment_status"] == body_of(recorded)["payment_status"] == "released"
    await replay(august, ["244", "245"])
    assert august.store.payments[answer.json()["payment_id"]].transaction_hash is None


async def test_a_job_of_high_value_waits_for_ever_and_its_escrow_stays(august: August) -> None:
    await replay(august, ["040", "246", "247"])
    assert august.store.poll("head-miner-1") is None, "offered to nobody"
    await replay(august, ["250", "251"], {"250": 61.0})


async def test_the_hundred_and_first_request_of_a_minute_is_refused(august: August) -> None:
    headers = {"authorization": f"Bearer {august.tokens['<admin-jwt>']}"}
    url = august.url("http://127.0.0.1:28011/v1/admin/miners")
    statuses = [(await august.client.get(url, headers=headers)).status_code for _ in range(100)]
    assert set(statuses) == {200}
    refused = await august.client.get(url, headers=headers)
    assert not unlike(refused, capture(AREA, "191")["response"])
    other = await august.client.get(august.url("http://127.0.0.1:28011/v1/admin/jobs"), headers=headers)
    assert other.status_code == 200, "each handler counts for itself"
    await august.clock.advance(60.1)
    assert (await august.client.get(url, headers=headers)).status_code == 200


async def test_chain_reads_share_their_limit(august: August) -> None:
    base = august.url("http://127.0.0.1:28007")
    for number in range(200):
        path = ("/rpc/height", "/rpc/head", "/rpc/info", "/rpc/blocks-range?limit=1")[number % 4]
        assert (await august.client.get(base + path)).status_code == 200
    assert not unlike(await august.client.get(f"{base}/rpc/status"), capture(AREA, "190")["response"])
    assert (await august.client.get(f"{base}/health")).status_code == 200


NODE = ["100", "103", "105", "106", "107", "109", "110", "111", "112", "113", "114", "115", "116", "117", "118", "119"]
NODE += ["120", "121", "122", "124", "127", "128", "131", "133", "136", "137", "141", "142", "143", "144", "145", "146"]
NODE += ["147", "148", "149", "150", "151", "152", "154", "155", "201", "202", "205", "253", "257"]


async def test_hub_and_follower_answer_as_recorded(august: August) -> None:
    for second in range(4):
        august.net.add_block(f"2026-11-22T03:54:3{second}.5", [])
    await replay(august, [n for n in NODE if n not in ("114", "122")])
    answer, recorded = await august.send("104")
    assert answer.status_code == 503
    assert answer.json() == body_of(recorded)


async def test_a_transaction_at_the_hub_is_mined_and_one_at_the_follower_never(august: August) -> None:
    def signed(nonce: int) -> dict[str, object]:
        body = {
            **capture(AREA, "203")["request"]["json"],
            "from": august.net.wallet.address,
            "nonce": nonce,
            "chain_id": CHAIN_ID,
        }
        return {**body, "signature": august.net.wallet.sign(tx_message(body))}

    hub, follower = august.url("http://127.0.0.1:28006"), august.url("http://127.0.0.1:28007")
    sent = await august.client.post(f"{hub}/rpc/transaction", json=signed(0))
    assert not unlike(sent, capture(AREA, "203")["response"])
    await replay(august, ["205", "206", "207"])
    at_follower = await august.client.post(f"{follower}/rpc/transaction", json=signed(1))
    assert at_follower.status_code == 200
    producing = asyncio.ensure_future(august.net.produce())
    await august.clock.advance(3.5)
    digest = sent.json()["transaction_hash"]
    found = await august.client.get(f"{hub}/rpc/transaction/{digest}")
    assert not [x for x in unlike(found, capture(AREA, "208")["response"]) if "block_height" not in x]
    assert not unlike(await august.client.get(f"{hub}/rpc/transactions?limit=5"), capture(AREA, "209")["response"])
    listed = (await august.client.get(f"{hub}/rpc/blocks-range?limit=1")).json()["blocks"]
    recorded = body_of(capture(AREA, "210")["response"])["blocks"][-1]
    assert not differences(listed[0], recorded)
    await replay(august, ["213", "214"])
    await august.clock.advance(20)
    await replay(august, ["213", "214", "215"])
    producing.cancel()


async def test_an_idle_hub_makes_a_heartbeat_and_signs_every_block(august: August) -> None:
    producing = asyncio.ensure_future(august.net.produce())
    await august.clock.advance(8.0)
    assert august.net.genesis.state.height() == 0
    await august.clock.advance(20.0)
    assert august.net.genesis.state.height() == august.net.nodes[1].state.height() == 3
    for base, height in (("28006", 2), ("28007", 3)):
        answer = await august.client.get(august.url(f"http://127.0.0.1:{base}/rpc/blocks/{height}"))
        block = parse_signed_block(answer.content)
        assert block.signer and same_address(block.signer, block.proposer)
    august.net.sealer = august.net.stranger
    await august.clock.advance(9.0)
    answer = await august.client.get(august.url("http://127.0.0.1:28006/rpc/blocks/4"))
    block = parse_signed_block(answer.content)
    assert block.signer == august.net.stranger.address != block.proposer
    genesis = await august.client.get(august.url("http://127.0.0.1:28006/rpc/blocks/0"))
    assert parse_signed_block(genesis.content).signer is None
    producing.cancel()


async def test_its_receipts_verify_with_the_union_of_stripped_keys(august: August) -> None:
    await replay(august, ["040", "032", "047", "050"])
    job = next(iter(august.store.jobs.values()))
    trust = store_of((august.keys.receipts.signing.key_id,), (august.keys.receipts.attestation.key_id,), None)
    assert {"zk_status", "tee_status"} <= job.receipts[0].keys()
    assert verify(json.dumps(job.receipts[0]).encode(), trust, mask=MASK).verdict == "valid"
    spoilt = {**job.receipts[0], "price": 9.0}
    assert verify(json.dumps(spoilt).encode(), trust, mask=MASK).verdict == "invalid"
