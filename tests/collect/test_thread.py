"""The collector in its own thread, as the screens use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.collect import thread
from aitbc_tui.collect.backend import CollectorBackend
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.model import EnvironmentConfig, TrustConfig
from aitbc_tui.devnet.child import Child
from aitbc_tui.domain.errors import ConfigError, GuardError
from aitbc_tui.domain.snapshot import Access, Snapshot, SubmissionState
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ledger.rows import Intent, LedgerError
from tests.fixtures.chain import settings_of


def setup_of(child: Child, ledger: Path) -> Setup:
    settings = settings_of(child)
    return Setup(settings.environment, settings.trust.store(), ledger, demo=True, ssh_config="")


def wait(backend: CollectorBackend, true: Callable[[Snapshot], bool], seconds: float = 45.0) -> Snapshot:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true(backend.snapshot()):
            return backend.snapshot()
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {backend.snapshot().headline}")


@pytest.fixture
def backend(devnet_child: Child, tmp_path: Path) -> Iterator[CollectorBackend]:
    made = CollectorBackend(setup_of(devnet_child, tmp_path / "ledger.sqlite3"))
    yield made
    made.stop()


def test_before_it_started_everything_is_connecting(backend: CollectorBackend) -> None:
    seen = backend.snapshot()
    assert seen.headline.word == "connecting"
    assert len(seen.nodes) == 2
    with pytest.raises(ConfigError, match="not connected yet"):
        backend.submit(JobOrder("m", "p")).result(1)


def test_it_collects_wakes_and_stops(backend: CollectorBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread, "STOP_S", 30.0)  # by itself, however slow the machine is
    woken = threading.Event()
    backend.on_change(woken.set)
    backend.start()
    wait(backend, lambda s: s.headline.word == "sound")
    assert woken.wait(10)
    backend.stop()
    assert backend._thread is not None and not backend._thread.is_alive()


def test_a_job_by_way_of_futures(backend: CollectorBackend) -> None:
    backend.start()
    wait(backend, lambda s: s.headline.word == "sound")
    done = backend.submit(JobOrder("llama3.2:latest", "Name one prime")).result(15)
    assert done.state is SubmissionState.ACCEPTED
    job_id = str(done.job_id)
    backend.watch_job(job_id)
    seen = wait(
        backend, lambda s: (row := s.job(job_id)) is not None and row.receipt is not None and row.steps != (), 40
    )
    row = seen.job(job_id)
    assert row is not None and row.ours and len(row.steps) == 8
    assert backend.verify(job_id).result(15) == "valid"


def test_the_access_level_is_enforced_below_the_screens(devnet_child: Child, tmp_path: Path) -> None:
    setup = setup_of(devnet_child, tmp_path / "ledger.sqlite3")
    watching = CollectorBackend(replace(setup, environment=replace(setup.environment, access=Access.OBSERVE)))
    try:
        watching.start()
        wait(watching, lambda s: s.headline.word == "sound")
        with pytest.raises(GuardError):
            watching.submit(JobOrder("m", "p")).result(10)
        with pytest.raises(GuardError):
            watching.cancel("ab" * 16).result(10)
    finally:
        watching.stop()


def test_a_collector_that_cannot_run_says_why_and_tries_again(devnet_child: Child, tmp_path: Path) -> None:
    (tmp_path / "mask.salt").write_bytes(b"half")
    broken = CollectorBackend(setup_of(devnet_child, tmp_path / "ledger.sqlite3"))
    try:
        broken.start()
        seen = wait(broken, lambda s: s.collector_trouble != "")
        assert seen.headline.word == "unknown"
        assert "the collector stopped" in seen.headline.text
        (tmp_path / "mask.salt").unlink()
        wait(broken, lambda s: s.headline.word == "sound", 30)
    finally:
        broken.stop()


def test_without_a_ledger_the_watching_goes_on_and_says_so_until_there_is_one(
    devnet_child: Child, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the ledger's folder should be")
    blind = CollectorBackend(setup_of(devnet_child, blocked / "ledger.sqlite3"))
    try:
        blind.start()
        seen = wait(blind, lambda s: any(a.rule == "ledger" for a in s.alarms) and bool(s.receipts), 30)
        alarm = next(a for a in seen.alarms if a.rule == "ledger")
        assert alarm.open and "blocked is not a folder" in alarm.evidence
        assert not seen.collector_trouble and seen.nodes[0].head.value is not None
        with pytest.raises(LedgerError):  # what cannot be written down is not sent
            blind.submit(JobOrder("llama3.2:latest", "lost")).result(10)
        blocked.unlink()
        wait(blind, lambda s: not any(a.rule == "ledger" and a.open for a in s.alarms), 60)
    finally:
        blind.stop()
    with Ledger.open(blocked / "ledger.sqlite3") as ledger:
        assert ledger.receipts("devnet", 100), "what was seen before is kept, too"
        assert not ledger.own_jobs("devnet")


def test_a_submission_that_a_crash_left_behind_is_shown(devnet_child: Child, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with Ledger.open(path) as ledger:
        ledger.intend("devnet", Intent.of(model="llama3.2:latest", prompt="lost"))
    again = CollectorBackend(setup_of(devnet_child, path))
    try:
        again.start()
        seen = wait(again, lambda s: any(a.rule == "submission-unknown" for a in s.alarms))
        assert "ended before the answer" in next(a for a in seen.alarms if a.rule == "submission-unknown").evidence
    finally:
        again.stop()


def test_a_crash_lends_no_new_ten_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread, "RESTART_S", 0.05)
    environment = EnvironmentConfig("prod", Access.OPERATE, production=True)
    backend = CollectorBackend(Setup(environment, TrustConfig().store(), tmp_path / "l", ssh_config="", lent=True))
    seen: list[float | None] = []
    again = threading.Event()

    def wake() -> None:
        seen.append(backend.snapshot().environment.armed_until)
        if len(seen) == 1:
            raise RuntimeError("a crash in the collector")
        if not backend.snapshot().collector_trouble:
            again.set()

    backend.on_change(wake)
    try:
        backend.start()
        assert again.wait(20), "it is started again"
        assert None not in seen and len(set(seen)) == 1
    finally:
        backend.stop()
