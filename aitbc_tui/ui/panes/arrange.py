"""Where the panes stand: learnt once, the same from 120 columns up; more height goes to Jobs, then to Alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from aitbc_tui.domain.places import Pane

GAP = 2  # blank columns between two panes side by side


class Mode(Enum):
    """What the dashboard shows at this size."""

    ALL = "all"  # seven panes
    OVERVIEW = "overview"  # seven lines and the two worst panes
    ONE = "one"  # one pane and the detail of its selected row
    SMALL = "small"  # the verdict, and what size it needs


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int


def fits_all(width: int, height: int) -> bool:
    return width >= 120 and height >= 40


def mode_for(width: int, height: int, zoomed: bool) -> Mode:
    """`zoomed` is the reader's wish to see one pane."""
    if width < 80 or height < 24:
        return Mode.SMALL
    if zoomed:
        return Mode.ONE
    return Mode.ALL if fits_all(width, height) else Mode.OVERVIEW


# Rows at 40: title, header, rows, note. Order and number in which further rows are given away; at 60 all are given.
_BASE = {"nodes": 6, "middle": 6, "jobs": 10, "lower": 7, "alarms": 7}
_MORE = [*["jobs"] * 7, *["alarms"] * 6, *["lower"] * 5, "nodes", "middle"]
_BEYOND = ("jobs", "jobs", "alarms")


def heights(height: int) -> dict[str, int]:
    """The rows of each band of panes for a screen of this height (40 or more)."""
    rows = dict(_BASE)
    extra = max(0, height - 40)
    for name in _MORE[:extra]:
        rows[name] += 1
    for index in range(max(0, extra - len(_MORE))):
        rows[_BEYOND[index % len(_BEYOND)]] += 1
    return rows


def arrange(width: int, height: int) -> Mapping[Pane, Place]:
    """All seven panes from 120x40 up."""
    rows = heights(height)
    half = (width - GAP) // 2
    right, rest = half + GAP, width - half - GAP
    y = 3
    places = {Pane.NODES: Place(0, y, width, rows["nodes"])}
    y += rows["nodes"]
    places[Pane.MEMPOOL] = Place(0, y, half, rows["middle"])
    places[Pane.MINERS] = Place(right, y, rest, rows["middle"])
    y += rows["middle"]
    places[Pane.JOBS] = Place(0, y, width, rows["jobs"])
    y += rows["jobs"]
    places[Pane.GPUS] = Place(0, y, half, rows["lower"])
    places[Pane.RECEIPTS] = Place(right, y, rest, rows["lower"])
    y += rows["lower"]
    places[Pane.ALARMS] = Place(0, y, width, rows["alarms"])
    return places


OVERVIEW_ROWS = 8  # title and seven lines


def lower_panes(width: int, height: int) -> tuple[Place, Place]:
    """The two panes under the overview's seven lines."""
    y = 2 + OVERVIEW_ROWS
    room = height - 1 - y
    first = room // 2
    return Place(0, y, width, first), Place(0, y + first, width, room - first)
