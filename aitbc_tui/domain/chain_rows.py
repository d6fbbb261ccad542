"""The rows of nodes and mempools, and what is known of the chain that they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aitbc_tui.domain.node import GitState, Head, HostFigures, MempoolReading, NodeHealth, NodeSettings, Peers, Unit
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Verdict

_EMPTY = SafeText("")


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node: its figures, each with its own freshness, and the verdict on it."""

    name: SafeText
    role: str  # genesis | follower | node
    host: str
    chain_id: SafeText
    verdict: Verdict
    head: Observed[Head]
    health: Observed[NodeHealth]
    mempool: Observed[MempoolReading]
    units: Observed[tuple[Unit, ...]]
    figures: Observed[HostFigures]
    peers: Observed[Peers]
    git: Observed[GitState]
    lag: int | None = None  # blocks behind the source; negative: ahead; None: not comparable
    hash_at_common: SafeText | None = None  # at Chain.display_height
    hash_agrees: bool | None = None
    off_chain: bool = False  # forked: marked ≠
    last_agreed: float | None = None  # UTC seconds when its hash was last seen to agree with the source
    head_changed_at: float | None = None  # monotonic
    uptime_s: float | None = None  # of the node unit
    intervals_s: tuple[float, ...] = ()  # median block interval per minute, oldest first
    rule: str = ""  # the alarm that the verdict leads to, if it leads to one
    check: SafeText = _EMPTY  # how to see the same by hand
    closes_in_s: float | None = None  # of a lag that gets smaller; None: it does not, or there is none
    clock_off_s: float | None = None  # how far its host's clock is ahead of ours
    settings: Observed[NodeSettings] | None = None  # of its environment files; None: none is configured
    has_units: bool = True  # whether any is configured: else none is asked for, and none can be missing


@dataclass(frozen=True, slots=True)
class Fork:
    """Two chains: where they differ, what each says there, the last height they share (None: not yet found)."""

    height: int
    hashes: Mapping[str, SafeText]
    proposers: Mapping[str, SafeText]
    last_common: int | None
    since: float
    nodes: tuple[str, ...]  # the ones split off from the source


@dataclass(frozen=True, slots=True)
class Chain:
    """What the nodes say together. Heights are compared at the lowest fresh head, never at unequal heads."""

    source: str | None = None  # the node the others are compared with
    common_height: int | None = None
    display_height: int | None = None  # the last multiple of 10 common to all, or the fork's height
    agreeing: int = 0
    compared: int = 0
    heights_compared: int = 0
    compared_since: float | None = None  # UTC seconds
    block_interval_s: float | None = None  # median of the recent ones
    fork: Fork | None = None
    proposer: str | None = None  # the node that made the recent blocks, when that is known
    propagation_s: Mapping[str, float] = field(default_factory=dict)  # node -> an upper bound, no finer than the polls


@dataclass(frozen=True, slots=True)
class MempoolRow:
    """One node's mempool. Rates per minute are None until a minute was watched; `oldest_s` since first seen here.

    `rates_capped`: more may have come and gone between two looks.
    """

    name: SafeText
    verdict: Verdict
    reading: Observed[MempoolReading]
    in_per_min: float | None
    out_per_min: float | None
    oldest_since: float | None  # monotonic moment at which the oldest pending transaction was first seen
    drains: bool  # a proposer's drains; a follower's keeps by design
    rates_capped: bool = False
    fee_min: float | None = None
    fee_median: float | None = None
    fee_max: float | None = None
    history: tuple[int, ...] = ()
