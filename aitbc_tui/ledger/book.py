"""The ledger: jobs submitted from here, receipts seen with their verdicts, and the audit of writes."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from aitbc_tui.domain.receipt import ReceiptVerdict, VerifiedReceipt
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.ledger.diary import Diary
from aitbc_tui.ledger.memory import remember
from aitbc_tui.ledger.rows import (
    AuditEntry,
    Intent,
    LedgerError,
    OwnJob,
    SeenReceipt,
    StoredReceipt,
    SubmitState,
)
from aitbc_tui.ledger.store import Store


class Ledger:
    """Every writing method returns only after its transaction is on disk."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float] = time.time) -> Self:
        """Open or make the file (0600, in a folder of 0700 when it has to be made)."""
        return cls(Store(path), clock)

    @classmethod
    def lost(cls, path: Path, clock: Callable[[], float] = time.time) -> Self:
        """In place of one that cannot be opened, so that watching goes on: empty, until a write finds it usable."""
        return cls(Store.lost(path), clock)

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- submitted jobs ---

    def intend(self, env: str, intent: Intent) -> int:
        """Write a submission down before it is sent; the number names it until the coordinator gives an id."""
        now = self._clock()
        with self._store.writing() as database:
            row = database.execute(
                "INSERT INTO submitted (uuid, env, state, model, prompt_sha256, prompt_chars, job_type, ttl_s, payment,"
                " constraints, client, intent_at, updated_at) VALUES (?, ?, 'intent', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " RETURNING id",
                (
                    uuid.uuid4().hex,
                    env,
                    intent.model,
                    intent.prompt_sha256,
                    intent.prompt_chars,
                    intent.job_type,
                    intent.ttl_s,
                    intent.payment,
                    json.dumps(dict(intent.constraints)),
                    intent.client,
                    now,
                    now,
                ),
            ).fetchall()
        return int(row[0]["id"])

    def accepted(self, intent_id: int, job_id: str, expires_at: float | None = None) -> None:
        """The coordinator took it. When this returns, the id survives whatever happens to the process."""
        if not job_id:
            raise LedgerError("a job without an id cannot be written down")
        with self._store.writing() as database:
            known = _submission(database, intent_id)
            if known["job_id"] not in (None, job_id):
                raise LedgerError(f"submission {intent_id} is already job {clean(known['job_id'], 64)}")
            database.execute(
                "UPDATE submitted SET state = 'accepted', job_id = ?, expires_at = coalesce(?, expires_at),"
                " updated_at = ?, detail = '' WHERE id = ?",
                (job_id, expires_at, self._clock(), intent_id),
            )

    def refused(self, intent_id: int, detail: str) -> None:
        """The coordinator answered with an error."""
        self._settle(intent_id, SubmitState.REFUSED, detail)

    def unknown(self, intent_id: int, detail: str) -> None:
        """It was sent and no answer came: it may have been taken, and must be looked up, not sent again."""
        self._settle(intent_id, SubmitState.UNKNOWN, detail)

    def _settle(self, intent_id: int, state: SubmitState, detail: str) -> None:
        with self._store.writing() as database:
            if _submission(database, intent_id)["state"] == SubmitState.ACCEPTED:
                raise LedgerError(f"submission {intent_id} was accepted; it cannot become {state}")
            database.execute(
                "UPDATE submitted SET state = ?, detail = ?, updated_at = ? WHERE id = ?",
                (state.value, clean(detail), self._clock(), intent_id),
            )

    def own_jobs(self, env: str, limit: int = 100) -> tuple[OwnJob, ...]:
        """Submissions of this environment, newest first, in whatever state they are."""
        with self._store.reading() as database:
            rows = database.execute(
                "SELECT * FROM submitted WHERE env = ? ORDER BY id DESC LIMIT ?", (env, limit)
            ).fetchall()
        return tuple(_own_job(row) for row in rows)

    def own_job(self, env: str, job_id: str) -> OwnJob | None:
        """The newest submission that got this id."""
        with self._store.reading() as database:
            row = database.execute(
                "SELECT * FROM submitted WHERE env = ? AND job_id = ? ORDER BY id DESC LIMIT 1", (env, job_id)
            ).fetchone()
        return None if row is None else _own_job(row)

    # --- receipts ---

    def seen_receipt(self, env: str, receipt: VerifiedReceipt) -> SeenReceipt:
        """Keep a receipt as received with its newest verdict, and say how it compares with what is known."""
        return self.seen_receipts(env, (receipt,))[0]

    def seen_receipts(self, env: str, receipts: Sequence[VerifiedReceipt]) -> tuple[SeenReceipt, ...]:
        """A whole page at once: one transaction, one sync."""
        now = self._clock()
        with self._store.writing() as database:
            return tuple(remember(database, env, receipt, now) for receipt in receipts)

    def receipts(self, env: str, limit: int = 100, job_id: str | None = None) -> tuple[StoredReceipt, ...]:
        """Receipts of this environment, the newest seen first."""
        with self._store.reading() as database:
            rows = database.execute(
                "SELECT * FROM receipts WHERE env = ? AND (? IS NULL OR job_id = ?) ORDER BY first_seen DESC, id DESC"
                " LIMIT ?",
                (env, job_id, job_id, limit),
            ).fetchall()
        return tuple(_stored(row) for row in rows)

    # --- what happened ---

    def diary(self, network: str) -> Diary:
        """The happenings and findings of one network."""
        return Diary(self._store, network)

    # --- audit ---

    def audit_before(self, who: str, what: str, where: str, detail: str = "") -> int:
        """Announce a write before it is sent. Labels only: no key, no prompt."""
        return self._audit(who, what, where, "before", detail, None)

    def audit_after(self, before: int, result: str) -> None:
        """Report how an announced write ended."""
        with self._store.reading() as database:
            row = database.execute("SELECT * FROM audit WHERE id = ? AND phase = 'before'", (before,)).fetchone()
        if row is None:
            raise LedgerError(f"audit entry {before} announces nothing")
        self._audit(row["who"], row["what"], row["place"], "after", result, before)

    def _audit(self, who: str, what: str, where: str, phase: str, detail: str, before: int | None) -> int:
        values = (self._clock(), clean(who, 80), clean(what, 120), clean(where, 120), phase, clean(detail), before)
        with self._store.writing() as database:
            rows = database.execute(
                "INSERT INTO audit (at, who, what, place, phase, detail, before_id) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " RETURNING id",
                values,
            ).fetchall()
        return int(rows[0]["id"])

    def audit(self, limit: int = 100) -> tuple[AuditEntry, ...]:
        """The newest entries first."""
        with self._store.reading() as database:
            rows = database.execute("SELECT * FROM audit ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
        return tuple(
            AuditEntry(
                row["id"],
                row["at"],
                clean(row["who"]),
                clean(row["what"]),
                clean(row["place"]),
                row["phase"],
                clean(row["detail"]),
                row["before_id"],
            )
            for row in rows
        )


def _submission(database: sqlite3.Connection, intent_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = database.execute("SELECT * FROM submitted WHERE id = ?", (intent_id,)).fetchone()
    if row is None:
        raise LedgerError(f"submission {intent_id} was never written down")
    return row


def _own_job(row: sqlite3.Row) -> OwnJob:
    return OwnJob(
        id=row["id"],
        uuid=row["uuid"],
        env=row["env"],
        state=SubmitState(row["state"]),
        job_id=row["job_id"],
        intent=Intent(
            model=row["model"],
            prompt_sha256=row["prompt_sha256"],
            prompt_chars=row["prompt_chars"],
            job_type=row["job_type"],
            ttl_s=row["ttl_s"],
            payment=row["payment"],
            constraints=MappingProxyType(json.loads(row["constraints"])),
            client=row["client"],
        ),
        intent_at=row["intent_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
        detail=SafeText(row["detail"]),
    )


def _stored(row: sqlite3.Row) -> StoredReceipt:
    return StoredReceipt(
        env=row["env"],
        receipt_id=row["receipt_id"],
        job_id=row["job_id"],
        verdict=ReceiptVerdict(row["verdict"]),
        reason=SafeText(row["reason"]),
        key_id=row["key_id"],
        remarks=tuple(json.loads(row["remarks"])),
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        times=row["times"],
        body=bytes(row["body"]),
    )
