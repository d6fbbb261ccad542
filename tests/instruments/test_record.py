"""A recording replays exactly, holds no secret, and whatever is done to the file ends in words, not in a crash."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import stat
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.hub import Hub
from aitbc_tui.collect.record import Recorder
from aitbc_tui.collect.record_codec import decode, encode
from aitbc_tui.collect.replay import Recording
from aitbc_tui.collect.replay_backend import ReplayBackend
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import start_child
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.alarm import Alarm, AlarmKind, Happening
from aitbc_tui.domain.errors import ConfigError, ConnectError, GuardError, HostKeyError, HostKeyProblem, ParseError
from aitbc_tui.domain.node import Head, MempoolReading
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.snapshot import Access, Snapshot, Submission, SubmissionState
from aitbc_tui.domain.stress import Phase, StressFigures, StressJob, StressPicture, StressPlan
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import JobList, JobOrder
from aitbc_tui.receipts.verify import verify
from aitbc_tui.state.events import (
    Answered,
    Asked,
    Failed,
    Kind,
    LinkChanged,
    OwnJobKnown,
    Remembered,
    Source,
    Submitted,
    Watching,
)
from aitbc_tui.state.facts import JobResult, ReceiptItem, ReceiptPage
from aitbc_tui.ui.options import Clock, DashboardOptions
from aitbc_tui.ui.replaying import ReplayApp
from tests.cli.conftest import Run
from tests.fixtures.chain import running, until
from tests.fixtures.handclock import HandClock
from tests.receipts import signing
from tests.receipts.vectors import MASK
from tests.state.story import Story, frame, hash_of, utc
from tests.ui.screens.promises import text_of

SECRETS = (
    *("miner-secret-key", "client-secret-key", "say", "secret-3f9a"),
    *("PROMPT OF OURS", "STRESS PROMPT OF OURS", "THE OUTPUT"),
)


class Taping:
    """A hub on a clock moved by hand, recorded; keeps every picture it published."""

    def __init__(self, path: Path) -> None:
        self.clock = HandClock()
        self.hub = Hub(frame(), self.clock)
        self.recorder = Recorder(path)
        self.hub.record(self.recorder)
        self.pictures: list[tuple[float, Snapshot]] = []

    def publish(self) -> None:
        self.pictures.append((self.clock.now - 1000.0, self.hub.publish()))

    def tell(self, kind: Kind, subject: str, payload: object) -> None:
        self.hub.emit(Answered(Source(kind, subject), payload, self.clock.now, self.clock.utc(), 4.0))

    def link(self, host: str, state: str = "up", error: ConnectError | None = None) -> None:
        now, said = self.clock.now, self.clock.utc()
        self.hub.emit(
            LinkChanged(host, state, 5, now, error, None, 0, 0, 4.0, 1, 1, now, SafeText("SHA256:x"), now, said)
        )


def tape(path: Path, rounds: int = 120) -> Taping:
    """A network that is well, then loses its follower, then forks; with jobs, receipts and a submission of ours."""
    taped, story = Taping(path), Story()
    order = JobOrder("llama3.2:latest", "PROMPT OF OURS")
    body = signing.signed(signing.plain())
    receipt = verify(body, signing.trust(), mask=MASK)
    taped.publish()
    for host in ("genesis", "follower"):
        taped.link(host)
    for number in range(rounds):
        taped.clock.now += 2.0
        now, height = taped.clock, 100 + number
        taped.tell(Kind.HEAD, "genesis", Head(height, hash_of(height), utc(now.utc()), 0, 0.5))
        fork = "other" if number > 80 else "main"
        if number < 40 or number > 60:
            taped.tell(Kind.HEAD, "follower", Head(height, hash_of(height, fork), utc(now.utc()), 0, 0.5))
        elif number == 40:
            lost = ConnectError("connection lost", host="follower", remedy="is it up?")
            taped.link("follower", "waiting", lost)
            trouble = Trouble(TroubleKind.CONNECT, SafeText("connection lost"), since=now.now)
            taped.hub.emit(Failed(Source(Kind.HEAD, "follower"), trouble, now.now, now.utc()))
        taped.tell(Kind.MEMPOOL, "genesis", MempoolReading(0, False, ()))
        job = story.job("5e1f0a77", "RUNNING" if number < 30 else "COMPLETED", miner="3f9a")
        taped.tell(Kind.JOBS, "coordinator", JobList((job,), False, utc(now.utc())))
        if number == 10:
            done = Submission(1, order, SubmissionState.ACCEPTED, now.utc(), SafeText("ab" * 16))
            taped.hub.emit(Submitted(done, now.now, now.utc()))
            known = OwnJobKnown(SafeText("ab" * 16), SafeText("llama3.2:latest"), now.utc(), None, 14, now.now)
            taped.hub.emit(known)
            taped.hub.emit(Watching("ab" * 16, now.now))
            taped.hub.emit(Asked(2, now.now))
        if number == 31:
            page = ReceiptPage((ReceiptItem(receipt, utc(now.utc())),), 0, utc(now.utc()))
            taped.tell(Kind.RECEIPTS, "coordinator", page)
            result = JobResult(SafeText("completed"), None, (SafeText("THE OUTPUT"),), None, 7, 1.5)
            taped.tell(Kind.RESULT, str(job.job_id), result)
        if number == 61:
            taped.link("follower")
        _own_doings(taped, number)
        if number == 50:
            taped.hub.topology(replace(taped.hub.world.topology, has_admin_key=False))
        taped.publish()
    taped.recorder.close()
    return taped


def _own_doings(taped: Taping, number: int) -> None:
    """What this program itself remembers and does: none of it is heard from anybody."""
    hub, alarms = taped.hub, [a for a in taped.hub.newest.alarms if a.open]
    if number == 1:
        old = Alarm("receipt-unsigned", AlarmKind.FINDING, Level.BAD, SafeText("TRUST"), SafeText("0badcafe"),
                    SafeText("no signature"), SafeText("ask"), 1.0)  # fmt: skip
        past = Happening(2.0, Level.WARN, SafeText("late"), SafeText("follower"), SafeText("it was late"), SafeText(""))
        hub.emit(Remembered((past,), (old,), (("receipt-bad", "feedf00d"),), taped.clock.now))
    if number == 3:
        hub.acknowledge("receipt-unsigned", ("0badcafe",))
    if number == 100:
        assert alarms, "the fork is called by now"
        hub.snooze(alarms[0].rule, (str(alarms[0].about),), 3600, "known")
    if number == 104:
        hub.fell(SafeText("the collector stopped and is started again: ValueError"))
    if number == 106:
        hub.fell(SafeText(""))
    if 90 <= number < 95:
        plan = StressPlan(("llama3.2:latest",), 1, "STRESS PROMPT OF OURS")
        job = StressJob(0, SafeText("llama3.2:latest"), SafeText("ab" * 16), SafeText("RUNNING"), wait_s=number - 90.0)
        figures = StressFigures(planned=1, accepted=1, running=1, cost=Decimal("0.10"))
        hub.stress(StressPicture(plan, Phase.WAITING, taped.clock.utc(), (job,), figures))


def plain(snapshot: Snapshot) -> Any:
    """A picture with everything that a recording leaves out left out, and under the recorded name."""
    environment = replace(snapshot.environment, name=SafeText("x"), access=Access.OBSERVE)
    return encode(replace(snapshot, environment=environment))


def test_every_picture_comes_again(tmp_path: Path) -> None:
    taped = tape(tmp_path / "a.rec")
    recording = Recording(tmp_path / "a.rec")
    assert recording.seconds == pytest.approx(240.0) and recording.environment == "replay test"
    assert {p.headline.word for _, p in taped.pictures} >= {"FORK"}, "the tape must have something to tell"
    last = taped.pictures[-1][1]
    assert last.stress is not None and last.events[-1].evidence == "it was late"
    assert any(a.quiet_why == "known" for a in last.alarms) and any(a.remedy == "acknowledged" for a in last.alarms)
    assert any(p.collector_trouble for _, p in taped.pictures)
    for at, picture in taped.pictures:
        assert plain(recording.seek(at)) == plain(picture), at


def test_any_moment_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also over several chunks, whose beginnings are known only once playing came there."""
    monkeypatch.setattr("aitbc_tui.collect.replay.CHUNK", 50)
    taped = tape(tmp_path / "a.rec")
    recording = Recording(tmp_path / "a.rec")
    chosen = random.Random(7).sample(taped.pictures, 40)
    for at, picture in chosen:
        assert plain(recording.seek(at + 0.5)) == plain(picture), at
    assert plain(recording.seek(1e9)) == plain(taped.pictures[-1][1])
    assert plain(recording.seek(-5)) == plain(taped.pictures[0][1])


