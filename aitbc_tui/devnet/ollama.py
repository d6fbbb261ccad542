"""An Ollama stand-in: the shapes of its public API, models with sizes and speeds, and memory that follows use."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from aitbc_tui.devnet.clock import Clock
from aitbc_tui.devnet.gate import Gate, GateMiddleware
from aitbc_tui.devnet.httpkit import error_handlers, route
from aitbc_tui.devnet.seeded import JsonObject, Seeded

KEEP_ALIVE_S = 300.0
CUDA_ERROR = "llama runner process has terminated: exit status 2 CUDA error: out of memory"


@dataclass(frozen=True, slots=True)
class Model:
    """What the stand-in needs to know of one model; `words_s` is its speed."""

    name: str
    size: int
    family: str
    parameters: str
    vram_mib: int
    words_s: float

    def details(self) -> JsonObject:
        return {
            "parent_model": "",
            "format": "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": self.parameters,
            "quantization_level": "Q4_K_M",
        }

    def row(self) -> JsonObject:
        return {
            "name": self.name,
            "model": self.name,
            "modified_at": "2026-01-14T09:12:44.277302595+01:00",
            "size": self.size,
            "digest": hashlib.sha256(self.name.encode()).hexdigest(),
            "details": self.details(),
        }


MODELS = {
    model.name: model
    for model in (
        Model("llama3.2:latest", 2019393189, "llama", "3.2B", 2896, 9.0),
        Model("mistral:latest", 4372824384, "llama", "7.2B", 5734, 7.0),
        Model("deepseek-r1:14b", 8988112209, "qwen2", "14.8B", 10940, 5.0),
    )
}

_OPENINGS = ("In short:", "The essential point is this:", "Seen plainly,", "To begin with,")
_TEXT = (
    "a validator signs each block and the others check it, so agreement does not depend on trust in one machine; "
    "what matters to an operator is that the figures come from work that was done and can be checked again later"
)
_WORDS = tuple(_TEXT.split())


class OllamaFailed(Exception):
    """Ollama answered with an error; `status` and the JSON body."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


