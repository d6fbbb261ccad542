"""Read a credential from its file or command when it is needed; it never gets into a repr, a log or an error."""

from __future__ import annotations

import os
import select
import shlex
import signal
import stat
import subprocess
import time
from pathlib import Path

from aitbc_tui.config.model import SecretSource
from aitbc_tui.domain.errors import ConfigError

MAX_BYTES = 16 * 1024  # of the line; a token has up to 8 KiB
COMMAND_TIMEOUT_S = 5.0
_MASK = "••••••"


class Secret:
    """A credential; only `reveal` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not written anywhere")


def read_secret(source: SecretSource) -> Secret:
    """The first line, stripped. Blocks for at most `COMMAND_TIMEOUT_S`; raises `ConfigError` naming key and place.

    The path and the command are not quoted in errors: somebody may have put the secret itself there.
    """
    data = _run(source.command or "", source) if source.file is None else _read_file(source.file, source)
    line = data.split(b"\n", 1)[0].strip()
    if len(line) > MAX_BYTES:
        raise _error(source, f"its first line is longer than {MAX_BYTES:,} bytes", "only the key, on a line of its own")
    if not line:
        raise _error(source, "its first line is empty", "put the key on the first line")
    # Anything else cannot be sent in a header, and would be refused with the key in the message.
    if not all(0x21 <= byte <= 0x7E for byte in line):
        raise _error(source, "its first line holds a space or a character that no key has", "only the key, in ASCII")
    return Secret(line.decode("ascii"))


def _error(source: SecretSource, what: str, remedy: str, *, timed_out: bool = False) -> ConfigError:
    return ConfigError(f"{source.origin}: {source.key}: {what}", remedy=remedy, timed_out=timed_out)


def _read_file(path: Path, source: SecretSource) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _error(source, "the file named there does not exist", "create it with mode 0600") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise _error(source, f"the file named there cannot be opened: {reason}", "check path and owner") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise _error(source, "what is named there is no regular file", "name a file that holds the key")
        if facts.st_uid not in (0, os.geteuid()):
            raise _error(source, "the file named there belongs to another user", "chown it to yourself")
        if facts.st_mode & 0o077:
            mode = stat.S_IMODE(facts.st_mode)
            raise _error(source, f"others can read the file named there (mode {mode:04o})", "chmod 600 it")
        return os.read(handle, MAX_BYTES + 2)
    except OSError as error:
        raise _error(source, f"the file named there cannot be read: {error.strerror}", "check it") from None
    finally:
        os.close(handle)


def _run(command: str, source: SecretSource) -> bytes:
    try:
        argv = [os.path.expanduser(word) for word in shlex.split(command)]
    except ValueError:
        raise _error(source, "the command has an unclosed quote", "close it") from None
    if not argv:
        raise _error(source, "the command is empty", "name a command that prints the key")
    try:
        # A group of its own, so that what it starts ends with it; no terminal input to wait for.
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=source.base,
            process_group=0,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a command"
        raise _error(source, f"the command cannot be started: {reason}", "check its name and PATH") from None
    try:
        data = _first_line(process, time.monotonic() + COMMAND_TIMEOUT_S)
        status = None if data is None else _wait(process)
    finally:
        _end(process)
    if data is None:
        said = f"the command did not answer in {COMMAND_TIMEOUT_S:g} s"
        raise _error(source, said, "run it by hand; unlock what it asks", timed_out=True)
    if status not in (0, None):
        raise _error(source, f"the command failed with exit status {status}", "run it by hand to see why")
    return data


def _first_line(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """Bytes up to the first newline, the end or the cap; None when the deadline came first."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    data = b""
    while b"\n" not in data and len(data) <= MAX_BYTES:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        chunk = os.read(pipe, MAX_BYTES)
        if not chunk:
            break
        data += chunk
    return data


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    """The exit status, or None when it goes on after its first line; that is its own affair."""
    try:
        return process.wait(0.5)
    except subprocess.TimeoutExpired:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
