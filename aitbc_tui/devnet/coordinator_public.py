"""What the February coordinator tells anybody: a health that says ok, invented offers, counters that never count."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response


async def health(_: Request) -> Response:
    """Says ok whatever happens."""
    return JSONResponse({"status": "ok", "env": "dev"})


async def offers(_: Request) -> Response:
    """Two offers that nobody made."""

    def mock(number: int, capacity: int, price: float, created: str) -> dict[str, object]:
        return {
            "id": f"mock-offer-{number}",
            "provider": f"miner_{number:03d}",
            "capacity": capacity,
            "price": price,
            "sla": "Standard SLA",
            "status": "OPEN",
            "created_at": created,
        }

    return JSONResponse([mock(1, 4, 0.5, "2025-12-28T10:00:00Z"), mock(2, 2, 0.35, "2025-12-28T09:30:00Z")])


async def market_stats(_: Request) -> Response:
    """Nothing is ever sold."""
    return JSONResponse({"totalOffers": 0, "openCapacity": 0, "averagePrice": 0.0, "activeBids": 0})


async def miner_offers(_: Request) -> Response:
    """No miner ever offers anything."""
    return JSONResponse([])


async def metrics(_: Request) -> Response:
    """Counters without a count."""
    lines = (
        "# HELP python_info Python platform information",
        "# TYPE python_info gauge",
        'python_info{implementation="CPython",major="3",minor="11",patchlevel="7",version="3.11.7"} 1.0',
        "# HELP marketplace_requests_total Total number of marketplace API requests",
        "# TYPE marketplace_requests_total counter",
        "# HELP marketplace_errors_total Total number of marketplace API errors",
        "# TYPE marketplace_errors_total counter",
    )
    body = "\n".join(lines) + "\n"
    return PlainTextResponse(body, media_type="text/plain; version=0.0.4")
