"""Every command that this program runs on a host: a fixed list, each with its purpose and whether it changes anything.

`doctor --commands` prints it. What is not on it is refused at access `observe` by the transport.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

MAX_LINES = 10_000
BACKUP_MARK = ".aitbc-tui-"
_PATH = re.compile(r"/[\w.+@/-]{0,400}")
_UNIT = re.compile(r"[0-9A-Za-z:_.@][0-9A-Za-z:_.@-]{0,254}")
_VALUE = re.compile(r"[\w.,:/@+-]{0,200}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Fixed:
    """One form. `{...}` are the parts that come from the configuration, checked before they are put in."""

    form: str
    purpose: str
    writes: bool = False
    sudo: bool = False  # with `sudo -n` in front where the host says `sudo = true`

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", self.form)
        return re.compile("".join(_PARTS[part] if part in _PARTS else re.escape(part) for part in parts))


# For hosts without the sqlite3 program: one statement on a database that is opened for reading only.
SQLITE = (
    "import sqlite3,sys;"
    "[print(*r) for r in sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True).execute(sys.argv[2])]"
)
# Puts an old power limit back after so many seconds unless it was told to keep the new one. It runs on the GPU host and
# in a session of its own, so that a lost link, or the end of this program, rolls back too. Prints its private folder.
ROLLBACK = (
    'd=$(mktemp -d /tmp/aitbc-tui-power.XXXXXXXX) || exit 9; s=$4; [ "$s" = none ] && s=; '
    'setsid sh -c \': >"$2/armed"; sleep "$1"; [ -e "$2/keep" ] || $5 nvidia-smi -i "$3" -pl "$4"; rm -rf "$2"\' '
    'aitbc-tui "$1" "$d" "$3" "$2" "$s" >/dev/null 2>&1 </dev/null & n=0; '
    'until [ -e "$d/armed" ] || [ $n -ge 40 ]; do sleep 0.1; n=$((n + 1)); done; [ -e "$d/armed" ] && echo "$d"'
)
_PARTS = {
    "{armed}": re.escape(ROLLBACK),
    "{watts}": r"\d+(?:\.\d+)?",
    "{sudo}": r"(?:none|sudo -n)",
    "{keep}": r"/tmp/aitbc-tui-power\.\w{8}/keep",
    "{script}": re.escape(SQLITE),
    "{path}": r"/[\w.+@/-]*",
    "{backup}": rf"/[\w.+@/-]+{re.escape(BACKUP_MARK)}\d{{8}}T\d{{6}}Z(?:\.db)?",
    "{unit}": r"[0-9A-Za-z:_.@][0-9A-Za-z:_.@-]*",
    "{units}": r"[0-9A-Za-z:_.@][0-9A-Za-z:_.@ -]*",
    "{n}": r"\d+",
    "{key}": r"[A-Za-z][A-Za-z0-9_]*",
    "{value}": r"[\w.,:/@+-]*",
    "{props}": r"[A-Za-z,]+",
    "{fields}": r"[\w.,]+",
}
COMMANDS: tuple[Fixed, ...] = (
    Fixed("sh", "one shell a host: reads /proc, cgroups and environment files by built-ins, runs the looks below"),
    Fixed("true", "whether a session can be opened at all"),
    Fixed("cat {path}", "the keys of an environment file; what may be a secret stays on the host", sudo=True),
    Fixed("test -r {path}", "whether that file could be read", sudo=True),
    Fixed("sha256sum", "a salted digest of each value that is not shown, to compare it without seeing it"),
    Fixed("systemctl show {units} -p {props}", "state of the configured units"),
    Fixed("git --no-optional-locks -C {path} status --porcelain=v2 --branch", "which commit, clean or not"),
    Fixed("git -C {path} rev-parse HEAD @{upstream}", "both heads"),
    Fixed("df -Pk {path}", "free space of the disk under a path"),
    Fixed("stat -c %s {path}", "size of a file"),
    Fixed("ls -1 {path}", "which backups there are"),
    Fixed("nvidia-smi --query-gpu={fields} --format=csv,noheader,nounits", "the cards, once"),
    Fixed("nvidia-smi --query-gpu={fields} --format=csv,noheader,nounits --loop={n}", "the cards, while it is read"),
    Fixed("nvidia-smi --query-compute-apps={fields} --format=csv,noheader,nounits", "what computes on the cards"),
    Fixed("sh -c {armed} aitbc-tui {n} {watts} {n} {sudo}", "puts a power limit back by itself", writes=True),
    Fixed("nvidia-smi -i {n} -pl {watts}", "gpus power-limit", writes=True, sudo=True),
    Fixed("touch {keep}", "gpus power-limit: it may stay", writes=True),
    Fixed("journalctl -u {unit} -n {n} --no-pager -o short-iso", "a unit's log", sudo=True),
    Fixed("journalctl -u {unit} -n {n} --no-pager -o short-iso -f", "the same, followed", sudo=True),
    Fixed("sqlite3 -readonly {path} PRAGMA integrity_check", "whether a backup can be read back", sudo=True),
    Fixed("env GIT_TERMINAL_PROMPT=0 git -C {path} fetch --quiet origin", "sync git", writes=True, sudo=True),
    Fixed("git -C {path} merge --ff-only @{upstream}", "sync git: fast-forward only", writes=True, sudo=True),
    Fixed("sqlite3 -readonly {path} VACUUM INTO '{backup}'", "backup of the chain's data", writes=True, sudo=True),
    Fixed("python3 -c {script} {path} VACUUM INTO '{backup}'", "the same without sqlite3", writes=True, sudo=True),
    Fixed("python3 -c {script} {path} PRAGMA integrity_check", "the same without sqlite3", sudo=True),
    Fixed("rm -f {backup}", "the oldest backups beyond three", writes=True, sudo=True),
    Fixed("cp -p {path} {backup}", "backup of an environment file", writes=True, sudo=True),
    Fixed("cp -p {backup} {path}", "its way back when a change failed", writes=True, sudo=True),
    Fixed("sed -i s|^{key}=.*|{key}={value}| {path}", "one agreed key of an environment file", writes=True, sudo=True),
    Fixed("sed -i $a{key}={value} {path}", "the same where the key is missing", writes=True, sudo=True),
    Fixed("systemctl start {unit}", "service, coordinate", writes=True, sudo=True),
    Fixed("systemctl stop {unit}", "service, coordinate", writes=True, sudo=True),
    Fixed("systemctl restart {unit}", "service, coordinate", writes=True, sudo=True),
)


def form_of(argv: Sequence[str]) -> Fixed | None:
    """Which of the list a command is; None when it is none of them, or when that one never runs as root."""
    words = list(argv)
    root = words[:2] == ["sudo", "-n"]
    line = " ".join(words[2:] if root else words)
    return next((one for one in COMMANDS if one.pattern.fullmatch(line) and (one.sudo or not root)), None)


def reads_only(argv: Sequence[str]) -> bool:
    """Whether this argv is one of our forms and changes nothing."""
    found = form_of(argv)
    return found is not None and not found.writes


# The least line for watching; one permitopen for each RPC, coordinator and Ollama port.
AUTHORIZED_KEYS = (
    'restrict,port-forwarding,permitopen="127.0.0.1:8006",permitopen="127.0.0.1:18000" ssh-ed25519 AAAA... watcher'
)
RESTART = ("systemctl", "restart", "aitbc-blockchain-node")


def listing() -> str:
    """For `doctor --commands`: what runs on hosts, and the least that a key for watching needs."""
    lines = ["commands on hosts; {...} comes from the configuration, * changes something, S through sudo -n"]
    for fixed in COMMANDS:
        marks = ("*" if fixed.writes else " ") + ("S" if fixed.sudo else " ")
        lines.append(f"{marks} {fixed.form:<76} {fixed.purpose}")
    lines += [
        "",
        "the least line of authorized_keys for watching (one permitopen for each rpc, coordinator and Ollama port):",
        AUTHORIZED_KEYS,
        "",
        "sudoers for a host with sudo = true, one line a unit:",
        sudoers_line("OPERATOR", RESTART),
    ]
    return "\n".join(lines) + "\n"


def listed() -> dict[str, object]:
    """The same for scripts: `commands` with form, purpose, writes and sudo; the two lines."""
    return {
        "commands": [asdict(fixed) for fixed in COMMANDS],
        "authorized_keys": AUTHORIZED_KEYS,
        "sudoers": sudoers_line("OPERATOR", RESTART),
    }


def sudoers_line(user: str, argv: Sequence[str]) -> str:
    """What to add so that `sudo -n` may run this command."""
    return f"{user or 'USER'} ALL=(root) NOPASSWD: /usr/bin/{clean(shlex.join(argv), 200)}"


def path(value: str) -> str:
    """A path that is safe to hand to a command; of the configuration, but it may have been typed wrong."""
    if not _PATH.fullmatch(value) or "/../" in f"{value}/":
        raise ConfigError(
            f"{clean(value, 80)!r} is not a path that commands are run on", remedy="letters, digits, ._+@-"
        )
    return value


def unit(name: str) -> str:
    """The name as it is; ConfigError where it is none that systemd knows."""
    if not _UNIT.fullmatch(name):
        raise ConfigError(f"{clean(name, 80)!r} is no unit name")
    return name


def systemctl(verb: str, name: str) -> tuple[str, ...]:
    """Starts, stops or restarts a unit; ConfigError for any other verb."""
    if verb not in ("start", "stop", "restart"):
        raise ConfigError(f"{clean(verb, 40)!r} is none of start, stop, restart")
    return ("systemctl", verb, unit(name))


def journal(name: str, lines: int, follow: bool = False) -> tuple[str, ...]:
    """The last `lines` of a unit's journal, and with `follow` what comes; ConfigError beyond `MAX_LINES`."""
    if not 0 <= lines <= MAX_LINES:
        raise ConfigError(f"-n {lines}: from 0 to {MAX_LINES} lines")
    argv = ("journalctl", "-u", unit(name), "-n", str(lines), "--no-pager", "-o", "short-iso")
    return (*argv, "-f") if follow else argv


