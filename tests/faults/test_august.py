"""What only 2026-08 asks of a dashboard: a token counted down and never sent expired, limits kept, idle chains left."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from starlette.requests import Request

from aitbc_tui.devnet.august.limits import Limits
from aitbc_tui.devnet.august.tokens import Claims, Mint
from aitbc_tui.devnet.faults_august import SHORT_S
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.snapshot import CredentialRow
from aitbc_tui.domain.verdict import Level
from aitbc_tui.protocol.jwt import read_token
from aitbc_tui.state.events import Asked
from tests.faults.test_table import SEED, begin, options, sound
from tests.fixtures.simulated import Bench, bench, simulate

AUGUST = "2026-08"
NEVER_S = 1e6


def credential(live: Bench, role: str) -> CredentialRow:
    return next(row for row in live.snapshot.credentials if row.role == role)


def test_a_token_is_counted_down_and_never_sent_once_it_ran_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    check = Mint.check

    def noted(mint: Mint, token: str) -> Claims | None:
        sent.append(token)
        return check(mint, token)

    monkeypatch.setattr(Mint, "check", noted)

    async def watch() -> None:
        async with bench(tmp_path, options(AUGUST)) as live:
            await begin(live)
            assert credential(live, "admin").verdict.level is Level.GOOD
            await live.devnet.fault_on("token-expired")
            token = (live.devnet.dir / "keys" / "admin").read_text().strip()
            exp = read_token(token).expires_at
            assert exp == int(live.devnet.clock.now().timestamp()) + SHORT_S

            def counted(_: object) -> bool:
                return credential(live, "admin").expires_at == exp

            assert await live.until(counted, 12.0) is not None, credential(live, "admin")
            row = credential(live, "admin")
            assert row.verdict.level is Level.WARN and "expires in <1 m" in row.verdict.text
            assert live.rules() == set(), "a warning on the screen is no alarm yet"
            assert await live.until(lambda _: "token-expired" in live.rules(), SHORT_S) is not None
            assert live.devnet.clock.now().timestamp() >= exp
            sent.clear()
            await live.wait(40.0)
            assert token not in sent, "it is known to have run out: nobody needs to be asked"
            assert live.rules() == {"token-expired"}
            jobs = live.snapshot.panes
            assert all(summary.verdict.word for summary in jobs.values())

    simulate(watch)


def test_a_token_runs_out_on_time_however_much_else_is_heard(tmp_path: Path) -> None:
    """What changes every moment does not hold the countdown up."""

    async def watch() -> None:
        async with bench(tmp_path, options(AUGUST)) as live:
            await begin(live)

            async def busy() -> None:
                while True:
                    live.collector.hub.emit(Asked(1, live.now))
                    await live.wait(0.3)

            noise = asyncio.ensure_future(busy())
            await live.devnet.fault_on("token-expired", "client")
            exp = live.devnet.clock.now().timestamp() + SHORT_S
            assert await live.until(lambda _: "token-expired" in live.rules(), 40.0) is not None
            assert live.devnet.clock.now().timestamp() - exp < 5.0
            noise.cancel()

    simulate(watch)


def test_nothing_is_asked_before_the_server_allows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry-After 60 for every bucket: one refused question each, then a minute of silence."""
    asked: dict[str, list[float]] = {}
    take = Limits.take

    def noted(limits: Limits, request: Request, bucket: str, limit: int) -> None:
        if limits.spare == 0:
            asked.setdefault(bucket, []).append(limits._clock.monotonic())
        take(limits, request, bucket, limit)

    monkeypatch.setattr(Limits, "take", noted)

    async def watch() -> None:
        async with bench(tmp_path, options(AUGUST)) as live:
            await begin(live)
            await live.devnet.fault_on("rate-limit")
            assert await live.until(lambda _: "rate-limit" in live.rules(), 30.0) is not None
            await live.wait(120.0)
            pauses = {b: [later - at for at, later in pairwise(times)] for b, times in asked.items()}
            assert len(pauses["chain reads"]) >= 1
            assert all(pause >= 60.0 for found in pauses.values() for pause in found), pauses

    simulate(watch)


def test_a_lost_database_is_not_asked_more_than_a_sound_one(tmp_path: Path) -> None:
    """Looking for one bad receipt among good ones costs a few requests; with none readable it is not done again."""

    async def watch() -> None:
        async with bench(tmp_path, options(AUGUST)) as live:
            await begin(live)
            gate = live.devnet.parts.gates["coordinator"]
            before = gate.asked
            await live.wait(60.0)
            usual, before = gate.asked - before, gate.asked
            await live.devnet.fault_on("db-down")
            await live.wait(60.0)
            assert gate.asked - before <= usual + 24, "health in between, and one search"

    simulate(watch)


@pytest.mark.parametrize("generation", [AUGUST, "2026-04b"])
def test_an_idle_chain_is_no_stall(generation: str, tmp_path: Path) -> None:
    """Without a transaction August shows a heartbeat now and then, and the other lineage of April no block at all."""

    async def watch() -> None:
        made = DevnetOptions(seed=SEED, generation=generation, tx_every_s=NEVER_S)
        async with bench(tmp_path, made) as live:
            assert await live.until(sound, 30) is not None
            begun = live.devnet.net.genesis.state.height()
            assert await live.until(lambda _: bool(live.rules()), 200.0) is None, live.snapshot.alarms
            grown = live.devnet.net.genesis.state.height() - begun
            assert (grown > 15) is (generation == AUGUST) and (grown == 0) is (generation != AUGUST)
            word = str(live.snapshot.nodes[0].verdict.word)
            assert word == ("produces" if generation == AUGUST else "idle")

    simulate(watch)
