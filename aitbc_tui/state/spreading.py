"""How long blocks take from node to node, from heads seen by polling: never finer than the polls. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from aitbc_tui.domain.text import SafeText


@dataclass(frozen=True, slots=True)
class Seen:
    """A node's head as one answer gave it. `asked` and `answered` are monotonic seconds."""

    node: str
    height: int
    asked: float
    answered: float


@dataclass(frozen=True, slots=True)
class Delay:
    """How much later a node had a block than the first: between `low` and `high` seconds."""

    node: str
    height: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spreading:
    """The delays of a burst. `polls_s`: the median pause between two answers of one node, the resolution."""

    delays: tuple[Delay, ...]
    nodes: tuple[str, ...]
    heights: int
    polls_s: float | None
    seconds: float

    def of(self, node: str) -> list[Delay]:
        return [delay for delay in self.delays if delay.node == node]

    def lines(self) -> list[SafeText]:
        if not self.heights:
            return [SafeText(f"no new block in {self.seconds:.0f} s: nothing to measure")]
        resolution = "?" if self.polls_s is None else f"{self.polls_s * 1000:.0f} ms"
        said = [SafeText(f"{self.heights} new blocks in {self.seconds:.0f} s, seen every {resolution}")]
        for node in self.nodes:
            mine = self.of(node)
            if not mine:
                said.append(SafeText(f"{node}: saw none of them appear"))
                continue
            low, high = median(d.low for d in mine) * 1000, median(d.high for d in mine) * 1000
            words = f"{node}: {low:.0f} to {high:.0f} ms after the first node (medians of {len(mine)})"
            said.append(SafeText(words))
        return said

    def json(self) -> dict[str, object]:
        return {
            "seconds": round(self.seconds, 1),
            "new_blocks": self.heights,
            "resolution_ms": None if self.polls_s is None else round(self.polls_s * 1000, 1),
            "nodes": [
                {
                    "node": node,
                    "blocks": len(mine),
                    "low_ms": round(median(d.low for d in mine) * 1000, 1) if mine else None,
                    "high_ms": round(median(d.high for d in mine) * 1000, 1) if mine else None,
                }
                for node in self.nodes
                for mine in [self.of(node)]
            ],
        }


def spreading(seen: Sequence[Seen], seconds: float) -> Spreading:
    """From the answers of a burst. A block came between the asking of the last answer without it and its answer."""
    nodes = tuple(dict.fromkeys(s.node for s in seen))
    windows: dict[int, dict[str, tuple[float, float]]] = {}
    pauses: list[float] = []
    for node in nodes:
        mine = [s for s in seen if s.node == node]
        for before, after in zip(mine, mine[1:], strict=False):
            pauses.append(after.answered - before.answered)
            for height in range(before.height + 1, after.height + 1):
                windows.setdefault(height, {})[node] = (before.asked, after.answered)
    delays: list[Delay] = []
    whole = {height: window for height, window in windows.items() if len(window) == len(nodes)}
    for height, window in sorted(whole.items()):
        first_low = min(low for low, _ in window.values())
        first_high = min(high for _, high in window.values())
        for node, (low, high) in window.items():
            delays.append(Delay(node, height, max(0.0, low - first_high), max(0.0, high - first_low)))
    return Spreading(tuple(delays), nodes, len(whole), median(pauses) if pauses else None, seconds)
