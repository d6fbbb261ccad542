"""How the dashboard looks and behaves on this terminal, and the clocks it goes by."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aitbc_tui.ui.backend import Backend
from aitbc_tui.ui.colours import Palette
from aitbc_tui.ui.keys import Keys
from aitbc_tui.ui.screens.environment_choice import EnvironmentChoice

TICK_S = 5.0  # ages move in steps of 5 s, also when nothing new arrives


@dataclass(frozen=True, slots=True)
class Clock:
    """The two clocks of the screen; tests give their own."""

    monotonic: Callable[[], float] = time.monotonic
    utc: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """How the dashboard looks and behaves on this terminal. `theme`: auto, a look, or the name of `palette`."""

    slow_link: bool = False
    ascii: bool = False
    mouse: bool = True
    theme: str = "auto"
    palette: Palette | None = None  # the reader's own
    clock: Clock = Clock()
    tick_s: float = TICK_S
    take_over: Callable[[], None] = lambda: None  # called before the screens take the terminal
    keys: Keys = Keys()
    environments: tuple[EnvironmentChoice, ...] = ()  # of the configuration, for the chooser
    open_environment: Callable[[str], Backend] | None = None  # a backend for another one; may ask nothing
