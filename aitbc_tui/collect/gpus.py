"""GPU figures of one host: a single `nvidia-smi --loop` over SSH, or NVML in a child process where we run on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from aitbc_tui.collect.asker import Asker
from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.domain.work import GpuReading
from aitbc_tui.protocol import nvidia
from aitbc_tui.protocol.trouble import classify
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.transport.host import Host, ShellAnswer

LOOP_S = 5
RETRY_S = 20.0
CONNECT_S = 0.2
MAX_LINE = 4096
MAX_CARDS = 64


class GpuWatch:
    """One host's cards, for as long as the program runs."""

    def __init__(self, asker: Asker, host: str, loop_s: int = LOOP_S) -> None:
        self._asker = asker
        self._host = self.host = host
        self._loop_s = loop_s
        self._source = Source(Kind.GPUS, host)
        self._details = True  # until its driver says that it does not know them
        self._processes = False

    def with_processes(self) -> None:
        """The next single reading also asks what computes: one process more on the host, so only when asked for."""
        self._processes = True

    async def run(self) -> None:
        hub = self._asker.hub
        while True:
            while self._asker.coming(self._host):
                await hub.clock.sleep(CONNECT_S)
            try:
                await self._follow()
                raise CommandError("nvidia-smi ended", host=self._host, remedy="is the NVIDIA driver loaded there?")
            except AitbcError as error:
                hub.failed(self._source, classify(error, now=hub.clock.monotonic()))
            await hub.clock.sleep(RETRY_S if self._connected() else 2.0)

    def _connected(self) -> bool:
        return self._asker.host(self._host).trouble() is None

    async def _follow(self) -> None:
        hub = self._asker.hub
        known = await self.once()
        argv = nvidia.query_argv(self._loop_s, details=self._details)
        lines = self._asker.host(self._host).stream(argv, max_line=MAX_LINE)
        async with aclosing(lines) as stream:  # type: ignore[type-var]
            async for cards in rounds(stream, known):
                hub.answered(self._source, cards, hub.clock.monotonic())

    async def once(self) -> int:
        """One reading, for a command that does not stay and to learn how many cards there are."""

        async def read() -> tuple[tuple[GpuReading, ...], float, float | None]:
            host = self._asker.host(self._host)
            answer = await self._query(host)
            if answer.exit_status == 127:
                raise CommandError(
                    "nvidia-smi is not installed", host=self._host, remedy="or gpu = false for this host"
                )
            cards = nvidia.parse_gpus(answer.stdout)
            return await self._computing(host, cards), answer.received_at, answer.elapsed_ms

        cards = await self._asker.report(self._source, read)
        return len(cards or ())

    async def _query(self, host: Host) -> ShellAnswer:
        answer = await self._run(host, nvidia.query_argv(details=self._details))
        if self._details and nvidia.not_known(answer.stdout + answer.stderr):
            self._details = False
            answer = await self._run(host, nvidia.query_argv())
        return answer

    async def _run(self, host: Host, argv: tuple[str, ...]) -> ShellAnswer:
        return await host.run(argv, timeout_s=10.0, max_bytes=MAX_LINE * MAX_CARDS)

    async def _computing(self, host: Host, cards: tuple[GpuReading, ...]) -> tuple[GpuReading, ...]:
        if not self._processes:
            return cards
        by_card = nvidia.parse_processes((await self._run(host, nvidia.processes_argv())).stdout)
        return tuple(replace(card, processes=by_card.get(str(card.uuid), ())) for card in cards)


async def rounds(lines: AsyncIterator[bytes], known: int) -> AsyncIterator[tuple[GpuReading, ...]]:
    """Cards of one round each. A round ends when all `known` cards spoke, else where an index comes again."""
    cards: dict[int, GpuReading] = {}
    async for line in lines:
        card = nvidia.parse_gpu_line(line)
        if card is None:
            continue
        if card.index in cards:
            yield tuple(cards[i] for i in sorted(cards))
            known, cards = len(cards), {}
        if len(cards) < MAX_CARDS:
            cards[card.index] = card
        if known and len(cards) == known:
            yield tuple(cards[i] for i in sorted(cards))
            cards = {}