def disk(folder: str) -> tuple[str, ...]:
    """The room on the file system of this folder."""
    return ("df", "-Pk", path(folder))


def size(file: str) -> tuple[str, ...]:
    """A file's size in bytes."""
    return ("stat", "-c", "%s", path(file))


def files(folder: str) -> tuple[str, ...]:
    """The names in a folder."""
    return ("ls", "-1", path(folder))


def git_heads(repo: str) -> tuple[str, ...]:
    """The commits of HEAD and of its upstream."""
    return ("git", "-C", path(repo), "rev-parse", "HEAD", "@{upstream}")


def git_fetch(repo: str) -> tuple[str, ...]:
    """Brings the upstream's commits; asks for no password."""
    return ("env", "GIT_TERMINAL_PROMPT=0", "git", "-C", path(repo), "fetch", "--quiet", "origin")


def git_forward(repo: str) -> tuple[str, ...]:
    """Moves to the upstream, forward only."""
    return ("git", "-C", path(repo), "merge", "--ff-only", "@{upstream}")


def vacuum(database: str, backup: str) -> tuple[str, ...]:
    """Copies a SQLite database while it is written to."""
    return ("sqlite3", "-readonly", path(database), f"VACUUM INTO '{path(backup)}'")


def integrity(database: str) -> tuple[str, ...]:
    """Asks SQLite whether a database is whole."""
    return ("sqlite3", "-readonly", path(database), "PRAGMA integrity_check")


def without_sqlite3(argv: Sequence[str]) -> tuple[str, ...]:
    """The same statement by python3, which every node has."""
    return ("python3", "-c", SQLITE, *argv[2:])


def remove_backup(backup: str) -> tuple[str, ...]:
    """Removes a backup of ours; ConfigError for any other file."""
    if BACKUP_MARK not in backup:
        raise ConfigError(f"{clean(backup, 80)} is no backup of ours")
    return ("rm", "-f", path(backup))


def copy(source: str, target: str) -> tuple[str, ...]:
    """Copies a file with its mode and times."""
    return ("cp", "-p", path(source), path(target))


def set_key(file: str, key: str, value: str, present: bool) -> tuple[str, ...]:
    """Change or append one line of an environment file. The value can hold nothing that sed would understand."""
    if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
        raise ConfigError(f"{clean(key, 60)}: its value cannot be written by a command", remedy="edit the file by hand")
    script = f"s|^{key}=.*|{key}={value}|" if present else f"$a{key}={value}"
    return ("sed", "-i", script, path(file))
