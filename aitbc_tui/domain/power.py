"""A change of a card's power limit: what would be done, and how far it is. It goes back by itself unless it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.text import SafeText

HOLD_S = 30  # so long the new limit waits to be kept
MARGIN_S = 4.0  # the question ends before the timer on the host does


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """One change, checked against its bounds; watts."""

    host: str
    index: int
    name: str
    before: float
    watts: float
    least: float
    most: float
    by: str = "the card"  # whose bounds these are

    @property
    def bounds(self) -> str:
        return f"{self.least:g} to {self.most:g} W by {self.by}"

    @property
    def words(self) -> str:
        return f"power limit of {self.host}:{self.index} ({self.name}) from {self.before:g} W to {self.watts:g} W"

    def command(self, program: str, production: str = "") -> str:
        """The same from a shell: `program` with the options that lead it there, a production environment by name."""
        yes = f" --yes {production}" if production else ""
        return f"{program} gpus power-limit {self.index} {self.watts:g} --host {self.host}{yes}"


@dataclass(frozen=True, slots=True)
class PowerResult:
    """How it ended: kept, or put back, and the limit that the card reports now."""

    plan: PowerPlan
    kept: bool
    now: float | None


class PowerPhase(StrEnum):
    """Where a change of a power limit stands."""

    SETTING = "setting"  # the way back is armed, then the limit is set
    HELD = "held"  # set; it goes back at `until` unless it is kept
    KEPT = "kept"
    BACK = "put back"
    FAILED = "failed"  # and the host's own timer puts it back


@dataclass(frozen=True, slots=True)
class PowerChange:
    """How far a change is. `until`: monotonic seconds of the collector."""

    plan: PowerPlan
    phase: PowerPhase
    until: float | None = None
    now_w: float | None = None
    detail: SafeText = SafeText("")

    @property
    def over(self) -> bool:
        return self.phase in (PowerPhase.KEPT, PowerPhase.BACK, PowerPhase.FAILED)
