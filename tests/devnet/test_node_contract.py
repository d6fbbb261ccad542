"""The recorded requests to the April nodes get the recorded answers from the devnet's."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from aitbc_tui.devnet.chain import block_hash, normal_tx, tx_hash
from aitbc_tui.devnet.chain_net import GENESIS_ADDRESS, TREASURY, ChainNet
from aitbc_tui.devnet.clock import SimulatedClock
from aitbc_tui.devnet.node_rpc import NodeRpc
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.devnet.servers import HttpServer, Port
from tests.devnet.shapes import DATA, capture, differences

AREA = "node-2026-04"
_READS = (
    "007 008 009 010 011 012 013 014 016 017 018 019 020 028 032 033 034 035 037 038 039 040 041 042 043"
    " 044 045 046 047 048 049 050 051 052 116 117 118 225"
)
_WRITES = "119 150 158 161 162 163 164 165 166 167 168 169 170 171 141 143 144 145 149"
READS, WRITES = _READS.split(), _WRITES.split()
RAW = {"143": b"not json", "163": b"{bad", "164": b""}
# the bodies of these are compared as a whole
WHOLE = {"010", "014", "018", "028"}


class Pair:
    """Genesis and follower behind real ports, with 60 blocks."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(datetime.fromisoformat("2026-11-22T03:53:00+00:00"))
        options = DevnetOptions(clock=self.clock, nodes=2)
        self.net = ChainNet(options, Seeded(3), lambda *_: None)
        self.ports = [Port(), Port()]
        self.servers = [
            HttpServer(NodeRpc(self.net, node).app(), port, self.clock)
            for node, port in zip(self.net.nodes, self.ports, strict=True)
        ]

    def base(self, recorded_url: str) -> str:
        return self.servers[1 if "127.0.0.2" in recorded_url else 0].url


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    made = Pair()
    for server in made.servers:
        await server.open()
    try:
        yield made
    finally:
        for server in made.servers:
            await server.close()
        for port in made.ports:
            port.close()


async def problems(pair: Pair, client: httpx.AsyncClient, number: str) -> list[str]:
    recorded = capture(AREA, number)
    request, expected = recorded["request"], recorded["response"]
    parts = urlsplit(request["url"])
    url = pair.base(request["url"]) + parts.path + (f"?{parts.query}" if parts.query else "")
    body = RAW.get(number)
    if body is None and request["body"] is not None:
        body = json.dumps(request["body"]).encode()
    answer = await client.request(request["method"], url, headers=request["headers"], content=body)
    if answer.status_code != expected["status"]:
        return [f"{number}: status {answer.status_code} instead of {expected['status']}: {answer.text[:200]}"]
    names = ("content-type", "allow", "vary", "server")
    found = [
        f"{name} {answer.headers.get(name)!r} instead of {expected['headers'].get(name)!r}"
        for name in names
        if answer.headers.get(name) != expected["headers"].get(name)
    ]
    theirs = expected.get("json")
    if theirs is None:
        return [f"{number}: {problem}" for problem in found]
    if number == "149":  # the time stands in the middle of the text
        found += [] if answer.json()["detail"][:150] == theirs["detail"][:150] else [answer.text]
    elif answer.status_code >= 400 or number in WHOLE:
        found += [] if json.dumps(answer.json()) == json.dumps(theirs) else [f"body {answer.text}"]
    else:
        found += differences(answer.json(), theirs)
    return [f"{number}: {problem}" for problem in found]


async def test_reads_are_answered_as_recorded(pair: Pair) -> None:
    pair.net.build_history(60)
    for node in pair.net.nodes:
        node.state.mempool.clear()
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        found = [line for number in READS for line in await problems(pair, client, number)]
    assert found == []


async def test_writes_are_answered_as_recorded(pair: Pair) -> None:
    pair.net.build_history(60)
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        found = [line for number in WRITES for line in await problems(pair, client, number)]
    assert found == []


async def test_absent_endpoints_are_absent(pair: Pair) -> None:
    listed = json.loads(next((DATA / AREA).glob("053-*.json")).read_text())["results"]
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=pair.servers[0].url) as client:
        for row in listed:
            answer = await client.request(row["method"], row["path"], json={})
            assert (answer.status_code, answer.json()) == (row["status"], row["json"]), row["path"]


async def test_head_is_no_method(pair: Pair) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=pair.servers[0].url) as client:
        answer = await client.head("/rpc/head")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_a_slash_is_redirected(pair: Pair) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=pair.servers[0].url) as client:
        answer = await client.get("/rpc/head/")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{pair.servers[0].url}/rpc/head")


def test_hashes_are_the_recorded_ones() -> None:
    first = capture(AREA, "012")["response"]["json"]["blocks"]
    assert block_hash("ait-mainnet", 0, "0x00", first[0]["timestamp"], ()) == first[0]["hash"]
    assert block_hash("ait-mainnet", 1, first[0]["hash"], first[1]["timestamp"], ()) == first[1]["hash"]
    submitted = capture(AREA, "119")
    assert tx_hash(normal_tx(submitted["request"]["body"])) == submitted["response"]["json"]["transaction_hash"]
    mined = capture(AREA, "125")["response"]["json"]
    hashes = [tx["tx_hash"] for tx in mined["transactions"]]
    assert block_hash("ait-mainnet", 49, mined["parent_hash"], mined["timestamp"], hashes) == mined["hash"]


