"""An operation as the screens see it: what is wished, the plan with its checks, and how far the run of it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level

_EMPTY = SafeText("")


class Verb(StrEnum):
    """The five operations of the Node Coordinator, one unit of one host, and the way to every host."""

    STATUS = "status"
    HEALTH = "health"
    SYNC = "sync"
    MESSAGE = "message"
    COORDINATE = "coordinate"
    SERVICE = "service"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator chose. `target` is a configured node's name or `all`; for a service its host."""

    verb: Verb
    target: str
    sync_type: str = ""  # blockchain | mempool | configuration | git | all
    action: str = ""  # start | stop | restart
    unit: str = ""
    keys: tuple[str, ...] = ()  # configuration: the agreed keys to copy; none: only compared
    message: str = field(default="", repr=False)
    timeout_s: int = 60

    @property
    def reads_only(self) -> bool:
        return self.verb in (Verb.STATUS, Verb.HEALTH, Verb.NETWORK)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of the plan, and of the run: the same list, so that the eye keeps its place.

    `key` names the step for whoever runs it; together with `where` it is one of a kind.
    """

    level: Level
    name: SafeText
    where: SafeText
    text: SafeText = _EMPTY
    writes: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The checks have run; nothing was written. `offered` is false where one of them forbids the writing step."""

    wish: Wish
    title: SafeText  # Sync blockchain: follower
    source: SafeText  # from genesis
    summary: SafeText
    steps: tuple[PlanStep, ...]
    notes: tuple[SafeText, ...]  # know before you run it
    command: SafeText  # the same from a shell
    question: SafeText  # Write 31 blocks to follower (10.1.223.93) in prod?
    details: tuple[SafeText, ...]
    checked: SafeText  # what was checked, in one line
    checked_at: float  # monotonic
    button: SafeText  # Import 31 blocks
    need: Access
    offered: bool = True
    undoable: bool = False  # by this program, afterwards
    if_stopped: tuple[SafeText, ...] = ()


class RunState(StrEnum):
    """How a run stands, or how it ended."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no sure answer: look it up, never run again by itself


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question of the run: asked of whom, answered what, how long it took. `at` is UTC seconds."""

    at: float | None
    host: SafeText
    asked: SafeText
    answer: SafeText
    took_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """How far a plan is, or how it ended."""

    plan: Plan
    state: RunState
    sentence: SafeText
    steps: tuple[PlanStep, ...]
    evidence: tuple[Evidence, ...] = ()
    if_stopped: tuple[SafeText, ...] = ()
    results: tuple[SafeText, ...] = ()
    issues: tuple[SafeText, ...] = ()
    stopping: bool = False

    @property
    def over(self) -> bool:
        return self.state is not RunState.RUNNING
