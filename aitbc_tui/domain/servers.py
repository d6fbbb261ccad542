"""What answers at each configured address, as probing found it."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Verdict

_EMPTY = SafeText("")


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One endpoint and what its newest answer proved: yes, absent, denied, needs-credential, broken or limited."""

    endpoint: SafeText  # GET /v1/admin/jobs
    verdict: Verdict
    credential: str = ""  # the role whose credential it was asked with


@dataclass(frozen=True, slots=True)
class ServerRow:
    """What answers at one address, by probing: `wrong` says why it is not what was configured.

    `asked` of `ours` requests a minute are used up in the bucket named; the server allows `limit` to all together.
    """

    name: SafeText  # coordinator, or the node's name
    generation: SafeText  # 2026-02, 2026-04, 2026-08, or unknown
    wants: SafeText = _EMPTY  # keys, tokens, or empty: none
    wrong: SafeText = _EMPTY
    endpoints: tuple[EndpointRow, ...] = ()
    bucket: SafeText = _EMPTY
    asked: int = 0
    ours: int | None = None
    limit: int | None = None
    pauses_s: float | None = None
    host: SafeText = _EMPTY  # through whose connection it is asked
    way: SafeText = _EMPTY  # RPC 8006, HTTP 18000
