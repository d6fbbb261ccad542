"""Submissions, receipts and the audit, as they are told and as they are remembered."""

from __future__ import annotations

import hashlib
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.receipt import ReceiptVerdict, VerifiedReceipt
from aitbc_tui.ledger import Intent, Ledger, LedgerError, Seen, SubmitState, store
from aitbc_tui.ledger.memory import MAX_VARIANTS
from aitbc_tui.ledger.schema import MIGRATIONS
from aitbc_tui.receipts.trust import TrustStore
from aitbc_tui.receipts.verify import verify
from tests.receipts import signing
from tests.receipts.vectors import MASK, body, edited, trust

PROMPT = "a prompt that nobody else shall read"
INTENT = Intent.of(
    model="llama3.2:latest",
    prompt=PROMPT,
    ttl_s=900,
    payment="0.5",
    constraints={"min_vram_gb": 8},
    client="client·b071",
)


class Clock:
    now = 1795319700.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, Clock()) as opened:
        yield opened


def _sql(path: Path, statement: str) -> list[Any]:
    database = sqlite3.connect(path)
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


def test_the_file_is_the_owners_alone_and_synced(path: Path, ledger: Ledger) -> None:
    ledger.intend("lab", INTENT)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    with ledger._store.reading() as database:
        assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert database.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


