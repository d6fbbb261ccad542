"""Who may call what, as the recorded security matrix has it; whatever it does not name is denied to everybody."""

from __future__ import annotations

import re

NONE, ANY, DENY = "none", "any", "deny"

_TABLE: tuple[tuple[str, str, str], ...] = (
    ("GET", "/health", NONE),
    ("GET", "/v1/health", NONE),  # named there, and not routed anywhere
    ("GET", "/openapi.json", NONE),
    ("GET", "/docs", NONE),
    ("GET", "/v1/status", NONE),
    ("GET", "/v1/sync-status", NONE),
    ("GET", "/v1/supply", NONE),
    ("GET", "/v1/validators", NONE),
    ("GET", "/v1/explorer/.+", NONE),
    ("GET", "/v1/marketplace/(?:offers|stats|gpu/list)", NONE),
    ("GET", "/v1/jobs(?:/.+)?", "client"),
    ("POST", "/v1/jobs(?:/.+)?", "client"),
    ("GET", "/v1/payments/.+", "client"),
    ("GET", "/v1/admin/.+", "admin"),
    ("POST", "/v1/miners/.+", "miner"),
    ("GET", "/v1/monitoring/.+", ANY),
    ("GET", "/v1/users/me", ANY),
    ("GET", "/v1/services", ANY),
)
_RULES = tuple((method, re.compile(path), level) for method, path, level in _TABLE)


def level(method: str, path: str) -> str:
    """none, any, deny, or the one role."""
    return next((need for verb, shape, need in _RULES if verb == method and shape.fullmatch(path)), DENY)
