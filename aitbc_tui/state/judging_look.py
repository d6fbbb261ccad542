"""What every check of one node looks at, and the shape of what it finds."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.snapshot import Chain
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.by_hand import at_host
from aitbc_tui.state.chain import BLOCK_TIME_S
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.topology import NodeFrame

UNITS_RECENT_S = 7.0  # while something is wrong they are read every five seconds
UNITS_PATIENCE_S = 15.0  # how long a verdict waits for the units to be read that would tell why


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a node, the alarm it leads to, and how to check that by hand."""

    verdict: Verdict
    rule: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What every check of one node needs."""

    world: World
    frame: NodeFrame
    facts: NodeFacts
    chain: Chain
    now: float
    utc: float
    heights: dict[str, int]

    @property
    def block_time(self) -> float:
        return self.chain.block_interval_s or BLOCK_TIME_S

    @property
    def is_source(self) -> bool:
        return self.chain.source == self.frame.name

    @property
    def still_s(self) -> float | None:
        """For how long this node's head has not moved under our eyes."""
        return self.now - self.facts.changes[-1][0] if self.facts.changes else None

    @property
    def units(self) -> tuple[Unit, ...]:
        return self.facts.units.fresh(self.now) or ()

    def unit_state(self, unit: str) -> Unit | None:
        name = unit.removesuffix(".service")
        return next((u for u in self.units if u.name.removesuffix(".service") == name and u.found), None)

    @property
    def main_unit(self) -> Unit | None:
        """The one that makes or imports blocks."""
        return self.unit_state(self.frame.units[0]) if self.frame.units else None

    def units_known(self, due_since: float) -> bool:
        """Whether the units were read just now, or will not be in good time after `due_since`."""
        at = self.facts.units.at
        if not self.frame.units or (at is not None and self.now - at < UNITS_RECENT_S):
            return True
        return self.now - due_since > UNITS_PATIENCE_S

    def lag(self) -> int | None:
        source = self.chain.source
        if source is None or self.frame.name not in self.heights:
            return None
        return self.heights[source] - self.heights[self.frame.name]


def bad(word: str, text: str, rule: str, check: str = "") -> Judgement:
    """A finding that is wrong now: `word` for the row, `text` with its evidence, the `rule` that it alarms, by hand."""
    return Judgement(Verdict(Level.BAD, SafeText(word), SafeText(text)), rule, check)


def warn(word: str, text: str, rule: str, check: str = "") -> Judgement:
    """A finding that is not sound, and not wrong yet; as `bad`."""
    return Judgement(Verdict(Level.WARN, SafeText(word), SafeText(text)), rule, check)


def curl_twice(look: Look) -> str:
    """A head looked at twice, some blocks apart."""
    ask = f"curl -s {look.frame.rpc}/rpc/head"
    return f"{ask}; sleep {3 * look.block_time:.0f}; {ask}"


def curl_both(look: Look, path: str) -> str:
    """The same question to this node and to the one that it is compared with."""
    topology = look.world.topology
    source = topology.node(look.chain.source or "")
    frames = (look.frame,) if source is None else (look.frame, source)
    return "; ".join(at_host(topology, frame.host, f"curl -s {frame.rpc}{path}") for frame in frames)
