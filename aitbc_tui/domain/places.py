"""The names that everything knows, from the configuration to the screens: panes and access levels. Imports nothing."""

from __future__ import annotations

from enum import Enum


class Pane(Enum):
    """The seven panes, in the order of their keys."""

    NODES = 1
    MEMPOOL = 2
    MINERS = 3
    JOBS = 4
    GPUS = 5
    RECEIPTS = 6
    ALARMS = 7


class Access(Enum):
    """What this session may do; ordered."""

    OBSERVE = "observe"
    SUBMIT = "submit"
    OPERATE = "operate"
