"""Every foreseeable failure, typed by the phase in which it happens; carries the host and the remedy.

`cli/exits.py` maps these to exit codes and `state/` to words on a screen; nothing else interprets them.
"""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where on the way from the configuration to a verified value something went wrong."""

    CONFIG = "config"
    CONNECT = "connect"
    HOST_KEY = "host-key"
    AUTH = "auth"
    TUNNEL = "tunnel"
    COMMAND = "command"
    HTTP = "http"
    PARSE = "parse"
    TRUST = "trust"
    GUARD = "guard"


class AitbcError(Exception):
    """A foreseeable failure. `detail` is cleaned text; `timed_out` is true when a deadline ended the attempt."""

    phase: Phase = Phase.CONFIG
    what = ""  # more closely than the phase: too-large, error-in-200, other-service
    maybe_sent = False  # set where a request had begun to leave: a write may have been done

    def __init__(self, detail: str, *, host: str = "", remedy: str = "", timed_out: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.host = host
        self.remedy = remedy
        self.timed_out = timed_out

    def __str__(self) -> str:
        where = f"{self.host}: " if self.host else ""
        what_to_do = f" ({self.remedy})" if self.remedy else ""
        return f"{where}{self.detail}{what_to_do}"


class ConfigError(AitbcError):
    """Usage or configuration: exit 2."""

    phase = Phase.CONFIG


class ConnectError(AitbcError):
    """Name resolution, TCP, or the SSH handshake did not succeed."""

    phase = Phase.CONNECT


class HostKeyProblem(StrEnum):
    """Why a host key was refused; three different messages."""

    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


class HostKeyError(AitbcError):
    """The host's key is unknown, changed or revoked; nothing was sent to it."""

    phase = Phase.HOST_KEY

    def __init__(
        self,
        detail: str,
        *,
        problem: HostKeyProblem,
        fingerprint: str = "",
        host: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(detail, host=host, remedy=remedy)
        self.problem = problem
        self.fingerprint = fingerprint


class AuthError(AitbcError):
    """The host refused the user's key, or a key could not be opened."""

    phase = Phase.AUTH


class TunnelError(AitbcError):
    """SSH is up, but a channel (direct-tcpip or session) was refused or lost."""

    phase = Phase.TUNNEL


class CommandError(AitbcError):
    """A remote command could not be run, ran too long, or printed too much."""

    phase = Phase.COMMAND

    def __init__(
        self, detail: str, *, exit_status: int | None = None, host: str = "", remedy: str = "", timed_out: bool = False
    ) -> None:
        super().__init__(detail, host=host, remedy=remedy, timed_out=timed_out)
        self.exit_status = exit_status


class HttpError(AitbcError):
    """The server answered, but not with success; or did not answer in time (`status` None).

    `body_detail` is the cleaned `detail` of the answer: it tells "Not Found" (no such route) from
    "job not found" (contract Q15).
    """

    phase = Phase.HTTP

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        body_detail: str = "",
        retry_after_s: float | None = None,
        host: str = "",
        remedy: str = "",
        timed_out: bool = False,
    ) -> None:
        super().__init__(detail, host=host, remedy=remedy, timed_out=timed_out)
        self.status = status
        self.body_detail = body_detail
        self.retry_after_s = retry_after_s


class ParseError(AitbcError):
    """The answer is not what the contract says: not JSON, too large, too deep, wrong shape."""

    phase = Phase.PARSE


class TrustError(AitbcError):
    """A receipt or key that cannot be trusted: exit 5."""

    phase = Phase.TRUST


class GuardError(AitbcError):
    """The guard refused a write: access level, not forced, not confirmed: exit 6."""

    phase = Phase.GUARD
