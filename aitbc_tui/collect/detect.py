"""What answers at each address, by probing and never by version strings; remembered, and probed again in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aitbc_tui.domain.errors import AitbcError, ParseError
from aitbc_tui.domain.snapshot import EndpointRow, ServerRow
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.protocol import capability, requests
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.capability import AuthMode, Capability, Found, Generation, Probe
from aitbc_tui.protocol.failures import failure
from aitbc_tui.protocol.rates import route
from aitbc_tui.transport.host import HttpAnswer

if TYPE_CHECKING:
    from aitbc_tui.collect.asker import Asker

RETRY_S = 5.0  # after a probe that brought nothing
DOUBT_S = 30.0  # an endpoint that changed its mind asks for a probe, but not more often
KEPT_S = 1.0  # for so long a probe's answer is as good as a new one
SMALL = 4096  # a success larger than this holds no hidden error
ENDPOINTS = 64
_TELLING = frozenset({"GET /v1/health", "GET /health", "GET /rpc/sync/config"})
_LEVELS = {
    Capability.YES: Level.GOOD,
    Capability.ABSENT: Level.NONE,
    Capability.DENIED: Level.REFUSED,
    Capability.NEEDS_CREDENTIAL: Level.REFUSED,
    Capability.BROKEN: Level.WARN,
    Capability.LIMITED: Level.WARN,
}


@dataclass(frozen=True, slots=True)
class _Said:
    """The newest answer of one endpoint."""

    kind: Capability
    detail: SafeText
    credential: str


class Detector:
    """The memory of one server. `ready` probes when nothing is known or something gives cause for doubt."""

    speaks = "HTTP"

    def __init__(self, asker: Asker, name: str, host: str, base: str) -> None:
        self.name = name
        self.found = Found(Generation.UNKNOWN)
        self.mode = AuthMode.UNKNOWN
        self.on_found: Callable[[], None] = lambda: None
        self._asker = asker
        self.host = host
        self.base = base
        self._known = False
        self._doubt = False
        self._probed_at: float | None = None
        self._error: AitbcError | None = None
        self._lock = asyncio.Lock()
        self._endpoints: dict[str, _Said] = {}
        self._kept: dict[str, HttpAnswer] = {}

    @property
    def generation(self) -> Generation:
        return self.found.generation

    async def ready(self) -> None:
        """Return when it is known what answers; raise why it is not."""
        async with self._lock:
            now = self._asker.hub.clock.monotonic()
            if self._known and not self._doubt and not self._untold(now):
                return
            if self._error is not None and self._probed_at is not None and now - self._probed_at < RETRY_S:
                raise self._error
            self._probed_at = now
            try:
                found, mode = await self._probe()
            except AitbcError as error:
                self._error = error
                raise
            self._error, self._known, self._doubt = None, True, False
            if (found, mode) != (self.found, self.mode):
                self.found, self.mode = found, mode
                self._asker.meter(self.host, self.base).generation = found.generation
                self.on_found()

    def _untold(self, now: float) -> bool:
        """It answers, and which version it is could not be told: tried again from time to time."""
        return self.generation is Generation.UNKNOWN and (self._probed_at is None or now - self._probed_at > DOUBT_S)

    async def answer(self, ask: Ask) -> HttpAnswer:
        """The answer to this request, after probing; what a probe has just asked is not asked twice."""
        await self.ready()
        kept = self._kept.pop(ask.target, None)
        if kept is None or self._asker.hub.clock.monotonic() - kept.received_at > KEPT_S:
            return await self._asker.send(self.host, self.base, ask)
        if not 200 <= kept.status < 300:
            raise failure(kept.status, kept.headers, kept.body, ask.what, self.host)
        return kept

    def forget(self) -> None:
        """After a reconnect: another program may listen there now."""
        self._doubt, self._error = self._known, None

    async def _probe(self) -> tuple[Found, AuthMode]:
        raise AssertionError("each kind of server is probed in its own way")

    async def _exchange(self, ask: Ask) -> Probe:
        answer = await self._asker.exchange(self.host, self.base, ask)
        self._kept[ask.target] = answer
        return Probe(answer.status, answer.body, answer.headers)

    def note(self, ask: Ask, status: int, headers: Mapping[str, str], body: bytes, credential: str) -> None:
        """Remember what this endpoint said. A new 404, 405 or 401 gives cause for doubt."""
        probe = Probe(status, body if status >= 300 or len(body) <= SMALL else b"", headers)
        said = _Said(capability.capability(probe), probe.detail if status >= 300 else SafeText(""), credential)
        where = f"{ask.method} {route(ask)}"
        old = self._endpoints.get(where)
        if old is None and len(self._endpoints) >= ENDPOINTS:
            return
        if old is not None and old.credential and not credential:
            return  # a probe without a credential says nothing about what we may read
        self._endpoints[where] = said
        if old is None or old.kind is said.kind or said.kind not in (Capability.ABSENT, Capability.NEEDS_CREDENTIAL):
            return
        now = self._asker.hub.clock.monotonic()
        if self._probed_at is None or now - self._probed_at > DOUBT_S:
            self._doubt = self._known

    def _explained(self, where: str, said: _Said) -> _Said:
        """That a route is absent by which the version is told is no loss."""
        if said.kind is not Capability.ABSENT or where not in _TELLING or self.generation is Generation.UNKNOWN:
            return said
        return replace(said, detail=SafeText(f"as in every {self.generation.value}; that is how it is told"))

    def row(self) -> ServerRow:
        """For the screen and `doctor`."""
        now = self._asker.hub.clock.monotonic()
        made = ServerRow(
            name=clean(self.name, 24),
            generation=SafeText(self.generation.value),
            wants=SafeText("" if self.mode is AuthMode.UNKNOWN else self.mode.value),
            wrong=self.found.wrong,
            endpoints=tuple(
                _row(where, self._explained(where, said)) for where, said in sorted(self._endpoints.items())
            ),
            host=clean(self.host, 40),
            way=SafeText(f"{self.speaks} {_port(self.base)}"),
        )
        tightest = self._asker.meter(self.host, self.base).tightest(now)
        if tightest is None:
            return made
        name, budget = tightest
        pause = None if budget.paused_until is None or budget.paused_until <= now else budget.paused_until - now
        return replace(
            made,
            bucket=clean(name, 40),
            asked=budget.spent_lately(now),
            ours=budget.share(now),
            limit=budget.limit,
            pauses_s=pause,
        )


def _another(words: str, host: str, remedy: str) -> ParseError:
    """It answers, and is none of AITBC's."""
    wrong = ParseError(words, host=host, remedy=remedy)
    wrong.what = "other-service"
    return wrong


