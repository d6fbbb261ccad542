"""A recording played back through the same reducer: any moment of it, forwards and backwards."""

from __future__ import annotations

import gzip
import json
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aitbc_tui.collect.record import FORMAT, VERSION
from aitbc_tui.collect.record_codec import decode
from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.state.chain import after_comparison
from aitbc_tui.state.events import Answered, Event, Kind
from aitbc_tui.state.facts import World, begin
from aitbc_tui.state.picture import picture
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.topology import Topology

MAX_LINE = 32 << 20
MAX_UNPACKED = 8 << 30
CHUNK = 2000  # lines between two moments from which playing can begin


@dataclass(slots=True)
class _Chunk:
    """Lines from one moment on, packed; `world` and `snapshot` are known once playing has come here."""

    begins: float
    packed: bytes
    world: World | None = None
    snapshot: Snapshot | None = None


class Recording:
    """A file that was read whole. Times are seconds since its beginning."""

    def __init__(self, path: Path) -> None:
        lines = _lines(path)
        self._begun, self._utc, self._topology = _head(next(lines, ""), path)
        self._end = 0.0
        self._chunks: list[_Chunk] = []
        self._read(lines)
        self._snapshot_first()
        self._chunk = 0
        self._rest: list[Any] = []
        self._at = 0.0
        self._world: World | None = None
        self.snapshot: Snapshot = self._chunks[0].snapshot or self._first
        self.seek(0.0)

    @property
    def seconds(self) -> float:
        return self._end

    @property
    def at(self) -> float:
        """The moment shown."""
        return self._at

    @property
    def environment(self) -> SafeText:
        return self._topology.environment.name

    @property
    def begun_utc(self) -> float:
        return self._utc

    def _read(self, lines: Iterator[str]) -> None:
        held: list[str] = []
        begins = self._begun
        for line in lines:
            held.append(line)
            if line.startswith('["p"'):
                now = _moment(line)
                self._end = max(self._end, now - self._begun)
                if len(held) >= CHUNK:
                    self._chunks.append(_pack(begins - self._begun, held))
                    held, begins = [], now
        self._chunks.append(_pack(begins - self._begun, held))

    def _snapshot_first(self) -> None:
        world, self._first = picture(begin(self._topology), self._begun, self._utc)
        self._chunks[0].world, self._chunks[0].snapshot = world, self._first

    def seek(self, at: float) -> Snapshot:
        """The picture that was shown at this moment of the recording; the newest before it."""
        at = max(0.0, min(at, self._end))
        if self._world is None or at < self._at:
            self._start(at)
        self._play(at)
        self._at = at
        return self.snapshot

    def _start(self, at: float) -> None:
        """At the last chunk before `at` that playing has reached."""
        index = bisect_right([chunk.begins for chunk in self._chunks], at) - 1
        index = max(0, min(index, len(self._chunks) - 1))
        while self._chunks[index].world is None:
            index -= 1
        self._enter(index)

    def _enter(self, index: int) -> None:
        chunk = self._chunks[index]
        assert chunk.world is not None and chunk.snapshot is not None
        self._chunk, self._world, self.snapshot = index, chunk.world, chunk.snapshot
        self._rest = list(reversed(_unpack(chunk.packed)))

    def _play(self, at: float) -> None:
        assert self._world is not None
        while True:
            while self._rest:
                line = self._rest[-1]
                if line[0] == "p" and line[1] - self._begun > at:
                    return
                self._rest.pop()
                self._step(line)
            if self._chunk + 1 >= len(self._chunks):
                return
            following = self._chunks[self._chunk + 1]
            if following.world is None:
                following.world, following.snapshot = self._world, self.snapshot
            self._enter(self._chunk + 1)

    def _step(self, line: list[Any]) -> None:
        assert self._world is not None
        try:
            match line:
                case ["e", event]:
                    happened = decode(event)
                    if not isinstance(happened, Event):
                        raise ParseError("a damaged recording: an event that is none")
                    self._world = reduce(self._world, happened)
                    if isinstance(happened, Answered) and happened.source.kind in (Kind.HEAD, Kind.BLOCK):
                        self._world = after_comparison(self._world, happened.at, happened.utc)
                case ["t", topology]:
                    self._world = replace(self._world, topology=_shown(_frame(decode(topology))))
                case ["p", now, utc]:
                    self._world, self.snapshot = picture(self._world, float(now), float(utc))
        except ParseError:
            raise
        except Exception as error:  # values that fit nowhere: the file, not the program, is at fault
            raise ParseError(f"a damaged recording: {type(error).__name__} at {self._at:.0f} s") from error


def _lines(path: Path) -> Iterator[str]:
    """Line by line; a recording that was cut off ends where it was cut."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        size = 0
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            while line := file.readline(MAX_LINE):
                size += len(line)
                if size > MAX_UNPACKED:
                    raise ParseError(f"a recording of more than {MAX_UNPACKED >> 30} GiB")
                if not line.endswith(b"\n"):
                    return
                yield line.decode("ascii", "replace")
    except EOFError:
        return
    except (OSError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no recording, or a damaged one"
        raise ConfigError(f"{clean(str(path), 200)}: {why}", remedy="aitbc-tui --record FILE makes one") from None


def _head(line: str, path: Path) -> tuple[float, float, Topology]:
    try:
        head = json.loads(line)
        if head["format"] != FORMAT:
            raise KeyError("format")
        if head["version"] > VERSION:
            raise ConfigError(f"{clean(str(path), 200)} was recorded by a newer version", remedy="upgrade this one")
        return float(head["now"]), float(head["utc"]), _shown(_frame(decode(head["topology"])))
    except (ValueError, KeyError, TypeError, RecursionError, ParseError):
        words = f"{clean(str(path), 200)} is no recording of aitbc-tui"
        raise ConfigError(words, remedy="aitbc-tui --record FILE makes one") from None


def _frame(value: object) -> Topology:
    if not isinstance(value, Topology):
        raise ParseError("a damaged recording: a frame that is none")
    return value


def _shown(topology: Topology) -> Topology:
    """Marked as what it is on every screen, and nothing can be written from it."""
    environment = topology.environment
    name = environment.name if environment.name.startswith("replay ") else f"replay {environment.name}"
    return replace(
        topology, environment=replace(environment, name=clean(name, 27), access=Access.OBSERVE, armed_until=None)
    )


def _moment(line: str) -> float:
    try:
        return float(json.loads(line)[1])
    except (ValueError, IndexError, TypeError):
        raise ParseError("a damaged recording: a moment that is none") from None


def _pack(begins: float, lines: list[str]) -> _Chunk:
    return _Chunk(begins, zlib.compress("".join(lines).encode("ascii", "replace"), 1))


def _unpack(packed: bytes) -> list[Any]:
    try:
        lines = [json.loads(line) for line in zlib.decompress(packed).decode("ascii").splitlines()]
    except (ValueError, RecursionError):
        raise ParseError("a damaged recording: a line that is not JSON") from None
    return [line for line in lines if isinstance(line, list) and line]
