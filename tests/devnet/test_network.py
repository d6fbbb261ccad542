"""The devnet as a whole on a simulated clock: it lives, it can be repeated, and its receipts verify."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from aitbc_tui.devnet.clock import SimulatedClock
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.seeded import JsonObject
from aitbc_tui.domain.errors import ConfigError
from tests.devnet.shapes import capture, differences

Simulated = tuple[Devnet, SimulatedClock]


def _bytes(text: object) -> bytes:
    return base64.urlsafe_b64decode(str(text) + "==")


def verifies(receipt: JsonObject, key_id: str) -> bool:
    """The published rule, once more: not the devnet's own code."""
    body = {key: value for key, value in receipt.items() if key not in ("signature", "attestations")}

    def bare(value: object) -> object:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if item is not None}
        return [bare(item) for item in value if item is not None] if isinstance(value, list) else value

    message = json.dumps(bare(body), sort_keys=True, separators=(",", ":")).encode()
    signature = receipt["signature"]
    assert isinstance(signature, dict)
    if signature["key_id"] != key_id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key_id)).verify(_bytes(signature["sig"]), message)
    except InvalidSignature:
        return False
    return True


async def test_it_starts_with_a_history(simulated: Simulated) -> None:
    devnet, _ = simulated
    states = Counter(job.state for job in devnet.store.jobs.values())
    assert sum(states.values()) >= 20
    assert {"COMPLETED", "FAILED", "CANCELED", "EXPIRED"} <= set(states)
    assert devnet.net.genesis.state.height() >= 60
    heads = {node.state.head() for node in devnet.net.nodes}
    assert len({head.hash for head in heads if head}) == 1
    assert len(devnet.store.receipts) >= 5
    signing = devnet.keys.receipts.signing.key_id
    assert all(verifies(receipt, signing) for _, _, receipt in devnet.store.receipts)
    owners = {job.client_id for job in devnet.store.jobs.values()}
    assert owners == {devnet.keys.client, devnet.keys.other_client}


async def test_a_minute_of_life(simulated: Simulated) -> None:
    devnet, clock = simulated
    height, jobs = devnet.net.genesis.state.height(), len(devnet.store.jobs)
    before = len(devnet.store.receipts)
    await clock.advance(60)
    assert devnet.net.genesis.state.height() == height + 30
    assert devnet.net.followers[0].state.height() >= height + 29
    assert len(devnet.store.jobs) - jobs in (12, 13)
    finished = devnet.store.receipts[before:]
    assert len(finished) >= 8, "two miners keep up with one job every five seconds"
    signing, attestation = devnet.keys.receipts.signing.key_id, devnet.keys.receipts.attestation.key_id
    for _, job, receipt in finished:
        assert verifies(receipt, signing)
        stamps = receipt["attestations"]
        assert isinstance(stamps, list)
        assert verifies({**receipt, "signature": stamps[0]}, attestation)
        assert job.result is not None and job.result["model"] == job.payload["model"]
    ages = [(clock.now() - record.last_heartbeat).total_seconds() for record in devnet.store.miners.values()]
    assert max(ages) < 60


async def test_the_queue_stays_short(simulated: Simulated) -> None:
    devnet, clock = simulated
    await clock.advance(300)
    waiting = [job for job in devnet.store.jobs.values() if job.state == "QUEUED"]
    assert len(waiting) < 5
    assert len(devnet.net.genesis.state.mempool) < 20


async def test_a_receipt_has_the_recorded_shape(simulated: Simulated) -> None:
    devnet, clock = simulated
    await clock.advance(30)
    recorded = capture("coordinator-2026-02", "092")["response"]["json"]
    assert differences(devnet.store.receipts[-1][2], recorded) == []
    rows = {"items": [record.row() for record in devnet.store.miners.values()]}
    assert differences(rows, capture("coordinator-2026-02", "088")["response"]["json"]) == []


def _fingerprint(devnet: Devnet) -> object:
    jobs = [(job.view(), job.payload) for job in devnet.store.jobs.values()]
    blocks = [block.full() for block in devnet.net.genesis.state.blocks.values()]
    receipts = [receipt for _, _, receipt in devnet.store.receipts]
    cards = [card.fields() for machine in devnet.machines.values() for card in machine.cards]
    return json.loads(json.dumps([jobs, blocks, receipts, cards]))


async def _lived(seed: int, seconds: float) -> tuple[object, str]:
    clock = SimulatedClock()
    async with Devnet.start(DevnetOptions(seed=seed, clock=clock)) as devnet:
        await clock.advance(seconds)
        return _fingerprint(devnet), devnet.keys.client


async def test_the_same_seed_is_the_same_network() -> None:
    first, second, other = await _lived(5, 40), await _lived(5, 40), await _lived(6, 40)
    assert first == second
    assert other[0] != first[0]
    assert other[1] != first[1]


