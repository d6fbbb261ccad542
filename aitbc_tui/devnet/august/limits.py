"""Rate limits: a sliding minute for each bucket and client address; refused requests do not count."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from aitbc_tui.devnet.clock import Clock

WINDOW_S = 60.0


class Limits:
    """The windows of one server. `spare` makes some of it used up by others behind the same address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: dict[tuple[str, str], list[float]] = {}
        self.spare: int | None = None

    def take(self, request: Request, bucket: str, limit: int) -> None:
        """Count this request, or refuse it."""
        now = self._clock.monotonic()
        key = (bucket, request.client.host if request.client else "")
        recent = [at for at in self._taken.get(key, []) if now - at < WINDOW_S]
        allowed = limit if self.spare is None else min(limit, self.spare)
        if len(recent) >= allowed:
            self._taken[key] = recent
            raise HTTPException(429, "Rate limit exceeded", {"retry-after": str(int(WINDOW_S))})
        self._taken[key] = [*recent, now]
