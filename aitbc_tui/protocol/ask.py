"""One request, described: what to ask, which key it needs, how long and how much the answer may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

from aitbc_tui.protocol.jsondoc import MAX_BYTES

Credential = Literal["client", "admin", "miner"]

NODE_TIMEOUT_S = 5.0
# The coordinator is one thread: with many dashboards on it, an honest answer takes seconds.
COORDINATOR_TIMEOUT_S = 10.0
SMALL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `credential` names the key to send as X-Api-Key, never the key; `reads` may be repeated safely."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    credential: Credential | None = None
    body: bytes | None = field(default=None, repr=False)
    timeout_s: float = NODE_TIMEOUT_S
    max_bytes: int = MAX_BYTES
    reads: bool = True

    @property
    def target(self) -> str:
        """Path and query, as they stand in the request line."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def what(self) -> str:
        """As named in messages."""
        return f"{self.method} {self.path}"

    @property
    def headers(self) -> dict[str, str]:
        """What the request needs beside its credential."""
        return {"accept": "application/json"} | ({"content-type": "application/json"} if self.body is not None else {})
