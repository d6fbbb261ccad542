"""known_hosts files: which lines speak about a host, and what they say about a key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from aitbc_tui.domain.errors import ConfigError, HostKeyProblem
from aitbc_tui.domain.text import clean


def fingerprint(blob: bytes) -> str:
    """The SHA256 fingerprint as ssh prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line of a known_hosts file that matches the host. `marker` is "", "revoked" or "cert-authority"."""

    file: str
    line: int
    marker: str
    key_type: str
    blob: bytes = field(repr=False)

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Known:
    """All that the files say about one host name (`exact`) and, with a port, about the name without it."""

    exact: tuple[KnownKey, ...]
    portless: tuple[KnownKey, ...] = ()

    @property
    def keys(self) -> tuple[KnownKey, ...]:
        return tuple(key for key in self.exact + self.portless if not key.marker)

    def has_authority(self) -> bool:
        return any(key.marker == "cert-authority" for key in self.exact + self.portless)

    def judge(self, blob: bytes) -> tuple[HostKeyProblem | None, KnownKey | None]:
        """None when the key is pinned; else what is wrong, and the line that says so."""
        for key in self.exact + self.portless:
            if key.marker == "revoked" and key.blob == blob:
                return HostKeyProblem.REVOKED, key
        for key in self.keys:
            if key.blob == blob:
                return None, key
        key_type = _blob_type(blob)
        pinned = [key for key in self.exact if not key.marker]
        if pinned:
            same_type = [key for key in pinned if key.key_type == key_type]
            return HostKeyProblem.CHANGED, (same_type or pinned)[0]
        return HostKeyProblem.UNKNOWN, None

    def judge_authority(self, blob: bytes) -> tuple[HostKeyProblem | None, KnownKey | None]:
        """The same for the key that signed a host certificate."""
        for key in self.exact + self.portless:
            if key.marker == "revoked" and key.blob == blob:
                return HostKeyProblem.REVOKED, key
        for key in self.exact + self.portless:
            if key.marker == "cert-authority" and key.blob == blob:
                return None, key
        return HostKeyProblem.UNKNOWN, None


def look_up(files: Iterable[str], name: str) -> Known:
    """What the files say about `name`, which is `host` or `[host]:port`. Missing files say nothing.

    As in ssh, an entry of the host without a port also vouches for it on another port; but it does not make
    another key on that port a changed one.
    """
    name = name.lower()
    plain = re.fullmatch(r"\[(.+)\]:\d+", name)
    exact: list[KnownKey] = []
    portless: list[KnownKey] = []
    for file in files:
        for number, (marker, patterns, key_type, blob) in _lines(file):
            if _matches(patterns, name):
                exact.append(KnownKey(file, number, marker, key_type, blob))
            elif plain and _matches(patterns, plain[1]):
                portless.append(KnownKey(file, number, marker, key_type, blob))
    return Known(tuple(exact), tuple(portless))


def known_hosts_line(name: str, key_type: str, blob: bytes) -> str:
    """A line to add to a known_hosts file."""
    return f"{name} {key_type} {base64.b64encode(blob).decode('ascii')}"


def _lines(file: str) -> Iterable[tuple[int, tuple[str, str, str, bytes]]]:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            content = opened.read()
    except FileNotFoundError:
        return
    except OSError as exc:
        raise ConfigError(f"cannot read {clean(file)}: {exc.strerror}") from exc
    for number, line in enumerate(content.split("\n"), 1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        marker = fields.pop(0)[1:] if fields[0].startswith("@") else ""
        if marker not in ("", "revoked", "cert-authority") or len(fields) < 3:
            continue
        try:
            blob = base64.b64decode(fields[2], validate=True)
        except (binascii.Error, ValueError):
            continue  # as ssh does: a line that cannot be read vouches for nothing
        if _blob_type(blob) == fields[1]:
            yield number, (marker, fields[0], fields[1], blob)


def _blob_type(blob: bytes) -> str:
    length = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + length].decode("ascii", "replace") if length < 100 else ""


def _matches(patterns: str, name: str) -> bool:
    if patterns.startswith("|"):
        return _matches_hash(patterns, name)
    found = False
    for pattern in patterns.lower().split(","):
        negated = pattern.startswith("!")
        if _wildcard(pattern.removeprefix("!")).fullmatch(name):
            if negated:
                return False
            found = True
    return found


def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern))


def _matches_hash(pattern: str, name: str) -> bool:
    parts = pattern.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt, digest = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), digest)
