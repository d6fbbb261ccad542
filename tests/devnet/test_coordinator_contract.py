"""The recorded requests, sent to the devnet's coordinator in their recorded order, get the recorded answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from aitbc_tui.devnet.clock import SimulatedClock
from aitbc_tui.devnet.coordinator import Coordinator
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.keys import make_keys
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.devnet.servers import HttpServer, Port
from aitbc_tui.devnet.store import Store
from tests.devnet.shapes import capture, differences

AREA = "coordinator-2026-02"
KEYS = {
    "client": frozenset(("client-dev-key-1", "client-dev-key-2")),
    "admin": frozenset(("admin-dev-key-1",)),
    "miner": frozenset(("miner-dev-key-1", "miner-dev-key-2")),
}
# what the recorder did between two captures, by the capture that follows it
POLLS_BEFORE = {"119", "132", "146", "153", "274"}
# and how long it waited for a TTL to pass
WAITED_BEFORE = {"142": 3.0, "148": 4.0}
# bodies that the captures do not hold, because they are no JSON
MALFORMED = {"046": b'{"payload": {"type": "inference",}', "048": b'{"payload":{"type":"x"}}'}
EMPTY = [f"{n:03d}" for n in range(1, 31) if n != 3]
SUBMITS = [f"{n:03d}" for n in range(31, 76) if n not in (46,)]
BY_HAND = [f"{n:03d}" for n in range(110, 173) if n not in (112, 133, 135, 147, 149, 167, 172)]
PAYMENTS = [f"{n:03d}" for n in range(252, 276)]
LATE = ["303", "304", "305", "306", "307", "308", "309", "310", "314", "315", "316", "317", "324", "325"]
MARKET_EXACT = {"315", "316", "317"}


class Replayer:
    """Sends captures and keeps track of which recorded id is which of ours."""

    def __init__(self, client: httpx.AsyncClient, store: Store, clock: SimulatedClock) -> None:
        self.client = client
        self.store = store
        self.clock = clock
        self.ids: dict[str, str] = {}

    def ours(self, text: str) -> str:
        return re.sub(r"[0-9a-f]{32}", lambda match: self.ids.get(match[0], match[0]), text)

    async def settle_clock(self, recorded: dict[str, Any]) -> None:
        at = datetime.fromisoformat(recorded["captured_at"].replace("Z", "+00:00")) + timedelta(seconds=0.9)
        ahead = (at - self.clock.now()).total_seconds()
        await self.clock.advance(max(ahead, 0.0) + 0.05)

    async def send(self, number: str) -> tuple[httpx.Response, dict[str, Any]]:
        recorded = capture(AREA, number)
        await self.settle_clock(recorded)
        await self.clock.advance(WAITED_BEFORE.get(number, 0.0))
        request = recorded["request"]
        if number in POLLS_BEFORE:
            self.store.poll("miner-dev-key-2")
        content: bytes | None = None
        if number in MALFORMED:
            content = MALFORMED[number]
        elif request.get("json") is not None:
            content = self.ours(json.dumps(request["json"])).encode()
        answer = await self.client.request(
            request["method"], self.ours(request["path"]), headers=request["headers"], content=content
        )
        return answer, recorded

    def learn(self, answer: httpx.Response, recorded: dict[str, Any]) -> None:
        theirs = recorded["response"].get("json")
        if not isinstance(theirs, dict) or "application/json" not in answer.headers.get("content-type", ""):
            return
        for key in ("job_id", "payment_id"):
            if isinstance(theirs.get(key), str) and isinstance(answer.json().get(key), str):
                self.ids[theirs[key]] = answer.json()[key]

    async def same(self, number: str) -> list[str]:
        answer, recorded = await self.send(number)
        self.learn(answer, recorded)
        expected = recorded["response"]
        found = []
        if answer.status_code != expected["status"]:
            return [f"{number}: status {answer.status_code} instead of {expected['status']}: {answer.text[:200]}"]
        for name in ("content-type", "allow", "server"):
            if answer.headers.get(name) != expected["headers"].get(name):
                found.append(f"{name} {answer.headers.get(name)!r} instead of {expected['headers'].get(name)!r}")
        theirs = expected.get("json")
        if theirs is None:
            if number not in ("002", "028") and answer.text != (expected.get("text") or ""):
                found.append(f"body {answer.text!r}")
        elif answer.status_code >= 400 or number in MARKET_EXACT:
            wanted = self.ours(json.dumps(theirs))
            if json.dumps(answer.json()) != wanted:
                found.append(f"body {answer.text} instead of {wanted}")
        else:
            found += differences(answer.json(), theirs)
        return [f"{number}: {problem}" for problem in found]


@pytest.fixture
async def replayer() -> AsyncIterator[Replayer]:
    clock = SimulatedClock(datetime.fromisoformat("2026-11-22T03:51:05+00:00"))
    seeded = Seeded(1)
    store = Store(clock, seeded, make_keys(seeded, 1).receipts)
    port = Port()
    server = HttpServer(Coordinator(store, KEYS, Gate()).app(), port, clock)
    await server.open()
    try:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False) as client:
            # a connection that carried a 500 is dead: never reuse one
            client.headers["connection"] = "close"
            yield Replayer(client, store, clock)
    finally:
        await server.close()
        port.close()


async def replayed(replayer: Replayer, numbers: list[str]) -> list[str]:
    found: list[str] = []
    for number in numbers:
        found += await replayer.same(number)
    return found


async def test_an_empty_coordinator_answers_as_recorded(replayer: Replayer) -> None:
    assert await replayed(replayer, EMPTY) == []


async def test_submissions_and_their_refusals(replayer: Replayer) -> None:
    assert await replayed(replayer, SUBMITS) == []


async def test_malformed_json_is_refused_in_fastapi_words(replayer: Replayer) -> None:
    answer, recorded = await replayer.send("046")
    assert answer.status_code == 422
    assert answer.json() == recorded["response"]["json"]


async def test_the_life_of_a_job_by_hand(replayer: Replayer) -> None:
    replayer.store.register("miner-dev-key-1", {}, 1, "localhost")
    assert await replayed(replayer, BY_HAND) == []


async def test_payments_without_an_exchange(replayer: Replayer) -> None:
    replayer.store.register("miner-dev-key-2", {}, 2, None)
    assert await replayed(replayer, PAYMENTS) == []


async def test_the_explorer_and_the_market(replayer: Replayer) -> None:
    for number in range(5):
        replayer.store.submit("client-dev-key-1", {"type": "inference", "prompt": str(number)})
        await replayer.clock.advance(1)
    assert await replayed(replayer, LATE) == []


async def test_stats_are_a_500_when_the_average_is_fractional(replayer: Replayer) -> None:
    store, headers = replayer.store, {"X-Api-Key": "admin-dev-key-1"}
    store.register("miner-dev-key-1", {}, 1, None)
    statuses = []
    for duration in (1000, 1001, 999):
        job = store.submit("client-dev-key-1", {})
        store.complete("miner-dev-key-1", job.job_id, {}, {"duration_ms": duration})
        statuses.append((await replayer.client.get("/v1/admin/stats", headers=headers)).status_code)
    assert statuses == [200, 500, 200]


async def test_the_connection_is_dead_after_a_500(replayer: Replayer) -> None:
    replayer.store.submit("client-dev-key-1", {})
    port = replayer.client.base_url.port
    assert port is not None
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /v1/explorer/transactions HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.read()  # comes to its end although nobody asked for that
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    assert body == b"Internal Server Error"
    assert b"connection:" not in head.lower()


async def test_a_lone_surrogate_poisons_the_page(replayer: Replayer) -> None:
    store = replayer.store
    store.register("miner-dev-key-1", {}, 1, None)
    good = store.submit("client-dev-key-1", {"prompt": "fine"})
    store.complete("miner-dev-key-1", good.job_id, {}, {"duration_ms": 1})
    job = store.submit("client-dev-key-1", {"prompt": "\ud83d"})
    store.complete("miner-dev-key-1", job.job_id, {}, {"duration_ms": 1})
    statuses = [
        (await replayer.client.get(f"/v1/explorer/receipts?limit=1&offset={offset}")).status_code for offset in (0, 1)
    ]
    assert statuses == [500, 200]


async def test_the_admin_list_is_cut_at_a_hundred(replayer: Replayer) -> None:
    for _ in range(103):
        replayer.store.submit("client-dev-key-1", {})
        await replayer.clock.advance(0.001)
    answer = await replayer.client.get("/v1/admin/jobs", headers={"X-Api-Key": "admin-dev-key-1"})
    rows = answer.json()["items"]
    assert len(rows) == 100
    assert rows[0]["requested_at"] > rows[-1]["requested_at"]


async def test_what_differs_is_seen() -> None:
    recorded = capture(AREA, "051")["response"]["json"]
    assert differences(dict(recorded), recorded) == []
    assert differences({**recorded, "state": "DONE"}, recorded) != []
    assert differences({"state": "QUEUED"}, recorded) != []
    assert differences({**recorded, "requested_at": 1}, recorded) != []
