"""Access of a dashboard: in production, operate is lent for ten minutes, then it is observe until it is armed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aitbc_tui.collect.clock import Clock
from aitbc_tui.domain.errors import GuardError
from aitbc_tui.domain.snapshot import Access

LENT_S = 600.0


class Arming:
    """`until` is monotonic; None where the level of the configuration does not run out (commands, no production)."""

    def __init__(self, configured: Access, lent: bool, clock: Clock) -> None:
        self._configured = configured
        self._clock = clock
        self._running = 0
        runs_out = lent and configured is Access.OPERATE
        self.until: float | None = clock.monotonic() + LENT_S if runs_out else None

    @property
    def access(self) -> Access:
        """The level that counts now. What began while it was armed is not cut off in the middle."""
        if self.until is None or self._running or self._clock.monotonic() < self.until:
            return self._configured
        return Access.OBSERVE

    def arm(self) -> None:
        """For ten minutes from now; GuardError where the configuration gives no operate that could be lent."""
        if self.until is None:
            raise GuardError(f"access {self._configured.value} of this environment does not run out: nothing to arm")
        self.until = self._clock.monotonic() + LENT_S

    @contextmanager
    def running(self) -> Iterator[None]:
        """While an operation runs that was allowed to begin."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
