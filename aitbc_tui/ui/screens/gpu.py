"""A card as a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol, runtime_checkable

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Access, GpuRow, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import GpuProcess
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.futures import outcome, words
from aitbc_tui.ui.screens.gpu_lines import build_gpu, gpu_row, unknown_gpu
from aitbc_tui.ui.screens.gpu_work import Asked, model_to_ask


@runtime_checkable
class Hardware(Protocol):
    """A backend that asks GPU hosts more than they are polled for."""

    def gpu_processes(self, host: str) -> Future[Mapping[str, tuple[GpuProcess, ...]]]:
        """What computes on each card, by uuid."""

    def probe(self, host: str, model: str) -> Future[SafeText]:
        """One token of a trivial prompt: how long it took, in words."""


class GpuScreen(ReadingScreen):
    """j and k go to the next card."""

    BINDINGS = [
        Binding("j", "move(1)", show=False, priority=True),
        Binding("k", "move(-1)", show=False, priority=True),
        Binding("enter", "job", show=False),
        Binding("m", "miner", show=False),
        Binding("l", "log", show=False),
        Binding("w", "power", show=False),
        Binding("p", "processes", show=False),
        Binding("v", "latency", show=False),
        Binding("ctrl+y", "probe", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__()
        self.card = name
        self._asked = Asked()

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        row = gpu_row(snapshot, self.card)
        return unknown_gpu(self.card, width) if row is None else build_gpu(snapshot, row, width, self._asked)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        if self._asked.model:
            return [("ctrl+y", f"ask {self._asked.model}"), ("Esc", "back"), ("?", "help")]
        row = gpu_row(self.aitbc.current, self.card)
        keys = [("Esc", "back"), ("j/k", "card"), ("w", "power limit"), ("v", "latency"), ("p", "processes")]
        keys += [("m", "miner")] if row is not None and row.miner is not None else []
        keys += [("Enter", "its job")] if row is not None and row.job is not None else []
        return [*keys, ("l", "log"), ("y", "copy"), (":", "command"), ("?", "help")]

    def action_move(self, step: int) -> None:
        names = [str(row.name) for row in self.aitbc.current.gpus]
        here = names.index(self.card) if self.card in names else -step
        if 0 <= here + step < len(names):
            self.card = names[here + step]
            self._asked = Asked()
            self.body.action_first()
            self.on_snapshot(self.aitbc.current)

    def action_job(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        if row is None or row.job is None:
            self.toast("no job runs on it now")
        else:
            registry.open_job(self.aitbc, str(row.job))

    def action_miner(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        if row is None or row.miner is None:
            self.toast("no miner is configured for it")
        else:
            registry.open_miner(self.aitbc, str(row.miner))

    def action_log(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        registry.open_logs(self.aitbc, self.card if row is None else str(row.host))

    def action_copy(self) -> None:
        row = gpu_row(self.aitbc.current, self.card)
        if row is not None:
            self.aitbc.copy(str(row.reading.uuid))

    def action_power(self) -> None:
        registry.open_power(self.aitbc, self.card)

    # --- what is asked of the host only on request

    def action_processes(self) -> None:
        row, backend = gpu_row(self.aitbc.current, self.card), self.aitbc.backend
        if row is None or not isinstance(backend, Hardware):
            self.toast("this session cannot ask the host")
            return
        self.toast(f"asking {row.host} what computes on its cards")
        self.run_worker(self._processes(backend, row), name="processes", exclusive=True)

    async def _processes(self, backend: Hardware, row: GpuRow) -> None:
        try:
            found = await outcome(backend.gpu_processes(str(row.host)))
        except AitbcError as error:
            self.toast(str(words(error)), Level.WARN)
            return
        self._asked = replace(self._asked, processes=found.get(str(row.reading.uuid), ()))
        self.on_snapshot(self.aitbc.current)

    def action_latency(self) -> None:
        """One token may load a model and push another out: it counts as a write and is asked first."""
        row = gpu_row(self.aitbc.current, self.card)
        model = None if row is None else model_to_ask(self.aitbc.current, str(row.host))
        access = self.aitbc.current.environment.access
        if row is None or model is None:
            self.toast("no Ollama of this host that answers holds a model")
        elif access is not Access.OPERATE:
            self.toast(f"a generate counts as a write: needs access operate, this is {access.value}", Level.REFUSED)
        else:
            self._asked = replace(self._asked, model=model)
            self.on_snapshot(self.aitbc.current)

    def action_probe(self) -> None:
        row, backend, model = gpu_row(self.aitbc.current, self.card), self.aitbc.backend, self._asked.model
        if row is None or not model or not isinstance(backend, Hardware):
            return
        self._asked = replace(self._asked, model="", latency=f"… asking {model} for one token")
        self.run_worker(self._probe(backend, str(row.host), model), name="probe", exclusive=True)
        self.on_snapshot(self.aitbc.current)

    async def _probe(self, backend: Hardware, host: str, model: str) -> None:
        try:
            answer = await outcome(backend.probe(host, model))
            said = str(answer)
        except AitbcError as error:
            said = f"▲ {words(error)}"
        self._asked = replace(self._asked, latency=said)
        self.on_snapshot(self.aitbc.current)

    def action_back(self) -> None:
        if self._asked.model:
            self._asked = replace(self._asked, model="")
            self.on_snapshot(self.aitbc.current)
            return
        super().action_back()
