"""One environment of the configuration, as the chooser shows it."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.snapshot import Access


@dataclass(frozen=True, slots=True)
class EnvironmentChoice:
    """What is in it, without opening anything."""

    name: str
    access: Access
    production: bool
    hosts: int
    nodes: int
    coordinator: bool
