"""The tables, step by step: each migration runs once, in one transaction, and is never edited afterwards."""

from __future__ import annotations

import sqlite3
import time

from aitbc_tui.ledger.rows import LedgerError

_FIRST = """
CREATE TABLE submitted (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    env TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'accepted', 'unknown', 'refused')),
    job_id TEXT CHECK ((state = 'accepted') = (job_id IS NOT NULL)),
    model TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    prompt_chars INTEGER NOT NULL,
    job_type TEXT NOT NULL,
    ttl_s INTEGER,
    payment TEXT,
    constraints TEXT NOT NULL,
    client TEXT NOT NULL,
    intent_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    expires_at REAL,
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX submitted_by_env ON submitted (env, id);
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY,
    env TEXT NOT NULL,
    receipt_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    body BLOB NOT NULL,
    body_sha256 TEXT NOT NULL,
    canonical_sha256 TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    key_id TEXT NOT NULL,
    remarks TEXT NOT NULL,
    first_seen REAL NOT NULL,
    last_seen REAL NOT NULL,
    times INTEGER NOT NULL,
    UNIQUE (env, receipt_id, body_sha256)
);
CREATE INDEX receipts_by_job ON receipts (env, job_id);
CREATE INDEX receipts_by_key ON receipts (env, key_id);
CREATE TABLE keys_seen (
    env TEXT NOT NULL,
    key_id TEXT NOT NULL,
    first_seen REAL NOT NULL,
    PRIMARY KEY (env, key_id)
) WITHOUT ROWID;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    place TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('before', 'after')),
    detail TEXT NOT NULL,
    before_id INTEGER REFERENCES audit (id) CHECK ((phase = 'after') = (before_id IS NOT NULL))
);
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
"""

_DIARY = """
CREATE TABLE happenings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    network TEXT NOT NULL,
    at REAL NOT NULL,
    level TEXT NOT NULL,
    word TEXT NOT NULL,
    about TEXT NOT NULL,
    evidence TEXT NOT NULL,
    was TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX happenings_by_network ON happenings (network, id);
CREATE TABLE findings (
    network TEXT NOT NULL,
    rule TEXT NOT NULL,
    about TEXT NOT NULL,
    level TEXT NOT NULL,
    word TEXT NOT NULL,
    evidence TEXT NOT NULL,
    remedy TEXT NOT NULL,
    hand TEXT NOT NULL,
    since REAL NOT NULL,
    last_true REAL NOT NULL,
    times INTEGER NOT NULL,
    acked REAL,
    PRIMARY KEY (network, rule, about)
) WITHOUT ROWID;
"""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("submitted jobs, receipts, keys, audit", _FIRST),
    ("what happened, and findings", _DIARY),
)


def migrate(database: sqlite3.Connection) -> None:
    """Bring the file to the newest version. Two processes may try at once; one that is newer than us is refused."""
    database.execute("BEGIN IMMEDIATE")
    try:
        database.execute(
            "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, what TEXT NOT NULL, at REAL NOT NULL)"
        )
        (version,) = database.execute("SELECT coalesce(max(version), 0) FROM migration").fetchone()
        if version > len(MIGRATIONS):
            raise LedgerError(
                f"the ledger has version {version}, this program knows {len(MIGRATIONS)}",
                remedy="it was written by a newer aitbc-tui: upgrade this one",
            )
        for number, (what, script) in enumerate(MIGRATIONS[version:], version + 1):
            for statement in _statements(script):
                database.execute(statement)
            database.execute("INSERT INTO migration VALUES (?, ?, ?)", (number, what, time.time()))
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    """Split a script; `executescript` would commit in between."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
