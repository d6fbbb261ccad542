"""The audit around an operation: announced before anything is sent, its end written after, also when it was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aitbc_tui.domain.errors import AitbcError, GuardError
from aitbc_tui.domain.text import clean
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.operations.orders import who


@dataclass(slots=True)
class Entry:
    """What is to be written when the operation has ended."""

    result: str = ""

    def ended(self, result: str) -> None:
        self.result = result


@contextmanager
def audited(ledger: Ledger, what: str, where: str, detail: str) -> Iterator[Entry]:
    """Who, what, where, and how it ended; an entry without an end is an operation that was cut off."""
    number = ledger.audit_before(who(), what, where, detail)
    entry = Entry()
    try:
        yield entry
    except GuardError as error:
        ledger.audit_after(number, f"refused: {clean(error.detail, 200)}")
        raise
    except AitbcError as error:
        ledger.audit_after(number, f"failed: {clean(error.detail, 200)}")
        raise
    except BaseException as error:
        ledger.audit_after(number, f"interrupted: {type(error).__name__}; its effect is to be looked up")
        raise
    ledger.audit_after(number, entry.result or "ended")
