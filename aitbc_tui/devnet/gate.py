"""A server's front door, where HTTP faults are switched: hangs, delays, 500s, garbage and far too much."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

GARBAGE = b'{"items":[{"job_id":"\x1b]0;owned\x07[/nope]","state":\xff\xfe'
_ERROR_INSIDE = {"success": False, "error": "database is locked", "error_code": "INTERNAL"}
_CHUNK = b'{"job_id":"00000000000000000000000000000000","state":"QUEUED"},' * 1024


@dataclass(slots=True)
class Gate:
    """Switches for one server; everything off means it answers as it should."""

    answering: asyncio.Event = field(default_factory=asyncio.Event)
    slow_s: float = 0.0
    broken: bool = False
    garbage: set[str] = field(default_factory=set)
    huge: dict[str, int] = field(default_factory=dict)
    stalling: set[str] = field(default_factory=set)  # paths whose answer begins and does not go on
    failing: set[str] = field(default_factory=set)
    spared: set[str] = field(default_factory=set)  # paths that answer although the server is `broken`
    every: int = 0  # each so manieth answer is a 500
    limited_s: int = 0  # everything is 429 with this Retry-After
    stranger: bool = False  # another service listens here
    wrapped: set[str] = field(default_factory=set)  # paths whose 200 has an error inside
    refusing: set[str] = field(default_factory=set)  # roles whose keys are taken no longer
    asked: int = 0  # requests so far

    def __post_init__(self) -> None:
        self.answering.set()

    def hang(self, hung: bool) -> None:
        """Accept connections and answer nothing, like a stopped process."""
        if hung:
            self.answering.clear()
        else:
            self.answering.set()

    def fails(self, path: str) -> bool:
        """Whether this answer is a 500."""
        self.asked += 1
        if self.every and self.asked % self.every == 0:
            return True
        return (self.broken and path not in self.spared) or path in self.failing


def _stranger(path: str) -> Response:
    """What the agent coordinator, which also listens on coordinator ports, says to our questions."""
    if path == "/health":
        return JSONResponse({"status": "healthy", "service": "agent-coordinator"})
    return JSONResponse({"detail": "Not Found"}, 404)


class GateMiddleware:
    """Sits inside Starlette's error handling, so a fault's 500 is the same as a genuine one."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        gate, path = self.gate, scope["path"]
        await gate.answering.wait()
        if gate.slow_s:
            await asyncio.sleep(gate.slow_s)
        if gate.fails(path):
            raise RuntimeError("switched to fail")
        if gate.limited_s:
            refusal = JSONResponse({"detail": "Rate limit exceeded"}, 429, {"Retry-After": str(gate.limited_s)})
            await refusal(scope, receive, send)
            return
        if gate.stranger or path in gate.wrapped:
            await (_stranger(path) if gate.stranger else JSONResponse(_ERROR_INSIDE))(scope, receive, send)
            return
        if path in gate.garbage:
            await _send_start(send)
            await send({"type": "http.response.body", "body": GARBAGE})
        elif path in gate.stalling:
            await _send_start(send)
            await send({"type": "http.response.body", "body": b'{"success":', "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
        elif path in gate.huge:
            await _send_huge(send, gate.huge[path])
        else:
            await self.app(scope, receive, send)


async def _send_start(send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _send_huge(send: Send, size: int) -> None:
    await _send_start(send)
    await send({"type": "http.response.body", "body": b'{"items":[', "more_body": True})
    for _ in range(max(1, size // len(_CHUNK))):
        await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": b"null]}"})
