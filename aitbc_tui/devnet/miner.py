"""A miner that behaves as the shipped one: single-threaded, silent while it works, and never calling /fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from aitbc_tui.devnet.clock import Clock
from aitbc_tui.devnet.gpu import Card
from aitbc_tui.devnet.jobs import Job
from aitbc_tui.devnet.ollama import OllamaFailed
from aitbc_tui.devnet.seeded import JsonObject
from aitbc_tui.devnet.store import Store

HEARTBEAT_S = 15.0
POLL_S = 2.0
PAUSE_S = 1.0
_CAPABILITIES: JsonObject = {
    "gpu": {
        "model": "NVIDIA GeForce RTX 4090",
        "memory_gb": 24,
        "cuda_version": "12.4",
        "platform": "CUDA",
        "supported_tasks": ["inference", "training", "stable-diffusion", "llama"],
        "max_concurrent_jobs": 1,
    }
}


class Generates(Protocol):
    """The stand-in or a real Ollama."""

    models: tuple[str, ...]

    async def generate(self, name: object, prompt: str) -> JsonObject: ...


@dataclass(slots=True)
class Miner:
    """`key` is the API key and thereby the miner's id; `name` is what the configuration calls it."""

    name: str
    host: str
    unit: str
    key: str = field(repr=False)
    card: Card
    store: Store
    ollama: Generates
    clock: Clock
    note: Callable[[str], None]
    alive: bool = True
    forget_next: bool = False
    lives: int = 0  # how often it was killed
    forgotten: set[str] = field(default_factory=set)
    ollama_up: Callable[[], bool] = lambda: True
    _since_heartbeat: float = 0.0

    def register(self) -> None:
        self.store.register(self.key, _CAPABILITIES, 1, "localhost")
        self.note(f"GPU detected: {self.card.name} ({self.card.total_mib}MB)")
        self.note(f"Ollama models available: {', '.join(self.ollama.models)}")
        self.note("registered with coordinator")
        self._beat()

    def _beat(self) -> None:
        self.store.heartbeat(self.key, 0, "active")
        self._since_heartbeat = self.clock.monotonic()

    def kill(self) -> None:
        """Whatever it was running is never finished."""
        self.alive = False
        self.lives += 1

    async def run(self, first_delay_s: float) -> None:
        """Poll about every three seconds, heartbeat every fifteen unless a job is running."""
        self.register()
        await self.clock.sleep(first_delay_s)
        lives = self.lives
        while True:
            if not self.alive:
                await self.clock.sleep(0.5)
                continue
            if lives != self.lives:
                lives = self.lives
                self.register()  # anew, with nothing in hand: what it was running is forgotten
            if self.clock.monotonic() - self._since_heartbeat >= HEARTBEAT_S:
                self._beat()
            job = self.store.poll(self.key)
            if job is None:
                await self.clock.sleep(PAUSE_S + POLL_S)
                continue
            if self.forget_next:
                # killed and restarted in the middle: the job stays RUNNING and is never offered again
                self.forget_next = False
                self.forgotten.add(job.job_id)
                self.note("restarted")
                self.register()
                continue
            await self._work(job)
            await self.clock.sleep(PAUSE_S)

    async def _work(self, job: Job) -> None:
        self.note(f"job {job.job_id} started")
        self.card.busy = True
        lives = self.lives
        try:
            result, metrics = await self._infer(job)
        finally:
            self.card.busy = False
        if lives == self.lives:
            self.store.complete(self.key, job.job_id, result, metrics)
            self.note(f"job {job.job_id} {result['status']}")

    async def _infer(self, job: Job) -> tuple[JsonObject, JsonObject]:
        payload = job.payload
        if payload.get("type") != "inference":
            return {"status": "failed", "error": f"Unsupported job type: {payload.get('type')}"}, {}
        model = payload.get("model")
        if model not in self.ollama.models:
            model = self.ollama.models[0]  # nobody is told
        started = self.clock.monotonic()
        try:
            if not self.ollama_up():
                raise OllamaFailed(0, "[Errno 111] Connection refused")
            answer = await self.ollama.generate(model, str(payload.get("prompt", "")))
        except OllamaFailed as exc:
            error = exc.error if not exc.status else f"Ollama error: {json.dumps({'error': exc.error})}"
            return {"status": "failed", "error": error}, {}
        except OSError as exc:
            return {"status": "failed", "error": str(exc)}, {}
        result: JsonObject = {
            "status": "completed",
            "output": answer.get("response", ""),
            "model": model,
            "tokens_processed": answer.get("eval_count", 0),
            "execution_time": self.clock.monotonic() - started,
            "gpu_used": True,
        }
        used = self.card.held_mib
        metrics: JsonObject = {
            "gpu_utilization": self.card.util,
            "memory_used": used,
            "memory_peak": used + 48,
        }
        return result, metrics
