"""How a reader types a command to a configured host; cheap to import, since the first frame needs it."""

from __future__ import annotations

import shlex

from aitbc_tui.config.model import HostConfig


def ssh_line(host: HostConfig) -> str:
    """How a command is typed to this host: what ssh_config does not say itself, and nothing more; empty: here."""
    if host.is_local:
        return ""
    words = ["ssh"]
    words += ["-p", str(host.port)] if host.port else []
    words += ["-i", str(host.identity)] if host.identity else []
    words += ["-o", f"UserKnownHostsFile={host.known_hosts}"] if host.known_hosts else []
    return shlex.join([*words, f"{host.user}@{host.address}" if host.user else host.address])
