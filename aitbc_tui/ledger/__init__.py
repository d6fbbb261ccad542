"""What must outlive the process, in SQLite."""

from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ledger.rows import Intent, LedgerError, OwnJob, Seen, SeenReceipt, SubmitState

__all__ = ["Intent", "Ledger", "LedgerError", "OwnJob", "Seen", "SeenReceipt", "SubmitState"]
