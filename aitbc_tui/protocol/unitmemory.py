"""A unit's memory, and what of it is cache that can be taken back: cgroup files, read by a shell without a process."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.node import Unit

MAX_BYTES = 256 * 1024
ROOT = "/sys/fs/cgroup"
_UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]{1,255}")
# cgroup 2 only (man 5 systemd.resource-control, kernel's cgroup-v2.rst); elsewhere nothing is printed. The kernel adds
# memory.stat up when it is read: only where there is a limit, which is what the cache counts against.
_SCRIPT = """\
for u in {units}; do d={root}/system.slice/$u; [ -r "$d/memory.current" ] || continue; c=; m=; f=
read -r c < "$d/memory.current"; read -r m < "$d/memory.max"
[ "$m" = max ] || while read -r a b; do [ "$a" = inactive_file ] && f=$b && break; done < "$d/memory.stat"
printf '@memory %s %s %s %s\\n' "$u" "${{c:--}}" "${{m:--}}" "${{f:--}}"; done
"""


@dataclass(frozen=True, slots=True)
class UnitMemory:
    """One unit's cgroup, in bytes. `limit` None: `max`, there is none."""

    current: int | None
    limit: int | None
    cache: int | None


def quoted(units: Collection[str]) -> str:
    """Full names of units, safe in a script; ConfigError for what is none."""
    if any(not _UNIT.fullmatch(unit) for unit in units):
        raise ConfigError("a unit's name has letters, digits and : _ . @ - only")
    return " ".join(shlex.quote(full_name(unit)) for unit in units)


def full_name(unit: str) -> str:
    """As its cgroup is called: some systemd answer without the suffix."""
    return unit if "." in unit else f"{unit}.service"


def memory_lines(units: Collection[str], root: str = ROOT) -> str:
    """The part of a script for these units; nothing is printed for one that has no such cgroup."""
    return _SCRIPT.format(units=quoted(units), root=shlex.quote(root))


def memory_script(units: Collection[str], root: str = ROOT) -> str:
    """The same as a script of its own."""
    return "{ " + memory_lines(units, root) + "printf '@end\\n'; } 2>/dev/null\n"


def parse_memory(output: bytes) -> Mapping[str, UnitMemory]:
    """By the unit's full name; other lines beside those of `memory_lines` are left alone."""
    if len(output) > MAX_BYTES:
        raise ParseError(f"the units' memory: more than {MAX_BYTES} bytes")
    lines = [line.split() for line in output.decode("ascii", "replace").splitlines()]
    if ["@end"] not in lines:
        raise ParseError("the units' memory: it ends early")
    rows = [line for line in lines if len(line) == 5 and line[0] == "@memory"]
    return {unit: UnitMemory(_bytes(current), _bytes(limit), _bytes(cache)) for _, unit, current, limit, cache in rows}


def with_memory(units: Sequence[Unit], found: Mapping[str, UnitMemory]) -> tuple[Unit, ...]:
    """The cgroup's own figures where they were read: one moment for all three."""
    named = ((unit, found.get(full_name(unit.name))) for unit in units)
    return tuple(unit if memory is None else _one(unit, memory) for unit, memory in named)


def _one(unit: Unit, memory: UnitMemory) -> Unit:
    if memory.current is None:
        return unit
    limit = unit.memory_limit if memory.limit is None else memory.limit
    return replace(unit, memory_bytes=memory.current, memory_limit=limit, memory_cache=memory.cache)


def _bytes(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,19}", text, re.ASCII) else None
