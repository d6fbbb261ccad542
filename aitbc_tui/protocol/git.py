"""Which commit a host runs, by `git status --porcelain=v2 --branch`: local only, nothing is fetched."""

from __future__ import annotations

import re
import shlex

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.node import GitState
from aitbc_tui.domain.text import clean

MAX_BYTES = 1024 * 1024
NO_TREE = 66  # what sysexits.h calls an input that does not exist; git itself ends with 128
_AB = re.compile(r"\+(\d{1,9}) -(\d{1,9})", re.ASCII)
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}|\(initial\)")


def status_argv(repo: str) -> tuple[str, ...]:
    """The command. Without optional locks: a look must not write the index of a running host."""
    if not repo.startswith("/") or "\0" in repo:
        raise ConfigError(f"the repository {clean(repo, 80)!r} must be an absolute path")
    return ("git", "--no-optional-locks", "-C", repo, "status", "--porcelain=v2", "--branch")


def status_script(repo: str, *, named: bool) -> str:
    """The command as a line of shell. A tree that nobody named need not be there: then `NO_TREE` is the exit status."""
    status = shlex.join(status_argv(repo))
    if named:
        return status
    return f"if [ -e {shlex.quote(repo)}/.git ]; then {status}; else (exit {NO_TREE}); fi"


def parse_status(output: bytes) -> GitState:
    """Ahead and behind are of the last fetch; None without an upstream (as when detached)."""
    if len(output) > MAX_BYTES:
        raise ParseError(f"git printed more than {MAX_BYTES} bytes")
    headers: dict[str, str] = {}
    changed = 0
    for line in output.decode("utf-8", "replace").split("\n"):
        if line.startswith("# "):
            name, _, value = line[2:].partition(" ")
            headers[name] = value.strip()
        elif line[:2] in ("1 ", "2 ", "u ", "? "):
            changed += 1
    oid = headers.get("branch.oid", "")
    if not _OID.fullmatch(oid):
        raise ParseError("git status: no branch.oid in the answer")
    match = _AB.fullmatch(headers.get("branch.ab", ""))
    ahead, behind = (int(match[1]), int(match[2])) if match else (None, None)
    return GitState(clean(oid, 64), clean(headers.get("branch.head", ""), 64), ahead, behind, changed)
