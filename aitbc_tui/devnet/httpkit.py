"""What both servers have in common on the wire: JSON errors, FastAPI's 422 shapes, routes without HEAD."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Handler = Callable[[Request], Awaitable[Response]]
_ABSENT = object()


class Invalid(Exception):
    """A 422 with FastAPI's list of errors."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__("422")
        self.errors = list(errors)


def refuse(status: int, detail: str) -> HTTPException:
    """An error with a JSON body `{"detail": ...}`."""
    return HTTPException(status, detail)


def route(method: str, path: str, handler: Handler) -> Route:
    """One operation. Starlette would answer HEAD beside GET; the real servers say 405."""
    made = Route(path, handler, methods=[method])
    made.methods = {method}
    return made


async def _as_json(request: Request, exc: Exception) -> Response:
    if isinstance(exc, Invalid):
        return JSONResponse({"detail": exc.errors}, 422)
    assert isinstance(exc, HTTPException)
    return JSONResponse({"detail": exc.detail}, exc.status_code, headers=dict(exc.headers or {}))


def error_handlers() -> dict[Any, Any]:
    """For Starlette(exception_handlers=...)."""
    return {HTTPException: _as_json, Invalid: _as_json}


async def parsed_body(request: Request) -> object:
    """The body as JSON, text when its content type is another, `_ABSENT` when there is none."""
    raw = await request.body()
    if not raw:
        return _ABSENT
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        return raw.decode("utf-8", "replace")
    try:
        parsed: object = json.loads(raw)
    except json.JSONDecodeError as exc:
        error = {"type": "json_invalid", "loc": ["body", exc.pos], "msg": "JSON decode error"}
        raise Invalid([{**error, "input": {}, "ctx": {"error": exc.msg}}]) from exc
    return parsed


def validated(adapter: TypeAdapter[Any], value: object, where: Sequence[str | int]) -> Any:
    """The value through pydantic, or the 422 that FastAPI would answer."""
    if value is _ABSENT:
        raise Invalid([{"type": "missing", "loc": list(where), "msg": "Field required", "input": None}])
    try:
        return adapter.validate_python(value, from_attributes=True)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
        raise Invalid([{**error, "loc": [*where, *error["loc"]]} for error in errors]) from exc


def query(request: Request, **wanted: tuple[TypeAdapter[Any], Any]) -> list[Any]:
    """Query parameters in the order named; several bad ones give one 422 with all of them."""
    values: list[Any] = []
    errors: list[dict[str, Any]] = []
    for name, (adapter, default) in wanted.items():
        raw = request.query_params.get(name)
        if raw is None:
            values.append(default)
            continue
        try:
            values.append(validated(adapter, raw, ["query", name]))
        except Invalid as exc:
            errors += exc.errors
    if errors:
        raise Invalid(errors)
    return values
