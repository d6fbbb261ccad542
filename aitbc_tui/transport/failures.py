"""The typed error for whatever asyncssh or the network says while a connection is made."""

from __future__ import annotations

import errno
import os
import socket

import asyncssh

from aitbc_tui.domain.errors import AitbcError, AuthError, ConfigError, ConnectError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.hostkeys import KeyJudge
from aitbc_tui.transport.identities import Identities
from aitbc_tui.transport.proxy import ProxyProcess
from aitbc_tui.transport.sshconfig import Resolved


def no_answer(resolved: Resolved, detail: str) -> ConnectError:
    """A deadline ended the attempt."""
    return ConnectError(detail, host=resolved.spec.name, timed_out=True)


def explain(
    exc: Exception,
    resolved: Resolved,
    judge: KeyJudge | None,
    identities: Identities | None,
    proxy: ProxyProcess | None = None,
) -> AitbcError:
    """The typed error for what asyncssh or the network said while connecting."""
    name, at = resolved.spec.name, f"{clean(resolved.hostname, 80)}:{resolved.port}"
    if isinstance(exc, asyncssh.HostKeyNotVerifiable) and judge is not None:
        return judge.error or judge.refused_certificate(exc.reason)
    if isinstance(exc, asyncssh.PermissionDenied) or "authentication failures" in str(exc):
        tried = identities.tried if identities is not None else "no key"
        remedy = identities.remedy(resolved) if identities is not None else ""
        return AuthError(
            f"login as {clean(resolved.user, 40)} refused by {at}; offered: {tried}", host=name, remedy=remedy
        )
    if isinstance(exc, asyncssh.ChannelOpenError):
        return ConnectError(f"the jump host cannot reach {at}: {clean(exc.reason, 120)}", host=name)
    if isinstance(exc, asyncssh.KeyExchangeFailed):
        return ConnectError(f"no SSH algorithm in common with {at}: {clean(exc.reason, 160)}", host=name)
    if proxy is not None and (said := proxy.said()):
        return ConnectError(f"ProxyCommand failed: {said}", host=name)
    if isinstance(exc, socket.gaierror):
        return ConnectError(
            f"name not found: {clean(resolved.hostname, 80)}",
            host=name,
            remedy="check address in the configuration, and HostName in ssh_config",
        )
    if isinstance(exc, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(exc):
        return ConnectError(f"connection refused: nothing listens on {at}", host=name, remedy="is sshd running there?")
    if isinstance(exc, asyncssh.DisconnectError | ConnectionError):
        said = clean(getattr(exc, "reason", "") or str(exc), 120)
        return ConnectError(
            f"{at} closed the connection during the SSH handshake: {said}",
            host=name,
            remedy="its sshd's log says why: too many at once (MaxStartups), or no sshd at all on that port",
        )
    if isinstance(exc, ValueError):
        return ConfigError(f"ssh: {clean(str(exc), 200)}", host=name)
    said = clean(os.strerror(exc.errno) if isinstance(exc, OSError) and exc.errno else str(exc), 160)
    return ConnectError(f"cannot connect to {at}: {said}", host=name)
