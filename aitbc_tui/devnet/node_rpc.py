"""The RPC of one April node over HTTP, as recorded: field names, order, error words and quirks."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aitbc_tui.devnet.chain import INT64_MAX, Block, normal_tx
from aitbc_tui.devnet.chain_net import ChainNet, Node
from aitbc_tui.devnet.clock import naive
from aitbc_tui.devnet.gate import GateMiddleware
from aitbc_tui.devnet.httpkit import error_handlers, parsed_body, query, refuse, route, validated
from aitbc_tui.devnet.messaging import Messaging
from aitbc_tui.devnet.openapi import openapi
from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.devnet.seeded import JsonObject

_INT: TypeAdapter[int] = TypeAdapter(int)
_TEXT: TypeAdapter[str] = TypeAdapter(str)
_FLAG: TypeAdapter[bool] = TypeAdapter(bool)
_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
_COUNTED = {"head": "rpc_get_head", "block": "rpc_get_block"}


class NodeRpc:
    """Handlers for one node."""

    def __init__(self, net: ChainNet, node: Node) -> None:
        self.net = net
        self.node = node
        self.state = node.state

    async def health(self, _: Request) -> Response:
        body = {"status": "ok", "supported_chains": [CHAIN_ID], "proposer_id": self.state.proposer_id}
        return JSONResponse(body)

    async def head(self, request: Request) -> Response:
        started = time.perf_counter()
        self.node.count("rpc_get_head_total")
        chain = request.query_params.get("chain_id")
        block = None if chain is None and self.node.chain_id_unset else self.state.head(chain)
        if block is None:
            self.node.count("rpc_get_head_not_found_total")
            raise refuse(404, "no blocks yet")
        self.node.count("rpc_get_head_success_total")
        self.node.measure("rpc_get_head_duration_seconds", time.perf_counter() - started)
        return JSONResponse(block.summary())

    async def block(self, request: Request) -> Response:
        started = time.perf_counter()
        height: int = validated(_INT, request.path_params["height"], ["path", "height"])
        self.node.count("rpc_get_block_total")
        if abs(height) > INT64_MAX:
            return JSONResponse({"detail": "Internal server error"}, 503)
        block = self.state.first_at.get(height)
        if block is None:
            self.node.count("rpc_get_block_not_found_total")
            raise refuse(404, "block not found")
        self.node.count("rpc_get_block_success_total")
        self.node.measure("rpc_get_block_duration_seconds", time.perf_counter() - started)
        return JSONResponse(block.full())

    async def blocks_range(self, request: Request) -> Response:
        start, end, with_txs = query(request, start=(_INT, 0), end=(_INT, 10), include_tx=(_FLAG, True))
        found = self.state.own_blocks(start, end)
        if self.net.options.empty_blocks:
            blocks = [block.summary() for block in found]
        else:
            blocks = [_in_range(block, with_txs) for block in found]
        return JSONResponse({"success": True, "blocks": blocks, "count": len(blocks)})

    async def mempool(self, request: Request) -> Response:
        limit, chain = query(request, limit=(_INT, 100), chain_id=(_TEXT, None))
        found = list(self.state.pending(limit, chain))
        return JSONResponse({"success": True, "transactions": found, "count": len(found)})

    async def account(self, request: Request) -> Response:
        address = request.path_params["address"]
        found = self.state.accounts.get(address)
        balance, nonce = (found.balance, found.nonce) if found else (0, 0)
        exists = found is not None
        body = {"address": address, "balance": balance, "nonce": nonce, "exists": exists}
        return JSONResponse(body)

    async def transaction(self, request: Request) -> Response:
        body = validated(_OBJECT, await parsed_body(request), ["body"])
        try:
            tx = normal_tx(body)
            if not isinstance(tx["fee"], (int, float)):
                kind = type(tx["fee"]).__name__
                raise TypeError(f"'<' not supported between instances of '{kind}' and 'int'")
        except (KeyError, TypeError) as exc:
            raise refuse(400, f"Failed to submit transaction: {exc}") from exc
        digest = self.net.submit(self.node, tx)
        self.node.count(f"mempool_tx_added_total_{CHAIN_ID}")
        return JSONResponse(
            {"success": True, "transaction_hash": digest, "message": "Transaction submitted to mempool"}
        )

    async def import_block(self, request: Request) -> Response:
        body = validated(_OBJECT, await parsed_body(request), ["body"])
        height = body.get("number", body.get("height"))
        if not isinstance(height, int):
            raise refuse(500, "Failed to import block: Block height is required")
        chain = str(body.get("chainId", CHAIN_ID))
        known = self.state.blocks.get((chain, height))
        if known is not None:
            answer = {"success": True, "block_number": height, "block_hash": known.hash}
            return JSONResponse({**answer, "message": "Block already exists"})
        if body.get("hash") is None:
            raise refuse(500, self._sql_error(chain, height, body))
        txs = body.get("transactions") or []
        block = Block(
            chain,
            height,
            str(body["hash"]),
            str(body.get("parentHash", "")),
            str(body.get("miner", "")),
            self._timestamp(body.get("timestamp")),
            len(txs),
        )
        self.state.store(block)
        return JSONResponse({"success": True, "block_number": height, "block_hash": block.hash})

    def _timestamp(self, given: object) -> str:
        """Garbage becomes the time of import."""
        try:
            parsed = datetime.fromisoformat(str(given))
        except ValueError:
            return naive(self.state.clock.now())
        return naive(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))

    def _sql_error(self, chain: str, height: int, body: dict[str, Any]) -> str:
        at = naive(self.state.clock.now()).replace("T", " ")
        names = "chain_id, height, hash, parent_hash, proposer, timestamp, tx_count, state_root, block_metadata"
        return (
            "Failed to import block: (sqlite3.IntegrityError) NOT NULL constraint failed: block.hash\n"
            f"[SQL: INSERT INTO block ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]\n"
            f"[parameters: ('{chain}', {height}, None, '', '', '{at}', 0, None, '{json.dumps(body)}')]\n"
            "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
        )

    async def metrics(self, _: Request) -> Response:
        return PlainTextResponse(self.node.metrics_text())

    async def describe(self, _: Request) -> Response:
        return JSONResponse(openapi("AITBC Blockchain Node", "v0.2.2", self.operations))

    def app(self) -> Starlette:
        messages = Messaging(self.state.clock, self.state.name)
        routes = [
            route("GET", "/rpc/head", self.head),
            route("GET", "/rpc/blocks/{height}", self.block),
            route("POST", "/rpc/transaction", self.transaction),
            route("GET", "/rpc/mempool", self.mempool),
            route("GET", "/rpc/accounts/{address}", self.account),
            route("GET", "/rpc/blocks-range", self.blocks_range),
            *messages.routes(),
            route("POST", "/rpc/importBlock", self.import_block),
            route("GET", "/metrics", self.metrics),
            route("GET", "/health", self.health),
        ]
        self.operations = [(next(iter(r.methods or {"GET"})), r.path) for r in routes]
        routes.append(route("GET", "/openapi.json", self.describe))
        middleware = [
            Middleware(Counting, node=self.node),
            Middleware(GateMiddleware, gate=self.node.gate),
        ]
        return Starlette(routes=routes, middleware=middleware, exception_handlers=error_handlers())


def _in_range(block: Block, with_txs: bool) -> JsonObject:
    """A block as the second lineage lists it: with parent and proposer, and transactions of a shape of their own."""
    full = block.full()
    txs = full.pop("transactions")
    if with_txs and isinstance(txs, list):
        full["transactions"] = [_listed(block, number, tx) for number, tx in enumerate(block.transactions, 1)]
    return full


def _listed(block: Block, number: int, tx: JsonObject) -> JsonObject:
    """A row of the node's table. A follower's importer fills only the columns sender, recipient and payload."""
    bare = not tx["tx_hash"]
    return {
        "block_height": block.height,
        "id": block.height * 1000 + number,
        "recipient": tx["to"],
        "created_at": block.timestamp,
        "value": 0 if bare else tx["amount"],
        "fee": 0 if bare else tx["fee"],
        "timestamp": None if bare else block.timestamp.replace("T", " "),
        "tx_hash": tx["tx_hash"],
        "chain_id": block.chain_id,
        "sender": tx["from"],
        "payload": {key: value for key, value in tx.items() if key != "tx_hash"},
        "nonce": 0 if bare else tx["nonce"],
        "status": "pending" if bare else "confirmed",
        "tx_metadata": None,
    }


class Counting:
    """Counts requests, adds `vary: Origin` to every answer, and turns a crash into the node's 503."""

    def __init__(self, app: ASGIApp, node: Node) -> None:
        self.app = app
        self.node = node

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                if 400 <= message["status"] < 500:
                    self.node.count("rpc_client_errors_total")
                elif message["status"] >= 500:
                    self.node.count("rpc_unhandled_errors_total")
                MutableHeaders(scope=message)["vary"] = "Origin"
            await send(message)

        self.node.count("rpc_requests_total")
        await self.app(scope, receive, counted)
        self.node.measure("rpc_request_duration_seconds", time.perf_counter() - started)
