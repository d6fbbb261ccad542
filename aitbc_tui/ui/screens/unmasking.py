"""Unmasking an id: only where it is written down before it is shown, for an id may be a live key."""

from __future__ import annotations

from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.futures import Auditing


def may_unmask(screen: DetailScreen, subject: str) -> bool:
    """Write into the audit log that `subject` is unmasked; False, and said on the screen, where there is no log."""
    backend = screen.aitbc.backend
    if not isinstance(backend, Auditing):
        screen.toast(
            in_words("`u` unmasks only where that is audited, and this session keeps no audit log"), Level.REFUSED
        )
        return False
    backend.audit("unmask", subject)
    return True
