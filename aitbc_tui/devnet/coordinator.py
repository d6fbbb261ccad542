"""The February coordinator over HTTP: routes, three disjoint key sets, and the error for every wrong turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, TypeAdapter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from aitbc_tui.devnet.coordinator_bodies import (
    Failure,
    Heartbeat,
    NewPayment,
    Poll,
    Refund,
    Registration,
    Release,
    Result,
    Submission,
)
from aitbc_tui.devnet.coordinator_public import health, market_stats, metrics, miner_offers, offers
from aitbc_tui.devnet.explorer import Explorer
from aitbc_tui.devnet.gate import Gate, GateMiddleware
from aitbc_tui.devnet.httpkit import error_handlers, parsed_body, refuse, route, validated
from aitbc_tui.devnet.openapi import openapi
from aitbc_tui.devnet.store import NotCancelable, Store, UnknownJob, UnknownMiner

_ADMIN_LIMIT = 100


Keyed = Callable[[Request, str], Awaitable[Response]]
Bodied = Callable[[Request, str, Any], Awaitable[Response]]


class Coordinator:
    """Handlers over one store. `keys` maps a role to the API keys of that role."""

    def __init__(self, store: Store, keys: dict[str, frozenset[str]], gate: Gate) -> None:
        self.store = store
        self._keys = keys
        self._gate = gate
        self.operations: list[tuple[str, str]] = []

    def _key(self, request: Request, role: str) -> str:
        given = request.headers.get("x-api-key", "")
        if given not in self._keys[role] or role in self._gate.refusing:
            raise refuse(401, "invalid api key")
        return given

    def _op(self, method: str, path: str, role: str, handler: Keyed) -> Route:
        async def answer(request: Request) -> Response:
            return await _known(handler(request, self._key(request, role)))

        return route(method, path, answer)

    def _post(self, path: str, role: str, model: type[BaseModel], handler: Bodied) -> Route:
        adapter: TypeAdapter[Any] = TypeAdapter(model)

        async def answer(request: Request) -> Response:
            raw = await parsed_body(request)  # broken JSON is refused before the key is looked at
            key = self._key(request, role)
            return await _known(handler(request, key, validated(adapter, raw, ["body"])))

        return route("POST", path, answer)

    # clients

    async def submit(self, _: Request, client: str, body: Submission) -> Response:
        if body.payment_amount and body.payment_amount > 0:
            await asyncio.sleep(0.12)  # the attempt to reach an exchange
        job = self.store.submit(
            client,
            body.payload,
            body.constraints.model_dump(),
            body.ttl_seconds,
            body.payment_amount,
            body.payment_currency,
        )
        return JSONResponse(job.view(), 201)

    async def job(self, request: Request, client: str) -> Response:
        return JSONResponse(self.store.job_of(client, request.path_params["job_id"]).view())

    async def result(self, request: Request, client: str) -> Response:
        job = self.store.job_of(client, request.path_params["job_id"])
        if job.state != "COMPLETED":
            raise refuse(425, "job not ready")
        return JSONResponse({"result": job.result, "receipt": job.receipts[-1] if job.receipts else None})

    async def receipt(self, request: Request, client: str) -> Response:
        job = self.store.job_of(client, request.path_params["job_id"])
        if not job.receipts:
            raise refuse(404, "receipt not available")
        return JSONResponse(job.receipts[-1])

    async def receipts(self, request: Request, client: str) -> Response:
        job = self.store.jobs.get(request.path_params["job_id"])
        if job is None or job.client_id != client:
            raise LookupError("job not found")  # not caught upstream either: 500
        self.store.expire(job)
        return JSONResponse({"items": job.receipts})

    async def cancel(self, request: Request, client: str) -> Response:
        return JSONResponse(self.store.cancel(client, request.path_params["job_id"]).view())

    async def job_payment(self, request: Request, _: str) -> Response:
        job_id = request.path_params["job_id"]
        if any(payment.job_id == job_id for payment in self.store.payments.values()):
            raise AttributeError("payment_id")
        raise refuse(404, "Payment not found for this job")

    async def payment(self, request: Request, _: str) -> Response:
        found = self.store.payments.get(request.path_params["payment_id"])
        if found is None:
            raise refuse(404, "Payment not found")
        return JSONResponse(found.receipt() if request.url.path.endswith("/receipt") else found.view())

    async def pay(self, _: Request, __: str, body: NewPayment) -> Response:
        made = self.store.pay(body.job_id, body.amount, body.currency, body.payment_method)
        return JSONResponse(made.view(), 201)

    async def release(self, request: Request, _: str, __: BaseModel) -> Response:
        if request.path_params["payment_id"] not in self.store.payments:
            raise refuse(404, "Payment not found")
        verb = request.url.path.rsplit("/", 1)[1]
        raise refuse(400, f"Failed to {verb} payment")

    # miners

    async def register(self, _: Request, miner: str, body: Registration) -> Response:
        token = self.store.register(miner, body.capabilities, body.concurrency, body.region)
        return JSONResponse({"status": "ok", "session_token": token})

    async def heartbeat(self, _: Request, miner: str, body: Heartbeat) -> Response:
        try:
            self.store.heartbeat(miner, body.inflight, body.status)
        except UnknownMiner as exc:
            raise refuse(404, "miner not registered") from exc
        return JSONResponse({"status": "ok"})

    async def poll(self, _: Request, miner: str, __: Poll) -> Response:
        job = self.store.poll(miner)
        if job is None:
            return Response(status_code=204)
        return JSONResponse({"job_id": job.job_id, "payload": job.payload, "constraints": job.all_constraints()})

    async def complete(self, request: Request, miner: str, body: Result) -> Response:
        receipt = self.store.complete(miner, request.path_params["job_id"], body.result, body.metrics)
        return JSONResponse({"status": "ok", "receipt": receipt})

    async def fail(self, request: Request, miner: str, body: Failure) -> Response:
        self.store.fail(miner, request.path_params["job_id"], body.error_code, body.error_message)
        return JSONResponse({"status": "ok"})

    # admin and public

    async def stats(self, _: Request, __: str) -> Response:
        return JSONResponse(self.store.stats())

    async def admin_jobs(self, _: Request, __: str) -> Response:
        return JSONResponse({"items": [job.admin_row() for job in self.store.newest()[:_ADMIN_LIMIT]]})

    async def admin_miners(self, _: Request, __: str) -> Response:
        return JSONResponse({"items": [record.row() for record in self.store.miners.values()]})

    async def describe(self, _: Request) -> Response:
        return JSONResponse(openapi("AITBC Coordinator API", "0.1.0", self.operations))

    def app(self) -> Starlette:
        routes: list[Route] = [
            route("GET", "/v1/health", health),
            self._post("/v1/jobs", "client", Submission, self.submit),
            self._op("GET", "/v1/jobs/{job_id}", "client", self.job),
            self._op("GET", "/v1/jobs/{job_id}/result", "client", self.result),
            self._op("GET", "/v1/jobs/{job_id}/receipt", "client", self.receipt),
            self._op("GET", "/v1/jobs/{job_id}/receipts", "client", self.receipts),
            self._op("POST", "/v1/jobs/{job_id}/cancel", "client", self.cancel),
            self._op("GET", "/v1/jobs/{job_id}/payment", "client", self.job_payment),
            self._post("/v1/payments", "client", NewPayment, self.pay),
            self._op("GET", "/v1/payments/{payment_id}", "client", self.payment),
            self._op("GET", "/v1/payments/{payment_id}/receipt", "client", self.payment),
            self._post("/v1/payments/{payment_id}/release", "client", Release, self.release),
            self._post("/v1/payments/{payment_id}/refund", "client", Refund, self.release),
            self._post("/v1/miners/register", "miner", Registration, self.register),
            self._post("/v1/miners/heartbeat", "miner", Heartbeat, self.heartbeat),
            self._post("/v1/miners/poll", "miner", Poll, self.poll),
            self._post("/v1/miners/{job_id}/result", "miner", Result, self.complete),
            self._post("/v1/miners/{job_id}/fail", "miner", Failure, self.fail),
            self._op("GET", "/v1/admin/stats", "admin", self.stats),
            self._op("GET", "/v1/admin/jobs", "admin", self.admin_jobs),
            self._op("GET", "/v1/admin/miners", "admin", self.admin_miners),
            *Explorer(self.store).routes(),
            route("GET", "/v1/marketplace/offers", offers),
            route("GET", "/v1/marketplace/stats", market_stats),
            route("GET", "/v1/marketplace/miner-offers", miner_offers),
        ]
        self.operations = [(next(iter(r.methods or {"GET"})), r.path) for r in routes]
        everything: list[BaseRoute] = [
            *routes,
            route("GET", "/openapi.json", self.describe),
            Mount("/metrics", routes=[route("GET", "/", metrics)]),
        ]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_credentials=True,
            allow_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
            allow_headers=["*"],
        )
        middleware = [cors, Middleware(GateMiddleware, gate=self._gate)]
        return Starlette(routes=everything, middleware=middleware, exception_handlers=error_handlers())


async def _known(answer: Awaitable[Response]) -> Response:
    try:
        return await answer
    except UnknownJob as exc:
        raise refuse(404, "job not found") from exc
    except NotCancelable as exc:
        raise refuse(409, "job not cancelable") from exc
