"""Private files: a folder that only its owner enters, files that only its owner reads, writes that cannot tear."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aitbc_tui.domain.errors import ConfigError


def private_folder(folder: Path) -> None:
    """Make the folder, for its owner only. One that exists already keeps the mode somebody gave it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder {folder}: {error.strerror}",
            remedy="HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME, name folders that you may write to",
        ) from None
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", remedy="move it out of the way")


def private_file(path: Path) -> None:
    """Make the file if there is none, and take it from everybody else's eyes if there is one."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
                os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    except OSError as error:
        raise ConfigError(
            f"cannot open {path}: {error.strerror}", remedy="it must be writable by the user who runs this"
        ) from None


def read_private(path: Path) -> bytes | None:
    """The content; None when there is no such file. One that others may write is refused: it proves nothing."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o022:
                raise ConfigError(f"{path} can be written by others", remedy=f"check it, then chmod 600 {path}")
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None


def replace_file(path: Path, content: bytes) -> None:
    """Write all or nothing, on disk before this returns; readable by the owner only."""
    target = Path(os.path.realpath(path))
    try:
        name = _beside(target, content)
        try:
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
        _sync(target.parent)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None


def create_file(path: Path, content: bytes) -> bytes:
    """The same where there is none yet; gives what then lies there, for another process may have been quicker."""
    try:
        name = _beside(path, content)
        try:
            with suppress(FileExistsError):
                os.link(name, path)  # never half a file, and never over another one
        finally:
            os.unlink(name)
        _sync(path.parent)
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}", remedy="the folder must be writable") from None


def _beside(target: Path, content: bytes) -> str:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(name)
        raise
    return name


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out while a file is read, changed and written back."""
    lock = path.with_name(f".{path.name}.lock")
    private_file(lock)
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
