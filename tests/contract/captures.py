"""The recorded answers as test data: loaded once, in one shape, with the exact bytes where they were kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

CAPTURES = Path(__file__).parent / "data" / "captures"


@dataclass(frozen=True)
class Capture:
    """One request and its answer. `status` is None where there was no HTTP answer."""

    area: str
    name: str
    method: str
    path: str
    query: dict[str, str]
    sent: object
    status: int | None
    headers: dict[str, str]
    body: bytes = field(repr=False)
    truncated: bool = False

    @property
    def id(self) -> str:
        return f"{self.area}/{self.name}"

    @property
    def json(self):
        return json.loads(self.body)


def _body(response: dict) -> bytes:
    if "body_bytes_utf8" in response:
        return response["body_bytes_utf8"].encode("utf-8")
    if "text" in response:
        return response["text"].encode("utf-8")
    value = response.get("json", response.get("body"))
    if value is None:
        return b""
    return value.encode() if isinstance(value, str) else json.dumps(value, separators=(",", ":")).encode()


def _load(area: str, path: Path) -> Capture | None:
    """None for a file that is no single HTTP exchange."""
    document = json.loads(path.read_text(encoding="utf-8"))
    request, response = document.get("request"), document.get("response")
    if not isinstance(request, dict) or not isinstance(response, dict):
        return None
    if not isinstance(response.get("status"), int) or request["method"] == "WS":
        return None
    parts = urlsplit(request.get("path") or request["url"])
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | {
        key: str(value) for key, value in (request.get("params") or {}).items()
    }
    return Capture(
        area=area,
        name=path.name,
        method=request["method"],
        path=parts.path,
        query=query,
        sent=request.get("json", request.get("body")),
        status=response["status"],
        headers={key.lower(): value for key, value in (response.get("headers") or {}).items()},
        body=_body(response),
        truncated="truncated" in document,
    )


@cache
def load(area: str) -> tuple[Capture, ...]:
    """Every HTTP exchange of a folder, in the order of its names."""
    found = (_load(area, path) for path in sorted((CAPTURES / area).glob("*.json")))
    return tuple(capture for capture in found if capture is not None)


@cache
def others(area: str) -> tuple[str, ...]:
    """The names in a folder that are no HTTP exchange."""
    exchanges = {capture.name for capture in load(area)}
    return tuple(sorted(p.name for p in (CAPTURES / area).iterdir() if p.is_file() and p.name not in exchanges))


def one(area: str, number: str) -> Capture:
    """The capture whose name begins with this number."""
    (capture,) = (c for c in load(area) if c.name.startswith(f"{number}-"))
    return capture


@dataclass(frozen=True)
class Command:
    """One command of a recorded session."""

    line: str
    output: bytes = field(repr=False)


def session(area: str, name: str) -> Iterator[Command]:
    """The commands of a transcript: `$ command`, its output, `[rc=N]` where it was noted; # and ### are remarks."""
    line, output = None, []
    for text in [*(CAPTURES / area / name).read_text(encoding="utf-8").splitlines(), "$ "]:
        if text.startswith(("$ ", "### ", "# now", "# history", "# conflict", "# detached", "# remote", "# not a")):
            if line is not None:
                yield Command(line, ("\n".join(output) + "\n").encode())
            line, output = (text[2:], []) if text.startswith("$ ") else (None, [])
        elif not text.startswith("[rc="):
            output.append(text)
