"""The platform of 2026-08 as recorded: hub, follower, forked node and coordinator, and the verdicts of the notes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.devnet.august.tokens import Mint
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.domain.snapshot import Access
from tests.fixtures.recorded import Chain, RecordedClock, Server, Watch, date_of, pinned, watching
from tests.fixtures.replay import parsed
from tests.fixtures.simulated import simulate

P = "platform-2026-08"
CHAIN = "ait-head-test"
CLIENT = "98475c28-8e2c-46b6-bc39-ad24157b9a55"  # the recorded owner of the jobs
ABSENT = f"{P}/018-docs"
MEMPOOL = "GET /rpc/mempool"
JOBS, MINERS, RECEIPTS = "GET /v1/admin/jobs", "GET /v1/admin/miners", "GET /v1/explorer/receipts"
IN_STEP, FOLLOWER = "150-follower-head", "290-follower-node-process-dead-health"
NOW = f"{P}/043-admin-miners-active"


def node(health: str, *recorded: str, every_s: float | None = None, split: int | None = None) -> Server:
    answers = {
        "GET /health": f"{P}/{health}",
        "GET /rpc/sync/config": f"{P}/115-rpc-sync-config",
        "GET /rpc/subscribers": f"{P}/121-rpc-subscribers",
        MEMPOOL: f"{P}/205-mempool-default",
    }
    chain = Chain(tuple(f"{P}/{name}" for name in recorded), every_s, split=split) if recorded else None
    return Server(answers, ABSENT, chain=chain)


def hub(*recorded: str, every_s: float | None = 9.0) -> Server:
    return node("295-hub-producer-dead-health", *recorded, every_s=every_s)


def coordinator(**lists: str) -> Server:
    answers = {
        "GET /health": f"{P}/001-health",
        "GET /v1/health": f"{P}/004-v1-health",
        JOBS: f"{P}/{lists.get('jobs', '059-admin-jobs-after')}",
        MINERS: f"{P}/{lists.get('miners', '043-admin-miners-active')}",
        RECEIPTS: f"{P}/{lists.get('receipts', '055-explorer-receipts-after')}",
        "GET /v1/jobs": f"{P}/{lists.get('own', '035-list-jobs-client')}",
    }
    return Server(answers, ABSENT, bare={MINERS: f"{P}/010-jobs-noauth"})


def tokens(moment: str, admin_s: int = 3600) -> dict[str, str]:
    """As operators mint them by hand; the captures hold placeholders."""
    mint = Mint.of(RecordedClock(date_of(moment) - timedelta(seconds=0)), Seeded(1))
    fixed = Mint(_Fixed(moment), mint.secret, CLIENT, mint.other_client, mint.admin)  # type: ignore[arg-type]
    return {"client": fixed.token("client", CLIENT), "admin": fixed.token("admin", "operator", admin_s)}


class _Fixed:
    def __init__(self, moment: str) -> None:
        self._now = date_of(moment)

    def now(self) -> Any:
        return self._now


def watch(
    folder: Path,
    check: Callable[[Watch], Awaitable[None]],
    nodes: Mapping[str, Server] | None = None,
    server: Server | None = None,
    moment: str = "",
    **more: Any,
) -> None:
    async def run() -> None:
        keys = tokens(moment, **({"admin_s": more.pop("admin_s")} if "admin_s" in more else {})) if server else None
        trust = pinned("2026-08") if server is not None else None
        async with watching(folder, nodes or {}, server, keys, trust, CHAIN if nodes else "", moment, **more) as live:
            await check(live)

    simulate(run)


def test_hub_and_follower_in_step(tmp_path: Path) -> None:
    """[103] [150]: a heartbeat block every 9 s here; the idle time between is no stall."""

    async def check(live: Watch) -> None:
        assert await live.go_on(120) == set()
        assert [row.verdict.word for row in live.snapshot.nodes] == ["produces", "agrees"]
        assert {str(s.generation) for s in live.snapshot.capabilities} == {"2026-08"}

    both = {
        "hub": hub("103-rpc-head"),
        "follower": node(FOLLOWER, IN_STEP, every_s=9.0),
    }
    watch(tmp_path, check, both)


def test_a_forked_node(tmp_path: Path) -> None:
    """[260]-[265]: blocks from 114 on rewritten, health ok. That they are not signed by whom they name says no more."""

    async def check(live: Watch) -> None:
        await live.until("fork")
        assert await live.go_on(60) == {"fork"}
        fork = live.snapshot.chain.fork
        assert fork is not None and (fork.height, fork.last_common, fork.nodes) == (114, 113, ("forked",))
        assert live.alarms()["fork"].evidence == "other hash at 114, last common 113"

    forked = node(
        "261-forked-node-health",
        "260-forked-node-head",
        "264-forked-node-range",
        "262-forked-node-block-common",
        split=114,
    )
    nodes = {"hub": hub("263-hub-block-common", "265-hub-range"), "forked": forked}
    watch(tmp_path, check, nodes)


def test_a_follower_whose_process_is_dead(tmp_path: Path) -> None:
    """[290]-[294]: head frozen at 151 while the hub goes on from there, health ok, its lease still listed."""

    async def check(live: Watch) -> None:
        alarm = await live.until("wedge", 120)
        assert alarm.about == "follower" and "head stands at 151" in alarm.evidence
        assert alarm.evidence.endswith("it was not refused: it never came, or what imports blocks is dead")
        assert set(live.alarms()) == {"wedge"}
        peers = live.snapshot.nodes[0].peers.value
        assert peers is not None and peers.count == 1, "the lease outlives its follower, and is no proof of life"

    frozen = "291-follower-node-process-dead-head"
    before = hub(frozen, "292-hub-head-meanwhile")
    before.answers["GET /rpc/subscribers"] = f"{P}/293-hub-subscribers-dead-follower"
    watch(tmp_path, check, {"hub": before, "follower": node(FOLLOWER, frozen)})


def test_a_dead_producer_behind_a_healthy_hub(tmp_path: Path) -> None:
    """[295]-[298]: health ok, chains "running"; only the age of the head tells, after the longest idle time."""

    async def check(live: Watch) -> None:
        assert await live.go_on(20) == set(), "the head is 28 s old: a chain of this version may be idle for 60 s"
        alarm = await live.until("stall", 70)
        assert alarm.about == "hub" and set(live.alarms()) == {"stall"}

    watch(tmp_path, check, {"hub": hub("296-hub-producer-dead-head", every_s=None)})


def test_a_database_that_is_down(tmp_path: Path) -> None:
    """[270]-[279]: both healths ok, every list 500, the head stands at 129; heals by itself."""
    server = coordinator()

    async def check(live: Watch) -> None:
        assert await live.go_on(10) == set()
        before = dict(server.answers)
        for path in (JOBS, MINERS, RECEIPTS, "GET /v1/jobs"):
            server.answers[path] = f"{P}/271-db-down-jobs"
        server.answers[RECEIPTS] = f"{P}/272-db-down-explorer"
        server.answers["GET /health"] = f"{P}/270-db-down-coordinator-health"
        live.nodes["hub"].answers[MEMPOOL] = f"{P}/276-db-down-node-mempool"
        await live.until("db-down", 40)
        await live.go_on(90)
        assert set(live.alarms()) == {"db-down"}
        said = {str(a.about): str(a.evidence) for a in live.snapshot.alarms if a.open}
        assert said["coordinator"].startswith("health says ok, every list says")
        assert "its head is read, its mempool answers 500, no block for" in said["hub"]
        asked = server.asked.count(RECEIPTS)
        await live.go_on(30)
        assert server.asked.count(RECEIPTS) - asked <= 7, "a server in trouble is not asked more often than before"
        server.answers.update(before)
        await live.go_on(30)
        opened = [str(a.about) for a in live.snapshot.alarms if a.open and a.rule == "db-down"]
        assert opened == ["hub"], "a condition goes when it is over: the hub's mempool still answers 500"

    watch(
        tmp_path,
        check,
        {"hub": hub("278-db-down-node-head-22s-later", every_s=None)},
        server,
        f"{P}/043-admin-miners-active",
    )


@pytest.mark.parametrize("where", ["node", "coordinator"])
def test_limits_are_said_and_the_pause_is_kept(where: str, tmp_path: Path) -> None:
    """[190] [191]: 429 with Retry-After: 60, for every handler by itself; chain reads share theirs."""
    server = coordinator()

    async def check(live: Watch) -> None:
        await live.go_on(10)
        if where == "node":
            limited, path, name = live.nodes["hub"], "GET /rpc/head", "190-node-rate-limit"
        else:
            limited, path, name = server, MINERS, "191-coordinator-rate-limit"
        limited.answers[path] = f"{P}/{name}"
        await live.until("rate-limit", 30)
        asked = limited.asked.count(path)
        await live.go_on(40)
        assert limited.asked.count(path) == asked
        row = next(s for s in live.snapshot.capabilities if s.name == ("hub" if where == "node" else "coordinator"))
        assert row.pauses_s is not None and 0 < row.pauses_s < 60
        await live.go_on(30)
        assert limited.asked.count(path) > asked, "asked again when the pause is over"

    watch(tmp_path, check, {"hub": hub("103-rpc-head")}, server, NOW)


@pytest.mark.parametrize(("lifetime", "rule"), [(8, "token-expired"), (3600, "refused")])
def test_an_expired_token_is_told_from_a_wrong_one(lifetime: int, rule: str, tmp_path: Path) -> None:
    """[281] [166]: both are answered 401 `Invalid token`; when it expires stands in the token."""
    server = coordinator()

    async def check(live: Watch) -> None:
        await live.go_on(10)
        server.answers[JOBS] = server.answers[MINERS] = f"{P}/281-expired-jwt"
        server.answers[RECEIPTS] = server.answers["GET /v1/jobs"] = f"{P}/281-expired-jwt"
        alarm = await live.until(rule, 40)
        assert rule == "refused" or alarm.about == "admin"
        assert ("token-expired" in live.alarms()) == (rule == "token-expired")

    watch(tmp_path, check, None, server, NOW, admin_s=lifetime)


def receipts_of(*names: str) -> dict[str, Any]:
    """A page of the explorer with the receipts of these answers."""
    found = [parsed(f"{P}/{name}")["receipt"] for name in names]
    keys = ("receipt_id", "job_id", "provider", "client")
    return {
        "jobId": "all",
        "items": [
            dict(zip(("receiptId", "jobId", "miner", "coordinator"), (one[k] for k in keys), strict=True))
            | {"issuedAt": "2026-11-22T03:55:57.400000", "status": one["status"], "payload": one}
            for one in found
        ],
    }


def test_a_failure_that_is_booked_as_completed(tmp_path: Path) -> None:
    """[064] [065] [077]: state COMPLETED, result.status failed, with a signed and priced receipt."""
    server = coordinator(jobs="077-admin-jobs-stale")
    server.documents[RECEIPTS] = receipts_of("064-submit-failed-result")

    async def check(live: Watch) -> None:
        alarm = await live.until("job-fails-completed", 40)
        assert alarm.about == "6d9d7b97" and "COMPLETED, result.status failed, price 0.000740" in alarm.evidence
        assert next(r.receipt.verdict for r in live.snapshot.receipts) == "valid"

    watch(tmp_path, check, None, server, f"{P}/077-admin-jobs-stale")


def test_an_overdue_job_is_not_queued(tmp_path: Path) -> None:
    """[076] [077]: both lists say QUEUED after it expired: nobody has looked at it."""
    server = coordinator(jobs="077-admin-jobs-stale", own="076-list-jobs-stale-queued")

    async def check(live: Watch) -> None:
        alarm = await live.until("job-overdue", 30)
        assert alarm.about == "24661d8c"
        assert "GET /v1/jobs/24661d8c7495422c9d64d065730d67db" not in server.asked, "reading it would expire it"

    watch(tmp_path, check, None, server, f"{P}/077-admin-jobs-stale", access=Access.OBSERVE)


def paid(view: str, payment: dict[str, Any]) -> Server:
    """A coordinator whose lists hold the job of this view, with its payment."""
    job = parsed(f"{P}/{view}")
    server = coordinator()
    listed = {k: job[k] for k in ("job_id", "state", "assigned_miner_id", "requested_at")} | {"client_id": CLIENT}
    server.documents[JOBS] = {"items": [listed]}
    server.documents["GET /v1/jobs"] = {"items": [job], "total": 1, "limit": 50, "offset": 0}
    server.answers[f"GET /v1/jobs/{job['job_id']}"] = f"{P}/{view}"
    server.documents[f"GET /v1/jobs/{job['job_id']}/payment"] = payment
    return server


def test_released_on_paper_and_not_on_chain(tmp_path: Path) -> None:
    """[243] [245] [252]: released, `transaction_hash` null, and no transaction anywhere."""
    server = paid("243-paid-job-after", parsed(f"{P}/245-paid-job-payment-after"))

    async def check(live: Watch) -> None:
        alarm = await live.until("paid-unsettled", 60)
        assert alarm.about == "eb3948c9" and alarm.evidence == "1.000000 AITBC released, and no transaction says so"

    watch(tmp_path, check, None, server, f"{P}/243-paid-job-after")


def test_money_locked_on_a_dead_job(tmp_path: Path) -> None:
    """[250] [251]: EXPIRED, and its escrow is still there. (The payment's own answer was not recorded for this job.)"""
    view = parsed(f"{P}/250-highvalue-job-expired")
    payment = parsed(f"{P}/241-paid-job-payment") | {
        "job_id": view["job_id"], "payment_id": view["payment_id"], "amount": "10.00000000",
    }  # fmt: skip
    server = paid("250-highvalue-job-expired", payment)

    async def check(live: Watch) -> None:
        alarm = await live.until("escrow-stuck", 60)
        assert alarm.about == "28c9c55d" and "still escrowed, and the job is EXPIRED" in alarm.evidence

    watch(tmp_path, check, None, server, f"{P}/250-highvalue-job-expired")


def test_a_transaction_that_only_a_follower_has(tmp_path: Path) -> None:
    """[211]-[215]: accepted by the follower with 200, and never sent on."""

    async def check(live: Watch) -> None:
        alarm = await live.until("tx-stuck", 60)
        assert alarm.about == "follower" and "db29595c…3a412e waits" in alarm.evidence
        assert set(live.alarms()) == {"tx-stuck"}

    kept = node(FOLLOWER, IN_STEP, every_s=9.0)
    kept.answers[MEMPOOL] = f"{P}/215-follower-mempool-chain-later"
    watch(tmp_path, check, {"hub": hub("103-rpc-head"), "follower": kept})


def test_what_lies_or_stalls_is_never_asked(tmp_path: Path) -> None:
    """[044] [045] [230] [009]: stats, status and what the coordinator proxies to a node."""
    server = coordinator()

    async def check(live: Watch) -> None:
        await live.go_on(60)
        asked = {what.split(" ")[1] for what in server.asked}
        assert "/v1/admin/jobs" in asked
        assert not asked & {"/v1/admin/stats", "/v1/admin/status", "/v1/status", "/v1/explorer/blocks"}

    watch(tmp_path, check, None, server, NOW)
