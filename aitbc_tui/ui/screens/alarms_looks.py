"""When somebody last looked at the alarms of an app, and whether its bell is on: kept while the program runs."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level


@dataclass
class Looks:
    """`known` are the bad alarms that the bell has rung for, or that were there when it was switched on."""

    looked_at: float | None = None
    bell: bool = False
    known: frozenset[tuple[str, str]] = frozenset()

    def news(self, snapshot: Snapshot) -> bool:
        """Whether a bad alarm is there that was not before; each is said once."""
        utc = snapshot.utc.timestamp()
        bad = [a for a in snapshot.alarms if a.open and a.level is Level.BAD and not a.quiet(utc)]
        now = frozenset((alarm.rule, str(alarm.about)) for alarm in bad)
        new, self.known = now - self.known, now
        return self.bell and bool(new)


_looks: WeakKeyDictionary[object, Looks] = WeakKeyDictionary()


def looks(app: object) -> Looks:
    return _looks.setdefault(app, Looks())
