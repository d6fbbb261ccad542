"""Every recorded command of the April hosts through the parser that reads it."""

from __future__ import annotations

import re

import pytest

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.protocol import git, ss, systemd

from .captures import CAPTURES, Command, session

UNREAD_FILES = {
    "09-sqlite.txt": "the database is not read in this version",
    "10-ssh.txt": "what ssh itself prints; the transport's concern",
    "follower-node.log": "a journal",
    "genesis-node.log": "a journal",
}
FILES = {
    "01-ss-7070-two-nodes-on-loopback.txt",
    "02-git.txt",
    "03-systemctl-inactive.txt",
    "04-systemctl-started-asis.txt",
    "05-systemctl-crashloop.txt",
    "06-node-unit-as-shipped.txt",
    "07-systemctl-healthy.txt",
    "08-systemctl-kill-restart.txt",
}


def _commands(pattern: str, *names: str) -> list[Command]:
    return [c for name in names for c in session("host-2026-04", name) if re.match(pattern, c.line)]


SYSTEMCTL = _commands(
    r"systemctl show (?!--)", *sorted(name for name in FILES if name[:2] in {"03", "04", "05", "06", "07", "08"})
)
GIT = _commands(r"git (-C \S+ )?status --porcelain=v2 --branch", "02-git.txt")
SS = _commands(r"ss ", "01-ss-7070-two-nodes-on-loopback.txt")


def test_every_file_is_accounted_for() -> None:
    assert {path.name for path in (CAPTURES / "host-2026-04").iterdir()} == FILES | set(UNREAD_FILES)
    assert (len(SYSTEMCTL), len(GIT), len(SS)) == (11, 8, 5)


@pytest.mark.parametrize("command", SYSTEMCTL, ids=lambda c: c.line[:60])
def test_systemctl(command: Command) -> None:
    asked = command.line.split(" -p ")[0].split()[2:]
    units = systemd.parse_show(command.output, 3000.0)
    if asked == ["aitbc-*"]:
        assert {unit.name for unit in units} > {"aitbc-blockchain-node.service"}
    else:
        assert [unit.name for unit in units] == asked
    text = command.output.decode()
    for unit in units:
        block = next(b for b in text.split("\n\n") if f"Id={unit.name}\n" in b + "\n")
        assert f"ActiveState={unit.active}\n" in block + "\n"
        assert f"SubState={unit.sub}\n" in block + "\n"
        assert (unit.restarts is None) or f"NRestarts={unit.restarts}\n" in block + "\n"
        assert (unit.memory_bytes is None) == ("MemoryCurrent=[not set]" in block or "MemoryCurrent" not in block)
        assert (unit.uptime_s is not None) == (unit.active == "active" and "ActiveEnterTimestampMonotonic" in block)


def test_systemctl_states() -> None:
    """The values of the contract's table: healthy, crash loop, stopped, not there."""
    healthy = _commands("systemctl show aitbc-blockchain-node.service aitbc", "07-systemctl-healthy.txt")[0]
    node, rpc, _, sync = systemd.parse_show(healthy.output, 2459.01)
    assert (node.running, node.memory_bytes, node.main_pid, node.restarts) == (True, 89812992, 96, 0)
    assert node.uptime_s == pytest.approx(2459.01 - 2450.832607)
    assert rpc.restarts == 33
    assert (sync.active, sync.uptime_s, sync.memory_bytes, sync.main_pid) == ("inactive", None, None, None)
    (missing,) = systemd.parse_show(_commands("systemctl show aitbc-nosuch", "07-systemctl-healthy.txt")[0].output, 1.0)
    assert not missing.found
    looping, *_ = systemd.parse_show(_commands("systemctl show", "04-systemctl-started-asis.txt")[0].output, 2300.0)
    assert (looping.active, looping.sub, looping.result) == ("activating", "auto-restart", "exit-code")
    assert looping.uptime_s is None, "its timestamp is recent, but it is not up"


@pytest.mark.parametrize("command", GIT, ids=lambda c: c.line[:60])
def test_git(command: Command) -> None:
    if b"not a git repository" in command.output:
        with pytest.raises(ParseError):
            git.parse_status(command.output)
        return
    state = git.parse_status(command.output)
    assert f"# branch.oid {state.oid}\n" in command.output.decode()


def test_git_states() -> None:
    states = [git.parse_status(c.output) for c in GIT if b"fatal" not in c.output]
    assert [(s.branch, s.ahead, s.behind, s.changed) for s in states] == [
        ("main", 0, 0, 0),
        ("main", 0, 1, 0),
        ("main", 0, 1, 2),
        ("main", 0, 0, 0),
        ("main", 723, 728, 0),
        ("main", 0, 0, 1),
        ("(detached)", None, None, 0),
    ]
    assert states[0].words == "6bfd787 clean"


@pytest.mark.parametrize("command", SS, ids=lambda c: c.line)
def test_ss(command: Command) -> None:
    """Both ends are on this host, so both show; listening sockets are no peers."""
    established = "state established" in command.line
    peers = ss.parse_ss(command.output, 7070, all_states=not established)
    listeners_only = "-Hltn" in command.line
    assert peers.addresses == (() if listeners_only else ("127.0.0.1", "127.0.0.2"))
    assert peers.listening is (None if established else b"LISTEN" in command.output)
