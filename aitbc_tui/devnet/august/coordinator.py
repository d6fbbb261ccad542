"""The August coordinator over HTTP: tokens for clients and admins, keys for miners, limits on nearly all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aitbc_tui.devnet.august.explorer import AugustExplorer
from aitbc_tui.devnet.august.guard import Door, crashed, http_error, invalid, who
from aitbc_tui.devnet.august.limits import Limits
from aitbc_tui.devnet.august.store import AugustStore, constraints, payment_view, view
from aitbc_tui.devnet.august.tokens import Mint
from aitbc_tui.devnet.coordinator_bodies import Registration, Result
from aitbc_tui.devnet.gate import Gate, GateMiddleware
from aitbc_tui.devnet.httpkit import Handler, Invalid, parsed_body, query, refuse, route, validated
from aitbc_tui.devnet.jobs import Job
from aitbc_tui.devnet.openapi import openapi
from aitbc_tui.devnet.store import NotCancelable, UnknownJob

_ADMIN_LIST = 100
_READS, _WRITES, _ADMIN = 200, 50, 100
_INT: TypeAdapter[int] = TypeAdapter(int)
_TEXT: TypeAdapter[str | None] = TypeAdapter(str | None)
HEALTH = {"status": "ok", "env": "development", "python_version": "3.13.0"}


class _Submission(BaseModel):
    payload: dict[str, Any]
    constraints: dict[str, Any] = Field(default_factory=dict)
    ttl_seconds: int = 900
    payment_amount: float | None = None
    payment_currency: str = "AITBC"
    buyer_address: str | None = None
    provider_address: str | None = None


class _Heartbeat(BaseModel):
    inflight: int = 0
    status: str = "ONLINE"


class _Failure(BaseModel):
    error_code: str
    error_message: str


Bodied = Callable[[Request, Any], Awaitable[Response]]


class AugustCoordinator:
    """Handlers over one store."""

    def __init__(self, store: AugustStore, mint: Mint, miner_keys: frozenset[str], gate: Gate) -> None:
        self.store = store
        self.limits = Limits(store.clock)
        self._mint = mint
        self._miner_keys = miner_keys
        self._gate = gate
        self.operations: list[tuple[str, str]] = []

    def _op(self, method: str, path: str, limit: int | None, handler: Handler) -> Route:
        """One operation with a bucket of its own."""

        async def answer(request: Request) -> Response:
            if limit is not None:
                self.limits.take(request, f"{method} {path}", limit)
            try:
                return await handler(request)
            except UnknownJob as exc:
                raise refuse(404, "job not found") from exc
            except NotCancelable as exc:
                raise refuse(409, "job not cancelable") from exc

        return route(method, path, answer)

    def _post(self, path: str, limit: int, model: type[BaseModel], handler: Bodied) -> Route:
        adapter: TypeAdapter[Any] = TypeAdapter(model)

        async def answer(request: Request) -> Response:
            return await handler(request, validated(adapter, await parsed_body(request), ["body"]))

        return self._op("POST", path, limit, answer)

    # clients

    def _own(self, request: Request) -> Job:
        return self.store.job_of(who(request).subject, request.path_params["job_id"])

    async def submit(self, request: Request, body: _Submission) -> Response:
        store = self.store
        job = store.submit(who(request).subject, body.payload, body.constraints, body.ttl_seconds)
        if body.payment_amount and body.payment_amount > 0:
            addresses = body.buyer_address, body.provider_address
            store.pay_escrow(job, body.payment_amount, body.payment_currency, *addresses)
        return JSONResponse(view(job), 201)

    async def own_jobs(self, request: Request) -> Response:
        """`total` is the length of this page; an overdue job stays as it is here."""
        limit, offset, state = query(request, limit=(_INT, 20), offset=(_INT, 0), status=(_TEXT, None))
        mine = [job for job in self.store.newest() if job.client_id == who(request).subject]
        mine = [job for job in mine if state is None or job.state == state.upper()]
        kind = request.query_params.get("job_type")
        mine = [job for job in mine if kind is None or job.payload.get("type") == kind]
        items = [view(job) for job in mine[offset : offset + limit]]
        return JSONResponse({"items": items, "total": len(items), "limit": limit, "offset": offset})

    async def job(self, request: Request) -> Response:
        return JSONResponse(view(self._own(request)))

    async def result(self, request: Request) -> Response:
        job = self._own(request)
        if job.state != "COMPLETED":
            raise refuse(425, "job not ready")
        return JSONResponse({"result": job.result, "receipt": job.receipts[-1] if job.receipts else None})

    async def receipt(self, request: Request) -> Response:
        job = self._own(request)
        if not job.receipts:
            raise refuse(404, "receipt not available")
        return JSONResponse(job.receipts[-1])

    async def receipts(self, request: Request) -> Response:
        return JSONResponse({"items": self._own(request).receipts})

    async def payment(self, request: Request) -> Response:
        job = self._own(request)
        if job.payment is None:
            raise refuse(404, "Payment not found for this job")
        return JSONResponse(payment_view(job.payment))

    async def cancel(self, request: Request) -> Response:
        return JSONResponse(view(self.store.cancel(who(request).subject, request.path_params["job_id"])))

    # miners

    async def register(self, request: Request, body: Registration) -> Response:
        token = self.store.register(who(request).subject, body.capabilities, body.concurrency, body.region)
        return JSONResponse({"status": "ok", "session_token": token})

    async def heartbeat(self, request: Request, body: _Heartbeat) -> Response:
        self.store.heartbeat(who(request).subject, body.inflight, body.status)
        return JSONResponse({"status": "ok"})

    async def poll(self, request: Request) -> Response:
        job = self.store.poll(who(request).subject)
        if job is None:
            return Response(status_code=204)
        return JSONResponse({"job_id": job.job_id, "payload": job.payload, "constraints": constraints(job)})

    async def complete(self, request: Request, body: Result) -> Response:
        job_id = request.path_params["job_id"]
        receipt = self.store.complete(who(request).subject, job_id, body.result, body.metrics)
        return JSONResponse({"status": "ok", "receipt": receipt})

    async def fail(self, request: Request, body: _Failure) -> Response:
        job_id = request.path_params["job_id"]
        self.store.fail(who(request).subject, job_id, body.error_code, body.error_message)
        return JSONResponse({"status": "ok"})

    async def miner_jobs(self, request: Request) -> Response:
        miner = request.path_params["job_id"]
        jobs = [view(job) for job in self.store.newest() if job.miner_id == miner][:20]
        return JSONResponse({"jobs": jobs, "total": len(jobs), "limit": 20, "offset": 0, "miner_id": miner})

    # admin and public

    async def admin_jobs(self, _: Request) -> Response:
        return JSONResponse({"items": [job.admin_row() for job in self.store.newest()[:_ADMIN_LIST]]})

    async def admin_miners(self, _: Request) -> Response:
        return JSONResponse({"items": [record.row() for record in self.store.miners.values()]})

    async def stats(self, _: Request) -> Response:
        raise AttributeError("the totals of a model that is gone")

    async def status(self, _: Request) -> Response:
        return JSONResponse({"status": "error", "error": "Failed to get system status"})

    async def totals(self, _: Request) -> Response:
        return JSONResponse(self.store.totals())

    async def describe(self, _: Request) -> Response:
        return JSONResponse(openapi("AITBC Coordinator API", "1.0.0", self.operations))

    def _routes(self) -> list[Route]:
        op, post = self._op, self._post
        return [
            op("GET", "/health", None, _answer(HEALTH)),
            post("/v1/jobs", _WRITES, _Submission, self.submit),
            op("GET", "/v1/jobs", _READS, self.own_jobs),
            op("GET", "/v1/jobs/{job_id}", _READS, self.job),
            op("GET", "/v1/jobs/{job_id}/result", _READS, self.result),
            op("GET", "/v1/jobs/{job_id}/receipt", _READS, self.receipt),
            op("GET", "/v1/jobs/{job_id}/receipts", _READS, self.receipts),
            op("GET", "/v1/jobs/{job_id}/payment", _READS, self.payment),
            op("POST", "/v1/jobs/{job_id}/cancel", _WRITES, self.cancel),
            post("/v1/miners/register", _ADMIN, Registration, self.register),
            post("/v1/miners/heartbeat", _ADMIN, _Heartbeat, self.heartbeat),
            op("POST", "/v1/miners/poll", _ADMIN, self.poll),
            post("/v1/miners/{job_id}/result", _ADMIN, Result, self.complete),
            post("/v1/miners/{job_id}/fail", _ADMIN, _Failure, self.fail),
            op("POST", "/v1/miners/{job_id}/jobs", _ADMIN, self.miner_jobs),
            op("GET", "/v1/admin/jobs", _ADMIN, self.admin_jobs),
            op("GET", "/v1/admin/miners", _ADMIN, self.admin_miners),
            op("GET", "/v1/admin/stats", _ADMIN, self.stats),
            op("GET", "/v1/admin/status", _ADMIN, self.status),
            op("GET", "/v1/monitoring/metrics", _ADMIN, self.totals),
            op("GET", "/v1/sync-status", None, _answer({"status": "error", "error": "RPC connection failed"})),
            op("GET", "/v1/supply", None, self.stats),
            op("GET", "/v1/validators", None, _answer(_VALIDATORS)),
            op("GET", "/v1/marketplace/offers", None, _answer([])),
            op("GET", "/v1/marketplace/stats", None, _answer(_MARKET)),
            op("GET", "/v1/marketplace/gpu/list", None, _answer([])),
            *(op("GET", path, 100, handler) for path, handler in AugustExplorer(self.store).handlers().items()),
        ]

    def app(self) -> Starlette:
        routes = self._routes()
        self.operations = [(next(iter(r.methods or {"GET"})), r.path) for r in routes]
        routes.append(route("GET", "/openapi.json", self.describe))
        middleware = [
            Middleware(Door, mint=self._mint, miner_keys=self._miner_keys),
            Middleware(GateMiddleware, gate=self._gate),
        ]
        handlers: dict[Any, Any] = {
            HTTPException: http_error,
            Invalid: invalid(self.store.clock),
            Exception: crashed,
        }
        return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)


_VALIDATORS = {"validators": [{"address": "genesis", "status": "active"}], "total": 1}
_MARKET = {"totalOffers": 0, "openCapacity": 0, "averagePrice": "0.0", "activeBids": 0}


def _answer(body: object) -> Handler:
    async def answer(_: Request) -> Response:
        return JSONResponse(body)

    return answer
