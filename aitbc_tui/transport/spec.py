"""Where a host is and how long we wait for it: plain values, cheap to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One configured host. Paths may begin with `~`.

    `ssh_config` None means `~/.ssh/config` and `/etc/ssh/ssh_config` where there are any, "" means none at all.
    """

    name: str
    address: str  # a name for ssh_config, or "local" = no SSH
    port: int | None = None
    user: str | None = None
    identity: str | None = None
    known_hosts: str | None = None
    ssh_config: str | None = None

    @property
    def is_local(self) -> bool:
        return self.address == LOCAL


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines and budgets of one connection, in seconds and counts.

    A silent peer is noticed `keepalive_s * (keepalive_max + 1)` after its last byte. sshd allows 10 sessions
    by default; we take fewer, because other tools share the host.
    """

    connect_s: float = 5.0
    login_s: float = 8.0
    keepalive_s: float = 5.0
    keepalive_max: int = 2
    backoff_first_s: float = 1.0
    backoff_max_s: float = 60.0
    max_sessions: int = 6
