"""Environment files of nodes: plain values of the keys we know, and of every other key only whether two are equal.

What may be a secret never leaves its host: the host prints a digest of it, salted anew for each comparison.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import CommandError, ParseError
from aitbc_tui.domain.text import clean
from aitbc_tui.operations import commands
from aitbc_tui.operations.field import Field, first_line

# The keys on which the nodes of one network must agree: the only ones that may ever be copied.
AGREED = (
    "chain_id",
    "supported_chains",
    "block_time_seconds",
    "trusted_proposers",
    "gossip_backend",
    "gossip_broadcast_url",
    "mempool_max_size",
    "max_txs_per_block",
)
# Shown in full although each node has its own; never copied.
SHOWN = ("proposer_id", "enable_block_production", "rpc_bind_host", "rpc_bind_port", "p2p_bind_host", "p2p_bind_port")
_MAX_KEYS = 500
_LINE = re.compile(r"([=#])([A-Za-z_][A-Za-z0-9_]{0,80}) (.*)", re.DOTALL)
# Reads with built-ins; `cat` and `sha256sum` are the only programs, the latter once for each value that is not shown.
_SCRIPT = """\
f={file}; if [ -r "$f" ]; then cat "$f"; else {root}cat "$f"; fi | while IFS= read -r line || [ -n "$line" ]; do
case $line in [!A-Za-z_]*|'') continue;; *=*) ;; *) continue;; esac
k=${{line%%=*}}; v=${{line#*=}}; case $k in {shown}) printf '=%s %s\\n' "$k" "$v";;
*) printf '#%s ' "$k"; printf '%s%s' {salt} "$v" | sha256sum;; esac; done; [ -r "$f" ] || {root}test -r "$f"
"""


@dataclass(frozen=True, slots=True)
class EnvValues:
    """One node's settings. `plain` maps known keys to values, `digests` every other key to its salted digest.

    Known keys are lower case here, however they are spelt there (April writes them so, 2026-08 in capitals).
    """

    plain: Mapping[str, str]
    digests: Mapping[str, str]
    files: Mapping[str, str]  # which file a key stands in
    spelt: Mapping[str, str]  # how a known key is written there

    def keys(self) -> set[str]:
        return {*self.plain, *self.digests}


def new_salt() -> str:
    """32 hex digits, for one comparison of secrets."""
    return secrets.token_hex(16)


async def read_env(field: Field, node: NodeConfig, salt: str | None = None) -> EnvValues:
    """Every environment file of a node; a later one wins, as systemd has it."""
    if not node.env_files:
        raise CommandError(
            f"no environment file is configured for {node.name}", host=node.host, remedy="env_files of the node"
        )
    salt = salt or new_salt()
    plain: dict[str, str] = {}
    digests: dict[str, str] = {}
    files: dict[str, str] = {}
    spelt: dict[str, str] = {}
    for file in node.env_files:
        script = _script(field, node, commands.path(file), salt)
        answer = await field.shell(node.host, node.name, script, f"the keys of {file}")
        if answer.exit_status != 0:
            said = first_line(answer.stderr) or f"exit status {answer.exit_status}"
            raise CommandError(
                f"{file}: {clean(said, 160)}", host=node.host, remedy="is it there, and may this user read it?"
            )
        for mark, written, value in _parse(answer.stdout):
            key = written.lower() if mark == "=" else written
            spelt[key] = written
            plain.pop(key, None)
            digests.pop(key, None)
            (plain if mark == "=" else digests)[key] = value
            files[key] = file
    return EnvValues(plain, digests, files, spelt)


def _script(field: Field, node: NodeConfig, file: str, salt: str) -> str:
    root = "sudo -n " if field.environment.hosts[node.host].sudo else ""
    shown = "|".join(key for known in (*AGREED, *SHOWN) for key in (known, known.upper()))
    return _SCRIPT.format(file=shlex.quote(file), root=root, shown=shown, salt=shlex.quote(salt))


def _parse(output: bytes) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for line in output.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ParseError("an environment file with a line that cannot be read")
        value = match[3].strip() if match[1] == "=" else match[3].split(" ")[0]
        found.append((match[1], match[2], _unquoted(value)))
    if len(found) > _MAX_KEYS:
        raise ParseError(f"an environment file with more than {_MAX_KEYS} keys")
    return found


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value


def shown_value(key: str, value: str | None) -> str:
    """As it may be printed: a URL without its password."""
    if value is None:
        return "not set"
    return str(clean(re.sub(r"//[^/@]*@", "//…@", value), 120)) if key.endswith("url") else str(clean(value, 120))


def holds_secret(value: str) -> bool:
    """A URL with a password in it: compared, shown without it, and never copied."""
    return re.search(r"//[^/@]*@", value) is not None
