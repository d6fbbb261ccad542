"""Remembers receipts and the keys that signed them, so that a change of either is noticed."""

from __future__ import annotations

import hashlib
import json
import sqlite3

from aitbc_tui.domain.receipt import ReceiptVerdict, VerifiedReceipt
from aitbc_tui.ledger.rows import KeySeen, Seen, SeenReceipt

# Different bytes kept under one receipt id. More are told apart but not stored: nobody shall fill the disk with them.
MAX_VARIANTS = 8

# The bytes verify under the key inside: that key did sign, whoever holds it.
_SIGNED = frozenset(
    {
        ReceiptVerdict.VALID,
        ReceiptVerdict.ATTESTATION_MISSING,
        ReceiptVerdict.ATTESTATION_INVALID,
        ReceiptVerdict.UNTRUSTED_KEY,
    }
)


def remember(database: sqlite3.Connection, env: str, receipt: VerifiedReceipt, now: float) -> SeenReceipt:
    """Inside a transaction: store or refresh the receipt, and compare it with what was there."""
    known = database.execute(
        "SELECT id, body_sha256, canonical_sha256, first_seen, times FROM receipts WHERE env = ? AND receipt_id = ?",
        (env, receipt.facts.receipt_id),
    ).fetchall()
    digest = hashlib.sha256(receipt.body).hexdigest()
    same_body = next((row for row in known if row["body_sha256"] == digest), None)
    if same_body is not None:
        _refresh(database, same_body["id"], receipt, now)
    elif len(known) < MAX_VARIANTS or not receipt.facts.receipt_id:
        _store(database, env, receipt, digest, now)
    return SeenReceipt(
        seen=_compare(known, receipt, same_body is not None),
        first_seen=min((row["first_seen"] for row in known), default=now),
        last_seen=now,
        times=1 if same_body is None else same_body["times"] + 1,
        other_ids=_others(database, env, receipt),
        key=_key(database, env, receipt, now) if receipt.verdict in _SIGNED else None,
    )


def _compare(known: list[sqlite3.Row], receipt: VerifiedReceipt, same_body: bool) -> Seen:
    if not receipt.facts.receipt_id:  # nothing to compare under
        return Seen.SAME if same_body else Seen.NEW
    if any(row["canonical_sha256"] != receipt.canonical_sha256 for row in known):
        return Seen.CONFLICT
    return Seen.SAME if known else Seen.NEW


def _refresh(database: sqlite3.Connection, row_id: int, receipt: VerifiedReceipt, now: float) -> None:
    database.execute(
        "UPDATE receipts SET verdict = ?, reason = ?, remarks = ?, last_seen = ?, times = times + 1 WHERE id = ?",
        (receipt.verdict.value, receipt.reason, _remarks(receipt), now, row_id),
    )


def _store(database: sqlite3.Connection, env: str, receipt: VerifiedReceipt, digest: str, now: float) -> None:
    database.execute(
        "INSERT INTO receipts (env, receipt_id, job_id, body, body_sha256, canonical_sha256, verdict, reason, key_id,"
        " remarks, first_seen, last_seen, times) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (
            env,
            receipt.facts.receipt_id,
            receipt.facts.job_id,
            receipt.body,
            digest,
            receipt.canonical_sha256,
            receipt.verdict.value,
            receipt.reason,
            receipt.signing_key_id,
            _remarks(receipt),
            now,
            now,
        ),
    )


def _remarks(receipt: VerifiedReceipt) -> str:
    return json.dumps([remark.kind.value for remark in receipt.remarks])


def _others(database: sqlite3.Connection, env: str, receipt: VerifiedReceipt) -> tuple[str, ...]:
    if not receipt.facts.job_id:
        return ()
    rows = database.execute(
        "SELECT DISTINCT receipt_id FROM receipts WHERE env = ? AND job_id = ? AND receipt_id <> ?"
        " AND verdict = 'valid' ORDER BY receipt_id",
        (env, receipt.facts.job_id, receipt.facts.receipt_id),
    ).fetchall()
    return tuple(row["receipt_id"] for row in rows)


def _key(database: sqlite3.Connection, env: str, receipt: VerifiedReceipt, now: float) -> KeySeen:
    key_id = receipt.signing_key_id
    database.execute("INSERT OR IGNORE INTO keys_seen VALUES (?, ?, ?)", (env, key_id, now))
    rows = database.execute(
        "SELECT key_id, first_seen FROM keys_seen WHERE env = ? ORDER BY first_seen, key_id <> ?", (env, key_id)
    ).fetchall()
    mine = next(row for row in rows if row["key_id"] == key_id)
    (count,) = database.execute(
        "SELECT count(DISTINCT receipt_id) FROM receipts WHERE env = ? AND key_id = ?", (env, key_id)
    ).fetchone()
    return KeySeen(
        key_id=key_id,
        first_seen=mine["first_seen"],
        receipts=count,
        changed=rows[0]["key_id"] != key_id,
        first_key_id=rows[0]["key_id"],
    )
