"""How far a run is: its steps, and every exchange and command as evidence, told while it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.operation import Evidence, Plan, PlanStep, Run, RunState, Verb
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.tally import Json
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.transport.host import Host, HttpAnswer

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

TELL_S = 0.5  # how often a run under way is told
EVIDENCE_KEPT = 400
Told = Callable[[Run], None]
_IMPORT = "/rpc/importBlock"


@dataclass(slots=True)
class Progress:
    """What is known of the run now. `place` finds a step by its key and node."""

    plan: Plan
    steps: list[PlanStep]
    evidence: deque[Evidence] = field(default_factory=lambda: deque(maxlen=EVIDENCE_KEPT))
    imported: dict[str, int] = field(default_factory=dict)
    sentence: str = ""
    stopping: bool = False

    def place(self, key: str, where: str) -> int | None:
        found = (i for i, s in enumerate(self.steps) if s.key == key and s.where in (where, "both"))
        return next(found, None)

    def mark(self, key: str, where: str, level: Level, text: str = "") -> None:
        """Move the run on to this step: what ran before it is over."""
        index = self.place(key, where)
        if index is None:
            return
        for i, one in enumerate(self.steps):
            if one.level is Level.RUNNING and i != index:
                self.steps[i] = replace(one, level=Level.GOOD)
        self.steps[index] = replace(self.steps[index], level=level, text=clean(text, 200) or self.steps[index].text)

    def run(self) -> Run:
        return Run(
            self.plan,
            RunState.RUNNING,
            SafeText(self.sentence or "begins. The panes go on; leaving this screen stops nothing."),
            tuple(self.steps),
            tuple(self.evidence),
            if_stopped=self._if_stopped(),
            stopping=self.stopping,
        )

    def _if_stopped(self) -> tuple[SafeText, ...]:
        count = sum(self.imported.values())
        if self.imported:
            kept = f"The {count:,} blocks stay, they are correct; what is missing comes with gossip or the next run."
            return (SafeText(kept), SafeText("Nothing is left half done."))
        if self.plan.wish.verb is Verb.COORDINATE:
            return (SafeText("The node under way is finished; those after it are left as they are."),)
        return (SafeText("What was done stays; nothing more is begun."),)


class Watched:
    """The wire of one operation, every exchange written down as it happens."""

    def __init__(self, collector: Collector, progress: Progress, nodes: dict[tuple[str, str], str]) -> None:
        self._asker = collector.asker
        self._clock = collector.clock
        self._progress = progress
        self._nodes = nodes

    async def send(self, host: str, base: str, ask: Ask) -> HttpAnswer:
        node = self._nodes.get((host, base), host)
        begun, at = self._clock.monotonic(), self._clock.utc()
        height = _height(ask) if ask.target == _IMPORT else None
        what = f"{ask.method} {ask.target}" + (f" {height}" if height is not None else "")
        try:
            answer = await self._asker.send(host, base, ask)
        except AitbcError as error:
            self._note(at, node, what, error.detail, begun)
            raise
        self._note(at, node, what, str(answer.status), begun)
        if height is not None:
            self._imported(node, height)
        return answer

    def host(self, name: str) -> Host:
        return self._asker.host(name)

    def _note(self, at: float, node: str, what: str, answer: str, begun: float) -> None:
        took = (self._clock.monotonic() - begun) * 1000
        self._progress.evidence.append(Evidence(at, clean(node, 40), clean(what, 80), clean(answer, 80), took))

    def _imported(self, node: str, height: int) -> None:
        done = self._progress.imported[node] = self._progress.imported.get(node, 0) + 1
        planned = next((s for s in self._progress.steps if s.key == "import" and s.where == node), None)
        of = planned.name.split(" ")[1] if planned is not None else "?"
        counted = f"{done:,} of {of}"
        if of.replace(",", "").isdigit() and done > int(of.replace(",", "")):
            counted = f"{done:,}, {of} were planned"  # the source went on meanwhile
        self._progress.mark("import", node, Level.RUNNING, f"{counted}, now {height:,}")
        self._progress.sentence = f"{counted} blocks. The panes go on; leaving this screen stops nothing."


def _height(ask: Ask) -> int | None:
    with contextlib.suppress(ValueError, TypeError):
        value = json.loads(ask.body or b"{}").get("height")
        return value if isinstance(value, int) else None
    return None


def heard(progress: Progress, key: str, node: str, text: str) -> None:
    """What an operation says of itself, put beside its step."""
    at = "act" if key in ("start", "stop", "restart") else "fetch" if key == "git" else key
    progress.mark(at, node, Level.RUNNING, text)


async def tell(progress: Progress, told: Told) -> None:
    """A step changes often; it is told at most twice a second."""
    before: Run | None = None
    while True:
        now = progress.run()
        if now != before:
            before = now
            told(now)
        await asyncio.sleep(TELL_S)


def commands(document: Json) -> list[Evidence]:
    """Commands on hosts; requests were written down as they went."""
    rows = document["evidence"]
    assert isinstance(rows, list)
    found = []
    for row in rows:
        if row["figure"] not in ("answer",) and row["took_ms"] is not None and row["age_s"] == 0.0:
            said = row["error"] or row["answer"]
            asked = clean(str(row["asked"]), 120)
            found.append(Evidence(None, clean(str(row["node"] or row["host"]), 40), asked, clean(str(said), 120)))
    return found
