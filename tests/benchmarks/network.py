"""A devnet to measure against, its hosts behind real OpenSSH servers where there is one."""

from __future__ import annotations

import getpass
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aitbc_tui.devnet.child import start_child
from aitbc_tui.devnet.host_files import standins_dir
from aitbc_tui.devnet.options import DevnetOptions
from tests.benchmarks.forks import prefix
from tests.fixtures.sshd import SSHD, RealSshd, free_port

_HOST = re.compile(r"^\[env\.devnet\.hosts\.(?P<name>[^\]]+)\]\n(?P<body>(?:(?!\[).*\n)*)", re.M)


@dataclass(frozen=True)
class Network:
    """A running devnet and the configuration that leads to it."""

    config: Path
    ssh: str


@contextmanager
def network(seed: int = 7) -> Iterator[Network]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aitbc-tui-bench-")))
        child = stack.enter_context(start_child(DevnetOptions(seed=seed)))
        if SSHD is None:
            yield Network(child.config_path, "the devnet's own SSH server")
            return
        yield Network(behind_sshd(child.config_path, folder, stack), "OpenSSH")


def behind_sshd(config: Path, folder: Path, stack: ExitStack, counts: dict[str, Path] | None = None) -> Path:
    """The devnet's configuration with every host led to an sshd of its own; `counts` gets where each is counted."""

    def lead(found: re.Match[str]) -> str:
        name = found["name"]
        path = f"{standins_dir(config.parent, name)}:/usr/bin:/bin"
        counted: tuple[str, ...] = ()
        if counts is not None:
            counts[name] = folder / f"{name}.count"
            counted = prefix(counts[name])
        server = RealSshd(folder / name, free_port(), (f"SetEnv PATH={path}",), counted)
        server.start()
        stack.callback(server.stop)
        values = {
            "port": str(server.port),
            "user": f'"{getpass.getuser()}"',
            "identity": f'"{server.user_key}"',
            "known_hosts": f'"{server.known_hosts}"',
        }
        body = found["body"]
        for key, value in values.items():
            body = re.sub(rf"^{key} = .*$", f"{key} = {value}", body, flags=re.M)
        return f"[env.devnet.hosts.{name}]\n{body}"

    led = folder / "config.toml"
    led.write_text(_HOST.sub(lead, config.read_text()))
    led.chmod(0o600)
    return led
