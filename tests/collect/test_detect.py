"""Detection and credentials: probing, keys and tokens, expiry, limits; and the collector on the 2026-08 platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.collect import credentials
from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.budget import Budget, Meter
from aitbc_tui.collect.clock import RealClock
from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.credentials import Credentials
from aitbc_tui.collect.detect import CoordinatorDetector, NodeDetector
from aitbc_tui.collect.hub import Hub
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.config.model import Origin, OriginKind, SecretSource
from aitbc_tui.config.secrets import Secret
from aitbc_tui.devnet.august.store import AugustStore
from aitbc_tui.devnet.august.tokens import Mint
from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.clock import RealClock as DevnetClock
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.domain.errors import AuthError, HttpError, ParseError
from aitbc_tui.domain.snapshot import CredentialRow, Pane, ServerRow, Snapshot, SubmissionState
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.capability import AuthMode, Generation
from aitbc_tui.state.events import Kind
from aitbc_tui.state.facts import ReceiptPage
from aitbc_tui.state.topology import Topology
from aitbc_tui.transport.host import open_host
from aitbc_tui.transport.spec import HostSpec
from tests.fixtures.chain import running, until
from tests.fixtures.replay import Replay
from tests.state.story import Story, frame, utc

SEED = 4711
F, P, N = "coordinator-2026-02", "platform-2026-08", "node-2026-04"
FEBRUARY = {
    "GET /v1/health": f"{F}/001-health",
    "GET /v1/admin/miners": f"{F}/013-auth-missing",
    "GET /v1/admin/jobs": f"{F}/013-auth-missing",
}
AUGUST = {
    "GET /v1/health": f"{P}/004-v1-health",
    "GET /health": f"{P}/001-health",
    "GET /v1/admin/miners": f"{P}/010-jobs-noauth",
}
NODE = {"GET /rpc/head": f"{N}/009-genesis-head-chain", "GET /health": f"{N}/007-genesis-health"}
MISSING = f"{P}/018-docs"


def an_asker(secrets: dict[str, str] | None = None) -> Asker:
    host = open_host(HostSpec("genesis", "local"))
    host.start()
    return Asker(Hub(frame(), RealClock()), {"genesis": host}, {k: Secret(v) for k, v in (secrets or {}).items()})


@asynccontextmanager
async def detector(server: Replay, asker: Asker) -> AsyncIterator[CoordinatorDetector]:
    made = CoordinatorDetector(asker, "coordinator", "genesis", server.url)
    asker.watch(made)
    yield made
    await asker.host("genesis").close()


async def test_a_server_is_probed_once_and_again_after_a_reconnect() -> None:
    async with Replay(dict(FEBRUARY), MISSING) as server, detector(server, an_asker()) as found:
        await found.ready()
        await found.ready()
        assert (found.generation, found.mode) == (Generation.FEBRUARY, AuthMode.KEYS)
        assert server.asked == ["GET /v1/health", "GET /health", "GET /v1/admin/miners"]
        absent = next(row for row in found.row().endpoints if row.endpoint == "GET /health")
        assert (absent.verdict.word, absent.verdict.text) == ("absent", "as in every 2026-02; that is how it is told")
        server.answers.clear()
        server.answers.update(AUGUST)
        await found.ready()
        assert found.generation is Generation.FEBRUARY, "nothing gave cause to ask again"
        found.forget()
        await found.ready()
        assert (found.generation, found.mode) == (Generation.AUGUST, AuthMode.TOKENS)


async def test_an_endpoint_that_is_gone_gives_cause_to_probe_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aitbc_tui.collect.detect.DOUBT_S", 0.0)
    asker = an_asker()
    answers = {**FEBRUARY, "GET /v1/explorer/receipts": f"{F}/094-lifecycle-explorer-receipts"}
    async with Replay(answers, MISSING) as server, detector(server, asker) as found:
        await found.ready()
        await asker.send("genesis", server.url, requests.explorer_receipts())
        server.answers.clear()
        server.answers.update(AUGUST)
        with pytest.raises(HttpError, match="404"):
            await asker.send("genesis", server.url, requests.explorer_receipts())
        await found.ready()
        assert found.generation is Generation.AUGUST
        words = {row.endpoint: row.verdict.word for row in found.row().endpoints}
        assert words["GET /v1/explorer/receipts"] == "absent"
        assert words["GET /v1/admin/miners"] == "needs-credential"


async def test_what_was_just_asked_by_a_probe_is_not_asked_twice() -> None:
    async with Replay(dict(FEBRUARY), MISSING) as server, detector(server, an_asker()) as found:
        answer = await found.answer(requests.coordinator_health())
        assert answer.status == 200
        assert server.asked.count("GET /v1/health") == 1
        await found.answer(requests.coordinator_health())
        assert server.asked.count("GET /v1/health") == 2


async def test_another_service_gets_no_credential_and_is_named() -> None:
    asker = an_asker({"admin": "secret-admin-key"})
    async with Replay(dict(NODE), MISSING) as server, detector(server, asker) as found:
        asker.keys.mode, asker.keys.detect = AuthMode.UNKNOWN, found.ready
        with pytest.raises(ParseError, match="a node's RPC, not a coordinator"):
            await asker.send("genesis", server.url, requests.admin_jobs())
        assert server.keys == set(), "no key goes to a stranger"
        assert "GET /v1/admin/jobs" not in server.asked
        before = len(server.asked)
        with pytest.raises(ParseError):
            await asker.send("genesis", server.url, requests.admin_jobs())
        assert len(server.asked) == before, "not asked again at once"


async def test_a_coordinator_behind_c_is_told_and_not_followed() -> None:
    answers = {"GET /health": f"{P}/018-docs", "GET /c/health": f"{P}/001-health", "GET /c/v1/health": f"{P}/018-docs"}
    async with Replay(answers, f"{P}/018-docs") as server, detector(server, an_asker()) as found:
        with pytest.raises(ParseError, match="add /c to coordinator.url"):
            await found.ready()


async def test_a_node_is_told_by_its_sync_configuration() -> None:
    asker = an_asker()
    async with Replay(dict(NODE), f"{N}/032-root-404") as server:
        found = NodeDetector(asker, "genesis", "genesis", server.url, "ait-mainnet")
        await found.ready()
        assert found.generation is Generation.APRIL
        assert found.chains == ("ait-mainnet",)
    await asker.host("genesis").close()


# credentials


def token(role: str, lifetime_s: int = 3600 * 24, mint: Mint | None = None, subject: str = "somebody") -> str:
    mint = mint or Mint.of(DevnetClock(), Seeded(SEED))
    return mint.token(role, subject, lifetime_s)


def holding(mode: AuthMode, **secrets: str) -> Credentials:
    made = Credentials({role: Secret(value) for role, value in secrets.items()}, RealClock().utc)
    made.mode = mode
    return made


def row(keys: Credentials, role: str) -> CredentialRow:
    blank = CredentialRow(role, SafeText("file"), Verdict(Level.COMING, SafeText("not tried yet")))
    return keys.rows((blank,))[0]


async def test_only_what_the_mode_needs_is_sent() -> None:
    admin = token("admin")
    keys = holding(AuthMode.TOKENS, admin=admin, client="a-plain-key", miner="a-miner-key")
    assert await keys.headers("admin") == {"authorization": f"Bearer {admin}"}
    assert await keys.headers("miner") == {"x-api-key": "a-miner-key"}
    assert await keys.headers(None) == {}
    with pytest.raises(AuthError, match="wants tokens, and client_file holds a key: not sent"):
        await keys.headers("client")
    assert row(keys, "client").verdict.word == "no token"
    keys = holding(AuthMode.KEYS, admin=admin, client="a-plain-key")
    assert await keys.headers("client") == {"x-api-key": "a-plain-key"}
    with pytest.raises(AuthError, match="wants keys"):
        await keys.headers("admin")
    with pytest.raises(AuthError, match="nothing was sent"):
        await holding(AuthMode.UNKNOWN, admin="k").headers("admin")


async def test_a_countdown_by_the_servers_clock() -> None:
    keys = holding(AuthMode.TOKENS, admin=token("admin", 5 * 3600 + 30))
    await keys.answered("admin", 200, "")
    assert (row(keys, "admin").verdict.word, row(keys, "admin").verdict.level) == ("works", Level.GOOD)
    assert "expires in 5 h" in row(keys, "admin").verdict.text
    keys.heard(RealClock().utc() + 4.5 * 3600)
    assert row(keys, "admin").verdict.word == "expires"
    assert "in 30 m" in row(keys, "admin").verdict.text
    keys.heard(RealClock().utc() + 6 * 3600)
    assert (row(keys, "admin").verdict.word, row(keys, "admin").verdict.level) == ("expired", Level.REFUSED)
    with pytest.raises(AuthError, match="the admin token expired 59 m ago"):
        await keys.headers("admin")
    assert row(keys, "admin").expires_at == pytest.approx(RealClock().utc() + 5 * 3600 + 30, abs=3)


async def test_a_refused_token_and_a_token_that_may_not_are_two_things() -> None:
    keys = holding(AuthMode.TOKENS, admin=token("admin"), client=token("admin"))
    await keys.answered("admin", 401, "Invalid token")
    assert row(keys, "admin").verdict.word == "refused"
    await keys.answered("admin", 403, "Forbidden")
    assert row(keys, "admin").verdict.word == "denied"
    await keys.answered("admin", 503, "")
    assert row(keys, "admin").verdict.word == "denied", "a broken server says nothing of a credential"
    await keys.answered("admin", 200, "")
    assert row(keys, "admin").verdict.word == "works"
    assert row(keys, "client").verdict.word == "wrong role"
    assert "role admin" in row(keys, "client").verdict.text


def test_no_credential_stands_in_a_repr() -> None:
    keys = holding(AuthMode.TOKENS, admin=token("admin"))
    assert token("admin") not in repr(row(keys, "admin")) + repr(keys.__dict__)


# limits


def test_a_refusal_halves_our_share_and_time_gives_it_back() -> None:
    budget = Budget(limit=100, ours=60)
    assert budget.share(0.0) == 60
    budget.learn(429, {"retry-after": "60"}, 10.0)
    assert budget.share(11.0) == 30
    budget.learn(429, {}, 100.0)
    assert budget.share(101.0) == 15
    for _ in range(6):
        budget.learn(429, {}, 110.0)
    assert budget.share(111.0) == 6, "never less than a tenth"
    assert budget.share(111.0 + 301) == 12
    assert budget.share(111.0 + 3000) == 24, "one step at a time"


def test_one_bucket_that_is_empty_does_not_stop_the_others() -> None:
    meter = Meter()
    meter.generation = Generation.AUGUST
    meter.of(requests.head("c")).learn(429, {"retry-after": "60"}, 0.0)
    with pytest.raises(HttpError, match="pauses 60 s"):
        meter.of(requests.blocks_range(1, 2)).check(0.0, "genesis")
    meter.of(requests.mempool()).check(0.0, "genesis")
    assert meter.queue_interval(2.0) == 5.0
    for number in range(60):
        meter.of(requests.admin_jobs()).check(float(number) / 2, "h")
        meter.of(requests.admin_jobs()).spent(float(number) / 2)
    with pytest.raises(HttpError, match="share of 100"):
        meter.of(requests.admin_jobs()).check(30.0, "h")
    meter.of(requests.admin_miners()).check(30.0, "h")
    assert (meter.tightest(30.0) or ("", None))[0] == "chain reads", "what pauses is shown first"
    name, tightest = meter.tightest(61.0) or ("", Budget())
    assert (name, tightest.spent_lately(61.0), tightest.share(61.0)) == ("GET /v1/admin/jobs", 57, 60)


# the collector on the platform


@pytest.fixture(scope="module")
def august() -> Iterator[Child]:
    with start_child(DevnetOptions(seed=SEED, generation="2026-08")) as child:
        yield child


def setup_of(config: Path, folder: Path, **tokens: str | None) -> Setup:
    """As the devnet wrote it; a token given goes into a file of its own, None takes the credential out."""
    settings = load(Flags(config=str(config)), {})
    environment = settings.environment
    coordinator = environment.coordinator
    assert coordinator is not None
    for role, value in tokens.items():
        source = None if value is None else source_of(folder / role, value)
        coordinator = replace(coordinator, **{role: source})
    environment = replace(environment, coordinator=coordinator)
    return Setup(environment, settings.trust.store(), folder / "ledger.sqlite3", ssh_config="")


def source_of(file: Path, value: str) -> SecretSource:
    file.write_text(value + "\n")
    file.chmod(0o600)
    return SecretSource(f"env.devnet.coordinator.{file.name}_file", Origin(OriginKind.FILE, "test"), file.parent, file)


def server(snapshot: Snapshot, name: str) -> ServerRow:
    return next(found for found in snapshot.capabilities if found.name == name)


def credential(snapshot: Snapshot, role: str) -> CredentialRow:
    return next(found for found in snapshot.credentials if found.role == role)


async def test_it_is_sound_and_a_job_reaches_its_verified_receipt(august: Child, tmp_path: Path) -> None:
    async with Collector(setup_of(august.config_path, tmp_path)) as collector:
        with running(collector):
            sound = await until(collector, lambda s: s.headline.word == "sound" and bool(s.nodes[0].peers.value))
            done = await collector.must_write().submit(JobOrder("llama3.2:latest", "Name one prime of many"))
            assert done.state is SubmissionState.ACCEPTED
            seen = await until(
                collector, lambda s: (r := s.job(str(done.job_id))) is not None and r.receipt is not None, 40
            )
    assert {s.name: (s.generation, s.wants) for s in seen.capabilities} == {
        "genesis": ("2026-08", ""),
        "follower": ("2026-08", ""),
        "coordinator": ("2026-08", "tokens"),
    }
    assert sound.nodes[0].peers.value is not None
    assert sound.nodes[0].peers.value.addresses == ("follower",)
    assert sound.nodes[1].peers.trouble is not None, "a follower lists nobody"
    job = seen.job(str(done.job_id))
    assert job is not None and job.receipt is not None
    assert (job.receipt.verdict, job.receipt.sum_mark, job.ours) == ("valid", "=", True)
    since = {row.key_since for row in seen.receipts if row.receipt.valid}
    assert len(since) == 1 and None not in since, "when its key was first seen here, by the ledger"
    assert credential(seen, "client").verdict.word == "works"
    words = {row.endpoint: row.verdict.word for row in server(seen, "coordinator").endpoints}
    assert words["GET /v1/health"] == "absent"
    assert words["GET /v1/jobs"] == words["GET /v1/admin/miners"] == "yes"
    assert server(seen, "genesis").limit == 200 and (server(seen, "genesis").asked or 0) <= 60
    blocks = [b for found in seen.blocks.values() for b in found.values() if b.height]
    assert blocks and all(b.signer == b.proposer for b in blocks)
    shown = repr(seen)
    for secret in ("Name one prime of many", *collector_secrets(august)):
        assert secret not in shown


def collector_secrets(child: Child) -> list[str]:
    return [(child.config_path.parent / "keys" / role).read_text().strip() for role in ("client", "admin", "miner")]


async def test_without_an_admin_token_its_panes_say_so_and_our_own_jobs_show(august: Child, tmp_path: Path) -> None:
    async with Collector(setup_of(august.config_path, tmp_path, admin=None)) as collector:
        with running(collector):
            seen = await until(collector, lambda s: bool(s.jobs) and s.nodes[1].lag == 0 and bool(s.receipts))
    assert seen.panes[Pane.MINERS].verdict.word == "no token"
    assert "needs an admin token" in seen.panes[Pane.MINERS].short
    assert len(seen.jobs) >= 6 and all(row.ours for row in seen.jobs), "every fourth of 24 is the operator's"
    assert seen.panes[Pane.RECEIPTS].verdict.word == "valid"
    assert seen.panes[Pane.NODES].verdict.word == "agree"


async def test_an_expired_token_is_named_not_sent_and_replaced(
    august: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "AGAIN_S", 0.3)
    expired = token("admin", -1200)
    async with Collector(setup_of(august.config_path, tmp_path, admin=expired)) as collector:
        with running(collector):
            seen = await until(
                collector,
                lambda s: credential(s, "admin").verdict.word == "expired" and bool(s.receipts) and s.jobs != (),
            )
            trouble = collector.hub.world.miners.trouble
            assert trouble is not None and "the admin token expired 20 m ago" in trouble.detail
            assert "admin_file" in trouble.remedy
            words = {row.endpoint: row.verdict.word for row in server(seen, "coordinator").endpoints}
            assert words["GET /v1/admin/miners"] == "needs-credential", "only the probe without a credential was sent"
            assert credential(seen, "client").verdict.word == "works"
            assert all(row.verdict.level is Level.GOOD for row in seen.nodes)
            source_of(tmp_path / "admin", token("admin"))
            seen = await until(collector, lambda s: bool(s.miners))
            assert credential(collector.hub.newest, "admin").verdict.word in ("works", "not tried yet")


async def test_a_token_of_another_role_is_a_403_in_words(august: Child, tmp_path: Path) -> None:
    setup = setup_of(august.config_path, tmp_path, admin=token("client"), client=token("client"))
    async with Collector(setup) as collector:
        with running(collector):
            await until(collector, lambda s: collector.hub.world.miners.trouble is not None)
            seen = await until(collector, lambda s: credential(s, "admin").verdict.word == "wrong role")
    trouble = collector.hub.world.miners.trouble
    assert trouble is not None and trouble.status == 403
    assert "the token in admin_file has the role client: /v1/admin/miners answered 403" in trouble.detail
    words = {row.endpoint: row.verdict.word for row in server(seen, "coordinator").endpoints}
    assert words["GET /v1/admin/miners"] == "denied"


async def test_a_forged_token_is_a_401_in_words(august: Child, tmp_path: Path) -> None:
    forged = token("admin", mint=Mint.of(DevnetClock(), Seeded(1)))
    async with Collector(setup_of(august.config_path, tmp_path, admin=forged)) as collector:
        with running(collector):
            await until(collector, lambda s: credential(s, "admin").verdict.word == "refused")
            await until(collector, lambda s: collector.hub.world.miners.trouble is not None)
    trouble = collector.hub.world.miners.trouble
    assert trouble is not None and trouble.status == 401
    assert "the admin token is not accepted" in trouble.detail
    assert "JWT_SECRET" in trouble.remedy


async def test_a_limit_pauses_one_bucket_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with Devnet.start(DevnetOptions(seed=SEED, generation="2026-08")) as devnet:
        made = devnet.made
        assert made.limits
        async with Collector(setup_of(devnet.config_path, tmp_path)) as collector:
            with running(collector):
                await until(collector, lambda s: s.headline.word == "sound")
                made.limits["coordinator"].spare = 2
                seen = await until(collector, lambda s: server(s, "coordinator").pauses_s is not None, 30)
                asked = [row for row in server(seen, "coordinator").endpoints if row.verdict.word == "limited"]
                assert asked, "the endpoint that was refused says so"
                paused_at = seen.now

                def all_answered(s: Snapshot) -> bool:
                    return all(n.verdict.level is Level.GOOD and (n.head.at or 0.0) > paused_at for n in s.nodes)

                seen = await until(collector, all_answered)
    assert server(seen, "coordinator").bucket.startswith("GET /v1/"), "still paused when the nodes had answered again"


async def test_a_payment_released_without_a_transaction_is_seen(tmp_path: Path) -> None:
    async with Devnet.start(DevnetOptions(seed=SEED, generation="2026-08")) as devnet:
        store = devnet.store
        assert isinstance(store, AugustStore)
        job = store.submit(devnet.made.client, {"type": "inference", "model": "llama3.2:latest", "prompt": "paid"})
        store.pay_escrow(job, 1.0, "AITBC", "ait1buyer", "ait1provider")
        store.poll("miner-0")
        store.complete("miner-0", job.job_id, {"status": "completed"}, {"duration_ms": 800})
        async with Collector(setup_of(devnet.config_path, tmp_path)) as collector:
            with running(collector):
                seen = await until(
                    collector, lambda s: (r := s.job(job.job_id)) is not None and r.payment is not None, 30
                )
    row = seen.job(job.job_id)
    assert row is not None and row.payment is not None
    assert (row.payment.status, row.payment.amount, row.payment.transaction_hash) == ("released", 1.0, None)
    assert row.job.payment_status == "released"


def test_an_idle_chain_of_this_version_may_rest_for_a_minute() -> None:
    """A heartbeat block comes every 60 s by default: before that nothing is wrong, after it the producer is dead."""
    slow = frame()
    slow = replace(slow, nodes=tuple(replace(n, generation="2026-08", heartbeat_s=60.0) for n in slow.nodes))

    def stands(topology: Topology, seconds: int) -> list[str]:
        story = Story(topology)
        height = story.go_on(20)
        for waited in range(2, seconds, 2):
            story.wait(2)
            for node in ("genesis", "follower"):
                story.head(node, height, age=waited)
                story.pool(node, ())
                story.units(node)
            story.jobs()
            story.miners(story.miner("3f9a"))
            story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage((), 0, utc(story.utc)))
            story.picture()
        return [str(row.verdict.word) for row in story.picture().nodes if row.verdict.level is Level.BAD]

    assert stands(slow, 58) == []
    assert stands(slow, 70) == ["STALLED"]
    assert stands(frame(), 30) == ["STALLED"], "the older nodes make a block every two seconds"
