"""What stands before every handler of the August coordinator: user agents, credentials, request ids, error bodies."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aitbc_tui.devnet.august.matrix import ANY, DENY, NONE, level
from aitbc_tui.devnet.august.tokens import Claims, Mint
from aitbc_tui.devnet.clock import Clock, naive
from aitbc_tui.devnet.httpkit import Invalid

_SCANNERS = re.compile("sqlmap|nmap|nikto|burp", re.IGNORECASE)
_BEARER = {"www-authenticate": "Bearer"}
DEFAULT_MINER = "unnamed-miner"


class Door:
    """ASGI middleware. What it refuses carries no request id; whoever passes stands in the request's state."""

    def __init__(self, app: ASGIApp, mint: Mint, miner_keys: frozenset[str]) -> None:
        self.app = app
        self._mint = mint
        self._miner_keys = miner_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        started, number = time.perf_counter(), str(uuid.uuid4())

        async def marked(message: Message) -> None:
            # a crash is answered outside of everything that adds headers
            if message["type"] == "http.response.start" and message["status"] != 500:
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = number
                headers["x-process-time"] = f"{time.perf_counter() - started:.3f}"
            await send(message)

        await self.app(scope, receive, marked)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if _SCANNERS.search(headers.get("user-agent", "")):
            return JSONResponse({"detail": "Access denied"}, 403)
        need = level(scope["method"], scope["path"])
        if need == NONE:
            return None
        try:
            who = self._who(headers)
        except HTTPException as exc:
            return _spaced(exc.detail, exc.status_code, dict(exc.headers or {}))
        scope.setdefault("state", {})["who"] = who
        if need == DENY or need not in (ANY, who.role):
            return _spaced("Forbidden", 403)
        return None

    def _who(self, headers: Headers) -> Claims:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            claims = self._mint.check(token)
            if claims is None:
                raise HTTPException(401, "Invalid token", _BEARER)
            return claims
        key = headers.get("x-api-key")
        if key is None:
            raise HTTPException(401, "Authentication required", _BEARER)
        if key not in self._miner_keys:
            raise HTTPException(401, "Invalid API key")
        return Claims(headers.get("x-miner-id", key), "miner")


def _spaced(detail: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """A refusal of the middleware; unlike the handlers it prints a space after the colon."""
    return Response(json.dumps({"detail": detail}), status, headers, "application/json")


def who(request: Request) -> Claims:
    """Whom the door let in."""
    found: Claims = request.state.who
    return found


async def http_error(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    return JSONResponse({"detail": exc.detail}, exc.status_code, dict(exc.headers or {}))


async def crashed(request: Request, _: Exception) -> Response:
    error = {
        "type": "internal_error",
        "message": "An internal server error occurred",
        "status_code": 500,
        "path": request.url.path,
    }
    return JSONResponse({"error": error}, 500)


def invalid(clock: Clock) -> Callable[[Request, Exception], object]:
    """The 422 envelope, with a time that no parser likes."""

    async def answer(_: Request, exc: Exception) -> Response:
        assert isinstance(exc, Invalid)
        details = [
            {"field": ".".join(str(part) for part in error["loc"]), "message": error["msg"], "code": error["type"]}
            for error in exc.errors
        ]
        error = {
            "code": "VALIDATION_ERROR",
            "message": "Request validation failed",
            "status": 422,
            "details": details,
        }
        stamp = naive(clock.now()) + "+00:00Z"
        return JSONResponse({"error": error, "timestamp": stamp, "request_id": None}, 422)

    return answer
