"""The coordinator's explorer: a pseudo-chain made of jobs, open to everybody, with the real one's gaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aitbc_tui.devnet.clock import naive
from aitbc_tui.devnet.httpkit import query, route
from aitbc_tui.devnet.jobs import Job
from aitbc_tui.devnet.seeded import JsonObject
from aitbc_tui.devnet.store import Store

_LIMIT: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=1, le=200)])
_OFFSET: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=0)])
_FIRST_HEIGHT = 100_000


@dataclass(slots=True)
class _Address:
    balance: float = 0.0
    count: int = 0
    last: str = ""
    recent: list[str] = field(default_factory=list)

    def touch(self, job: Job, amount: float) -> None:
        self.balance += amount
        self.count += 1
        self.last = max(self.last, naive(job.requested_at))
        if len(self.recent) < 5:
            self.recent.append(job.job_id)


class Explorer:
    """Reads the store; nothing here needs a key."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def blocks(self, request: Request) -> Response:
        limit, offset = query(request, limit=(_LIMIT, 20), offset=(_OFFSET, 0))
        page = self._store.newest()[offset : offset + limit]
        items = [
            {
                "height": _FIRST_HEIGHT + offset + index,
                "hash": job.job_id,
                "timestamp": naive(job.requested_at),
                "txCount": 1,
                "proposer": job.miner_id or "unassigned",
            }
            for index, job in enumerate(page)
        ]
        following = offset + limit if len(items) == limit else None
        return JSONResponse({"items": items, "next_offset": following})

    async def transactions(self, request: Request) -> Response:
        limit, offset = query(request, limit=(_LIMIT, 50), offset=(_OFFSET, 0))
        if self._store.newest()[offset : offset + limit]:
            raise AttributeError("'str' object has no attribute 'value'")
        return JSONResponse({"items": [], "next_offset": None})

    async def addresses(self, request: Request) -> Response:
        """`limit` bounds the jobs looked at first, and `offset` is applied twice: as observed."""
        limit, offset = query(request, limit=(_LIMIT, 50), offset=(_OFFSET, 0))
        page = self._store.newest()[offset : offset + limit]
        found: dict[str, _Address] = {}
        for job in reversed(page):
            price = float(str(job.receipts[-1]["price"])) if job.receipts else 0.0
            found.setdefault(job.client_id, _Address()).touch(job, -price)
            if job.miner_id is not None:
                found.setdefault(job.miner_id, _Address()).touch(job, price)
        rows = sorted(found.items(), key=lambda pair: pair[1].last, reverse=True)[offset : offset + limit]
        items = [
            {
                "address": name,
                "balance": f"{known.balance:.6f}",
                "txCount": known.count,
                "lastActive": known.last,
                "recentTransactions": known.recent,
            }
            for name, known in rows
        ]
        following = offset + limit if len(items) == limit else None
        return JSONResponse({"items": items, "next_offset": following})

    async def receipts(self, request: Request) -> Response:
        limit, offset = query(request, limit=(_LIMIT, 50), offset=(_OFFSET, 0))
        job_id = request.query_params.get("job_id")
        wanted = [entry for entry in reversed(self._store.receipts) if job_id in (None, entry[1].job_id)]
        page = wanted[offset : offset + limit]
        if any(receipt["receipt_id"] in self._store.poison for _, _, receipt in page):
            raise UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")
        items: list[JsonObject] = [
            {
                "receiptId": receipt["receipt_id"],
                "jobId": job.job_id,
                "miner": receipt["provider"],
                "coordinator": job.client_id,
                "issuedAt": naive(issued),
                "status": receipt["status"],
                "payload": receipt,
            }
            for issued, job, receipt in page
        ]
        return JSONResponse({"jobId": "all" if job_id is None else job_id, "items": items})

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v1/explorer/blocks", self.blocks),
            route("GET", "/v1/explorer/transactions", self.transactions),
            route("GET", "/v1/explorer/addresses", self.addresses),
            route("GET", "/v1/explorer/receipts", self.receipts),
        ]
