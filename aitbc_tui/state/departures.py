"""Transactions that left the producer's mempool: in which block are they? One that is in none has vanished."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aitbc_tui.domain.node import Block

WATCHED = 200
WIDEST = 20  # blocks between two looks; over a longer gap nothing is concluded
PATIENCE_S = 60.0
KEPT = 20


@dataclass(frozen=True, slots=True)
class Gone:
    """A transaction last seen waiting when the head was `low`; it must be in a block up to `high`, when known."""

    tx_hash: str
    low: int
    at: float
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Vanished:
    """In none of the blocks `first` to `last`."""

    tx_hash: str
    first: int
    last: int
    at: float


@dataclass(frozen=True, slots=True)
class Departures:
    """What is being looked for, and what was found to be nowhere."""

    gone: tuple[Gone, ...] = ()
    vanished: tuple[Vanished, ...] = ()

    def left(self, hashes: Iterable[str], head: int, at: float) -> Departures:
        """These are not waiting any more; at the look before, `head` was the highest block known."""
        new = tuple(Gone(tx, head, at) for tx in sorted(hashes))
        return replace(self, gone=(*self.gone, *new)[-WATCHED:]) if new else self

    def after_head(self, height: int, at: float) -> Departures:
        """A head seen after they left: whatever took them is not above it."""
        if not any(item.high is None and at > item.at for item in self.gone):
            return self
        return replace(
            self,
            gone=tuple(
                replace(item, high=height) if item.high is None and at > item.at else item for item in self.gone
            ),
        )

    def wanted(self, blocks: Mapping[int, Block], empty: Mapping[int, int]) -> tuple[int, ...]:
        """Heights whose content would decide something."""
        heights = {
            height
            for item in self.gone
            if item.high is not None and item.high - item.low <= WIDEST
            for height in range(item.low + 1, item.high + 1)
            if height not in blocks and empty.get(height) != 0
        }
        return tuple(sorted(heights))

    def settle(self, blocks: Mapping[int, Block], empty: Mapping[int, int], now: float) -> Departures:
        """Take out what was found in a block, what is nowhere, and what cannot be told."""
        if not self.gone:
            return self
        rest: list[Gone] = []
        lost: list[Vanished] = []
        for item in self.gone:
            if item.high is not None and item.high <= item.low:
                if now - item.at < PATIENCE_S:
                    rest.append(replace(item, high=None, at=item.at))
                continue
            if item.high is None or now - item.at > PATIENCE_S or item.high - item.low > WIDEST:
                if item.high is None and now - item.at <= PATIENCE_S:
                    rest.append(item)
                continue
            heights = range(item.low + 1, item.high + 1)
            if any(item.tx_hash == tx.tx_hash for h in heights if h in blocks for tx in blocks[h].transactions):
                continue
            if all(h in blocks or empty.get(h) == 0 for h in heights):
                lost.append(Vanished(item.tx_hash, item.low + 1, item.high, now))
            else:
                rest.append(item)
        return Departures(tuple(rest), (*self.vanished, *lost)[-KEPT:])
