"""How the dashboard is to be shown: values of the command line that the screens need."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """`theme` None means: chosen by the terminal. `demo` is told on every screen."""

    slow_link: bool = False
    ascii: bool = False
    no_mouse: bool = False
    theme: str | None = None
    demo: bool = False
