"""What is read from files and written to them, at its edge: configuration, keys, receipts, recordings, log, diary."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest

from aitbc_tui.cli import logs, receipts, statuscache
from aitbc_tui.collect import record, replay
from aitbc_tui.config import load, secrets
from aitbc_tui.config.model import Origin, OriginKind, SecretSource
from aitbc_tui.domain.alarm import Happening
from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ledger import diary
from aitbc_tui.ledger.store import Store
from tests.state.story import frame

EDGE = pytest.mark.parametrize("beyond", [0, 1], ids=["at the edge", "one beyond"])
HERE = Origin(OriginKind.DEFAULT)


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def source_of(folder: Path, path: Path | None, command: str | None) -> SecretSource:
    return SecretSource("env.prod.coordinator.client", HERE, folder, path, command)


@EDGE
def test_the_configuration(tmp_path: Path, beyond: int) -> None:
    path = file_of(tmp_path, b"#" * (load.MAX_BYTES + beyond))
    if beyond:
        with pytest.raises(ConfigError, match="larger than 1 MiB"):
            load.read(path, HERE)
    else:
        assert len(load.read(path, HERE)) == load.MAX_BYTES


@EDGE
@pytest.mark.parametrize("by", ["file", "command"])
def test_a_key_is_whole_or_refused(tmp_path: Path, beyond: int, by: str) -> None:
    """Cut in silence it would be sent, and refused by a server that cannot say why."""
    path = file_of(tmp_path, b"k" * (secrets.MAX_BYTES + beyond))
    source = source_of(tmp_path, path if by == "file" else None, f"cat {path}" if by == "command" else None)
    if beyond:
        with pytest.raises(ConfigError, match="longer than"):
            secrets.read_secret(source)
    else:
        assert len(secrets.read_secret(source).reveal()) == secrets.MAX_BYTES


def test_a_long_file_with_a_short_key_is_fine(tmp_path: Path) -> None:
    path = file_of(tmp_path, b"key\n" + b"#" * 2 * secrets.MAX_BYTES)
    assert secrets.read_secret(source_of(tmp_path, path, None)).reveal() == "key"


@EDGE
def test_a_receipt_file(tmp_path: Path, beyond: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "MAX_BYTES", 3 << 20)
    path = file_of(tmp_path, b" " * (receipts.MAX_BYTES + beyond))
    if beyond:
        with pytest.raises(ConfigError, match="larger than 3 MiB"):
            receipts._content(str(path))
    else:
        assert len(receipts._content(str(path))) == receipts.MAX_BYTES


@EDGE
def test_a_kept_status(tmp_path: Path, beyond: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    head = b'{"at": %f, "document": {"summary": "well", "evidence": []}}' % time.time()
    path = file_of(tmp_path, head.ljust(statuscache.MAX_BYTES + beyond))
    monkeypatch.setattr(statuscache, "_file", lambda ctx, request: path)
    found = statuscache.find(None, None, 60.0)  # type: ignore[arg-type]
    assert (found is None) == bool(beyond)


def test_the_log_never_grows_beyond_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(logs, "MAX_BYTES", 10_000)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    ours = logging.getLogger("aitbc_tui.caps")
    try:
        logs.log_to_state(verbose=False)
        for number in range(1000):
            ours.warning("%d %s", number, "x" * 90)
        sizes = [path.stat().st_size for path in logs.log_file().parent.glob("aitbc-tui.log*")]
        assert len(sizes) == 2 and max(sizes) <= 10_000 and sum(sizes) > 10_000
        assert "999" in logs.log_file().read_text(), "the newest is kept"
    finally:
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
            handler.close()
        root.handlers[:] = before
        root.setLevel(level)


@EDGE
def test_a_recording_ends_where_it_is_large_enough(
    tmp_path: Path, beyond: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = record.Recorder(tmp_path / "recording")
    one.begin(frame(), 1.0, 1.0)
    one._flush()
    monkeypatch.setattr(record, "MAX_BYTES", one._raw.tell() - beyond)
    one._flush()
    assert bool(one.ended) == bool(beyond)
    size = (tmp_path / "recording").stat().st_size
    for number in range(1000):
        one.published(float(number * 10), 1.0)
    one.close()
    grown = (tmp_path / "recording").stat().st_size - size
    assert grown < 100 if beyond else grown > 0


@EDGE
def test_the_lines_of_a_recording(tmp_path: Path, beyond: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MAX_LINE", 1000)
    packed = file_of(tmp_path, gzip.compress(b"a\n" + b"x" * (999 + beyond) + b"\nlast\n"))
    found = list(replay._lines(packed))
    assert found[-1] == ("a\n" if beyond else "last\n"), "it ends where it cannot be a line of ours"


@EDGE
def test_a_recording_that_unpacks_to_more(tmp_path: Path, beyond: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MAX_UNPACKED", 1 << 20)
    bomb = file_of(tmp_path, gzip.compress(b"x\n" * (1 << 19) + b"x" * beyond))
    if beyond:
        with pytest.raises(ParseError, match="a recording of more than"):
            list(replay._lines(bomb))
    else:
        assert len(list(replay._lines(bomb))) == 1 << 19


def test_the_diary_keeps_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "KEPT", 50)
    store = Store(tmp_path / "ledger.db")
    book = diary.Diary(store, "test")

    def happen(count: int) -> None:
        word = SafeText("w")
        book.write([Happening(1000.0 + n, Level.BAD, word, word, word, word) for n in range(count)], (), ())
        book.prune(1000.0)

    happen(50)
    assert len(book.happenings(500)) == 50
    happen(1)
    assert len(book.happenings(500)) == 50
    store.close()
