"""One SQLite file, safe from several threads and processes, on disk before a write returns."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.ledger.files import private_file, private_folder
from aitbc_tui.ledger.rows import LedgerError
from aitbc_tui.ledger.schema import migrate

BUSY_MS = 5000
_WAL_TRIES = 50


class Store:
    """The connection and its rules; what is written through it is `Ledger`'s business."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lost = False
        self._lock = threading.RLock()
        private_folder(path.parent)
        private_file(path)
        try:
            self._database = sqlite3.connect(
                path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise _unusable(path, error) from None
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            raise _unusable(path, error) from None
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def lost(cls, path: Path) -> Self:
        """In place of one that cannot be opened: nothing to read; each write tries to open it, or says why not."""
        store = cls.__new__(cls)
        store.path, store._lost, store._lock = path, True, threading.RLock()
        store._database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        store._database.row_factory = sqlite3.Row
        migrate(store._database)
        return store

    def _prepare(self) -> None:
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA foreign_keys = ON")
        _into_wal(self._database)
        # FULL: a commit returns only after its bytes are synced; NORMAL could lose the last ones with the power.
        self._database.execute("PRAGMA synchronous = FULL")
        migrate(self._database)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed and synced when the block ends, undone when it raises."""
        self._open_again()
        with self._lock, self._typed():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _open_again(self) -> None:
        """What could not be opened may be there by now."""
        with self._lock:
            if not self._lost:
                return
            try:
                found = type(self)(self.path)
            except ConfigError as error:
                raise LedgerError(error.detail, remedy=error.remedy) from None
            self._database.close()
            self._database, self._lost = found._database, False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._typed():
            yield self._database

    @contextmanager
    def _typed(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from None
        except (UnicodeEncodeError, OverflowError) as error:  # a lone surrogate, or an integer beyond 64 bits
            raise LedgerError(f"ledger {self.path}: a value cannot be stored ({type(error).__name__})") from None

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _into_wal(database: sqlite3.Connection) -> None:
    """The busy timeout does not cover this switch: two first openings at once may collide."""
    for remaining in range(_WAL_TRIES, 0, -1):
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if remaining == 1:
                raise
            time.sleep(0.05)


def _unusable(path: Path, error: sqlite3.Error) -> LedgerError:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        remedy = "another process holds it: try again"
    elif isinstance(error, sqlite3.OperationalError):
        remedy = "is the disk full, or the file read-only?"
    else:
        remedy = "keep a copy and move it away; a new one is made"
    return LedgerError(f"{error}: ledger {path}", remedy=remedy)
