"""Host keys: always verified; three ways to be wrong, each with its own words; and `scan` to look at them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncssh
from asyncssh.public_key import get_default_certificate_algs, get_default_public_key_algs

from aitbc_tui.domain.errors import HostKeyError, HostKeyProblem
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.knownhosts import Known, KnownKey, fingerprint, known_hosts_line
from aitbc_tui.transport.proxy import ProxyProcess
from aitbc_tui.transport.sshconfig import Resolved

# One connection each, as ssh-keyscan does: a server shows one key per connection.
_SCAN_ALGS: Final = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)


@dataclass(frozen=True, slots=True)
class OfferedKey:
    """A key that a host (or a jump host before it) shows. `problem` None means that it is pinned already."""

    name: str  # as known_hosts names it
    key_type: str
    fingerprint: str
    line: str  # for a known_hosts file
    problem: HostKeyProblem | None
    pinned_at: str  # file:line that pins, contradicts or revokes it; "" when none does


class KeyJudge:
    """Decides about the key of one host and remembers why it refused."""

    def __init__(self, resolved: Resolved, known: Known) -> None:
        self._resolved = resolved
        self._known = known
        self.error: HostKeyError | None = None
        self.fingerprint = ""

    def accepts(self, key: asyncssh.SSHKey) -> bool:
        problem, line = self._known.judge(key.public_data)
        return self._decide(key, problem, line, authority=False)

    def accepts_authority(self, key: asyncssh.SSHKey) -> bool:
        problem, line = self._known.judge_authority(key.public_data)
        return self._decide(key, problem, line, authority=True)

    def revoked_for_certificates(self) -> list[asyncssh.SSHKey]:
        """Revoked keys for asyncssh's own check of certificates; plain keys all come through `accepts`."""
        if not self._known.has_authority():
            return []
        lines = [known for known in self._known.exact + self._known.portless if known.marker == "revoked"]
        return [key for key in map(_as_key, lines) if key is not None]

    def refused_certificate(self, reason: str) -> HostKeyError:
        """The error for a certificate that asyncssh refused by itself: revoked, expired or for another name."""
        problem = HostKeyProblem.REVOKED if "revoked" in reason else HostKeyProblem.UNKNOWN
        return HostKeyError(
            f"host certificate of {self._resolved.hostname} refused: {clean(reason, 160)}",
            problem=problem,
            fingerprint=self.fingerprint,
            host=self._resolved.spec.name,
            remedy="ask whoever signs the host certificates",
        )

    def algorithms(self) -> list[str]:
        """Host key algorithms, those of the pinned keys first, so that the host shows the key we know."""
        wanted: list[bytes] = get_default_certificate_algs() if self._known.has_authority() else []
        for known in self._known.keys:
            key = _as_key(known)
            wanted += key.sig_algorithms if key is not None else []
        wanted += get_default_public_key_algs()
        return list(dict.fromkeys(alg.decode("ascii") for alg in wanted))

    def _decide(
        self, key: asyncssh.SSHKey, problem: HostKeyProblem | None, line: KnownKey | None, *, authority: bool
    ) -> bool:
        self.fingerprint = fingerprint(key.public_data)
        self.error = None
        if problem is not None:
            self.error = self._refusal(key, problem, line, authority)
        return problem is None

    def _refusal(
        self, key: asyncssh.SSHKey, problem: HostKeyProblem, line: KnownKey | None, authority: bool
    ) -> HostKeyError:
        name, shown = self._resolved.spec.name, f"{key.algorithm.decode('ascii', 'replace')} {self.fingerprint}"
        at = self._resolved.key_name
        what = "certificate authority" if authority else "host key"
        if problem is HostKeyProblem.REVOKED and line is not None:
            detail = f"REVOKED {what} {shown} of {at}: revoked in {line.where}; nothing was sent"
            remedy = "do not connect; ask whoever runs the host which key it has now"
        elif problem is HostKeyProblem.CHANGED and line is not None:
            pinned = f"{line.key_type} {fingerprint(line.blob)}"
            detail = f"CHANGED {what} of {at}: it shows {shown}, but {line.where} pins {pinned}; nothing was sent"
            remedy = (
                "somebody may be in between; only if whoever runs the host confirms the new fingerprint, "
                f"remove {line.where} and run: aitbc-tui trust add host {name} SHA256:…"
            )
        else:
            files = ", ".join(self._resolved.user_known_hosts[:1])
            detail = f"unknown {what} {shown} of {at}: no entry in {files}; nothing was sent"
            remedy = f"compare the fingerprint with its operator, then: aitbc-tui trust add host {name} SHA256:…"
        return HostKeyError(detail, problem=problem, fingerprint=self.fingerprint, host=name, remedy=remedy)


def _as_key(known: KnownKey) -> asyncssh.SSHKey | None:
    try:
        return asyncssh.import_public_key(known_hosts_line("", known.key_type, known.blob).lstrip())
    except asyncssh.KeyImportError:
        return None  # a key type that this asyncssh does not know cannot be shown to us either


async def offered_keys(
    resolved: Resolved, known: Known, tunnel: asyncssh.SSHClientConnection | None, timeout_s: float
) -> list[OfferedKey]:
    """The keys that the host shows, one of each kind; nothing is trusted and nobody logs in."""
    found: list[OfferedKey] = []
    failure: Exception | None = None
    for algorithms in _SCAN_ALGS:
        try:
            async with asyncio.timeout(timeout_s):
                key = await _shown(resolved, algorithms, tunnel)
        except (ConnectionError, asyncssh.DisconnectError) as exc:
            # sshd hangs up on a client that asks for a kind of key it has not got: only bad if it always does.
            failure = failure or exc
            continue
        if key is None:
            continue
        problem, line = known.judge(key.public_data)
        key_type = key.algorithm.decode("ascii", "replace")
        found.append(
            OfferedKey(
                resolved.key_name,
                key_type,
                fingerprint(key.public_data),
                known_hosts_line(resolved.key_name, key_type, key.public_data),
                problem,
                line.where if line is not None else "",
            )
        )
    if not found and failure is not None:
        raise failure
    return found


async def _shown(
    resolved: Resolved, algorithms: Sequence[str], tunnel: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHKey | None:
    proxy: ProxyProcess | None = None
    if tunnel is None and resolved.proxy_command:
        proxy = await ProxyProcess.start(resolved.proxy_command, resolved.spec.name)
    try:
        return await asyncssh.get_server_host_key(
            resolved.hostname,
            resolved.port,
            tunnel=tunnel,
            sock=proxy.take_socket() if proxy is not None else None,
            config=[],
            server_host_key_algs=algorithms,
        )
    finally:
        if proxy is not None:
            await proxy.close()
