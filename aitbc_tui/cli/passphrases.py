"""Ask for the passphrases of encrypted SSH keys before the screen is taken; kept in memory only."""

from __future__ import annotations

import getpass
import os
import re
import sys
from pathlib import Path

from aitbc_tui.cli.context import Context
from aitbc_tui.config.model import EnvironmentConfig, HostConfig
from aitbc_tui.domain.errors import AuthError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.keys import PASSPHRASES, key_files, needs_passphrase, opens

TRIES = 3


def ask_passphrases(ctx: Context, environment: EnvironmentConfig) -> None:
    """Does nothing where nobody can be asked; the connection then says what is missing."""
    if not ctx.interactive or not any(_may_need(host) for host in environment.hosts.values()):
        return
    from aitbc_tui.collect.setup import host_spec

    for host in environment.hosts.values():
        path = needs_passphrase(host_spec(host))
        if path is not None:
            _ask(path, host.name)


def _ask(path: str, host: str) -> None:
    for _ in range(TRIES):
        typed = getpass.getpass(f"Passphrase of {clean(path, 200)} (for {host}; empty: go on without): ")
        if not typed:
            return
        if opens(path, typed):
            PASSPHRASES[path] = typed
            return
        sys.stderr.write(f"aitbc-tui: that does not open {clean(path, 200)}\n")
    raise AuthError(
        f"the passphrase of {clean(path, 200)} was wrong {TRIES} times", host=host, remedy="ssh-add, then again"
    )


def _may_need(host: HostConfig) -> bool:
    """A cheap look, without the SSH library, whose import would delay the first frame by a third of a second."""
    if host.is_local:
        return False
    folder = Path.home() / ".ssh"
    candidates = {str(path) for path in folder.glob("*") if path.is_file()} if folder.is_dir() else set()
    if host.identity is not None:
        candidates.add(str(host.identity))
    for config in (folder / "config", Path("/etc/ssh/ssh_config")):
        try:
            text = config.read_text("utf-8", "replace")
        except OSError:
            continue  # not there, or not ours to read: then it names no key of ours
        if re.search(r"^\s*Include\b(?!\s*=?\s*/etc/ssh/ssh_config\.d/)", text, re.IGNORECASE | re.MULTILINE):
            return True
        for value in re.findall(r"^\s*IdentityFile[\s=]+\"?([^\"\n]+)", text, re.IGNORECASE | re.MULTILINE):
            if "%" in value or "$" in value:
                return True
            candidates.add(str(Path(value.strip()).expanduser()))
    readable = tuple(sorted(path for path in candidates if os.path.isfile(path) and os.access(path, os.R_OK)))
    return bool(readable) and any(key.encrypted for key in key_files(readable))
