"""The collector's parts one by one: budgets, rhythm, one request per source, GPU rounds, the NVML child."""

from __future__ import annotations

import asyncio
import errno
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.budget import Budget, Meter
from aitbc_tui.collect.gpus import rounds
from aitbc_tui.collect.hub import Hub
from aitbc_tui.collect.masking import load_masker
from aitbc_tui.collect.nvml import NvmlWatch, parse_line
from aitbc_tui.collect.pace import Rhythm
from aitbc_tui.config.secrets import Secret
from aitbc_tui.domain.errors import CommandError, ConfigError, HttpError, ParseError
from aitbc_tui.domain.identity import Role
from aitbc_tui.ledger.files import create_file
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.capability import AuthMode
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.transport.host import open_host
from aitbc_tui.transport.spec import HostSpec
from tests.fixtures.rawhttp import RawHttp, answer, raw_http
from tests.state.story import frame


class HandClock:
    """Time moved by hand; sleepers wake when it has come."""

    def __init__(self) -> None:
        self.now = 100.0
        self._waiting: list[tuple[float, asyncio.Event]] = []

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> float:
        return 1_795_000_000.0 + self.now

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._waiting.append((self.now + seconds, event))
        await event.wait()

    async def advance(self, seconds: float, step: float = 0.25) -> None:
        ends = self.now + seconds
        while self.now < ends:
            self.now = min(ends, self.now + step)
            for at, event in self._waiting:
                if at <= self.now:
                    event.set()
            self._waiting = [(at, event) for at, event in self._waiting if not event.is_set()]
            for _ in range(10):
                await asyncio.sleep(0)


def test_a_server_that_limits_is_asked_less() -> None:
    budget = Budget()
    assert budget.queue_interval(2.0) == 2.0
    budget.learn(429, {"retry-after": "30"}, 100.0)
    assert budget.queue_interval(2.0) == 5.0
    with pytest.raises(HttpError, match="pauses 20 s") as caught:
        budget.check(110.0, "genesis")
    assert caught.value.status == 429
    budget.check(130.5, "genesis")


def test_a_named_limit_leaves_room_for_others() -> None:
    budget = Budget()
    budget.learn(200, {"x-ratelimit-limit": "10"}, 0.0)
    for number in range(6):
        budget.check(float(number), "h")
        budget.spent(float(number))
    with pytest.raises(HttpError, match="share of 10"):
        budget.check(7.0, "h")
    budget.check(60.5, "h")


def test_a_limit_below_our_usual_part_leaves_room_all_the_same() -> None:
    """Chain reads of 2026-08: 60 of 200 are ours; of 10 that the server names it is 6, and not all ten."""
    budget = Budget(200, ours=60)
    assert budget.share(0.0) == 60
    budget.learn(200, {"x-ratelimit-limit": "10"}, 0.0)
    assert budget.share(0.0) == 6


def test_a_share_that_was_cut_is_doubled_again_where_nothing_is_refused_any_more() -> None:
    budget = Budget(100, ours=60)
    for at in (0.0, 10.0):
        budget.learn(429, {}, at)
    assert budget.share(20.0) == 15, "a quarter after two refusals"
    assert budget.share(310.0) == 15, "five minutes are not over"
    assert budget.share(311.0) == 30 and budget.share(600.0) == 30
    assert [budget.share(at) for at in (612.0, 10_000.0)] == [60, 60], "the whole, and never more"
    for at in range(20):
        budget.learn(429, {}, 20_000.0 + at)
    assert budget.share(20_020.0) == 6, "a tenth is always ours"


def test_the_queue_is_asked_less_as_soon_as_one_bucket_of_its_server_is_limited() -> None:
    meter = Meter()
    assert (meter.queue_interval(2.0), meter.queue_interval(9.0)) == (2.0, 9.0)
    meter.of(Ask("GET", "/v1/jobs")).learn(429, {}, 1.0)
    assert (meter.queue_interval(2.0), meter.queue_interval(9.0)) == (5.0, 9.0)


async def test_a_rhythm_never_overlaps_and_wakes_on_request() -> None:
    clock = HandClock()
    rhythm = Rhythm(clock)
    running, worst, done = 0, 0, []

    async def turn() -> None:
        nonlocal running, worst
        running += 1
        worst = max(worst, running)
        done.append(clock.now)
        await clock.sleep(0.5)
        running -= 1

    rhythm.every(2.0, turn)
    rhythm.every(3.0, turn)
    task = asyncio.ensure_future(rhythm.run())
    await clock.advance(12)
    assert worst == 1
    before = len(done)
    assert before >= 7
    rhythm.refresh()
    await clock.advance(1.5)
    assert len(done) >= before + 2
    task.cancel()