def _tx(sender: str = GENESIS_ADDRESS, fee: int = 10, nonce: int = 0, **more: Any) -> dict[str, object]:
    return normal_tx({"from": sender, "to": TREASURY, "amount": 1, "fee": fee, "nonce": nonce, **more})


async def test_the_mempool_counts_only_what_it_returns(pair: Pair) -> None:
    genesis = pair.net.genesis
    for nonce in range(150):
        pair.net.submit(genesis, _tx(fee=nonce % 50, nonce=nonce))
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=pair.servers[0].url) as client:
        default = (await client.get("/rpc/mempool")).json()
        everything = (await client.get("/rpc/mempool?limit=-1")).json()
        other = (await client.get("/rpc/mempool?chain_id=ait-testnet")).json()
    assert (default["count"], everything["count"], other["count"]) == (100, 150, 0)
    fees = [tx["fee"] for tx in everything["transactions"]]
    assert fees == sorted(fees, reverse=True)


async def test_only_the_producer_drains_and_unpayable_transactions_vanish(pair: Pair) -> None:
    genesis, follower = pair.net.nodes
    pair.net.submit(genesis, _tx())
    pair.net.submit(genesis, _tx(sender="ait1nobody"))
    block = genesis.state.propose(GENESIS_ADDRESS)
    assert block.tx_count == 1
    assert not genesis.state.mempool
    assert len(follower.state.mempool) == 2
    assert follower.state.hear(block)
    stored = follower.state.first_at[block.height]
    assert stored.hash == block.hash
    assert [tx["tx_hash"] for tx in stored.transactions] == [""]


@pytest.mark.parametrize(("payloads", "last"), [(({}, {"memo": "second"}), 1), (("0x",), 0), (({}, "0x"), 1)], ids=str)
async def test_the_shipped_importer_stops_for_ever(pair: Pair, payloads: tuple[object, ...], last: int) -> None:
    genesis, follower = pair.net.nodes
    follower.state.shipped_importer = True
    for nonce, payload in enumerate(payloads):
        pair.net.submit(genesis, _tx(payload=payload, nonce=nonce))
        follower.state.hear(genesis.state.propose(GENESIS_ADDRESS))
    for _ in range(3):
        assert not follower.state.hear(genesis.state.propose(GENESIS_ADDRESS))
    assert (genesis.state.height(), follower.state.height()) == (len(payloads) + 3, last)


def test_the_listening_sockets_let_asyncio_turn_nagle_off(pair: Pair) -> None:
    with pair.ports[0].socket() as made:
        assert made.proto == socket.IPPROTO_TCP


async def test_importing_block_by_block_brings_a_follower_level(pair: Pair) -> None:
    genesis, follower = pair.net.nodes
    for _ in range(5):
        genesis.state.propose(GENESIS_ADDRESS)
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        for height in range(1, 6):
            block = (await client.get(f"{pair.servers[0].url}/rpc/blocks/{height}")).json()
            body = {
                "height": height,
                "hash": block["hash"],
                "parentHash": block["parent_hash"],
                "miner": block["proposer"],
                "timestamp": block["timestamp"],
                "stateRoot": None,
                "chainId": "ait-mainnet",
                "transactions": block["transactions"],
            }
            answer = (await client.post(f"{pair.servers[1].url}/rpc/importBlock", json=body)).json()
            assert answer == {"success": True, "block_number": height, "block_hash": block["hash"]}
            again = (await client.post(f"{pair.servers[1].url}/rpc/importBlock", json=body)).json()
            assert again["message"] == "Block already exists"
    assert follower.state.hear(genesis.state.propose(GENESIS_ADDRESS))


async def test_metrics_use_the_recorded_names(pair: Pair) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=pair.servers[0].url) as client:
        await client.get("/rpc/head")
        await client.get("/rpc/blocks/99")
        await client.post("/rpc/transaction", json={"from": "a", "to": "b", "amount": 1})
        text = (await client.get("/metrics")).text
        paths = (await client.get("/openapi.json")).json()["paths"]
    names = {line.split()[0] for line in text.splitlines() if not line.startswith("#")}
    recorded = capture(AREA, "134")["response"]["text"]
    known = {line.split()[0] for line in recorded.splitlines() if not line.startswith("#")}
    assert names <= known
    assert {"rpc_get_head_total", "mempool_size_ait-mainnet", "rpc_get_block_not_found_total"} <= names
    assert "/rpc/importBlock" in paths and "/rpc/info" not in paths


def test_the_genesis_hash_is_the_published_rule() -> None:
    rule = hashlib.sha256(b"ait-mainnet|0|0x00|2025-01-01T00:00:00|").hexdigest()
    assert rule == "08bdb93299d8fe4555eb26139c387f6b1907c941678f672acf73a6c1760d8f47"
