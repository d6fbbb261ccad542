"""The command that shows the same as an alarm, whole: typed where this program runs, it goes to the right host."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.alarms import Sign
from aitbc_tui.state.topology import Topology

PROGRAM = "aitbc-tui"
_HERE = ("ssh", "date")  # begin what is typed on this machine and on no other
_PLAIN = re.compile(r"[\w@%+=:,./ -]+")  # a shell takes these as they are


def at_host(topology: Topology, host: str, command: str) -> str:
    """`command` as it is typed here to run there: through SSH, unless that host is this machine."""
    frame = next((one for one in topology.hosts if one.name == host), None)
    if frame is None or frame.local:
        return command
    if frame.sudo and command.startswith("journalctl "):
        command = f"sudo -n {command}"
    words = command if _PLAIN.fullmatch(command) else shlex.quote(command)
    return f"{frame.shell or f'ssh {frame.name}'} {words}"


def by_hand(topology: Topology, sign: Sign) -> Sign:
    """The sign with its check made whole: this program with the options that lead it to this network, others by SSH."""
    first = sign.check.partition(" ")[0]
    if first == PROGRAM:
        check = f"{topology.environment.program}{sign.check.removeprefix(PROGRAM)}"
    elif not first or first in _HERE or not sign.host:
        return sign
    else:
        check = at_host(topology, sign.host, sign.check)
    return replace(sign, check=SafeText(check))
