"""A devnet as a child process, for the demo and for tests: started, waited for, told of faults, and ended."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.errors import ConfigError, ConnectError
from aitbc_tui.domain.text import clean

READY_TIMEOUT_S = 20.0
_STOP_S = 5.0


def arguments(options: DevnetOptions) -> list[str]:
    """The command line that makes this devnet; a clock cannot be handed to another process."""
    found = ["--nodes", str(options.nodes), "--gpu-hosts", str(options.gpu_hosts)]
    found += ["--generation", options.generation, "--ollama", options.ollama]
    if options.dir is not None:
        found += ["--dir", str(options.dir)]
    if options.seed is not None:
        found += ["--seed", str(options.seed)]
    for fault in options.faults:
        found += ["--fault", fault]
    return found


@dataclass(slots=True)
class Child:
    """A running devnet. `config_path` is what it printed after `ready`."""

    process: subprocess.Popen[bytes]
    config_path: Path
    _errors: IO[bytes] = field(repr=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def fault(self, line: str) -> None:
        """`+NAME[=VALUE]` or `-NAME`; what the devnet has to say about it is in `errors`."""
        stdin = self.process.stdin
        if stdin is None or not self.alive:
            raise ConnectError("the devnet has ended", host="devnet")
        stdin.write(line.strip().encode() + b"\n")
        stdin.flush()

    def errors(self) -> str:
        """Everything it wrote on standard error so far."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def stop(self) -> int:
        """End it and wait; its private directory goes with it."""
        if self.alive:
            self.process.terminate()
        try:
            code = self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(_STOP_S)
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                stream.close()
        return code

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_child(options: DevnetOptions | None = None, timeout: float = READY_TIMEOUT_S) -> Child:
    """Start a devnet that dies with this process, and wait until it is ready."""
    options = options or DevnetOptions()
    options.check()
    command = [sys.executable, "-m", "aitbc_tui.devnet", *arguments(options)]
    command += ["--die-with-parent", str(os.getpid())]
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by Child.stop
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,  # ctrl+c in the terminal is for the dashboard, not for the network under it
    )
    child = Child(process, Path(), errors)
    try:
        child.config_path = Path(_ready_line(process, timeout))
    except (TimeoutError, EOFError) as exc:
        said = child.errors().strip().splitlines()
        child.stop()
        last = clean(said[-1].removeprefix("devnet: ")) if said else clean(str(exc))
        if isinstance(exc, TimeoutError):
            raise ConnectError(f"not ready within {timeout:g} s", host="devnet", timed_out=True) from exc
        raise ConfigError(str(last), host="devnet") from exc
    except BaseException:
        child.stop()
        raise
    return child


def _ready_line(process: subprocess.Popen[bytes], timeout: float) -> str:
    assert process.stdout is not None
    handle, deadline, seen = process.stdout.fileno(), time.monotonic() + timeout, b""
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        while b"\n" not in seen:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError("no ready line")
            data = os.read(handle, 4096)
            if not data:
                raise EOFError("ended before it was ready")
            seen += data
    line = seen.split(b"\n", 1)[0].decode("utf-8", "surrogateescape")
    word, _, path = line.partition(" ")
    if word != "ready" or not path:
        raise EOFError(f"said {line!r} instead of ready")
    return path
