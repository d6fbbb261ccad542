"""The GPUs of this machine through NVML, asked in a child process: a driver that hangs cannot hang us."""

from __future__ import annotations

import asyncio
import sys

from aitbc_tui.collect.asker import Asker
from aitbc_tui.domain.errors import AitbcError, CommandError, ParseError
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import GpuProcess, GpuReading
from aitbc_tui.protocol import nvidia
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.trouble import classify
from aitbc_tui.state.events import Kind, Source

EVERY_S = 5.0
RETRY_S = 30.0
ANSWER_S = 15.0
MAX_LINE = 64 * 1024


class NvmlWatch:
    """One child that prints a line of JSON per reading; ended with us, started again when it dies."""

    def __init__(self, asker: Asker, host: str, argv: tuple[str, ...] = ()) -> None:
        self._asker = asker
        self._host = self.host = host
        self._source = Source(Kind.GPUS, host)
        self._argv = argv or (sys.executable, "-m", "aitbc_tui.collect.nvml_child")

    def with_processes(self) -> None:
        """NVML tells them with everything else."""

    async def run(self) -> None:
        hub = self._asker.hub
        while True:
            try:
                await self._follow()
            except AitbcError as error:
                hub.failed(self._source, classify(error, now=hub.clock.monotonic()))
            await hub.clock.sleep(RETRY_S)

    async def once(self) -> int:
        """One reading; the number of cards."""

        async def read() -> tuple[tuple[GpuReading, ...], float, float | None]:
            child = await self._start("--once")
            try:
                cards = await self._next(child)
            finally:
                await _end(child)
            return cards, self._asker.hub.clock.monotonic(), None

        return len(await self._asker.report(self._source, read) or ())

    async def _start(self, *more: str) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._argv,
                *more,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=MAX_LINE,
            )
        except OSError as error:
            raise CommandError(f"the NVML reader does not start: {error.strerror}", host=self._host) from None

    async def _follow(self) -> None:
        child = await self._start()
        try:
            while True:
                cards = await self._next(child)
                self._asker.hub.answered(self._source, cards, self._asker.hub.clock.monotonic())
        finally:
            await _end(child)

    async def _next(self, child: asyncio.subprocess.Process) -> tuple[GpuReading, ...]:
        assert child.stdout is not None
        try:
            async with asyncio.timeout(ANSWER_S):
                line = await child.stdout.readline()
        except TimeoutError:
            raise CommandError("NVML does not answer", host=self._host, timed_out=True) from None
        except ValueError:
            raise ParseError("the NVML reader printed too long a line", host=self._host) from None
        if not line:
            raise CommandError("the NVML reader ended", host=self._host)
        return parse_line(line, self._host)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.kill()
    await child.wait()


def parse_line(line: bytes, host: str) -> tuple[GpuReading, ...]:
    """`{"error": WORDS}` or `{"cards": [{index, uuid, name, ...}]}` as the child prints it."""
    document = parse_json(line, MAX_LINE)
    if not isinstance(document, dict):
        raise ParseError("the NVML reader did not print an object", host=host)
    if document.get("error"):
        raise CommandError(f"NVML: {clean(str(document['error']), 160)}", host=host, remedy="is the driver loaded?")
    cards = document.get("cards")
    return tuple(_card(card) for card in cards if isinstance(card, dict)) if isinstance(cards, list) else ()


def _card(fields: dict[str, object]) -> GpuReading:
    def number(name: str) -> float | None:
        value = fields.get(name)
        return float(value) if isinstance(value, int | float) else None

    def whole(name: str) -> int | None:
        value = number(name)
        return None if value is None else int(value)

    def text(name: str) -> SafeText:
        return clean(str(fields.get(name) or ""), 80)

    return GpuReading(
        index=whole("index") or 0,
        uuid=text("uuid"),
        name=text("name"),
        utilisation=number("utilisation"),
        memory_used=whole("memory_used"),
        memory_total=whole("memory_total"),
        temperature=number("temperature"),
        power=number("power"),
        power_limit=number("power_limit"),
        driver=text("driver"),
        lost=fields.get("lost") is True,
        clock_sm=number("clock_sm"),
        clock_memory=number("clock_memory"),
        throttle=_reasons(whole("throttle")),
        power_min=number("power_min"),
        power_max=number("power_max"),
        processes=_processes(fields.get("processes")),
    )


def _reasons(mask: int | None) -> tuple[SafeText, ...] | None:
    return None if mask is None or mask < 0 else nvidia.reasons_of(f"0x{mask:x}")


def _processes(listed: object) -> tuple[GpuProcess, ...] | None:
    if not isinstance(listed, list):
        return None
    found = []
    for item in listed:
        pid, memory = (item.get("pid"), item.get("memory")) if isinstance(item, dict) else (None, None)
        if isinstance(pid, int):
            name = clean(str(item.get("name") or "?"), 48)
            found.append(GpuProcess(pid, name, memory if isinstance(memory, int) else None))
    return tuple(found)
