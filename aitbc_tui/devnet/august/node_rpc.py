"""The RPC of one August node over HTTP, as recorded: what it answers, what it refuses, and the limit on all of it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, TypeAdapter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aitbc_tui.devnet.august import node_views as views
from aitbc_tui.devnet.august.limits import Limits
from aitbc_tui.devnet.august.net import LEASE_S, AugustNet, pooled
from aitbc_tui.devnet.august.wallet import signed_by_sender
from aitbc_tui.devnet.chain import INT64_MAX
from aitbc_tui.devnet.chain_net import Node
from aitbc_tui.devnet.gate import GateMiddleware
from aitbc_tui.devnet.httpkit import Handler, error_handlers, parsed_body, query, refuse, route, validated
from aitbc_tui.devnet.openapi import openapi
from aitbc_tui.devnet.options import CHAIN_ID

_INT: TypeAdapter[int] = TypeAdapter(int)
_MAYBE: TypeAdapter[int | None] = TypeAdapter(int | None)
_TEXT: TypeAdapter[str] = TypeAdapter(str)
_FLAG: TypeAdapter[bool] = TypeAdapter(bool)
CHAIN_READS = 200
_NO_FILE = "(sqlite3.OperationalError) unable to open database file\n(Background on this error at: https://sqlalche.me/e/20/e3q8)"
_NO_WALLET = (
    "Authentication required. Provide X-Wallet-Address header with TRUST_X_WALLET_ADDRESS=true for trusted internal "
    "requests."
)


class _Transaction(BaseModel):
    model_config = {"extra": "allow", "populate_by_name": True}
    to: str
    amount: int
    nonce: int = 0
    fee: int = 0
    signature: str


_SUBMITTED: TypeAdapter[_Transaction] = TypeAdapter(_Transaction)


class AugustNodeRpc:
    """Handlers for one node. `leases` are the followers that subscribed here: at the hub all of them, else none."""

    def __init__(self, net: AugustNet, node: Node) -> None:
        self.net = net
        self.node = node
        self.state = node.state
        self.limits = Limits(net.clock)
        self._began = net.clock.now().timestamp()

    @property
    def leases(self) -> list[str]:
        return [node.name for node in self.net.followers] if self.node is self.net.genesis else []

    def _chain(self, request: Request) -> None:
        """A chain that this node does not serve has no database file: the exception's text is the answer."""
        if request.query_params.get("chain_id", CHAIN_ID) != CHAIN_ID:
            raise refuse(503, f"Internal server error: {_NO_FILE}")

    def _read(self, request: Request, bucket: str = "chain reads") -> None:
        self.limits.take(request, bucket, CHAIN_READS)

    async def health(self, _: Request) -> Response:
        body = {"status": "ok", "supported_chains": [CHAIN_ID], "proposer_id": self.state.proposer_id}
        return JSONResponse(body)

    async def metrics(self, _: Request) -> Response:
        return PlainTextResponse(views.METRICS)

    async def head(self, request: Request) -> Response:
        self._read(request)
        self._chain(request)
        block = self.state.head()
        if block is None:
            raise refuse(404, "no blocks yet")
        return JSONResponse(block.summary())

    async def height(self, request: Request) -> Response:
        self._read(request)
        return JSONResponse({"height": self.state.height()})

    async def info(self, request: Request) -> Response:
        self._read(request)
        return JSONResponse(views.info(self.state))

    async def block(self, request: Request) -> Response:
        self._read(request, "block")
        height: int = validated(_INT, request.path_params["height"], ["path", "height"])
        found = self.state.first_at.get(height) if abs(height) <= INT64_MAX else None
        if found is None:
            raise refuse(404, "block not found")
        return JSONResponse(views.one_block(self.net, found))

    async def blocks_range(self, request: Request) -> Response:
        self._read(request)
        start, end, limit, with_tx = query(
            request, start=(_MAYBE, None), end=(_MAYBE, None), limit=(_MAYBE, None), include_tx=(_FLAG, True)
        )
        top = self.state.height()
        if start is None:
            start, end = max(0, top - (limit or 10) + 1), top
        blocks = self.state.own_blocks(start, top if end is None else end)
        items = [views.range_block(self.net, block, with_tx) for block in blocks]
        return JSONResponse({"success": True, "blocks": items, "count": len(items)})

    async def mempool(self, request: Request) -> Response:
        """Without a chain_id it filters on an empty one, and finds nothing."""
        self._read(request, "mempool")
        limit, chain = query(request, limit=(_INT, 100), chain_id=(_TEXT, ""))
        found = list(self.state.pending(limit, chain))
        return JSONResponse({"success": True, "transactions": found, "count": len(found)})

    async def pending(self, request: Request) -> Response:
        self._read(request, "pending")
        found = list(self.state.pending(100))
        return JSONResponse({"transactions": found, "count": len(found)})

    async def transactions(self, request: Request) -> Response:
        self._read(request, "transactions")
        (limit,) = query(request, limit=(_INT, 20))
        return JSONResponse(views.newest_transactions(self.net, self.state, limit))

    async def one_transaction(self, request: Request) -> Response:
        self._read(request, "transaction")
        found = views.transaction(self.net, self.state, request.path_params["tx_hash"])
        if found is None:
            raise refuse(404, "Transaction not found")
        return JSONResponse(found)

    async def submit(self, request: Request) -> Response:
        body = await parsed_body(request)
        if isinstance(body, dict) and "amount" in body and "payload" not in body:
            body["payload"] = {"amount": body["amount"]}
        validated(_SUBMITTED, body, ["body"])
        assert isinstance(body, dict)
        if not signed_by_sender(body):
            raise refuse(400, "Failed to submit transaction: 403: Invalid transaction signature")
        digest = self.net.submit(self.node, pooled(body))
        return JSONResponse(
            {"success": True, "transaction_hash": digest, "message": "Transaction submitted to mempool"}
        )

    async def subscribers(self, _: Request) -> Response:
        expiry = self._began + LEASE_S
        rows = [
            {
                "node_id": name,
                "transport": "websocket",
                "chain_id": CHAIN_ID,
                "expiry": expiry,
                "client_ip": "127.0.0.1",
            }
            for name in self.leases
        ]
        return JSONResponse({"subscribers": rows, "count": len(rows)})

    async def lease(self, request: Request) -> Response:
        """It runs out an hour after it was taken, whether the follower lives or not."""
        name = request.path_params["node_id"]
        if name not in self.leases:
            raise refuse(404, "No active lease for this node")
        expiry = self._began + LEASE_S
        left = int(expiry - self.net.clock.now().timestamp())
        return JSONResponse({"node_id": name, "expiry": expiry, "valid": left > 0, "remaining_seconds": max(0, left)})

    async def account(self, request: Request) -> Response:
        return JSONResponse(views.account(self.state, request.path_params["address"]))

    async def balance(self, request: Request) -> Response:
        return JSONResponse(views.balance(self.state, request.path_params["address"]))

    async def escrow(self, request: Request) -> Response:
        found = self.net.escrows.get(request.path_params["job_id"])
        if found is None:
            raise refuse(404, "Escrow not found")
        return JSONResponse(found.view())

    async def genesis(self, _: Request) -> Response:
        return JSONResponse(views.genesis(self.net, self.state))

    async def chains(self, request: Request) -> Response:
        return JSONResponse(views.chains(request.url.port or 8202, self._began))

    async def mining(self, _: Request) -> Response:
        return JSONResponse({"detail": _NO_WALLET}, 401, {"www-authenticate": "Bearer"})

    async def describe(self, _: Request) -> Response:
        return JSONResponse(openapi("AITBC Blockchain Node", "v0.2.2", self.operations))

    def _routes(self) -> list[Route]:
        reads: dict[str, Handler] = {
            "/health": self.health,
            "/metrics": self.metrics,
            "/rpc/head": self.head,
            "/rpc/height": self.height,
            "/rpc/info": self.info,
            "/rpc/status": self.info,
            "/rpc/blocks/{height}": self.block,
            "/rpc/blocks-range": self.blocks_range,
            "/rpc/mempool": self.mempool,
            "/rpc/pending": self.pending,
            "/rpc/transactions": self.transactions,
            "/rpc/transaction/{tx_hash}": self.one_transaction,
            "/rpc/subscribers": self.subscribers,
            "/rpc/lease/{node_id}": self.lease,
            "/rpc/account/{address}": self.account,
            "/rpc/accounts/{address}": self.account,
            "/rpc/balance/{address}": self.balance,
            "/rpc/escrow/{job_id}": self.escrow,
            "/rpc/genesis_allocations": self.genesis,
            "/rpc/chains": self.chains,
            "/rpc/mining/status": self.mining,
            "/rpc/mining/miners": self.mining,
        }
        made = [route("GET", path, handler) for path, handler in reads.items()]
        made += [route("GET", path, _constant(body)) for path, body in views.CONSTANTS.items()]
        return [*made, route("POST", "/rpc/transaction", self.submit)]

    def app(self) -> Starlette:
        routes = self._routes()
        self.operations = [(next(iter(r.methods or {"GET"})), r.path) for r in routes]
        routes.append(route("GET", "/openapi.json", self.describe))
        middleware = [Middleware(GZipMiddleware, minimum_size=0), Middleware(GateMiddleware, gate=self.node.gate)]
        handlers: dict[Any, Any] = {**error_handlers(), Exception: _crashed}
        return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)


async def _crashed(_: Request, __: Exception) -> Response:
    return JSONResponse({"detail": "Internal server error"}, 500)


def _constant(body: object) -> Handler:
    async def answer(_: Request) -> Response:
        return JSONResponse(body)

    return answer