def _port(base: str) -> int:
    parts = urlsplit(base)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _row(where: str, said: _Said) -> EndpointRow:
    return EndpointRow(clean(where, 80), Verdict(_LEVELS[said.kind], SafeText(said.kind), said.detail), said.credential)


class CoordinatorDetector(Detector):
    """By the two health paths, and by how the miner list refuses a request without a credential."""

    async def _probe(self) -> tuple[Found, AuthMode]:
        v1 = await self._exchange(requests.coordinator_health())
        root = await self._exchange(requests.root_health())
        found = capability.coordinator(v1, root)
        if found.generation is Generation.UNKNOWN:
            self.found = found
            raise await self._unknown(found, v1, root)
        mode = capability.auth_mode(await self._exchange(requests.auth_probe()))
        if mode is AuthMode.UNKNOWN:  # open to everybody, broken or limited at this moment: the generation tells
            mode = AuthMode.TOKENS if found.generation is Generation.AUGUST else AuthMode.KEYS
        return found, mode

    async def _unknown(self, found: Found, v1: Probe, root: Probe) -> AitbcError:
        for what, probe in ((requests.coordinator_health(), v1), (requests.root_health(), root)):
            if probe.status >= 500 or probe.status == 429:
                return failure(probe.status, probe.headers, probe.body, what.what, self.host)
        words = str(found.wrong)
        if await self._behind_c():
            words = "the coordinator answers under /c of this address: add /c to coordinator.url"
        return _another(words, self.host, "url under [env.NAME.coordinator]")

    async def _behind_c(self) -> bool:
        """A hub's public address has the coordinator under /c. Said, not followed: no credential goes to a guess."""
        base = self.base.rstrip("/") + "/c"
        try:
            probes = [
                await self._asker.exchange(self.host, base, ask)
                for ask in (requests.coordinator_health(), requests.root_health())
            ]
        except AitbcError:
            return False
        v1, root = (Probe(answer.status, answer.body, answer.headers) for answer in probes)
        return capability.coordinator(v1, root).generation is not Generation.UNKNOWN


class NodeDetector(Detector):
    """By head, health and sync/config; the chains it serves come with it."""

    speaks = "RPC"

    def __init__(self, asker: Asker, name: str, host: str, base: str, chain_id: str) -> None:
        super().__init__(asker, name, host, base)
        self.chains: tuple[SafeText, ...] = ()
        self.head = requests.head(chain_id)

    async def _probe(self) -> tuple[Found, AuthMode]:
        head = await self._exchange(self.head)
        health = await self._exchange(requests.node_health())
        found = capability.node(head, health, await self._exchange(requests.sync_config()))
        if found.wrong:
            self.found = found
            if head.status == 429 or head.status >= 500:
                raise failure(head.status, head.headers, head.body, self.head.what, self.host)
            if head.status != 200:  # else the head itself says best what is wrong with it
                raise _another(str(found.wrong), self.host, f"rpc of {self.name}")
        self.chains = capability.supported_chains(health)
        return found, AuthMode.UNKNOWN