@dataclass(slots=True)
class Ollama:
    """One host's Ollama. `failing` makes every generation end with the out-of-memory error."""

    clock: Clock
    seeded: Seeded
    host: str
    models: tuple[str, ...]
    up: bool = True
    failing: bool = False
    loaded: dict[str, float] = field(default_factory=dict)
    gate: Gate = field(default_factory=Gate)
    _made: int = 0

    def _answer(self, model: Model, prompt: str) -> list[str]:
        rng = self.seeded.rng("answer", self.host, model.name, prompt)
        count = rng.randint(14, 36)
        start = rng.randrange(len(_WORDS))
        body = [_WORDS[(start + number) % len(_WORDS)] for number in range(count)]
        return [*rng.choice(_OPENINGS).split(), *body]

    def find(self, name: object) -> Model:
        if name not in self.models:
            raise OllamaFailed(404, f"model '{name}' not found")
        return MODELS[str(name)]

    def in_memory(self) -> list[str]:
        now = self.clock.monotonic()
        self.loaded = {name: until for name, until in self.loaded.items() if until > now}
        return list(self.loaded)

    def vram_mib(self) -> int:
        return sum(MODELS[name].vram_mib for name in self.in_memory())

    async def words(self, name: object, prompt: str) -> AsyncIterator[str]:
        """The answer word by word, in the model's own time."""
        model = self.find(name)
        if self.failing:
            await self.clock.sleep(0.2)
            raise OllamaFailed(500, CUDA_ERROR)
        self.loaded[model.name] = self.clock.monotonic() + KEEP_ALIVE_S
        for word in self._answer(model, prompt):
            await self.clock.sleep(1 / model.words_s)
            yield word + " "
        self.loaded[model.name] = self.clock.monotonic() + KEEP_ALIVE_S

    async def generate(self, name: object, prompt: str) -> JsonObject:
        """`stream: false`: one object at the end."""
        started = self.clock.monotonic()
        parts = [word async for word in self.words(name, prompt)]
        return self._last(str(name), "".join(parts).strip(), prompt, len(parts), started)

    def _last(self, name: str, text: str, prompt: str, count: int, started: float) -> JsonObject:
        took = int((self.clock.monotonic() - started) * 1e9)
        return {
            "model": name,
            "created_at": self._stamp(),
            "response": text,
            "done": True,
            "done_reason": "stop",
            "context": [128006, 882, 128007, 271],
            "total_duration": took,
            "load_duration": 12000000,
            "prompt_eval_count": 26 + len(prompt.split()),
            "prompt_eval_duration": 53000000,
            "eval_count": count,
            "eval_duration": took,
        }

    def _stamp(self) -> str:
        return self.clock.now().astimezone(UTC).isoformat().replace("+00:00", "Z")

    # HTTP

    async def _root(self, _: Request) -> Response:
        return PlainTextResponse("Ollama is running")

    async def _version(self, _: Request) -> Response:
        return JSONResponse({"version": "0.15.2"})

    async def _tags(self, _: Request) -> Response:
        return JSONResponse({"models": [MODELS[name].row() for name in self.models]})

    async def _ps(self, _: Request) -> Response:
        return JSONResponse({"models": [self._running(name) for name in self.in_memory()]})

    def _running(self, name: str) -> JsonObject:
        row, vram = MODELS[name].row(), MODELS[name].vram_mib * 1024 * 1024
        row.pop("modified_at")
        left = timedelta(seconds=self.loaded[name] - self.clock.monotonic())
        expires: datetime = self.clock.now() + left
        stamp = expires.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {**row, "size": vram, "expires_at": stamp, "size_vram": vram, "context_length": 4096}

    async def _generate(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"error": "invalid JSON"}, 400)
        name, prompt = body.get("model"), str(body.get("prompt", ""))
        try:
            self.find(name)
            if self.failing:
                raise OllamaFailed(500, CUDA_ERROR)
            if body.get("stream", True):
                return StreamingResponse(self._lines(str(name), prompt), media_type="application/x-ndjson")
            return JSONResponse(await self.generate(name, prompt))
        except OllamaFailed as exc:
            return JSONResponse({"error": exc.error}, exc.status)

    async def _lines(self, name: str, prompt: str) -> AsyncIterator[bytes]:
        started, count = self.clock.monotonic(), 0
        async for word in self.words(name, prompt):
            count += 1
            line = {"model": name, "created_at": self._stamp(), "response": word, "done": False}
            yield json.dumps(line).encode() + b"\n"
        yield json.dumps(self._last(name, "", prompt, count, started)).encode() + b"\n"

    def app(self) -> Starlette:
        routes = [
            route("GET", "/", self._root),
            route("GET", "/api/version", self._version),
            route("GET", "/api/tags", self._tags),
            route("GET", "/api/ps", self._ps),
            route("POST", "/api/generate", self._generate),
        ]
        middleware = [Middleware(GateMiddleware, gate=self.gate)]
        return Starlette(routes=routes, middleware=middleware, exception_handlers=error_handlers())


class RealOllama:
    """The operator's own Ollama on this machine, asked over HTTP by the miners."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.models: tuple[str, ...] = ()

    async def load(self, timeout_s: float = 2.0) -> None:
        """Learn its models; OSError when it does not answer."""
        answer = await self._ask("/api/tags", None, timeout_s)
        found = answer.get("models")
        rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
        self.models = tuple(str(row.get("name")) for row in rows)

    async def generate(self, name: object, prompt: str) -> JsonObject:
        """As the shipped miner does it: one answer, at most 60 s."""
        try:
            return await self._ask("/api/generate", {"model": name, "prompt": prompt, "stream": False}, 60.0)
        except TimeoutError as exc:
            raise OllamaFailed(0, "timed out") from exc

    async def _ask(self, path: str, body: JsonObject | None, timeout_s: float) -> JsonObject:
        import httpx

        async with asyncio.timeout(timeout_s), httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
            try:
                if body is None:
                    answer = await client.get(self.url + path)
                else:
                    answer = await client.post(self.url + path, json=body)
            except httpx.TimeoutException as exc:
                raise TimeoutError(str(exc)) from exc
            except httpx.HTTPError as exc:
                raise OSError(f"{self.url} does not answer: {exc}") from exc
        parsed = answer.json()
        if answer.status_code != 200 or not isinstance(parsed, dict):
            raise OllamaFailed(answer.status_code, str(parsed)[:200])
        return parsed