async def test_the_ssh_user_key_never_follows_from_the_seed() -> None:
    keys = []
    for _ in range(2):
        async with Devnet.start(DevnetOptions(seed=5, clock=SimulatedClock())) as devnet:
            keys.append(devnet.keys.user.export_public_key())
    assert keys[0] != keys[1]


async def test_the_date_header_follows_the_clock(simulated: Simulated) -> None:
    devnet, clock = simulated
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        url = devnet.parts.servers["coordinator"].url + "/v1/health"
        first = (await client.get(url)).headers["date"]
        await clock.advance(61)
        second = (await client.get(url)).headers["date"]
    assert (first, second) == ("Sun, 22 Nov 2026 12:00:00 GMT", "Sun, 22 Nov 2026 12:01:01 GMT")


async def test_three_nodes_and_two_gpu_hosts() -> None:
    clock = SimulatedClock()
    async with Devnet.start(DevnetOptions(seed=1, nodes=3, gpu_hosts=2, clock=clock)) as devnet:
        await clock.advance(21)
        assert [node.name for node in devnet.net.nodes] == ["genesis", "follower", "follower-2"]
        assert len({node.state.height() for node in devnet.net.nodes}) == 1
        assert set(devnet.hosts) == {"genesis", "follower", "follower-2", "gpu-1", "gpu-2"}
        assert len(devnet.miners) == 4
        assert devnet.clients.models == ("llama3.2:latest",)
        genesis = devnet.machine("genesis").p2p
        assert genesis is not None and len(genesis.peers) == 2


async def test_ollama_answers_as_recorded(devnet: Devnet) -> None:
    base = devnet.parts.servers["ollama-gpu-1"].url
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=base, timeout=30) as client:
        for number in ("001", "002", "003", "007"):
            recorded = capture("ollama", number)
            request, expected = recorded["request"], recorded["response"]
            answer = await client.request(request["method"], request["path"], json=request.get("json"))
            assert answer.status_code == expected["status"]
            if "json" not in expected:
                assert answer.text == "Ollama is running"
                continue
            assert differences(answer.json(), expected["json"]) == []
        asked = {"model": "llama3.2:latest", "prompt": "Hello", "stream": False}
        answer = await client.post("/api/generate", json=asked)
        assert differences(answer.json(), capture("ollama", "004")["response"]["json"]) == []
        lines = [
            json.loads(line)
            for line in (await client.post("/api/generate", json={**asked, "stream": True})).text.splitlines()
        ]
        assert [line["done"] for line in lines[:-1]] == [False] * (len(lines) - 1)
        assert lines[-1]["done"] and lines[-1]["eval_count"] == len(lines) - 1
        running = (await client.get("/api/ps")).json()
        assert differences(running, capture("ollama", "006")["response"]["json"]) == []
    assert {"llama3.2:latest", "mistral:latest", "deepseek-r1:14b"} == set(devnet.ollamas[0].models)


async def test_a_job_over_http_ends_in_a_verified_receipt(devnet: Devnet) -> None:
    headers = {"X-Api-Key": devnet.keys.client}
    base = devnet.parts.servers["coordinator"].url
    payload = {"type": "inference", "prompt": "hello", "model": "llama3.2:latest"}
    async with httpx.AsyncClient(trust_env=False, verify=False, base_url=base, headers=headers) as client:
        made = (await client.post("/v1/jobs", json={"payload": payload})).json()
        seen = []
        async with asyncio.timeout(60):
            while not seen or seen[-1] not in ("COMPLETED", "FAILED"):
                seen.append((await client.get(f"/v1/jobs/{made['job_id']}")).json()["state"])
                await asyncio.sleep(0.2)
        receipt = (await client.get(f"/v1/jobs/{made['job_id']}/receipt")).json()
    assert "RUNNING" in seen
    assert seen[-1] == "COMPLETED"
    assert verifies(receipt, devnet.keys.receipts.signing.key_id)
    assert receipt["price"] == round(receipt["units"] * receipt["unit_price"], 6)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (DevnetOptions(nodes=0), "1 to 8"),
        (DevnetOptions(gpu_hosts=3), "1 or 2"),
        (DevnetOptions(generation="2027"), "known are"),
        (DevnetOptions(ollama="fake"), "known are"),
        (DevnetOptions(faults=("wegde",)), "did you mean wedge"),
        (DevnetOptions(faults=("fork=3",)), "takes no value"),
        (DevnetOptions(faults=("wedge=many",)), "whole number"),
    ],
)
async def test_what_cannot_be_built_is_said_in_one_line(options: DevnetOptions, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        async with Devnet.start(options):
            pass
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_no_key_is_in_any_repr(simulated: Simulated) -> None:
    devnet, _ = simulated
    shown = repr(devnet.keys) + repr(devnet.miners) + repr(devnet)
    for secret in (devnet.keys.client, devnet.keys.admin, *devnet.keys.miners):
        assert secret not in shown
