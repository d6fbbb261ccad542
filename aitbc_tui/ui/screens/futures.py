"""Waiting for what the backend promised, without ever cancelling it: a write on its way is not taken back."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Protocol, TypeVar, runtime_checkable

from aitbc_tui.domain.errors import AitbcError, HttpError
from aitbc_tui.domain.text import SafeText, clean

T = TypeVar("T")


async def outcome(future: Future[T]) -> T:
    """The result; leaving the screen that waits leaves the request alone."""
    return await asyncio.shield(asyncio.wrap_future(future))


def certainly_not_done(error: AitbcError) -> bool:
    """Whether a write that failed so cannot have happened: refused with a 4xx, or it never began to leave."""
    if isinstance(error, HttpError) and error.status is not None:
        return 400 <= error.status < 500
    return not error.maybe_sent


def words(error: AitbcError) -> SafeText:
    """Where and what, in one line."""
    said = getattr(error, "body_detail", "") or error.detail
    where = f"{error.host}: " if error.host else ""
    return clean(f"{where}{said if said == error.detail else f'{error.detail}: {said}'}", 400)


@runtime_checkable
class Auditing(Protocol):
    """A backend that writes what was unmasked into the audit log."""

    def audit(self, action: str, subject: str) -> None:
        """One line of the audit log; returns when it is on disk."""