def test_nothing_secret_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    tape(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = gzip.decompress(path.read_bytes()).decode("ascii")
    assert not [secret for secret in SECRETS if f'"{secret}' in content or f" {secret}" in content]
    assert "miner\\u00b73f9a" in content


def test_what_a_recording_shows_can_write_nothing(tmp_path: Path) -> None:
    tape(tmp_path / "a.rec", 5)
    recording = Recording(tmp_path / "a.rec")
    assert recording.seek(4).environment.access is Access.OBSERVE
    backend = ReplayBackend(recording)
    for refused in (backend.submit(JobOrder("m", "p")), backend.cancel("x"), backend.verify("x")):
        with pytest.raises(GuardError):
            refused.result(1)


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    path.write_text("evidence")
    with pytest.raises(ConfigError, match="exists already"):
        Recorder(path)
    assert path.read_text() == "evidence"
    with pytest.raises(ConfigError, match="No such file"):
        Recorder(tmp_path / "no" / "a.rec")


def test_a_recording_that_was_cut_off_plays_to_where_it_was_cut(tmp_path: Path) -> None:
    whole = tmp_path / "a.rec"
    taped = tape(whole)
    cut = tmp_path / "cut.rec"
    cut.write_bytes(whole.read_bytes()[:-2000])
    recording = Recording(cut)
    assert 0 < recording.seconds < 240
    at, picture = max(((a, p) for a, p in taped.pictures if a <= recording.seconds), key=lambda pair: pair[0])
    assert plain(recording.seek(recording.seconds)) == plain(picture), at


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"{}\n", b'{"format": "aitbc-tui recording"}\n', b"\x1f\x8bxx", b"[" * 9000]
)
def test_what_is_no_recording(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        Recording(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_recording_never_crashes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any value of any line replaced by anything that JSON can say."""
    folder = tmp_path_factory.mktemp("damaged")
    tape(folder / "a.rec", 4)
    lines = gzip.decompress((folder / "a.rec").read_bytes()).decode().splitlines()
    number = data.draw(st.integers(1, len(lines) - 1))
    document = json.loads(lines[number])
    _damage(document, data)
    lines[number] = json.dumps(document)
    (folder / "b.rec").write_text("\n".join(lines) + "\n")
    try:
        recording = Recording(folder / "b.rec")
        recording.seek(recording.seconds)
        recording.seek(0)
    except (ParseError, ConfigError):
        pass


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just({"$": "x"})
)


def _damage(value: Any, data: st.DataObject) -> None:
    while isinstance(value, dict | list) and value:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(value[key], dict | list) or not value[key] or data.draw(st.booleans()):
            value[key] = data.draw(JUNK)
            return
        value = value[key]


@pytest.mark.parametrize(
    "value",
    [
        ConnectError("lost", host="h", remedy="r", timed_out=True),
        HostKeyError("changed", problem=HostKeyProblem.CHANGED, fingerprint="SHA256:x", host="h", remedy="r"),
    ],
)
def test_errors_come_again(value: ConnectError | HostKeyError) -> None:
    again = decode(json.loads(json.dumps(encode(value))))
    assert type(again) is type(value) and str(again) == str(value) and again.timed_out == value.timed_out


def test_hostile_text_in_a_recording_is_cleaned() -> None:
    head = decode(json.loads(json.dumps(encode(Head(1, SafeText("\x1b[2J"), None, 0)))))
    assert "\x1b" not in head.hash and isinstance(head.hash, SafeText)


# --- played back on the screens


async def test_seek_and_speed_by_keys(tmp_path: Path) -> None:
    tape(tmp_path / "a.rec")
    recording = Recording(tmp_path / "a.rec")
    time = [0.0]
    backend = ReplayBackend(recording, 1.0, lambda: time[0])
    options = DashboardOptions(theme="dark", clock=Clock(backend.monotonic, backend.utc))
    app = ReplayApp(backend, options, (0.0, 1.0, 10.0))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await _shows(pilot.pause, app, "replay test")
        time[0] += 30
        assert backend.position == pytest.approx(30)
        await pilot.press("right_curly_bracket")
        assert backend.position == pytest.approx(90)
        await pilot.press("left_square_bracket")
        assert backend.position == pytest.approx(80)
        await pilot.press("greater_than_sign")
        time[0] += 10
        assert backend.position == pytest.approx(180)
        await _shows(pilot.pause, app, "FORK")
        await pilot.press("less_than_sign", "less_than_sign")
        time[0] += 100
        assert backend.position == pytest.approx(180), "stands still"
        backend.seek(0)
        await pilot.press("n")
        await pilot.pause()
    backend.stop()


async def _shows(pause: Callable[[], Any], app: ReplayApp, words: str) -> None:
    for _ in range(200):
        await pause()
        if words in text_of(app):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{words} was never shown:\n{text_of(app)}")


FAULTS = ("receipt-unsigned", "job-fails-completed", "p2p-partition")


@pytest.mark.parametrize("generation", ["2026-04", "2026-08"])
async def test_a_broken_devnet_recorded_and_played_back(generation: str, tmp_path: Path) -> None:
    """The collector's own events, by whatever helper they are made; every picture that was shown comes again."""
    faults = FAULTS if generation == "2026-04" else FAULTS[1:2]
    with start_child(DevnetOptions(seed=8, generation=generation, faults=faults)) as child:
        loaded, path = load(Flags(config=str(child.config_path)), {}), tmp_path / "d.rec"
        recorder = Recorder(path)
        setup = Setup(loaded.environment, loaded.trust.store(), tmp_path / "ledger.sqlite3", record=recorder)
        async with Collector(setup) as collector:
            shown = _kept(collector.hub)
            with running(collector):
                await until(collector, lambda s: len(s.receipts) > 1 and all(n.head.at for n in s.nodes), 60)
                await collector.must_write().submit(JobOrder("llama3.2:latest", "PROMPT OF OURS", pay=2.0))
                collector.bench.begin(StressPlan(("mistral:latest",), 2, "STRESS PROMPT OF OURS"))
                await until(collector, lambda s: s.stress is not None and s.stress.figures.ended > 0, 60)
                await until(collector, lambda s: any(a.open for a in s.alarms), 60)
                alarm = collector.hub.newest.alarms[0]
                collector.hub.acknowledge(alarm.rule, (str(alarm.about),))
        recorder.close()
        recording = Recording(path)
        begun = recording.seek(0.0).now
        assert len(shown) > 5
        for now, picture in shown:
            assert plain(recording.seek(now - begun)) == plain(picture), now
        names = set(loaded.environment.miners)
        _nothing_secret(path, child.config_path.parent / "keys", shown[-1][1], names)


def _kept(hub: Hub) -> list[tuple[float, Snapshot]]:
    """Every picture that it publishes from now on."""
    shown: list[tuple[float, Snapshot]] = []
    publish = hub.publish

    def published() -> Snapshot:
        picture = publish()
        shown.append((picture.now, picture))
        return picture

    hub.publish = published  # type: ignore[method-assign]
    return shown


def _nothing_secret(path: Path, keys: Path, last: Snapshot, names: set[str]) -> None:
    """`names`: a miner's id is no secret where it is the name it has in the configuration."""
    content = gzip.decompress(path.read_bytes()).decode()
    for key in keys.iterdir():
        assert key.read_text().strip() not in content
    assert "PROMPT OF OURS" not in content
    for row in last.receipts:
        facts = row.receipt.facts
        for who in (facts.provider, facts.client):
            assert who is None or who.secret in names or who.secret not in content
        assert not [line for line in facts.prompt if len(line) > 12 and line in content]


def test_the_command_describes_a_recording(run: Run, tmp_path: Path) -> None:
    tape(tmp_path / "a.rec")
    done = run("replay", tmp_path / "a.rec", "--json")
    document = json.loads(done.out)
    assert done.code == 0 and document["seconds"] == 240.0
    words = [headline["word"] for headline in document["headlines"]]
    assert "FORK" in words and any(alarm["name"] == "fork" for alarm in document["alarms"])
    assert run("replay", tmp_path / "none", "--json").code == 2
    assert run("replay", tmp_path / "a.rec", "--speed", "-1", "--json").code == 2
    assert run("replay", tmp_path / "a.rec").code == 2, "no terminal"
