"""Records what the state hears: a bug report that replays exactly, without keys, prompts or outputs."""

from __future__ import annotations

import gzip
import json
import os
from io import TextIOWrapper
from pathlib import Path
from typing import IO, cast

from aitbc_tui import __version__
from aitbc_tui.collect.record_codec import encode
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.state.events import Event
from aitbc_tui.state.topology import Topology

FORMAT = "aitbc-tui recording"
VERSION = 1
FLUSH_S = 2.0  # so much is lost at most when the process is killed
MAX_BYTES = 2 << 30  # as written to disk; then recording ends, and the dashboard goes on


class Recorder:
    """Appends to one new file, readable by its owner only. Called by the hub, in the collector's thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._raw = _create(path)
        self._packed = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=6, mtime=0)
        self._text = TextIOWrapper(cast("IO[bytes]", self._packed), encoding="ascii", newline="\n")
        self._flushed_at: float | None = None
        self.ended = ""

    def begin(self, topology: Topology, now: float, utc: float) -> None:
        """The first line: what this is, and the frame of the state."""
        head = {"format": FORMAT, "version": VERSION, "program": __version__, "scrubbed": True, "now": now, "utc": utc}
        self._write({**head, "topology": encode(topology)})

    def topology(self, topology: Topology) -> None:
        self._write(["t", encode(topology)])

    def event(self, event: Event) -> None:
        self._write(["e", encode(event)])

    def published(self, now: float, utc: float) -> None:
        """A picture was drawn: alarms and ages depend on when."""
        self._write(["p", now, utc])
        if self._flushed_at is None or now - self._flushed_at >= FLUSH_S:
            self._flushed_at = now
            self._flush()

    def _write(self, line: object) -> None:
        if self.ended:
            return
        try:
            self._text.write(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n")
        except OSError as error:
            self._end(f"recording ended: {error.strerror}")

    def _flush(self) -> None:
        if self.ended:
            return
        try:
            self._text.flush()
            self._packed.flush()
            self._raw.flush()
        except OSError as error:
            self._end(f"recording ended: {error.strerror}")
            return
        if self._raw.tell() > MAX_BYTES:
            self._end(f"recording ended: larger than {MAX_BYTES >> 30} GiB")

    def _end(self, why: str) -> None:
        """A disk that is full ends the recording, not the watching; the file says so by where it stops."""
        self.ended = why

    def close(self) -> None:
        if self._raw.closed:
            return
        try:
            self._text.close()
        except OSError as error:
            self._end(f"recording ended: {error.strerror}")
        finally:
            self._raw.close()


def _create(path: Path) -> IO[bytes]:
    """A new file: one that is there is not written over, it may be somebody's evidence."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path} exists already", remedy="--record with another name") from None
    except OSError as error:
        raise ConfigError(f"cannot record to {path}: {error.strerror}", remedy="--record FILE") from None
    return os.fdopen(handle, "wb")
