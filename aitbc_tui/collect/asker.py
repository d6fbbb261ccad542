"""One request of one source: sent through its host, parsed, and told to the hub whatever came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from aitbc_tui.collect.budget import Meter
from aitbc_tui.collect.credentials import Credentials
from aitbc_tui.collect.detect import Detector
from aitbc_tui.collect.hub import Hub
from aitbc_tui.collect.overdue import refuse_overdue
from aitbc_tui.config.secrets import Secret
from aitbc_tui.domain.errors import AitbcError, HttpError
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.capability import Generation
from aitbc_tui.protocol.failures import body_detail, failure
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.protocol.trouble import classify
from aitbc_tui.state.events import Asked, Source
from aitbc_tui.transport.host import Host, HttpAnswer, LinkState

T = TypeVar("T")
Parse = Callable[[HttpAnswer, datetime | None], T]
_MASK = b"***"
Address = tuple[str, str]  # a host's name, and a URL as that host sees it


class Asker:
    """Sends requests. Never two of one source at once; a server that limits is not asked before it may be."""

    def __init__(self, hub: Hub, hosts: Mapping[str, Host], secrets: Mapping[str, Secret]) -> None:
        self.hub = hub
        self._hosts = hosts
        self.keys = Credentials(secrets, hub.clock.utc)
        self._detectors: dict[Address, list[Detector]] = {}
        self._in_flight: set[Source] = set()
        self.budgets: dict[Address, Meter] = {}

    def host(self, name: str) -> Host:
        return self._hosts[name]

    def has(self, credential: str) -> bool:
        return self.keys.has(credential)

    def meter(self, host: str, base: str) -> Meter:
        """The budgets of the server at this address, as its host sees it."""
        return self.budgets.setdefault((host, base), Meter())

    def watch(self, detector: Detector) -> None:
        """This detector hears of every answer of its server."""
        self._detectors.setdefault((detector.host, detector.base), []).append(detector)

    @property
    def detectors(self) -> list[Detector]:
        return [detector for found in self._detectors.values() for detector in found]

    async def generation(self, name: str) -> Generation:
        """Which generation the server of this name is, as soon as that is known; unknown when it cannot be told."""
        detector = next((found for found in self.detectors if found.name == name), None)
        if detector is None:
            return Generation.UNKNOWN
        with suppress(AitbcError):  # the server's own figures say why
            await detector.ready()
        return detector.generation

    def coming(self, host: str) -> bool:
        """The first connection is still being made: nothing failed yet, and nothing can be asked."""
        report = self._hosts[host].report()
        beginning = report.state in (LinkState.IDLE, LinkState.CONNECTING)
        return beginning and report.error is None and report.reconnects == 0 and report.lost == 0

    async def send(self, host: str, base: str, ask: Ask) -> HttpAnswer:
        """One exchange; raises the typed error of whatever went wrong, also for an answer of 300 and more."""
        answer = await self.exchange(host, base, ask)
        if not 200 <= answer.status < 300:
            raise failure(answer.status, answer.headers, answer.body, ask.what, host)
        return answer

    async def exchange(self, host: str, base: str, ask: Ask) -> HttpAnswer:
        """One exchange within the server's budget; the answer whatever its status."""
        refuse_overdue(self.hub.world, ask, host, self.hub.clock.utc())
        credential = await self.keys.headers(ask.credential)
        budget = self.meter(host, base).of(ask)
        now = self.hub.clock.monotonic()
        budget.check(now, host)
        self.hub.emit(Asked(1, now))
        budget.spent(now)
        answer = await self._hosts[host].request(
            ask.method,
            base.rstrip("/") + ask.target,
            headers=ask.headers | credential,
            body=ask.body,
            timeout_s=ask.timeout_s,
            max_bytes=ask.max_bytes,
        )
        answer = _without_credential(answer, credential)
        budget.learn(answer.status, answer.headers, self.hub.clock.monotonic())
        await self._learn((host, base), ask, answer, bool(credential))
        return answer

    async def _learn(self, server: Address, ask: Ask, answer: HttpAnswer, sent: bool) -> None:
        """What the answer says of the endpoint, of the credential that went with it, and of the server's clock."""
        role = ask.credential if sent and ask.credential is not None else ""
        for detector in self._detectors.get(server, ()):
            detector.note(ask, answer.status, answer.headers, answer.body, role)
        if not sent:
            return
        date = parse_http_date(answer.headers.get("date"))
        if date is not None:
            self.keys.heard(date.timestamp())
        said = "" if answer.status < 300 else str(body_detail(answer.headers, answer.body))
        await self.keys.answered(ask.credential, answer.status, said)

    async def ask(self, source: Source, host: str, base: str, ask: Ask, parse: Parse[T]) -> T | None:
        """Ask and report. None when it failed (which the hub then knows) or is being asked already."""
        if self.coming(host):
            return None

        async def work() -> tuple[T, float, float | None]:
            answer = await self.send(host, base, ask)
            date = parse_http_date(answer.headers.get("date"))
            return parse(answer, date), answer.received_at, answer.elapsed_ms

        return await self.report(source, work, ask)

    async def report(
        self, source: Source, work: Callable[[], Awaitable[tuple[T, float, float | None]]], ask: Ask | None = None
    ) -> T | None:
        """Run `work` as the one attempt of `source`; its value or its trouble becomes an event."""
        if source in self._in_flight:
            return None
        self._in_flight.add(source)
        try:
            value, at, rtt_ms = await work()
        except AitbcError as error:
            self.hub.failed(source, self.trouble(error, ask))
            return None
        finally:
            self._in_flight.discard(source)
        self.hub.answered(source, value, at, rtt_ms)
        return value

    def trouble(self, error: AitbcError, ask: Ask | None) -> Trouble:
        """What a failed attempt means, in the words of a pane."""
        now = self.hub.clock.monotonic()
        retry = error.retry_after_s if isinstance(error, HttpError) else None
        sent = ask is not None and ask.credential is not None and self.has(ask.credential)
        trouble = classify(error, ask, key_sent=sent, now=now, retry_at=None if retry is None else now + retry)
        return self.keys.explain(trouble, ask)


def _without_credential(answer: HttpAnswer, sent: Mapping[str, str]) -> HttpAnswer:
    """A server's complaint without the key that it repeats: its words are shown, logged and kept.

    Other answers stay as they came: a receipt is verified byte by byte, and a client's id is masked where it is read.
    """
    if answer.status < 300 or not sent:
        return answer
    secrets = [value.rpartition(" ")[2] for value in sent.values()]
    body, headers = answer.body, dict(answer.headers)
    for secret in secrets:
        body = body.replace(secret.encode(), _MASK)
        headers = {name: value.replace(secret, _MASK.decode()) for name, value in headers.items()}
    return replace(answer, body=body, headers=headers)