def test_a_file_that_was_open_to_others_is_closed(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    path.chmod(0o644)
    Ledger.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_submission_from_intent_to_id(ledger: Ledger) -> None:
    number = ledger.intend("lab", INTENT)
    (job,) = ledger.own_jobs("lab")
    assert (job.id, job.state, job.job_id, job.intent) == (number, SubmitState.INTENT, None, INTENT)
    ledger.accepted(number, "5e1f0a77", expires_at=1795320600.0)
    (job,) = ledger.own_jobs("lab")
    assert (job.state, job.job_id, job.expires_at) == (SubmitState.ACCEPTED, "5e1f0a77", 1795320600.0)
    assert job.intent_at < job.updated_at and len(job.uuid) == 32
    assert ledger.own_job("lab", "5e1f0a77") == job
    assert ledger.own_job("prod", "5e1f0a77") is None and ledger.own_jobs("prod") == ()


def test_the_prompt_is_not_in_the_file(path: Path, ledger: Ledger) -> None:
    ledger.accepted(ledger.intend("lab", INTENT), "x")
    digest = hashlib.sha256(PROMPT.encode()).hexdigest()
    assert (INTENT.prompt_sha256, INTENT.prompt_chars) == (digest, len(PROMPT))
    for file in path.parent.iterdir():
        assert PROMPT.encode() not in file.read_bytes()


def test_an_unknown_one_may_be_found_and_an_accepted_one_stays(ledger: Ledger) -> None:
    number = ledger.intend("lab", INTENT)
    ledger.unknown(number, "no answer in 10 s\x1b[0m")
    assert ledger.own_jobs("lab")[0].detail == "no answer in 10 s\u241b[0m"
    ledger.accepted(number, "found")
    ledger.accepted(number, "found")
    for refuse in (ledger.refused, ledger.unknown):
        with pytest.raises(LedgerError, match="was accepted"):
            refuse(number, "no")
    with pytest.raises(LedgerError, match="already job found"):
        ledger.accepted(number, "other")
    assert ledger.own_jobs("lab")[0].job_id == "found"


def test_a_refused_one_keeps_the_reason(ledger: Ledger) -> None:
    number = ledger.intend("lab", INTENT)
    ledger.refused(number, "401 invalid api key")
    job = ledger.own_jobs("lab")[0]
    assert (job.state, job.job_id, job.detail) == (SubmitState.REFUSED, None, "401 invalid api key")


def test_newest_first_and_no_more_than_asked(ledger: Ledger) -> None:
    numbers = [ledger.intend("lab", INTENT) for _ in range(5)]
    assert [job.id for job in ledger.own_jobs("lab", 3)] == numbers[:1:-1]


def test_misuse_is_an_error_and_changes_nothing(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="never written down"):
        ledger.accepted(99, "x")
    with pytest.raises(LedgerError, match="without an id"):
        ledger.accepted(ledger.intend("lab", INTENT), "")
    with pytest.raises(LedgerError, match="cannot be stored"):
        ledger.intend("lab", Intent.of(model="\ud83d", prompt=""))
    with pytest.raises(LedgerError, match="cannot be stored"):
        ledger.intend("lab", Intent.of(model="m", prompt="", ttl_s=1 << 70))
    assert [job.state for job in ledger.own_jobs("lab")] == [SubmitState.INTENT]


def _receipt(file: str = "2026-02/valid-plain.json", store: TrustStore | None = None) -> VerifiedReceipt:
    return verify(body(file), store or trust(), mask=MASK)


def test_a_receipt_is_kept_as_received(ledger: Ledger) -> None:
    first = ledger.seen_receipt("lab", _receipt())
    again = ledger.seen_receipt("lab", _receipt())
    assert (first.seen, first.times) == (Seen.NEW, 1)
    assert (again.seen, again.times, again.first_seen) == (Seen.SAME, 2, first.first_seen)
    assert again.last_seen > first.last_seen
    (stored,) = ledger.receipts("lab")
    assert stored.body == body("2026-02/valid-plain.json")
    assert (stored.verdict, stored.times) == (ReceiptVerdict.VALID, 2)
    assert ledger.receipts("prod") == () and ledger.receipts("lab", job_id="other") == ()
    assert ledger.seen_receipt("prod", _receipt()).seen is Seen.NEW


def test_a_page_is_kept_at_once(ledger: Ledger) -> None:
    page = [_receipt("2026-02/valid-dup-1.json"), _receipt("2026-02/valid-dup-2.json"), _receipt()]
    first, second, third = ledger.seen_receipts("lab", page)
    assert (first.seen, second.seen, third.seen) == (Seen.NEW, Seen.NEW, Seen.NEW)
    assert second.other_ids == (page[0].facts.receipt_id,) and third.other_ids == ()
    assert len(ledger.receipts("lab")) == 3 and ledger.seen_receipts("lab", []) == ()


def test_the_verdict_follows_the_pins(ledger: Ledger) -> None:
    ledger.seen_receipt("lab", _receipt(store=TrustStore()))
    assert ledger.receipts("lab")[0].verdict is ReceiptVerdict.UNTRUSTED_KEY
    ledger.seen_receipt("lab", _receipt())
    assert ledger.receipts("lab")[0].verdict is ReceiptVerdict.VALID


def test_what_is_outside_the_signature_may_differ_what_is_inside_not(ledger: Ledger) -> None:
    ledger.seen_receipt("lab", _receipt())
    claimed = verify(edited("2026-02/valid-plain.json", tee_status="verified"), trust(), mask=MASK)
    assert ledger.seen_receipt("lab", claimed).seen is Seen.SAME
    assert ledger.seen_receipt("lab", _receipt("2026-02/tampered-price.json")).seen is Seen.CONFLICT
    assert len(ledger.receipts("lab")) == 3


def test_variants_of_one_receipt_do_not_fill_the_disk(ledger: Ledger) -> None:
    for price in range(MAX_VARIANTS + 5):
        forged = verify(edited("2026-02/valid-plain.json", price=price), trust(), mask=MASK)
        assert ledger.seen_receipt("lab", forged).seen is (Seen.CONFLICT if price else Seen.NEW)
    assert len(ledger.receipts("lab")) == MAX_VARIANTS


def test_two_receipts_for_one_job_are_remembered(ledger: Ledger) -> None:
    one, two = _receipt("2026-02/valid-dup-1.json"), _receipt("2026-02/valid-dup-2.json")
    assert ledger.seen_receipt("lab", one).other_ids == ()
    assert ledger.seen_receipt("lab", two).other_ids == (one.facts.receipt_id,)
    assert ledger.seen_receipt("lab", one).other_ids == (two.facts.receipt_id,)


def test_a_changed_key_is_noticed(ledger: Ledger) -> None:
    first = ledger.seen_receipt("lab", _receipt()).key
    assert first is not None and not first.changed and first.receipts == 1
    other = verify(signing.signed(signing.plain()), trust(), mask=MASK)
    changed = ledger.seen_receipt("lab", other).key
    assert changed is not None and changed.changed
    assert (changed.key_id, changed.first_key_id) == (signing.key_id(signing.SIGNER), first.key_id)
    second = ledger.seen_receipt("lab", _receipt("2026-02/valid-key-order.json")).key
    assert second is not None and not second.changed
    assert (second.receipts, second.first_seen) == (2, first.first_seen)


def test_a_key_that_signed_nothing_is_not_remembered(ledger: Ledger) -> None:
    for file in ("2026-02/tampered-price.json", "2026-02/tampered-signature-removed.json"):
        assert ledger.seen_receipt("lab", _receipt(file)).key is None


def test_a_receipt_without_one_reading_is_kept_too(ledger: Ledger) -> None:
    for number in range(MAX_VARIANTS + 2):
        twice = b'{"receipt_id":1,"receipt_id":%d}' % number
        refused = verify(twice, trust(), mask=MASK)
        assert ledger.seen_receipt("lab", refused).seen is Seen.NEW
        assert ledger.seen_receipt("lab", refused).seen is Seen.SAME


def test_the_audit_announces_and_reports(ledger: Ledger) -> None:
    number = ledger.audit_before("ops@laptop", "cancel", "lab/coordinator", "job 5e1f0a77\x07")
    ledger.audit_after(number, "200 CANCELED")
    after, before = ledger.audit()
    assert (before.id, before.phase, before.detail, before.before) == (number, "before", "job 5e1f0a77\u2407", None)
    assert (after.phase, after.detail, after.before, after.what) == ("after", "200 CANCELED", number, "cancel")
    for wrong in (99, after.id):
        with pytest.raises(LedgerError, match="announces nothing"):
            ledger.audit_after(wrong, "x")


@pytest.mark.parametrize("statement", ["UPDATE audit SET detail = ''", "DELETE FROM audit"])
def test_the_audit_is_append_only(path: Path, ledger: Ledger, statement: str) -> None:
    ledger.audit_before("ops", "cancel", "lab")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        _sql(path, statement)
    assert len(ledger.audit()) == 1


def test_a_migration_runs_once_and_a_newer_file_is_refused(path: Path) -> None:
    for _ in range(2):
        Ledger.open(path).close()
    assert _sql(path, "SELECT version FROM migration") == [(number,) for number in range(1, len(MIGRATIONS) + 1)]
    database = sqlite3.connect(path)
    database.execute("INSERT INTO migration VALUES (99, 'the future', 0)")
    database.commit()
    database.close()
    with pytest.raises(LedgerError, match="version 99"):
        Ledger.open(path)


def test_a_file_that_is_no_ledger_is_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, and longer than a header " * 20)
    with pytest.raises(LedgerError, match="move it away"):
        Ledger.open(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_path_that_cannot_be_a_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot open"):
        Ledger.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file"):
        Ledger.open(tmp_path / "file" / "ledger.sqlite3")


def test_a_file_that_stays_locked_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_MS", 50)
    with Ledger.open(path) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerError, match="another process holds it"):
                ledger.intend("lab", INTENT)
        finally:
            other.close()
        assert ledger.intend("lab", INTENT) == 1


def test_threads_share_one_ledger(ledger: Ledger) -> None:
    def submit(worker: int) -> None:
        for n in range(10):
            ledger.accepted(ledger.intend("lab", INTENT), f"{worker}-{n}")

    threads = [threading.Thread(target=submit, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    jobs = ledger.own_jobs("lab", 1000)
    assert {job.job_id for job in jobs} == {f"{worker}-{n}" for worker in range(4) for n in range(10)}
