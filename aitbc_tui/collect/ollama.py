"""What each GPU host's Ollama holds, through the same SSH connection, with the `ollama` library's own client."""

from __future__ import annotations

import asyncio
import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aitbc_tui.collect.asker import Asker
from aitbc_tui.domain.errors import AitbcError, ConnectError, HttpError, ParseError
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import LoadedModel, OllamaModel, OllamaReading
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.ollama import parse_version
from aitbc_tui.state.events import Kind, Source

if TYPE_CHECKING:
    from ollama import AsyncClient, ListResponse, ProcessResponse

EVERY_S = 10.0
TIMEOUT_S = 6.0
GENERATE_S = 90.0  # a large model takes that long to load
MAX_MODELS = 500
_NOT_TOLD = SafeText("")
MAX_BYTES = 4 * 1024 * 1024


class OllamaPoll:
    """One host's Ollama. Its client is made anew for each look: two requests a half minute."""

    def __init__(self, asker: Asker, host: str, url: str) -> None:
        self._asker = asker
        self._host = self.host = host
        self._url = url

    async def look(self) -> None:
        if self._asker.coming(self._host):
            return
        await self._asker.report(Source(Kind.OLLAMA, self._host), self._read)

    async def _read(self) -> tuple[OllamaReading, float, float | None]:
        clock = self._asker.hub.clock
        library = await asyncio.to_thread(importlib.import_module, "ollama")
        httpx = await asyncio.to_thread(importlib.import_module, "httpx")
        host = self._asker.host(self._host)
        trouble = host.trouble()
        if trouble is not None:
            raise trouble
        client: AsyncClient = library.AsyncClient(
            host=self._url,
            transport=host.httpx_transport(deadline_s=TIMEOUT_S, max_bytes=MAX_BYTES),
            timeout=TIMEOUT_S,  # the library's own default is to wait for ever
            follow_redirects=False,
            trust_env=False,
        )
        begun = clock.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                tags = await client.list()
                elapsed = (clock.monotonic() - begun) * 1000.0
                loaded = await client.ps()
        except AitbcError:
            raise
        except library.ResponseError as error:
            raise HttpError(clean(str(error.error)), status=error.status_code, host=self._host) from None
        except TimeoutError:
            raise HttpError("Ollama does not answer", host=self._host, timed_out=True) from None
        except (ConnectionError, httpx.HTTPError) as error:
            raise self._unreachable(error) from None
        except ValueError as error:
            raise ParseError(f"not an answer of Ollama: {clean(str(error), 120)}", host=self._host) from None
        finally:
            await client.close()  # type: ignore[no-untyped-call]
        return reading(tags, loaded, await self._version()), clock.monotonic(), elapsed

    async def _version(self) -> SafeText:
        """Nice to know: where it is not told, the rest is shown without it."""
        try:
            answer = await self._asker.send(self._host, self._url, requests.ollama_version())
            return parse_version(answer.body)
        except AitbcError:
            return SafeText("")

    async def generate(self, model: str) -> Latency:
        """One token of a trivial prompt: how long it takes, and how much of that was loading the model."""
        clock = self._asker.hub.clock
        begun = clock.monotonic()
        ask = Ask("POST", "/api/generate", body=_trivial(model), timeout_s=GENERATE_S, reads=False)
        answer = await self._asker.send(self._host, self._url, ask)
        document = parse_json(answer.body, MAX_BYTES)
        load = document.get("load_duration") if isinstance(document, dict) else None
        load_s = load / 1e9 if isinstance(load, int | float) and not isinstance(load, bool) else None
        return Latency(clean(model, 80), clock.monotonic() - begun, load_s)

    def _unreachable(self, error: Exception) -> AitbcError:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, AitbcError):
            return cause
        return ConnectError(
            f"Ollama at {clean(self._url, 60)} does not answer", host=self._host, remedy="systemctl status ollama"
        )


@dataclass(frozen=True, slots=True)
class Latency:
    """A trivial generate, in seconds; `load_s` as Ollama itself says."""

    model: SafeText
    total_s: float
    load_s: float | None


def _trivial(model: str) -> bytes:
    return json.dumps({"model": model, "prompt": "1", "stream": False, "options": {"num_predict": 1}}).encode()


def reading(tags: ListResponse, loaded: ProcessResponse, version: SafeText = _NOT_TOLD) -> OllamaReading:
    """The library's answers as our values; names are remote text. Raises `ParseError` where there are too many."""
    for asked, listed in (("/api/tags", tags.models), ("/api/ps", loaded.models)):
        if len(listed) > MAX_MODELS:
            raise ParseError(f"{asked}: more than {MAX_MODELS} models")
    models = [
        OllamaModel(
            name=clean(model.model or "", 80),
            size=int(model.size) if model.size is not None else None,
            parameters=clean(model.details.parameter_size or "" if model.details else "", 20),
            quantization=clean(model.details.quantization_level or "" if model.details else "", 20),
        )
        for model in tags.models
    ]
    running = tuple(
        LoadedModel(
            name=clean(item.model or item.name or "", 80),
            size=int(item.size) if item.size is not None else None,
            vram=int(item.size_vram) if item.size_vram is not None else None,
            expires_at=item.expires_at,
        )
        for item in loaded.models
    )
    return OllamaReading(tuple(models), tuple(one.name for one in running), version, running)
