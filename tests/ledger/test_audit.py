"""Every field that reaches the audit, filled with what an attacker would write there: through the real ledger and back.

What stands in the file matters as much as what is read from it: other programs read it, too.
"""

from __future__ import annotations

import getpass
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from aitbc_tui.domain.errors import AitbcError, CommandError, GuardError, HttpError
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.operations.audit import Entry, audited
from tests.hostile.soil import NASTY

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
TEXTS = (
    *NASTY,
    *(chr(code) + "x" for code in (*range(0x20), *range(0x7F, 0xA0))),
    b"caf\xe9 \xff\xfe".decode("utf-8", "surrogateescape"),  # as an argument or a file's name of another encoding
    "x" * 300_000,
    "\x1b[31m" * 50_000,
    "'); DROP TABLE audit; --",
    "\U000e0041\U000e0042 tags",
)
LONGEST = {"who": 80, "what": 120, "place": 120, "detail": 256}
Ends = Callable[[Entry, str], None]


def answers(entry: Entry, text: str) -> None:
    entry.ended(text)


def says_nothing(entry: Entry, text: str) -> None:
    del entry, text


def fails(entry: Entry, text: str) -> None:
    raise CommandError(text, host=text, remedy=text)


def is_refused_by_a_server(entry: Entry, text: str) -> None:
    raise HttpError(text, status=500, body_detail=text, host=text)  # type: ignore[arg-type]


def is_refused(entry: Entry, text: str) -> None:
    raise GuardError(text, remedy=text)


def crashes(entry: Entry, text: str) -> None:
    raise KeyError(text)


ENDS: dict[Ends, str] = {
    answers: "",
    says_nothing: "ended",
    fails: "failed: ",
    is_refused_by_a_server: "failed: ",
    is_refused: "refused: ",
    crashes: "interrupted: KeyError; its effect is to be looked up",
}


def stored(path: Path) -> list[sqlite3.Row]:
    """The rows as any other program would read them: as bytes."""
    database = sqlite3.connect(path)
    try:
        database.text_factory = bytes
        database.row_factory = sqlite3.Row
        return database.execute("SELECT * FROM audit ORDER BY id").fetchall()
    finally:
        database.close()


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_what_is_written_is_one_safe_line_of_bounded_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Ends
) -> None:
    path = tmp_path / "ledger.sqlite3"
    with Ledger.open(path) as ledger:
        for text in TEXTS:
            monkeypatch.setattr(getpass, "getuser", lambda text=text: text)
            try:
                with audited(ledger, text, text, text) as entry:
                    end(entry, text)
            except (AitbcError, KeyError):
                assert end not in (answers, says_nothing)
        read = ledger.audit(10 * len(TEXTS))
    rows = stored(path)
    assert len(rows) == len(read) == 2 * len(TEXTS), "each is announced, and its end is written"
    for row in rows:
        for name, longest in LONGEST.items():
            text = row[name].decode("utf-8")  # which is strict: no half of a surrogate pair, no broken byte
            assert text and not UNSAFE.search(text) and len(text) <= longest, (name, text)
    for kept in read:
        for text in (kept.who, kept.what, kept.where, kept.detail):
            assert text and not UNSAFE.search(text) and len(text) <= 256
    assert all(row["detail"].decode().startswith(ENDS[end]) for row in rows[1::2]), "how it ended can be read"


def test_the_message_of_a_crash_is_not_written(tmp_path: Path) -> None:
    """Of an exception that nobody foresaw only the kind is known to hold no secret."""
    path = tmp_path / "ledger.sqlite3"
    with (
        Ledger.open(path) as ledger,
        pytest.raises(KeyError),
        audited(ledger, "service restart", "prod", "host genesis"),
    ):
        raise KeyError("client-secret-key")
    assert b"client-secret-key" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(stored(path)) == 2


def test_a_text_of_sql_is_a_text(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite3") as ledger:
        ledger.audit_before("o'brien", "x'); DROP TABLE audit; --", "prod", '"; DELETE FROM audit')
        (entry,) = ledger.audit()
    assert (entry.who, entry.what, entry.detail) == ("o'brien", "x'); DROP TABLE audit; --", '"; DELETE FROM audit')
