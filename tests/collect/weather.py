"""Servers in any weather, behind hosts that come and go: what the machine of properties runs the collector against.

A host answers in memory what a node or a coordinator of the recorded shapes would, and keeps the rules of the house:
who is asked twice at once, or more often than allowed, is written down in `broken`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate

from aitbc_tui.collect.clock import Clock
from aitbc_tui.domain.errors import ConnectError
from aitbc_tui.transport.values import HttpAnswer, LinkReport, LinkState

GOOD, WORSE = "good", ("500", "404", "401", "403", "429", "garbage", "error-in-200", "dropped", "hangs", "slow")
PROBED = ("/health", "/v1/health", "/rpc/sync/config")
WINDOW_S = 60.0


@dataclass
class Server:
    """One server. `limit` requests a minute are named in its answers; after a 429 nobody may ask for `after_s`."""

    name: str
    mood: str = GOOD
    after_s: int = 30
    limit: int | None = None
    chain: str = "main"
    height: int = 100
    moves: bool = True
    quiet_until: float = -1e9
    known_limit: int | None = None
    asked: list[float] = field(default_factory=list)
    good_at: dict[str, float] = field(default_factory=dict)


class Weather:
    """One host's connection and the servers behind it."""

    def __init__(self, name: str, clock: Clock, servers: Mapping[str, Server], broken: list[str]) -> None:
        self.name = name
        self.clock = clock
        self.servers = dict(servers)
        self.broken = broken
        self.up = True
        self.lost = 0
        self._active: Counter[tuple[str, str]] = Counter()

    def report(self) -> LinkReport:
        error = None if self.up else ConnectError("connection lost", host=self.name)
        state = LinkState.UP if self.up else LinkState.WAITING
        now = self.clock.monotonic()
        retry = None if self.up else now + 5.0
        return LinkReport(self.name, state, 5, now, error, retry, self.lost, self.lost, 4.0, "SHA256:x", 1, 1, None)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_s: float,
        max_bytes: int,
    ) -> HttpAnswer:
        if not self.up:
            raise ConnectError("not connected", host=self.name)
        base = next(base for base in self.servers if url.startswith(base))
        server, target = self.servers[base], url.removeprefix(base)
        begun = self.clock.monotonic()
        self._check(server, begun)
        source = re.sub(r"\d+", "N", target.partition("?")[0]) + ("?chain" if "chain_id" in target else "")
        self._active[base, source] += 1
        if self._active[base, source] > 1 and target not in PROBED:
            self.broken.append(f"{source} of {server.name} asked twice at once")
        try:
            return await self._answer(server, target, begun, timeout_s)
        finally:
            self._active[base, source] -= 1

    def _check(self, server: Server, now: float) -> None:
        if now < server.quiet_until:
            self.broken.append(f"{server.name} asked {server.quiet_until - now:.1f} s before its pause is over")
        recent = [at for at in server.asked if now - at < WINDOW_S]
        if server.known_limit is not None and len(recent) >= max(1, int(server.known_limit * 0.6)):
            self.broken.append(f"{server.name}: {len(recent)} requests in a minute of {server.known_limit} for all")
        server.asked = [*recent, now]

    async def _answer(self, server: Server, target: str, begun: float, timeout_s: float) -> HttpAnswer:
        mood = server.mood
        await self.clock.sleep(3.0 if mood == "slow" else 0.02)
        if mood == "hangs":
            await self.clock.sleep(timeout_s)
            raise ConnectError("no answer", host=self.name, timed_out=True)
        if mood == "dropped" or not self.up:
            raise ConnectError("closed without an answer", host=self.name)
        now = self.clock.monotonic()
        headers = {"date": formatdate(self.clock.utc(), usegmt=True), "content-type": "application/json"}
        if server.limit is not None:
            headers["x-ratelimit-limit"] = str(server.limit)
            server.known_limit = server.limit
        if mood == "429":
            headers["retry-after"] = str(server.after_s)
            server.quiet_until = now + server.after_s
        status = int(mood) if mood.isdigit() else 200
        document: dict[str, object] = {"detail": "invalid api key" if mood in ("401", "403") else "Not Found"}
        if status == 200:
            found = self._document(server, target)
            status = 404 if found is None else 200
            document = {"error": "database is locked"} if mood == "error-in-200" else found or document
        raw = b"\x00{not json" if mood == "garbage" else json.dumps(document).encode()
        if mood in (GOOD, "slow") and status == 200:
            server.good_at[target.partition("?")[0]] = now
        return HttpAnswer(status, headers, raw, now, (now - begun) * 1000)

    def _document(self, server: Server, target: str) -> dict[str, object] | None:
        path = target.partition("?")[0]
        match path.split("/")[1:]:
            case ["health"] if server.name != "coordinator":
                return {"status": "ok", "supported_chains": ["c"], "proposer_id": "ait1q"}
            case ["rpc", "head"]:
                return self._block(server, server.height, brief=True)
            case ["rpc", "blocks", height]:
                return self._block(server, int(height))
            case ["rpc", "mempool"]:
                return {"success": True, "transactions": [], "count": 0}
            case ["v1", "health"]:
                return {"status": "ok", "env": "dev"}
            case ["v1", "admin", "jobs"]:
                return {"items": [self._job()]}
            case ["v1", "admin", "miners"]:
                return {"items": [self._miner()]}
            case ["v1", "explorer", "receipts"]:
                return {"jobId": "all", "items": []}
        return None

    def _time(self, before_s: float = 0.0) -> str:
        return formatted(self.clock.utc() - before_s)

    def _block(self, server: Server, height: int, brief: bool = False) -> dict[str, object]:
        chain = server.chain if height > 90 else "main"
        block: dict[str, object] = {"height": height, "hash": f"0x{chain}{height:060x}", "timestamp": self._time(1.0)}
        block["tx_count"] = 0
        if brief:
            return block
        return block | {"parent_hash": "0xp", "proposer": "ait1q", "state_root": None, "transactions": []}

    def _job(self) -> dict[str, object]:
        return {
            "job_id": "ab" * 16, "state": "QUEUED", "client_id": "somebody", "assigned_miner_id": None,
            "requested_at": self._time(5.0),
        }  # fmt: skip

    def _miner(self) -> dict[str, object]:
        return {
            "miner_id": "miner-key", "status": "active", "inflight": 0, "concurrency": 1, "region": "localhost",
            "last_heartbeat": self._time(2.0), "average_job_duration_ms": 1.0, "jobs_completed": 1, "jobs_failed": 0,
            "last_receipt_id": None,
        }  # fmt: skip


def formatted(utc: float) -> str:
    return datetime.fromtimestamp(max(0.0, min(utc, 4e9)), UTC).replace(tzinfo=None).isoformat()
