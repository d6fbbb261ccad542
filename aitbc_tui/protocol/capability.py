"""Which generation answers and what it can do, from probe answers; never from version strings (they all differ)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.protocol.failures import body_detail
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.trouble import ROUTE_ABSENT


class Generation(StrEnum):
    """Which of the three recorded versions a server is, by what it answers."""

    FEBRUARY = "2026-02"
    APRIL = "2026-04"
    AUGUST = "2026-08"
    UNKNOWN = "unknown"


class AuthMode(StrEnum):
    """What a coordinator wants to see: a key in X-Api-Key, or a bearer token."""

    KEYS = "keys"
    TOKENS = "tokens"
    UNKNOWN = "unknown"


class Capability(StrEnum):
    """Kept for each endpoint, so that an empty pane can say why it is empty."""

    YES = "yes"
    ABSENT = "absent"
    DENIED = "denied"
    NEEDS_CREDENTIAL = "needs-credential"
    BROKEN = "broken"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Probe:
    """An answer to a probe, whatever its status; `headers` with lower-case names."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def document(self) -> dict[str, object]:
        """The body as an object; empty when it is none."""
        try:
            value = parse_json(self.body)
        except ParseError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def detail(self) -> SafeText:
        return body_detail(self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Found:
    """What answers at an address. `wrong` says in words why it is not what was configured; empty when it is."""

    generation: Generation
    wrong: SafeText = SafeText("")


def capability(probe: Probe) -> Capability:
    """What one answer says of its endpoint. A 404 about data proves that the route exists."""
    status = probe.status
    if status == 401:
        return Capability.NEEDS_CREDENTIAL
    if status == 403:
        return Capability.DENIED
    if status == 405 or (status == 404 and probe.detail in ROUTE_ABSENT):
        return Capability.ABSENT
    if status == 429:
        return Capability.LIMITED
    if status >= 500 or 300 <= status < 400 or status < 200:
        return Capability.BROKEN
    return Capability.BROKEN if status < 300 and _error_inside(probe.document) else Capability.YES


def coordinator(v1_health: Probe, root_health: Probe) -> Found:
    """By `GET /v1/health` and `GET /health`."""
    v1 = _healthy(v1_health) and "env" in v1_health.document
    root = _healthy(root_health)
    if v1:
        return Found(Generation.APRIL if root else Generation.FEBRUARY)
    if root and "python_version" in root_health.document and v1_health.status == 404:
        return Found(Generation.AUGUST)
    if root and "supported_chains" in root_health.document:
        return Found(Generation.UNKNOWN, clean("this is a node's RPC, not a coordinator: check coordinator.url"))
    if v1_health.status >= 500 or root_health.status >= 500:
        bad = "/v1/health" if v1_health.status >= 500 else "/health"
        status = max(v1_health.status, root_health.status)
        return Found(Generation.UNKNOWN, clean(f"answers {status} to GET {bad}: cannot tell what it is"))
    return Found(
        Generation.UNKNOWN, clean("answers, but not as an AITBC coordinator: check coordinator.url, or add /c to it")
    )


def auth_mode(admin_miners: Probe) -> AuthMode:
    """By `GET /v1/admin/miners` without a credential. Send only what the mode needs: a token is no key's host."""
    if admin_miners.status != 401:
        return AuthMode.UNKNOWN
    if admin_miners.headers.get("www-authenticate", "").lower().startswith("bearer"):
        return AuthMode.TOKENS
    return AuthMode.KEYS if admin_miners.detail == "invalid api key" else AuthMode.UNKNOWN


def node(head: Probe, health: Probe, sync_config: Probe) -> Found:
    """By `GET /rpc/head`, `GET /health` and `GET /rpc/sync/config`."""
    empty = head.status == 404 and head.detail == "no blocks yet"
    # A 503 is an unhandled exception inside: the route exists.
    if not (empty or head.status == 503 or (head.status == 200 and "height" in head.document)):
        return Found(Generation.UNKNOWN, _not_a_node(head, health))
    if health.status == 404:
        return Found(Generation.FEBRUARY)
    if sync_config.status == 200:
        return Found(Generation.AUGUST)
    return Found(Generation.APRIL if sync_config.status == 404 else Generation.UNKNOWN)


def supported_chains(health: Probe) -> tuple[SafeText, ...]:
    """The chains a node was told to serve; the id is passed with every request that takes one."""
    chains = health.document.get("supported_chains")
    return tuple(clean(chain) for chain in chains[:256] if isinstance(chain, str)) if isinstance(chains, list) else ()


def _not_a_node(head: Probe, health: Probe) -> SafeText:
    if _healthy(health) and ("python_version" in health.document or "env" in health.document):
        return clean("this is a coordinator, not a node's RPC: check rpc of the node")
    return clean(f"answers, but not as an AITBC node (GET /rpc/head {head.status}): check rpc of the node")


def _healthy(probe: Probe) -> bool:
    return probe.status == 200 and isinstance(probe.document.get("status"), str)


def _error_inside(document: dict[str, object]) -> bool:
    """A 200 proves nothing: errors, mock data and simulations come with it (contract 7.1)."""
    note = document.get("note")
    return (
        ("error" in document and "job_id" not in document and bool(document["error"]))
        or document.get("status") == "error"
        or document.get("success") is False
        or document.get("simulated") is True
        or (isinstance(note, str) and "mock" in note.lower())
    )
