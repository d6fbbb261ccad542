"""The table of faults: name, what it does, what a dashboard is expected to say; looked up by name."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

Switch = Callable[["Devnet", str | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`value` says what =VALUE means, "" when it takes none. A tolerated fault must raise no alarm.

    `alarm` names the alarm that answers it where that is another's name, because from outside the two are one;
    `expected` then says why. `leaves`: alarms that may rightly stay or come when the fault is over. `only`: the
    recorded sets in which such a thing can happen, where it is not all of them.
    """

    name: str
    does: str
    expected: str
    on: Switch
    off: Switch
    value: str = ""
    tolerated: bool = False
    needs_blocks: bool = False
    alarm: str = ""
    leaves: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def possible_in(self, generation: str) -> bool:
        """Whether the recorded set of that name has such a thing to break."""
        return not self.only or generation in self.only

    @property
    def answers(self) -> str:
        """The name of the one alarm that must be there; empty where there must be none."""
        return "" if self.tolerated else self.alarm or self.name

    def blocks_needed(self, value: str | None) -> int:
        """How long the history must be for this fault to be there from the start."""
        return number_of(self.name, value, 0) + 60 if self.needs_blocks and value else 0


def table() -> dict[str, Fault]:
    """Every fault by name."""
    from aitbc_tui.devnet import (
        faults_august,
        faults_chain,
        faults_coordinator,
        faults_hosts,
        faults_machines,
        faults_miners,
        faults_money,
        faults_nodes,
    )

    rooms = (
        faults_chain,
        faults_nodes,
        faults_machines,
        faults_hosts,
        faults_miners,
        faults_coordinator,
        faults_money,
        faults_august,
    )
    found = [fault for room in rooms for fault in room.FAULTS]
    return {fault.name: fault for fault in found}


def parse_fault(text: str, generation: str) -> tuple[Fault, str | None]:
    """`NAME` or `NAME=VALUE`, for a devnet of that generation; ConfigError when it cannot be had there."""
    name, given, value = text.strip().partition("=")
    faults = table()
    fault = faults.get(name)
    if fault is None:
        raise ConfigError(f"no fault named {name!r}{_hint(name, faults)}", remedy="devnet --list-faults")
    if not fault.possible_in(generation):
        known = " or ".join(f"--generation {one}" for one in fault.only)
        raise ConfigError(f"the fault {name} does not exist in {generation}: nothing there to break", remedy=known)
    if given and not fault.value:
        raise ConfigError(f"the fault {name} takes no value")
    return fault, value if given else None


def _hint(name: str, faults: Mapping[str, Fault]) -> str:
    """The nearest name, however far it is: a list of fifty helps nobody on one line."""
    near = difflib.get_close_matches(name, faults, 1, cutoff=0.0)
    return f"; did you mean {near[0]}?" if near else ""


def number_of(name: str, value: str | None, default: int) -> int:
    """A whole number given to a fault."""
    if value is None:
        return default
    if not value.isdecimal():
        raise ConfigError(f"{name}={value}: a whole number is needed")
    return int(value)


def listing() -> str:
    """For --list-faults."""
    rows = []
    for fault in table().values():
        name = f"{fault.name}[={fault.value}]" if fault.value else fault.name
        expected = f"tolerated: {fault.expected}" if fault.tolerated else f"{fault.answers}: {fault.expected}"
        where = "" if not fault.only else f" (only in {' and '.join(fault.only)})"
        rows.append((name, fault.does + where, expected))
    width = max(len(row[0]) for row in rows)
    lines = [f"{name:<{width}}  {does}\n{'':<{width}}  -> {expected}" for name, does, expected in rows]
    return "\n".join(lines) + "\n"
