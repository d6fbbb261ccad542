"""What must outlive the process, in SQLite. Imported when first used: the first frame does not wait for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aitbc_tui.ledger.book import Ledger
    from aitbc_tui.ledger.rows import Intent, LedgerError, OwnJob, Seen, SeenReceipt, SubmitState

__all__ = ["Intent", "Ledger", "LedgerError", "OwnJob", "Seen", "SeenReceipt", "SubmitState"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.book" if name == "Ledger" else f"{__name__}.rows"), name)
