"""What each GPU host's Ollama holds, through the same SSH connection, with the `ollama` library's own client."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from aitbc_tui.collect.asker import Asker
from aitbc_tui.domain.errors import AitbcError, ConnectError, HttpError, ParseError
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.work import OllamaModel, OllamaReading
from aitbc_tui.state.events import Kind, Source

if TYPE_CHECKING:
    from ollama import AsyncClient, ListResponse, ProcessResponse

EVERY_S = 10.0
TIMEOUT_S = 6.0
MAX_MODELS = 500
MAX_BYTES = 4 * 1024 * 1024


class OllamaPoll:
    """One host's Ollama. Its client is made anew for each look: two requests a half minute."""

    def __init__(self, asker: Asker, host: str, url: str) -> None:
        self._asker = asker
        self._host = host
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
        return reading(tags, loaded), clock.monotonic(), elapsed

    def _unreachable(self, error: Exception) -> AitbcError:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, AitbcError):
            return cause
        return ConnectError(
            f"Ollama at {clean(self._url, 60)} does not answer", host=self._host, remedy="systemctl status ollama"
        )


def reading(tags: ListResponse, loaded: ProcessResponse) -> OllamaReading:
    """The library's answers as our values; names are remote text."""
    models = [
        OllamaModel(
            name=clean(model.model or "", 80),
            size=int(model.size) if model.size is not None else None,
            parameters=clean(model.details.parameter_size or "" if model.details else "", 20),
            quantization=clean(model.details.quantization_level or "" if model.details else "", 20),
        )
        for model in list(tags.models)[:MAX_MODELS]
    ]
    names = tuple(clean(item.model or item.name or "", 80) for item in list(loaded.models)[:MAX_MODELS])
    return OllamaReading(models=tuple(models), loaded=names)
