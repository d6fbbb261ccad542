"""The user's private keys: which files ssh would offer, which are encrypted, and passphrases kept in memory."""

from __future__ import annotations

import base64
import binascii
import os
import socket
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Final

from aitbc_tui.domain.errors import AuthError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.spec import HostSpec

_DEFAULT_NAMES: Final = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
_MAX_KEY_BYTES: Final = 64 * 1024
_AGENT_TIMEOUT_S: Final = 2.0


class Passphrases(MutableMapping[str, str]):
    """Passphrases by key path, in memory only; its repr does not show them."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def __getitem__(self, path: str) -> str:
        return self._kept[path]

    def __setitem__(self, path: str, passphrase: str) -> None:
        self._kept[path] = passphrase

    def __delitem__(self, path: str) -> None:
        del self._kept[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        return f"<{len(self._kept)} passphrases>"


PASSPHRASES: Final = Passphrases()


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A private key file; `public` is its public part where the file or its `.pub` tells it."""

    path: str
    named: bool  # by the configuration, not just a default name
    encrypted: bool
    public: bytes | None = field(repr=False)


def key_files(identity_files: tuple[str, ...]) -> list[KeyFile]:
    """The key files to offer, in order. A file that is missing is passed over, as ssh does."""
    named = bool(identity_files)
    paths = identity_files or tuple(os.path.expanduser(f"~/.ssh/{name}") for name in _DEFAULT_NAMES)
    found = []
    for path in paths:
        try:
            with open(path, "rb") as opened:
                content = opened.read(_MAX_KEY_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            if named:
                raise AuthError(f"cannot read the key {clean(path)}: {exc.strerror}") from exc
            continue
        if len(content) > _MAX_KEY_BYTES:  # asyncssh would read all of it
            if named:
                raise AuthError(f"the key {clean(path)} is larger than {_MAX_KEY_BYTES >> 10} KiB: no private key is")
            continue
        encrypted, public = _inspect(content)
        found.append(KeyFile(path, named, encrypted, public or _public_part(path)))
    return found


def needs_passphrase(spec: HostSpec, passphrases: Mapping[str, str] = PASSPHRASES) -> str | None:
    """The key file whose passphrase should be asked for before the screen opens, or None.

    None as well when the agent holds the key, or when another key needs no passphrase and none was named.
    """
    if spec.is_local:
        return None
    from aitbc_tui.transport.sshconfig import resolve  # imports asyncssh

    resolved = resolve(spec)
    files = key_files(resolved.identity_files)
    held = agent_keys(resolved.agent_path)
    locked = [key for key in files if key.encrypted and key.path not in passphrases and key.public not in held]
    if not locked or len(locked) < len(files) or (held and not resolved.identities_only):
        return None
    return locked[0].path


def opens(path: str, passphrase: str) -> bool:
    """Whether the passphrase opens the key file."""
    import asyncssh

    try:
        asyncssh.read_private_key(path, passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        return False
    return True


def agent_keys(path: str) -> frozenset[bytes]:
    """The public keys that the ssh-agent at `path` holds; none when there is no agent."""
    if not path:
        return frozenset()
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(_AGENT_TIMEOUT_S)
            agent.connect(path)
            agent.sendall(b"\0\0\0\1\x0b")  # SSH_AGENTC_REQUEST_IDENTITIES
            answer = _receive(agent, int.from_bytes(_receive(agent, 4), "big"))
    except OSError:
        return frozenset()  # no agent there: the same as none configured
    if answer[:1] != b"\x0c":
        return frozenset()
    keys, rest = [], answer[5:]
    for _ in range(min(int.from_bytes(answer[1:5], "big"), 256)):
        blob, rest = _string(rest)
        _, rest = _string(rest)
        keys.append(blob)
    return frozenset(keys)


def _receive(agent: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < min(count, 256 * 1024):
        chunk = agent.recv(count - len(found))
        if not chunk:
            raise ConnectionError("agent closed")
        found += chunk
    return found


def _string(data: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(data[:4], "big")
    return data[4 : 4 + length], data[4 + length :]


def _inspect(content: bytes) -> tuple[bool, bytes | None]:
    """Whether a private key file is encrypted, and its public part if it is in OpenSSH's format."""
    text = content.decode("ascii", "replace")
    if "BEGIN OPENSSH PRIVATE KEY" not in text:
        return "ENCRYPTED" in text, None
    body = text.split("BEGIN OPENSSH PRIVATE KEY-----", 1)[1].split("-----END", 1)[0]
    try:
        raw = base64.b64decode("".join(body.split()))
    except (binascii.Error, ValueError):
        return False, None
    cipher, rest = _string(raw.removeprefix(b"openssh-key-v1\0"))
    _, rest = _string(rest)  # kdf
    _, rest = _string(rest)  # its options
    public, _ = _string(rest[4:])
    return cipher != b"none", public or None


def _public_part(path: str) -> bytes | None:
    try:
        with open(path + ".pub", "rb") as opened:
            return base64.b64decode(opened.read(_MAX_KEY_BYTES).split()[1])
    except (OSError, IndexError, binascii.Error, ValueError):
        return None  # only used to recognise the key in an agent
