"""August's explorer: receipts as before, jobs shown as transactions, and the hub's real blocks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aitbc_tui.devnet.august.store import AugustStore
from aitbc_tui.devnet.explorer import _LIMIT, _OFFSET, Explorer
from aitbc_tui.devnet.httpkit import Handler, query
from aitbc_tui.devnet.seeded import JsonObject

_FIRST_HEIGHT = 100_000
_STATES = {"COMPLETED": "Succeeded", "FAILED": "Failed", "CANCELED": "Canceled", "EXPIRED": "Expired"}


class AugustExplorer(Explorer):
    """Open to everybody: prompts, results and owners included."""

    def __init__(self, store: AugustStore) -> None:
        super().__init__(store)
        self._platform = store

    async def blocks(self, request: Request) -> Response:
        """Read from the hub; newest first."""
        limit, offset = query(request, limit=(_LIMIT, 20), offset=(_OFFSET, 0))
        state = self._platform.net.genesis.state
        top = state.height() - offset
        found = state.own_blocks(max(0, top - limit + 1), top)
        items = [
            {
                "height": block.height,
                "hash": block.hash,
                "timestamp": block.timestamp,
                "txCount": block.tx_count,
                "proposer": block.proposer,
            }
            for block in reversed(found)
        ]
        following = offset + limit if len(items) == limit else None
        return JSONResponse({"items": items, "next_offset": following})

    async def transactions(self, request: Request) -> Response:
        """No transactions: jobs, at heights that no block has."""
        limit, offset = query(request, limit=(_LIMIT, 50), offset=(_OFFSET, 0))
        items: list[JsonObject] = [
            {
                "hash": job.job_id,
                "block": _FIRST_HEIGHT + offset + index,
                "from": job.client_id,
                "to": job.miner_id,
                "value": str(job.receipts[-1]["price"]) if job.receipts else "0",
                "status": _STATES.get(job.state, job.state.title()),
            }
            for index, job in enumerate(self._store.newest()[offset : offset + limit])
        ]
        following = offset + limit if len(items) == limit else None
        return JSONResponse({"items": items, "next_offset": following})

    def handlers(self) -> dict[str, Handler]:
        return {
            "/v1/explorer/blocks": self.blocks,
            "/v1/explorer/transactions": self.transactions,
            "/v1/explorer/addresses": self.addresses,
            "/v1/explorer/receipts": self.receipts,
        }