async def test_one_source_is_asked_once_at_a_time() -> None:
    clock = HandClock()
    asker = Asker(Hub(frame(), clock), {}, {})
    source = Source(Kind.HEAD, "genesis")
    gate, calls = asyncio.Event(), 0

    async def work() -> tuple[int, float, float | None]:
        nonlocal calls
        calls += 1
        await gate.wait()
        return 1, clock.now, None

    first = asyncio.ensure_future(asker.report(source, work))
    await asyncio.sleep(0)
    assert await asker.report(source, work) is None
    gate.set()
    assert await first == 1
    assert calls == 1


@pytest.mark.parametrize("mode", [AuthMode.KEYS, AuthMode.TOKENS])
async def test_a_key_that_the_server_repeats_goes_no_further(mode: AuthMode) -> None:
    """Its words are shown, logged and written into the audit."""
    secret = "client-secret-key" if mode is AuthMode.KEYS else "eyJhbGciOiJub25lIn0.e30.c2VjcmV0"

    async def repeats(http: RawHttp, head: bytes, writer: asyncio.StreamWriter) -> bool:
        assert secret.encode() in head
        if b"/fine" in head:
            writer.write(answer(200, secret.encode()))
        else:
            said = b'{"detail": "no such key: %s"}' % secret.encode()
            writer.write(answer(307, said, "Content-Type: application/json", f"Location: /login?key={secret}"))
        await writer.drain()
        return True

    host = open_host(HostSpec("genesis", "local"))
    asker = Asker(Hub(frame(), HandClock()), {"genesis": host}, {"client": Secret(secret)})
    asker.keys.mode = mode
    try:
        async with raw_http(repeats) as http:
            with pytest.raises(HttpError) as caught:
                await asker.send("genesis", http.url, Ask("GET", "/v1/jobs", credential="client"))
            fine = await asker.send("genesis", http.url, Ask("GET", "/fine", credential="client"))
    finally:
        await host.close()
    assert "no such key: ***" in caught.value.detail and "/login?key=***" in caught.value.detail
    assert secret not in repr(caught.value) + repr(asker.trouble(caught.value, None))
    assert fine.body == secret.encode(), "a receipt is verified byte by byte: what is no complaint stays as it came"


async def _lines(*lines: bytes) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


def _gpu(index: int) -> bytes:
    return f"{index}, GPU-{index}, RTX 4090, 7, 100, 24564, 40, 30.5, 450.0, 550.1".encode()


async def test_gpu_rounds_are_whole() -> None:
    seen = [cards async for cards in rounds(_lines(_gpu(0), _gpu(1), _gpu(0), _gpu(1)), 2)]
    assert [[c.index for c in cards] for cards in seen] == [[0, 1], [0, 1]]


async def test_a_card_that_stops_speaking_does_not_hold_the_others_back() -> None:
    seen = [cards async for cards in rounds(_lines(_gpu(0), _gpu(0), _gpu(0)), 2)]
    assert [[c.index for c in cards] for cards in seen] == [[0], [0], [0]], "a round each"


def test_what_the_nvml_child_prints() -> None:
    cards = parse_line(b'{"cards":[{"index":0,"name":"H100","utilisation":7,"memory_used":1,"power":70.5}]}', "h")
    assert (cards[0].name, cards[0].utilisation, cards[0].power, cards[0].temperature) == ("H100", 7.0, 70.5, None)
    assert parse_line(b'{"cards":[{"index":1,"lost":true}]}', "h")[0].lost
    with pytest.raises(CommandError, match="Driver Not Loaded"):
        parse_line(b'{"error":"Driver Not Loaded"}', "h")
    with pytest.raises(ParseError):
        parse_line(b"[]", "h")


async def test_an_nvml_child_that_dies_or_hangs_is_told() -> None:
    hub = Hub(frame(("genesis",)), HandClock())
    asker = Asker(hub, {}, {})
    watch = NvmlWatch(asker, "genesis", (sys.executable, "-c", "raise SystemExit(3)"))
    assert await watch.once() == 0


async def test_the_real_nvml_child_says_why_there_is_no_gpu() -> None:
    """On a machine without a driver the reader prints the library's own reason."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aitbc_tui.collect.nvml_child", "--once", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(child.communicate(), 20)
    assert b'"error"' in out or b'"cards"' in out


def test_the_masking_key_is_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    first = load_masker(folder)(Role.MINER, "key")
    assert load_masker(folder)(Role.MINER, "key") == first
    assert (folder / "mask.salt").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_full_disk_leaves_no_half_masking_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty one stayed behind, and everything was refused also when there was room again."""

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = tmp_path / "state"
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(ConfigError, match=r"mask\.salt: No space left on device"):
            load_masker(folder)
    assert not list(folder.iterdir())
    first = load_masker(folder)(Role.MINER, "key")
    assert [path.name for path in folder.iterdir()] == ["mask.salt"]
    kept = create_file(folder / "mask.salt", b"of a process that was slower")
    assert kept == (folder / "mask.salt").read_bytes() and load_masker(folder)(Role.MINER, "key") == first
