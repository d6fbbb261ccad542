"""Every fault can be switched on and off while the network runs, and does what the table says."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from aitbc_tui.devnet.clock import SimulatedClock
from aitbc_tui.devnet.fault import listing, parse_fault, table
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.receipts import Signing
from aitbc_tui.domain.errors import ConfigError
from tests.devnet.test_network import verifies

Simulated = tuple[Devnet, SimulatedClock]
_NAMES = (
    "wedge fork stall producer-dead follower-down rpc-hang ssh-drop ssh-freeze ssh-hostkey-changed coordinator-500"
    " coordinator-slow stats-500 garbage-json huge-json miner-gone job-stuck job-fails-completed model-substituted"
    " receipt-unsigned receipt-bad receipt-attacker-key gpu-lost ollama-down mempool-flood"
)
WANTED = set(_NAMES.split())


def _heights(devnet: Devnet) -> tuple[int, int]:
    return devnet.net.genesis.state.height(), devnet.net.followers[0].state.height()


def _newest_receipts(devnet: Devnet, since: int) -> list[dict[str, object]]:
    return [receipt for _, _, receipt in devnet.store.receipts[since:]]


async def _answer(devnet: Devnet, server: str, path: str, wait_s: float = 5.0) -> httpx.Response:
    headers = {"X-Api-Key": devnet.keys.admin}
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=wait_s, headers=headers) as client:
        return await client.get(devnet.parts.servers[server].url + path)


def _unit(devnet: Devnet, host: str, unit: str) -> str:
    text = (devnet.machine(host).files.data / "units" / f"{unit}.service").read_text()
    return next(line.split("=")[1] for line in text.splitlines() if line.startswith("ActiveState="))


def test_the_table_is_complete() -> None:
    faults = table()
    assert set(faults) >= WANTED
    assert all(fault.does and fault.expected for fault in faults.values())
    tolerated = {name for name, fault in faults.items() if fault.tolerated}
    assert tolerated == {"stats-500", "tz-vienna", "poison-receipt", "unit-suffixes"}
    assert all(name in listing() for name in faults)


def test_an_unknown_fault_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean receipt-bad"):
        parse_fault("reciept-bad", "2026-04")
    assert parse_fault("wedge=12", "2026-04")[1] == "12"


def test_a_fault_of_another_generation_is_refused() -> None:
    with pytest.raises(ConfigError, match="token-expired does not exist in 2026-04") as refused:
        parse_fault("token-expired", "2026-04")
    assert refused.value.remedy == "--generation 2026-08"
    with pytest.raises(ConfigError, match="redis-down does not exist in 2026-04b"):
        parse_fault("redis-down", "2026-04b")
    assert parse_fault("token-expired=client", "2026-08")[1] == "client"
    rows = listing().splitlines()
    assert next(row for row in rows if row.startswith("signer-mismatch")).endswith("(only in 2026-08)")
    assert next(row for row in rows if row.startswith("wedge")).endswith("(only in 2026-04 and 2026-04b)")
    assert "only in" not in next(row for row in rows if row.startswith("fork"))


def test_every_name_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"did you mean .+\?"):
        parse_fault("nosuch", "2026-04")


@pytest.mark.parametrize("name", sorted(WANTED))
async def test_each_goes_on_and_off(simulated: Simulated, name: str) -> None:
    devnet, clock = simulated
    await devnet.fault_on(name)
    assert name in devnet.active
    await clock.advance(5)
    await devnet.fault_off(name)
    assert not devnet.active
    await clock.advance(10)
    genesis, follower = _heights(devnet)
    assert genesis - follower <= 1, "the chain is sound again"
    assert not devnet.failure.done()
    assert (await _answer(devnet, "coordinator", "/v1/admin/jobs")).status_code == 200
    assert (await _answer(devnet, "follower", "/rpc/head")).status_code == 200


async def test_wedge(simulated: Simulated) -> None:
    devnet, clock = simulated
    await devnet.fault_on("wedge")
    await clock.advance(60)
    genesis, follower = _heights(devnet)
    assert genesis - follower > 5
    await clock.advance(10)
    assert _heights(devnet) == (genesis + 5, follower)
    health = await _answer(devnet, "follower", "/health")
    assert health.json()["status"] == "ok"
    await devnet.fault_off("wedge")
    await clock.advance(5)
    assert _heights(devnet)[0] - _heights(devnet)[1] <= 1


async def test_wedge_from_the_start_with_a_distance() -> None:
    clock = SimulatedClock()
    async with Devnet.start(DevnetOptions(seed=2, faults=("wedge=200",), clock=clock)) as devnet:
        genesis, follower = _heights(devnet)
        assert genesis - follower == 200
        await clock.advance(10)
        assert _heights(devnet) == (genesis + 5, follower)


async def test_fork(simulated: Simulated) -> None:
    devnet, clock = simulated
    common = devnet.net.genesis.state.height()
    await devnet.fault_on("fork")
    await clock.advance(9)
    ours, theirs = (node.state.first_at for node in devnet.net.nodes)
    assert ours[common].hash == theirs[common].hash
    assert ours[common + 1].hash != theirs[common + 1].hash
    assert theirs[common + 1].proposer == "rogue-proposer"
    assert theirs[common + 2].parent_hash == theirs[common + 1].hash
    await devnet.fault_off("fork")
    await clock.advance(5)
    last = devnet.net.followers[0].state.height()
    assert ours[last].hash == devnet.net.followers[0].state.first_at[last].hash


@pytest.mark.parametrize(("name", "unit"), [("stall", "active"), ("producer-dead", "failed")])
async def test_no_blocks(simulated: Simulated, name: str, unit: str) -> None:
    devnet, clock = simulated
    await clock.advance(1)
    before = _heights(devnet)
    await devnet.fault_on(name)
    await clock.advance(30)
    assert _heights(devnet) == before
    assert devnet.net.genesis.state.mempool, "transactions wait"
    assert _unit(devnet, "genesis", "aitbc-blockchain-node") == unit
    assert (await _answer(devnet, "genesis", "/health")).json()["status"] == "ok"
    await devnet.fault_off(name)
    await clock.advance(10)
    assert _heights(devnet)[0] > before[0]
    assert _unit(devnet, "genesis", "aitbc-blockchain-node") == "active"


async def test_follower_down(simulated: Simulated) -> None:
    devnet, clock = simulated
    await devnet.fault_on("follower-down")
    with pytest.raises(httpx.ConnectError):
        await _answer(devnet, "follower", "/rpc/head")
    assert _unit(devnet, "follower", "aitbc-blockchain-rpc") == "failed"
    await clock.advance(20)
    await devnet.fault_off("follower-down")
    await clock.advance(6)
    assert (await _answer(devnet, "follower", "/rpc/head")).json()["height"] >= _heights(devnet)[0] - 1


async def test_rpc_hang_of_a_named_node(simulated: Simulated) -> None:
    devnet, _ = simulated
    await devnet.fault_on("rpc-hang", "genesis")
    with pytest.raises(httpx.ReadTimeout):
        await _answer(devnet, "genesis", "/rpc/head", wait_s=0.5)
    assert (await _answer(devnet, "follower", "/rpc/head")).status_code == 200
    await devnet.fault_off("rpc-hang")
    assert (await _answer(devnet, "genesis", "/rpc/head")).status_code == 200
    with pytest.raises(ConfigError, match="it has genesis, follower"):
        await devnet.fault_on("rpc-hang", "nobody")


async def test_http_faults_of_the_coordinator(simulated: Simulated) -> None:
    devnet, _ = simulated
    await devnet.fault_on("coordinator-500")
    broken = await _answer(devnet, "coordinator", "/v1/health")
    assert (broken.status_code, broken.text) == (500, "Internal Server Error")
    await devnet.fault_off("coordinator-500")

    await devnet.fault_on("coordinator-slow", "1")
    with pytest.raises(httpx.ReadTimeout):
        await _answer(devnet, "coordinator", "/v1/health", wait_s=0.5)
    await devnet.fault_off("coordinator-slow")

    await devnet.fault_on("garbage-json")
    garbage = await _answer(devnet, "coordinator", "/v1/admin/jobs")
    assert garbage.status_code == 200 and b"\x1b]0;" in garbage.content
    with pytest.raises(ValueError, match=r".+"):
        garbage.json()
    await devnet.fault_off("garbage-json")

    await devnet.fault_on("huge-json", "3")
    assert len((await _answer(devnet, "coordinator", "/v1/admin/jobs")).content) > 2_900_000
    await devnet.fault_off("huge-json")


async def test_garbage_from_a_node(simulated: Simulated) -> None:
    devnet, _ = simulated
    await devnet.fault_on("garbage-json", "follower")
    assert b"\xff\xfe" in (await _answer(devnet, "follower", "/rpc/head")).content
    assert (await _answer(devnet, "genesis", "/rpc/head")).json()["height"]


async def test_miner_gone_falls_silent_and_drops_its_job(simulated: Simulated) -> None:
    devnet, clock = simulated
    miner = devnet.miners[0]
    for _ in range(200):
        if miner.card.busy:
            break
        await clock.advance(0.2)
    (job,) = [job for job in devnet.store.jobs.values() if job.state == "RUNNING" and job.miner_id == miner.key]
    await devnet.fault_on("miner-gone", "0")
    await clock.advance(100)
    record = devnet.store.miners[miner.key]
    assert (clock.now() - record.last_heartbeat).total_seconds() > 90
    assert (record.status, record.inflight, job.state) == ("active", 1, "RUNNING")
    assert _unit(devnet, "gpu-1", miner.unit) == "failed"
    await devnet.fault_off("miner-gone")
    await clock.advance(5)
    assert (clock.now() - record.last_heartbeat).total_seconds() < 10
    assert job.state == "RUNNING", "a restarted miner is never offered it again"


async def test_job_stuck_stays_running_while_its_miner_goes_on(simulated: Simulated) -> None:
    devnet, clock = simulated
    await devnet.fault_on("job-stuck")
    await clock.advance(120)
    miner = devnet.miners[0]
    running = [job for job in devnet.store.jobs.values() if job.state == "RUNNING" and job.miner_id == miner.key]
    stuck = [job for job in running if (clock.now() - job.requested_at).total_seconds() > 60]
    assert len(stuck) == 1
    assert (clock.now() - devnet.store.miners[miner.key].last_heartbeat).total_seconds() < 30


async def test_a_failed_result_is_completed_and_billed(simulated: Simulated) -> None:
    devnet, clock = simulated
    before = len(devnet.store.receipts)
    await devnet.fault_on("job-fails-completed")
    await clock.advance(30)
    new = devnet.store.receipts[before + 2 :]
    assert new
    for _, job, receipt in new:
        assert job.state == "COMPLETED" and job.error is None
        assert job.result is not None and job.result["status"] == "failed"
        assert isinstance(receipt["price"], float) and receipt["price"] > 0


async def test_a_missing_model_is_substituted_in_silence(simulated: Simulated) -> None:
    devnet, clock = simulated
    await devnet.fault_on("model-substituted")
    await clock.advance(40)
    done = [job for job in devnet.store.jobs.values() if job.payload["model"] == "qwen2.5:7b" and job.result]
    assert done
    assert {job.result["model"] for job in done if job.result} == {"llama3.2:latest"}


def _unsigned(receipt: dict[str, object], _: str) -> bool:
    return "signature" not in receipt and "attestations" not in receipt


def _bad(receipt: dict[str, object], key: str) -> bool:
    return not verifies(receipt, key)


def _attacker(receipt: dict[str, object], key: str) -> bool:
    signature = receipt["signature"]
    assert isinstance(signature, dict)
    return signature["key_id"] != key and verifies(receipt, str(signature["key_id"]))


@pytest.mark.parametrize(
    ("name", "spoilt"), [("receipt-unsigned", _unsigned), ("receipt-bad", _bad), ("receipt-attacker-key", _attacker)]
)
async def test_spoilt_receipts(
    simulated: Simulated, name: str, spoilt: Callable[[dict[str, object], str], bool]
) -> None:
    devnet, clock = simulated
    await devnet.fault_on(name)
    before = len(devnet.store.receipts)
    await clock.advance(30)
    key = devnet.keys.receipts.signing.key_id
    new = _newest_receipts(devnet, before)
    assert new and all(spoilt(receipt, key) for receipt in new)
    await devnet.fault_off(name)
    assert devnet.store.signing is Signing.GOOD
    before = len(devnet.store.receipts)
    await clock.advance(30)
    again = _newest_receipts(devnet, before)
    assert again and all(verifies(receipt, key) for receipt in again)


async def test_mempool_flood(simulated: Simulated) -> None:
    devnet, clock = simulated
    await devnet.fault_on("mempool-flood")
    for _ in range(3):
        answer = (await _answer(devnet, "genesis", "/rpc/mempool?limit=-1")).json()
        assert answer["count"] >= 900
        assert (await _answer(devnet, "genesis", "/rpc/mempool")).json()["count"] == 100
        await clock.advance(2)
    assert max(block.tx_count for block in devnet.net.genesis.state.blocks.values()) == 500
    await devnet.fault_off("mempool-flood")
    await clock.advance(12)
    assert (await _answer(devnet, "genesis", "/rpc/mempool")).json()["count"] < 20


async def test_ollama_down(simulated: Simulated) -> None:
    devnet, clock = simulated
    await devnet.fault_on("ollama-down")
    with pytest.raises(httpx.ConnectError):
        await _answer(devnet, "ollama-gpu-1", "/api/tags")
    before = len(devnet.store.receipts)
    await clock.advance(40)
    results = [job.result for _, job, _ in devnet.store.receipts[before + 2 :]]
    assert results and all(result and result["status"] == "failed" for result in results)
    assert _unit(devnet, "gpu-1", "ollama") == "failed"
    await devnet.fault_off("ollama-down")
    assert (await _answer(devnet, "ollama-gpu-1", "/api/tags")).status_code == 200
