"""What an operation asked and heard: evidence, issues, and the share of figures that came back fresh."""

from __future__ import annotations

from dataclasses import dataclass, field

from aitbc_tui.domain.errors import (
    AitbcError,
    AuthError,
    CommandError,
    ConfigError,
    ConnectError,
    GuardError,
    HostKeyError,
    HttpError,
    TrustError,
    TunnelError,
)
from aitbc_tui.domain.observed import Freshness, Observed, Trouble, TroubleKind
from aitbc_tui.domain.snapshot import NodeRow
from aitbc_tui.domain.text import clean

Json = dict[str, object]

_KINDS = {
    TroubleKind.CONNECT: "connection",
    TroubleKind.HOST_KEY: "trust",
    TroubleKind.AUTH: "authentication",
    TroubleKind.TUNNEL: "connection",
    TroubleKind.TIMEOUT: "timeout",
    TroubleKind.COMMAND: "command",
    TroubleKind.REFUSED: "permission",
    TroubleKind.ABSENT: "service-offline",
    TroubleKind.EMPTY: "sync",
    TroubleKind.BROKEN: "validation",
    TroubleKind.LIMITED: "timeout",
}
_NOT_THERE = ("no route", "unreachable", "name not found", "cannot reach")


class PermissionRefused(CommandError):
    """The host did not let us run a command that changes something."""


class ServiceError(CommandError):
    """A unit could not be started, stopped or restarted, or did not become healthy; carries its last log lines."""


class ConflictError(CommandError):
    """A checkout cannot be moved forward without somebody deciding."""


class SyncError(CommandError):
    """Nodes could not be brought level. `is_fork`: they are on two chains, which nothing here mends."""

    is_fork = False


@dataclass(slots=True)
class Tally:
    """One operation's record, in the order in which things happened."""

    asked: int = 0
    fresh: int = 0
    evidence: list[Json] = field(default_factory=list)
    issues: list[Json] = field(default_factory=list)
    errors: list[AitbcError] = field(default_factory=list)

    def count(self, node: NodeRow, what: str, seen: Observed[object], now: float, answer: object) -> bool:
        """One figure of a snapshot. True when it came back fresh, and the newest attempt did not fail."""
        came = seen.freshness(now) is Freshness.FRESH and seen.trouble is None
        age = seen.age(now)
        self.note(
            node.host,
            str(node.name),
            seen.asked(now),
            what,
            answer if came else None,
            error=seen.trouble.detail if seen.trouble else None,
            took_ms=seen.rtt_ms,
            age_s=age,
        )
        return self.counted(came)

    def counted(self, came: bool) -> bool:
        """One figure that was asked for, and whether it came."""
        self.asked += 1
        self.fresh += came
        return came

    def note(
        self,
        host: str,
        node: str,
        asked: str,
        figure: str,
        answer: object,
        *,
        error: str | None = None,
        took_ms: float | None = None,
        age_s: float | None = None,
    ) -> None:
        """One line of evidence."""
        self.evidence.append(
            {
                "host": host,
                "node": node,
                "asked": asked,
                "figure": figure,
                "answer": answer,
                "error": None if error is None else str(error),
                "took_ms": None if took_ms is None else round(took_ms, 1),
                "age_s": None if age_s is None else round(age_s, 2),
            }
        )

    def issue(self, kind: str, node: str, detail: str, remedy: str = "") -> None:
        """Each once, however often it was met."""
        said, advice = str(clean(detail, 1200)).removeprefix(f"{node}: "), str(clean(remedy, 400))
        found: Json = {"kind": kind, "node": str(node), "detail": said, "remedy": advice}
        if found not in self.issues:
            self.issues.append(found)

    def failed(self, error: AitbcError, node: str = "") -> None:
        """A failure: an issue of its kind, and a cause of the exit code."""
        self.errors.append(error)
        self.issue(error_kind(error), node or error.host, error.detail, error.remedy)

    @property
    def confidence(self) -> float:
        return round(self.fresh / self.asked, 2) if self.asked else 0.0


def issue_kind(trouble: Trouble) -> str:
    """The runbook's word for this kind of trouble."""
    return _KINDS[trouble.kind]


def error_kind(error: AitbcError) -> str:
    """The kind of the seed's error list that an error is."""
    if isinstance(error, SyncError) and error.is_fork:
        return "fork"
    for kind, word in (
        (HostKeyError, "trust"),
        (TrustError, "trust"),
        (AuthError, "authentication"),
        (GuardError, "permission"),
        (PermissionRefused, "permission"),
        (ConflictError, "git-conflict"),
        (ServiceError, "service-restart"),
        (SyncError, "timeout" if error.timed_out else "sync"),
        (ConfigError, "validation"),
    ):
        if isinstance(error, kind):
            return word
    if error.timed_out:
        return "timeout"
    if isinstance(error, CommandError):
        return "command"
    if isinstance(error, TunnelError):
        return "connection"
    if isinstance(error, ConnectError):
        return connect_kind(error.detail)
    if isinstance(error, HttpError):
        return "service-offline" if error.status is None else "validation"
    return "validation"


def connect_kind(detail: str) -> str:
    """A connection that was not made: the service behind SSH is off, the host is not there, or SSH itself failed."""
    said = detail.lower()
    if "nothing listens on" in said and "connection refused" not in said:
        return "service-offline"
    return "unreachable" if any(words in said for words in _NOT_THERE) else "connection"
