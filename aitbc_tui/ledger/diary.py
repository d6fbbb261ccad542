"""What happened, and the findings that nobody has acknowledged yet: both outlive the process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aitbc_tui.domain.alarm import Alarm, AlarmKind, Happening
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ledger.store import Store

KEPT_S = 30 * 24 * 3600.0
KEPT = 20_000
ACKED_KEPT_S = 7 * 24 * 3600.0


class Diary:
    """One network's happenings and findings. Every writing method returns when its transaction is on disk."""

    def __init__(self, store: Store, network: str) -> None:
        self._store = store
        self._network = network

    def write(
        self, happenings: Iterable[Happening], findings: Iterable[Alarm], acked: Iterable[tuple[str, str]]
    ) -> None:
        """Everything new of one moment, in one transaction."""
        with self._store.writing() as database:
            database.executemany(
                "INSERT INTO happenings (network, at, level, word, about, evidence, was, rule)"
                " VALUES (?,?,?,?,?,?,?,?)",
                [(self._network, h.at, h.level.value, h.word, h.about, h.evidence, h.was, h.rule) for h in happenings],
            )
            database.executemany(
                "INSERT INTO findings (network, rule, about, level, word, evidence, remedy, hand, since, last_true,"
                " times)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (network, rule, about) DO UPDATE SET evidence ="
                " excluded.evidence, since = excluded.since, last_true = excluded.last_true, times = excluded.times,"
                " acked = NULL",
                [
                    (self._network, a.rule, a.about, a.level.value, a.word, a.evidence, a.remedy, a.check, a.since)
                    + (a.last_true or a.since, a.seen)
                    for a in findings
                ],
            )
            database.executemany(
                "UPDATE findings SET acked = last_true WHERE network = ? AND rule = ? AND about = ?",
                [(self._network, rule, about) for rule, about in acked],
            )

    def happenings(self, limit: int = 200) -> tuple[Happening, ...]:
        """The newest first."""
        with self._store.reading() as database:
            rows = database.execute(
                "SELECT * FROM happenings WHERE network = ? ORDER BY id DESC LIMIT ?", (self._network, limit)
            ).fetchall()
        return tuple(
            Happening(
                at=row["at"],
                level=Level(row["level"]),
                word=clean(row["word"], 20),
                about=clean(row["about"], 80),
                evidence=clean(row["evidence"], 300),
                was=clean(row["was"], 40),
                rule=str(clean(row["rule"], 40)),
            )
            for row in rows
        )

    def open_findings(self) -> tuple[Alarm, ...]:
        """Those that nobody has acknowledged."""
        with self._store.reading() as database:
            rows = database.execute(
                "SELECT * FROM findings WHERE network = ? AND acked IS NULL ORDER BY since", (self._network,)
            ).fetchall()
        return tuple(
            Alarm(
                rule=row["rule"],
                kind=AlarmKind.FINDING,
                level=Level(row["level"]),
                word=clean(row["word"], 20),
                about=clean(row["about"], 80),
                evidence=clean(row["evidence"], 300),
                remedy=clean(row["remedy"], 200),
                since=row["since"],
                check=clean(row["hand"], 200),
                seen=row["times"],
                last_true=row["last_true"],
            )
            for row in rows
        )

    def acknowledged(self, now: float) -> Sequence[tuple[str, str]]:
        """Those that somebody has seen lately: their signs may still be there, and are no news."""
        with self._store.reading() as database:
            rows = database.execute(
                "SELECT rule, about FROM findings WHERE network = ? AND acked > ?", (self._network, now - ACKED_KEPT_S)
            ).fetchall()
        return [(row["rule"], row["about"]) for row in rows]

    def prune(self, now: float) -> None:
        """What is old, and what is more than anybody reads."""
        with self._store.writing() as database:
            database.execute("DELETE FROM happenings WHERE at < ?", (now - KEPT_S,))
            database.execute(
                "DELETE FROM happenings WHERE id <= (SELECT max(id) FROM happenings) - ?",
                (KEPT,),
            )
            database.execute("DELETE FROM findings WHERE acked < ?", (now - KEPT_S,))
