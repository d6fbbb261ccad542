"""A devnet to measure against, its hosts behind real OpenSSH servers where there is one."""

from __future__ import annotations

import getpass
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.host_files import standins_dir
from aitbc_tui.devnet.options import DevnetOptions
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
        yield Network(_behind_sshd(child, folder, stack), "OpenSSH")


def _behind_sshd(child: Child, folder: Path, stack: ExitStack) -> Path:
    """The devnet's configuration with every host led to an sshd of its own."""

    def lead(found: re.Match[str]) -> str:
        name = found["name"]
        path = f"{standins_dir(child.config_path.parent, name)}:/usr/bin:/bin"
        server = RealSshd(folder / name, free_port(), (f"SetEnv PATH={path}",))
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

    config = folder / "config.toml"
    config.write_text(_HOST.sub(lead, child.config_path.read_text()))
    config.chmod(0o600)
    return config
