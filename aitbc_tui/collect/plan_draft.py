"""A plan while it is made, and what the makers of all verbs share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.operation import PlanStep, Wish
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.field import Field

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

ALL = "all"


def step(level: Level, key: str, name: str, where: str, text: str = "", *, writes: bool = False) -> PlanStep:
    """One row of a plan; texts are cleaned and cut to what a row takes."""
    return PlanStep(level, clean(name, 60), clean(where, 40), clean(text, 200), writes, key)


@dataclass(slots=True)
class Draft:
    """A plan while it is made."""

    wish: Wish
    targets: tuple[str, ...]
    steps: list[PlanStep]
    notes: list[str]
    details: list[str]
    summary: str = ""
    question: str = ""
    button: str = ""
    source: str = ""
    offered: bool = True
    undoable: bool = False


def targets_of(collector: Collector, wish: Wish) -> tuple[str, ...]:
    """Configured names; ConfigError for a name that is none."""
    names = [node.name for node in collector.setup.environment.nodes]
    if wish.target == ALL:
        return tuple(names)
    if wish.target not in names:
        raise ConfigError(f"no node {clean(wish.target, 40)!r} is configured", remedy=f"one of {', '.join(names)}")
    return (wish.target,)


def title_of(wish: Wish) -> str:
    """What is planned, for the plan's title."""
    sub = wish.sync_type or wish.action
    return f"{wish.verb.value.capitalize()} {sub}".rstrip()


def rows_of(snapshot: Snapshot, names: tuple[str, ...]) -> list[NodeRow]:
    """The nodes of these names, in the order of the configuration."""
    return [row for row in snapshot.nodes if row.name in names]


def reached(snapshot: Snapshot, name: str) -> tuple[Level, str]:
    """Whether SSH to a node's host stands."""
    row = next((row for row in snapshot.nodes if row.name == name), None)
    return host_reached(snapshot, "" if row is None else row.host)


def host_reached(snapshot: Snapshot, host: str) -> tuple[Level, str]:
    """Whether SSH to this host stands: its round trip in ms, or why not."""
    link = next((link for link in snapshot.links if link.host == host), None)
    if link is None:
        return Level.UNKNOWN, "? not known"
    if link.verdict.level is Level.GOOD:
        return Level.GOOD, "" if link.rtt_ms is None else f"{link.rtt_ms:.0f} ms"
    return Level.BAD, f"{link.verdict.word}: {link.detail}"


def ssh_steps(collector: Collector, draft: Draft, names: tuple[str, ...]) -> None:
    """One line a node: nothing is done to a node that SSH does not reach."""
    for name in names:
        level, text = reached(collector.hub.newest, name)
        draft.steps.append(step(level, "ssh", "SSH answers", name, text))


def none_reached(draft: Draft) -> bool:
    """Whether SSH reaches not one of the hosts that the plan concerns."""
    found = [one for one in draft.steps if one.key == "ssh"]
    return bool(found) and all(one.level is Level.BAD for one in found)


Maker = Callable[["Collector", Field, Draft], Awaitable[None]]
