"""What ssh_config says about a host, read before anything is sent, with the parts that we refuse."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from asyncssh.config import ConfigParseError, SSHClientConfig

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.spec import HostSpec

DEFAULT_PORT: Final = 22
USER_CONFIG: Final = "~/.ssh/config"
SYSTEM_CONFIG: Final = "/etc/ssh/ssh_config"
_USER_FILES: Final = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_FILES: Final = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A host as ssh would reach it. Paths are expanded."""

    spec: HostSpec
    config_files: tuple[str, ...]
    hostname: str
    port: int
    user: str
    key_name: str  # the name looked up in known_hosts
    user_known_hosts: tuple[str, ...]
    global_known_hosts: tuple[str, ...]
    identity_files: tuple[str, ...]  # empty: ssh's default names
    certificate_files: tuple[str, ...]
    identities_only: bool
    agent_path: str
    jumps: tuple[HostSpec, ...]
    proxy_command: str | None
    own_host_key_algs: bool
    own_ciphers: bool
    canonicalize: bool

    @property
    def where(self) -> str:
        return f"{self.user}@{self.hostname}:{self.port}"

    @property
    def known_hosts(self) -> tuple[str, ...]:
        return self.user_known_hosts + self.global_known_hosts


def expand(path: str) -> str:
    """A path with `~` replaced."""
    return str(Path(path).expanduser())


def config_files(spec: HostSpec) -> tuple[str, ...]:
    """The ssh_config files to read, as ssh does: the user's before the machine's, since the first value wins.

    One that was named is read alone, and must exist.
    """
    if spec.ssh_config == "":
        return ()
    if spec.ssh_config is None:
        return tuple(path for path in map(expand, (USER_CONFIG, SYSTEM_CONFIG)) if os.path.isfile(path))
    named = expand(spec.ssh_config)
    if not os.path.isfile(named):
        raise ConfigError(f"no such ssh_config: {clean(named)}", host=spec.name)
    return (named,)


def resolve(spec: HostSpec) -> Resolved:
    """Read ssh_config for `spec`. May run `Match exec` commands, so call it in a thread."""
    files = config_files(spec)
    try:
        options = _load(spec, files)
    except (ConfigParseError, ValueError) as exc:
        raise ConfigError(f"ssh_config: {clean(str(exc))}", host=spec.name) from exc
    except OSError as exc:
        raise ConfigError(f"cannot read ssh_config {clean(str(exc.filename))}: {exc.strerror}", host=spec.name) from exc
    hostname = _text(options, "Hostname") or spec.address
    port = _number(options, "Port") or DEFAULT_PORT
    user = _text(options, "User") or getpass.getuser()
    alias = _text(options, "HostKeyAlias")
    resolved = Resolved(
        spec=spec,
        config_files=files,
        hostname=hostname,
        port=port,
        user=user,
        key_name=alias or (hostname if port == DEFAULT_PORT else f"[{hostname}]:{port}"),
        user_known_hosts=_user_known_hosts(spec, options),
        global_known_hosts=tuple(map(expand, _list(options, "GlobalKnownHostsFile") or _GLOBAL_FILES)),
        identity_files=_identities(spec, options),
        certificate_files=tuple(map(expand, _list(options, "CertificateFile"))),
        identities_only=spec.identity is not None or options.get("IdentitiesOnly") is True,
        agent_path=_agent_path(options),
        jumps=(),
        proxy_command=_text(options, "ProxyCommand"),
        own_host_key_algs=options.get("HostKeyAlgorithms") is not None,
        own_ciphers=options.get("Ciphers") is not None,
        canonicalize=bool(options.get("CanonicalizeHostname")),
    )
    return replace(resolved, jumps=_jumps(resolved, _text(options, "ProxyJump")))


def _load(spec: HostSpec, files: tuple[str, ...]) -> SSHClientConfig:
    found: SSHClientConfig | None = None
    for final in (False, True):
        loaded = SSHClientConfig.load(
            found,
            list(files),
            found is not None,
            False,
            final,
            getpass.getuser(),
            spec.user if spec.user is not None else (),
            spec.address,
            spec.port if spec.port is not None else (),
        )
        assert isinstance(loaded, SSHClientConfig)
        found = loaded
        if not found.has_match_final():
            break
    assert found is not None
    return found


def _user_known_hosts(spec: HostSpec, options: SSHClientConfig) -> tuple[str, ...]:
    if spec.known_hosts is not None:
        files, said_by = [spec.known_hosts], "known_hosts of this host"
    else:
        configured = options.get("UserKnownHostsFile")
        if configured is None:
            return tuple(map(expand, _USER_FILES))
        files, said_by = _list(options, "UserKnownHostsFile"), "UserKnownHostsFile in ssh_config"
    useless = not files or any(name.lower() == "none" or expand(name) == os.devnull for name in files)
    if useless:
        raise ConfigError(
            f"{said_by} is {clean(' '.join(files) or 'none')}: that would switch host key checking off; refused",
            host=spec.name,
            remedy="name a file, or set known_hosts for this host",
        )
    return tuple(_expand_tokens(name) for name in files)


def _expand_tokens(path: str) -> str:
    home = os.path.expanduser("~")
    return expand(path.replace("%d", home).replace("%u", getpass.getuser()).replace("%%", "%"))


def _agent_path(options: SSHClientConfig) -> str:
    if "IdentityAgent" in options.get_options(False) and options.get("IdentityAgent") is None:
        return ""  # `IdentityAgent none`
    named = _text(options, "IdentityAgent") or "SSH_AUTH_SOCK"
    path = os.environ.get("SSH_AUTH_SOCK", "") if named == "SSH_AUTH_SOCK" else named
    return expand(path) if path else ""


def _identities(spec: HostSpec, options: SSHClientConfig) -> tuple[str, ...]:
    if spec.identity is not None:
        return (expand(spec.identity),)
    return tuple(map(expand, _list(options, "IdentityFile")))


def _jumps(target: Resolved, text: str | None) -> tuple[HostSpec, ...]:
    """The hops of ProxyJump; a `Host *` rule does not make the jump host jump through itself."""
    if not text:
        return ()
    hops = [_hop(target.spec, part.strip()) for part in text.split(",")]
    first = hops[0]
    if first.address == target.spec.address and first.port in (None, target.port):
        return ()
    return tuple(hops)


def _hop(spec: HostSpec, text: str) -> HostSpec:
    user, at, rest = text.removeprefix("ssh://").rpartition("@")
    host, port = rest, ""
    if rest.startswith("["):
        host, _, tail = rest[1:].partition("]")
        port = tail.removeprefix(":")
    elif rest.count(":") == 1:
        host, _, port = rest.partition(":")
    if not host or (port and not port.isdecimal()):
        raise ConfigError(f"ProxyJump: cannot understand {clean(text)}", host=spec.name)
    return HostSpec(
        name=spec.name,
        address=host,
        port=int(port) if port else None,
        user=user if at else None,
        identity=None,
        known_hosts=spec.known_hosts,
        ssh_config=spec.ssh_config,
    )


def _text(options: SSHClientConfig, name: str) -> str | None:
    value = options.get(name)
    return value if isinstance(value, str) and value.lower() != "none" else None


def _number(options: SSHClientConfig, name: str) -> int | None:
    value = options.get(name)
    return value if isinstance(value, int) else None


def _list(options: SSHClientConfig, name: str) -> list[str]:
    value = options.get(name)
    return [str(item) for item in value] if isinstance(value, list) else []
