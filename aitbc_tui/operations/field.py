"""What an operation works with: one environment's hosts and nodes, its deadline, and the record of all it asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from aitbc_tui.config.model import EnvironmentConfig, NodeConfig
from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.operations.commands import sudoers_line
from aitbc_tui.operations.tally import PermissionRefused, Tally
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.transport.host import Host, HttpAnswer, ShellAnswer

T = TypeVar("T")
PARALLEL = 5  # nodes of one operation that are worked on at once
COMMAND_S = 20.0
MAX_BYTES = 1024 * 1024
PRODUCER = "genesis"
_DENIED = (
    "a password is required",
    "interactive authentication required",
    "permission denied",
    "not allowed to execute",
    "may not run sudo",
    "access denied",
    "insufficient permissions",
)


class Wire(Protocol):
    """How requests and commands reach a host; the collector's asker is one."""

    async def send(self, host: str, base: str, ask: Ask) -> HttpAnswer: ...

    def host(self, name: str) -> Host: ...


Told = Callable[[str, str, str], None]  # step, node, how far


def silent(step: str, node: str, text: str) -> None:
    """For operations that nobody watches."""


@dataclass(slots=True)
class Field:
    """One run of one operation. Everything goes through `ask`, `shell` and `run`, so that all of it is evidence."""

    environment: EnvironmentConfig
    wire: Wire
    ends_at: float
    tally: Tally = field(default_factory=Tally)
    told: Told = silent
    clock: Callable[[], float] = time.monotonic
    utc: Callable[[], float] = time.time

    def left(self, at_most: float = COMMAND_S) -> float:
        """Seconds for the next step; raises when there are none."""
        left = self.ends_at - self.clock()
        if left <= 0:
            raise CommandError("the time given to the operation is over", timed_out=True, remedy="--timeout SECONDS")
        return min(left, at_most)

    def node(self, name: str) -> NodeConfig:
        return next(node for node in self.environment.nodes if node.name == name)

    @property
    def producer(self) -> NodeConfig | None:
        """The node configured as genesis, else the first."""
        nodes = self.environment.nodes
        return next((n for n in nodes if n.role.value == PRODUCER), nodes[0] if nodes else None)

    async def back(self, host: str, seconds: float = 8.0) -> bool:
        """After a lost connection: wait until the host is there again, to look up what came of the last command."""
        link = self.wire.host(host)
        ends = min(self.clock() + seconds, self.ends_at)
        while self.clock() < ends:
            link.retry_now()
            try:
                await link.ensure(max(0.1, ends - self.clock()))
            except AitbcError:
                await asyncio.sleep(0.3)  # refused at once: it may come back
            else:
                return True
        return False

    async def ask(
        self, node: NodeConfig, ask: Ask, parse: Callable[[bytes], T], shown: Callable[[T], object] | None = None
    ) -> T:
        """One request of a node's RPC. With `shown` it counts as a figure and stands in evidence."""
        begun = self.clock()
        try:
            self.left()
            answer = await self.wire.send(node.host, node.rpc, ask)
            value = parse(answer.body)
        except AitbcError as error:
            self._heard(node, f"{ask.method} {ask.target}", None, begun, error)
            raise
        if shown is not None:
            self._heard(node, f"{ask.method} {ask.target}", shown(value), begun, None)
        return value

    def _heard(self, node: NodeConfig, asked: str, answer: object, begun: float, error: AitbcError | None) -> None:
        took = (self.clock() - begun) * 1000
        detail = None if error is None else error.detail
        self.tally.counted(error is None)
        self.tally.note(node.host, node.name, asked, "answer", answer, error=detail, took_ms=took, age_s=0.0)

    async def shell(self, host: str, node: str, script: str, what: str, timeout_s: float = COMMAND_S) -> ShellAnswer:
        """A short look by the host's one shell; it writes nothing. `what` names it in evidence."""
        begun = self.clock()
        try:
            answer = await self.wire.host(host).shell(script, timeout_s=self.left(timeout_s), max_bytes=MAX_BYTES)
        except AitbcError as error:
            self._ran(host, node, what, None, begun, error.detail)
            raise
        self._ran(host, node, what, answer, begun, None)
        return answer

    async def run(
        self, host: str, node: str, argv: Sequence[str], *, root: bool = False, timeout_s: float = COMMAND_S
    ) -> ShellAnswer:
        """One command of the fixed list; `root` puts `sudo -n` in front where the host says so. Raises on failure."""
        words = self.as_root(host, argv) if root else tuple(argv)
        what = " ".join(words)
        begun = self.clock()
        try:
            answer = await self.wire.host(host).run(words, timeout_s=self.left(timeout_s), max_bytes=MAX_BYTES)
            refuse_failure(answer, argv, host, self.environment.hosts[host].user or "")
        except AitbcError as error:
            self._ran(host, node, what, None, begun, error.detail)
            raise
        self._ran(host, node, what, answer, begun, None)
        return answer

    def as_root(self, host: str, argv: Sequence[str]) -> tuple[str, ...]:
        return ("sudo", "-n", *argv) if self.environment.hosts[host].sudo else tuple(argv)

    def _ran(
        self, host: str, node: str, what: str, answer: ShellAnswer | None, begun: float, error: str | None
    ) -> None:
        status = None if answer is None else f"exit status {answer.exit_status}"
        took = (self.clock() - begun) * 1000
        self.tally.counted(error is None)
        self.tally.note(host, node, str(clean(what, 200)), "command", status, error=error, took_ms=took, age_s=0.0)


def refuse_failure(answer: ShellAnswer, argv: Sequence[str], host: str, user: str = "") -> None:
    """A typed error for a command that did not end well, with what it said."""
    if answer.exit_status == 0:
        return
    said = first_line(answer.stderr) or first_line(answer.stdout) or SafeText(f"exit status {answer.exit_status}")
    lowered = said.lower()
    if any(words in lowered for words in _DENIED):
        remedy = f"sudo = true for {host}, and in its sudoers: {sudoers_line(user, argv)}"
        raise PermissionRefused(said, exit_status=answer.exit_status, host=host, remedy=remedy)
    late = answer.exit_status in (124, 137)
    remedy = f"is {argv[0]} installed on {host}?" if answer.exit_status == 127 else ""
    raise CommandError(f"{argv[0]}: {said}", exit_status=answer.exit_status, host=host, remedy=remedy, timed_out=late)


def first_line(output: bytes) -> SafeText:
    """The first line that is not blank, cleaned; empty where there is none."""
    return next((clean(line.strip(), 300) for line in output.split(b"\n") if line.strip()), SafeText(""))
