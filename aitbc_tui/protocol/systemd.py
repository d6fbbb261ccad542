"""systemd units by `systemctl show`: stable names and values, meant for programs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.text import clean

PROPERTIES = (
    "Id",
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "Result",
    "MainPID",
    "NRestarts",
    "MemoryCurrent",
    "MemoryMax",
    "ExecMainStatus",
    "ActiveEnterTimestampMonotonic",
)
MAX_BYTES = 256 * 1024
MAX_UNITS = 200
_UPTIME = "read -r u r < /proc/uptime && printf '@uptime %s\\n' \"$u\"; "
# systemd prints 2^64 - 1 where older versions have no "[not set]".
_UNSET = 2**64 - 1
_UNIT = re.compile(r"[0-9A-Za-z:_.\\@][0-9A-Za-z:_.\\@-]*")


def show_argv(units: Sequence[str]) -> tuple[str, ...]:
    """The command; one process for all units of a host."""
    for unit in units:
        if len(unit) > 255 or not _UNIT.fullmatch(unit):
            raise ConfigError(f"{clean(unit, 60)!r} is no unit name")
    if not 0 < len(units) <= MAX_UNITS:
        raise ConfigError(f"from 1 to {MAX_UNITS} units can be asked for")
    return ("systemctl", "show", *units, "-p", ",".join(PROPERTIES))


def show_script(units: Sequence[str]) -> str:
    """The same for a shell, after what /proc/uptime says at that moment; its exit status is the command's."""
    return _UPTIME + shlex.join(show_argv(units))


def uptime_in(output: bytes) -> float | None:
    """What `show_script` printed first; None where it did not."""
    found = re.match(rb"@uptime (\d{1,15}(?:\.\d{1,9})?)\n", output)
    return None if found is None else float(found[1])


def parse_show(output: bytes, uptime_s: float | None) -> tuple[Unit, ...]:
    """The units in the order asked. `uptime_s` is the same host's /proc/uptime, as of the same moment."""
    if len(output) > MAX_BYTES:
        raise ParseError(f"systemctl printed more than {MAX_BYTES} bytes")
    text = output.decode("utf-8", "replace")
    blocks = [_properties(block) for block in re.split(r"\n[ \t]*\n", text) if block.strip()]
    units = tuple(_unit(block, uptime_s) for block in blocks if block.get("Id"))
    if not units or len(units) != len(blocks):
        raise ParseError(f"systemctl show: no unit in {clean(text.strip() or 'an empty answer', 80)!r}")
    return units


def _properties(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines())
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _unit(block: dict[str, str], uptime_s: float | None) -> Unit:
    active = block.get("ActiveState", "")
    return Unit(
        name=clean(block["Id"]),
        load=clean(block.get("LoadState", ""), 32),
        active=clean(active, 32),
        sub=clean(block.get("SubState", ""), 32),
        result=clean(block.get("Result", ""), 32),
        restarts=_whole(block.get("NRestarts")),
        memory_bytes=_whole(block.get("MemoryCurrent")),
        uptime_s=_uptime(active, _whole(block.get("ActiveEnterTimestampMonotonic")), uptime_s),
        main_pid=_whole(block.get("MainPID")) or None,
        memory_limit=_whole(block.get("MemoryMax")),  # "infinity" where there is none
    )


def _whole(text: str | None) -> int | None:
    if text is None or not re.fullmatch(r"\d{1,20}", text, re.ASCII):
        return None
    value = int(text)
    return None if value == _UNSET else value


def _uptime(active: str, entered_us: int | None, uptime_s: float | None) -> float | None:
    # In a crash loop the timestamp is recent and means nothing: only an active unit has an uptime.
    if active != "active" or not entered_us or uptime_s is None:
        return None
    return max(0.0, uptime_s - entered_us / 1e6)
