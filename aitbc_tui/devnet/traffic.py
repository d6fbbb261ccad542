"""What happened before the devnet started, and what clients send while it runs."""

from __future__ import annotations

from datetime import timedelta

from aitbc_tui.devnet.clock import Clock
from aitbc_tui.devnet.jobs import Job
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.seeded import JsonObject, Seeded
from aitbc_tui.devnet.store import Store

_QUESTIONS = (
    "Explain proof of authority in three sentences",
    "Summarise this week's block times for a status page",
    "Write a haiku about a validator that never sleeps",
    "List three ways a miner can lose its heartbeat",
    "Translate 'the mempool drains' into German and French",
    "What does an Ed25519 signature prove, and what not?",
    "Draft a polite reminder to rotate the API keys",
    "Why can two nodes agree on height and still be forked?",
    "Name the fields of a receipt that a signature covers",
    "Give me a checklist for a node that stopped importing",
)
_STATES = ("COMPLETED",) * 9 + ("FAILED", "CANCELED", "EXPIRED")
MISSING_MODEL = "qwen2.5:7b"


class Clients:
    """The operator's client and a second one, whose jobs are foreign to the operator."""

    def __init__(self, options: DevnetOptions, seeded: Seeded, store: Store, operator: str, other: str) -> None:
        self._options = options
        self._clock: Clock = options.clock
        self._rng = seeded.rng("clients")
        self._store = store
        self._operator = operator
        self._other = other
        self.models: tuple[str, ...] = ()
        self.ask_for_missing_model = False

    def payload(self) -> JsonObject:
        model = MISSING_MODEL if self.ask_for_missing_model else self._rng.choice(self.models)
        prompt = self._rng.choice(_QUESTIONS)
        return {"type": "inference", "prompt": prompt, "model": model, "parameters": {"prompt": prompt}}

    def build_history(self, miners: list[str], jobs: int) -> None:
        """Jobs of the last half hour in mixed states; every fourth is the operator's own."""
        now = self._clock.now()
        for number in range(jobs):
            back = (jobs - number) * 45 + self._rng.uniform(0, 30)
            client = self._operator if number % 4 == 0 else self._other
            asked = now - timedelta(seconds=back)
            job = self._store.submit(client, self.payload(), requested_at=asked)
            state = _STATES[number % len(_STATES)]
            miner = miners[number % len(miners)]
            if state == "COMPLETED":
                self._completed(job, miner)
            elif state == "FAILED":
                job.miner_id = miner
                self._store.fail(miner, job.job_id, "WORKER_LOST", "the worker went away before it began")
            elif state == "CANCELED":
                job.state, job.error = "CANCELED", "canceled by client"
            else:
                job.ttl_seconds, job.state, job.error = 60, "EXPIRED", "job expired"

    def _completed(self, job: Job, miner: str) -> None:
        took = self._rng.uniform(2.0, 7.0)
        waited = self._rng.uniform(0.3, 3.5)
        words = self._rng.randint(18, 40)
        result: JsonObject = {
            "status": "completed",
            "output": "A short answer that was given before this network was looked at.",
            "model": job.payload["model"],
            "tokens_processed": words,
            "execution_time": took,
            "gpu_used": True,
        }
        used = self._rng.randint(2900, 14200)
        util = self._rng.randint(90, 99)
        metrics: JsonObject = {"gpu_utilization": util, "memory_used": used, "memory_peak": used + 48}
        job.miner_id = miner
        at = job.requested_at + timedelta(seconds=took + waited)
        self._store.complete(miner, job.job_id, result, metrics, at)

    async def run(self) -> None:
        """One job every few seconds from the second client."""
        while True:
            self._store.submit(self._other, self.payload())
            await self._clock.sleep(self._options.job_every_s)
