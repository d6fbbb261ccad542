"""What may leave this process at which access level: a list of method and path, and of commands; the rest is refused.

It stands where bytes are sent, below collector, operations and screens: no caller can forget to ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aitbc_tui.domain.errors import GuardError
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import clean

_ORDER = (Access.OBSERVE, Access.SUBMIT, Access.OPERATE)
_READS = ("GET", "HEAD")
# What this program reads: nodes, coordinators (also behind a path such as /c), Ollama.
_READABLE = re.compile(
    r"(?:/[\w.-]+){0,3}?/(?:health|ready|live|metrics|openapi\.json|version|rpc/[^?]+|v1/[^?]+|api/(?:tags|ps|version))/?"
)
# A GET that changes something: none of these is ever asked for. A lease, an exported chain, a subscription.
_NEVER = re.compile(r".*/rpc/(?:subscribe|lease)(?:/.*)?")
_ID = r"[0-9A-Za-z%._-]+"
_WRITES: tuple[tuple[str, re.Pattern[str], Access], ...] = tuple(
    (method, re.compile(rf"(?:/[\w.-]+){{0,3}}?{path}"), need)
    for method, path, need in (
        ("POST", "/v1/jobs", Access.SUBMIT),
        ("POST", f"/v1/jobs/{_ID}/cancel", Access.SUBMIT),
        ("POST", f"/v1/miners/{_ID}/jobs", Access.OBSERVE),  # these two POSTs of 2026-08 read
        ("POST", f"/v1/miners/{_ID}/earnings", Access.OBSERVE),
        ("POST", "/rpc/importBlock", Access.OPERATE),
        ("POST", "/rpc/transaction", Access.OPERATE),
        ("POST", "/rpc/messaging/topics/create", Access.OPERATE),
        ("POST", "/rpc/messaging/messages/post", Access.OPERATE),
        ("POST", "/api/show", Access.OBSERVE),
        ("POST", "/api/generate", Access.OPERATE),
        ("POST", "/api/chat", Access.OPERATE),
    )
)


def needed(method: str, path: str) -> Access | None:
    """The access that a request needs; None when it stands on no list and is never sent."""
    method = method.upper()
    if method in _READS:
        return Access.OBSERVE if _READABLE.fullmatch(path) and not _NEVER.fullmatch(path) else None
    return next((need for verb, shape, need in _WRITES if verb == method and shape.fullmatch(path)), None)


@dataclass(frozen=True, slots=True)
class Permit:
    """One environment's access. `reads_only` says of a command whether it is one of the fixed ones that only look."""

    access: Access
    environment: str
    reads_only: Callable[[Sequence[str]], bool]

    def http(self, method: str, url: str, host: str) -> None:
        """Raise `GuardError` unless this request may be sent."""
        path = urlsplit(url).path
        need = needed(method, path)
        what = f"{method.upper()} {clean(path, 80)}"
        if need is None:
            raise GuardError(f"{what} is on no list of requests that this program sends", host=host)
        self._require(need, what, host)

    def command(self, argv: Sequence[str], host: str) -> None:
        """The same for a command on a host."""
        if not self.reads_only(argv):
            self._require(Access.OPERATE, f"the command {clean(' '.join(argv), 80)}", host)

    def _require(self, need: Access, what: str, host: str) -> None:
        if _ORDER.index(self.access) < _ORDER.index(need):
            raise GuardError(
                f"{what} needs access {need.value}, and environment {self.environment} has {self.access.value}",
                host=host,
                remedy=f'access = "{need.value}" in [env.{self.environment}] arms it',
            )
