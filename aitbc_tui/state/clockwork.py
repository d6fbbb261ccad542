"""Ages by one clock only: the server's own time at the answer, plus what passed here since (contract Q4)."""

from __future__ import annotations

from datetime import datetime


def server_age(moment: datetime | None, server_time: datetime | None, received_at: float, now: float) -> float | None:
    """Seconds since `moment`, both stamped by the server; None when either is missing."""
    if moment is None or server_time is None:
        return None
    return (server_time - moment).total_seconds() + max(0.0, now - received_at)
