"""The settings on which the nodes of one network must agree, read from environment files by the shell's built-ins.

The files hold secrets, too: only the keys named here ever leave the host.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.node import NodeSettings
from aitbc_tui.domain.text import clean

AGREED = (
    "chain_id",
    "supported_chains",
    "block_time_seconds",
    "gossip_backend",
    "mempool_max_size",
    "max_txs_per_block",
)
ROLES = ("enable_block_production", "block_production_chains")  # the second since 2026-08 (contract, pain 20)
MAX_BYTES = 64 * 1024
_LINE = re.compile(r"@key ([A-Za-z_]+)=(.{0,300})")


def settings_script(files: Sequence[str]) -> str:
    """Prints the known keys of every readable file in turn, in either case; no process is started."""
    keys = (*AGREED, *ROLES)
    names = "|".join(f"{key}=*" for key in (*keys, *map(str.upper, keys)))
    loops = "".join(
        f"[ -r {file} ] && {{ printf '@read\\n'; while IFS= read -r l || [ -n \"$l\" ]; do "
        f"case $l in {names}) printf '@key %s\\n' \"$l\";; esac; done < {file}; }}\n"
        for file in map(shlex.quote, files)
    )
    return "{ " + loops + "printf '@end\\n'; } 2>/dev/null\n"


def parse_settings(output: bytes) -> NodeSettings:
    """The values found, by their names in lower case; a later file wins, as systemd has it."""
    lines = output[:MAX_BYTES].decode("utf-8", "replace").splitlines()
    if "@end" not in lines:
        raise ParseError("the environment files could not be read to the end")
    if "@read" not in lines:
        raise ParseError("no environment file can be read")
    found: dict[str, str] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is not None:
            found[match[1].lower()] = str(clean(match[2].strip().strip("\"'"), 80))
    return NodeSettings(found)
