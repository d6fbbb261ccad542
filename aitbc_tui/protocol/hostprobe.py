"""A host's own figures, read from /proc by a shell that starts no process: one script out, figures and peers back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.node import HostFigures, Peers, Unit
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.protocol.unitmemory import ROOT, UnitMemory, full_name, memory_lines, parse_memory, quoted, with_memory

# A host with more sockets than this is not listed to the end; then the peers are unknown, not few.
MAX_TCP_LINES = 4000
MAX_PRINTED = 400
MAX_OUTPUT_BYTES = 256 * 1024
_ESTABLISHED, _LISTEN = "01", "0A"
_TCP = re.compile(r"([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2})")

_FIGURES = """\
read -r a b < /proc/uptime && printf '@uptime %s\\n' "$a"
read -r a b < /proc/loadavg && printf '@load %s\\n' "$a"
[ -z "${EPOCHSECONDS:-}" ] || printf '@epoch %s\\n' "$EPOCHSECONDS"
n=0; while [ $n -lt 12 ] && read -r a b c; do n=$((n+1)); case $a in
MemTotal:|MemAvailable:) printf '@mem %s %s %s\\n' "$a" "$b" "$c";; esac; done < /proc/meminfo
n=0; c=0; while [ $n -lt 4200 ] && read -r a b; do n=$((n+1)); case $a in
cpu) printf '@cpu %s\\n' "$b";; cpu[0-9]*) c=$((c+1));; btime) printf '@btime %s\\n' "$b"; break;; esac
done < /proc/stat; [ $c -eq 0 ] || printf '@cpus %s\\n' "$c"
"""

_SOCKETS = """\
p=0; for f in tcp tcp6; do [ -r /proc/net/$f ] || continue; printf '@read %s\\n' "$f"; n=0
while read -r a l r s b; do n=$((n+1)); [ $n -le {lines} ] || {{ printf '@cut %s\\n' "$f"; break; }}
case "$s $l $r " in {patterns}) p=$((p+1)); [ $p -le {printed} ] || {{ printf '@cut %s\\n' "$f"; break; }}
printf '@tcp %s %s %s\\n' "$l" "$r" "$s";; esac; done < /proc/net/$f; done
"""

# The first process of each unit's cgroup: another one means that the unit was restarted, or stopped.
_CGROUPS = """\
for u in {units}; do p=-; for d in {root} {root}/systemd; do
[ -r "$d/system.slice/$u/cgroup.procs" ] && read -r p < "$d/system.slice/$u/cgroup.procs" && break; done
v=2; [ "$d" = {root} ] || v=1; printf '@unit %s %s %s\\n' "$u" "${{p:--}}" "$v"; done
"""


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """The counters of the first line of /proc/stat, in ticks since boot; kept for the next reading."""

    busy: int
    total: int


def probe_script(ports: Collection[int] = (), units: Collection[str] = (), root: str = ROOT) -> str:
    """The script: figures always, sockets of `ports` (local or remote), memory and cgroups of `units` if there are any.

    `root` is where the cgroups are mounted.
    """
    if any(not 0 < port < 65536 for port in ports):
        raise ConfigError("a P2P port is a number from 1 to 65535")
    sockets = ""
    if ports:
        patterns = "|".join(f'0[1A]" "*":{port:04X} "*' for port in sorted(set(ports)))
        sockets = _SOCKETS.format(lines=MAX_TCP_LINES, printed=MAX_PRINTED, patterns=patterns)
    # Memory first: where a unit's process is the same afterwards, it is the memory of that process.
    groups = memory_lines(units, root) + _CGROUPS.format(units=quoted(units), root=shlex.quote(root)) if units else ""
    return "{ " + _FIGURES + sockets + groups + "printf '@end\\n'; } 2>/dev/null\n"


def parse_host_figures(output: bytes, previous: CpuTimes | None = None) -> tuple[HostFigures, CpuTimes | None]:
    """The figures, and the counters to hand in with the next reading (the busy share needs two)."""
    lines = _lines(output)
    times = _cpu_times(_first(lines, "@cpu"))
    uptime = _number(_first(lines, "@uptime"))
    memory = {name: _kib(rest) for name, _, rest in (line[1].partition(" ") for line in lines if line[0] == "@mem")}
    figures = HostFigures(
        uptime_s=uptime,
        epoch_s=_epoch(lines, uptime),
        load1=_number(_first(lines, "@load")),
        cpus=_whole(_first(lines, "@cpus")),
        cpu_busy=_busy(times, previous),
        memory_total=memory.get("MemTotal:"),
        memory_available=memory.get("MemAvailable:"),
    )
    return figures, times


@dataclass(frozen=True, slots=True)
class First:
    """The first process of a unit's cgroup; None where it has none, or there is no such hierarchy."""

    pid: int | None
    unified: bool  # cgroup 2, where the same folder tells of the memory, too


def parse_cgroups(output: bytes) -> Mapping[str, First]:
    """By the unit's full name."""
    rows = [rest.split() for tag, rest in _lines(output) if tag == "@unit"]
    known = [row for row in rows if len(row) == 3 and (row[1] == "-" or _whole(row[1]) is not None)]
    return {name: First(_whole(pid), version == "2") for name, pid, version in known}


def still(units: Sequence[Unit], output: bytes) -> tuple[Unit, ...] | None:
    """What `systemctl show` told of these units, with their memory as it is now, if a later probe shows that it holds:
    each of them ran, and its main process is there. Then nothing was stopped or restarted in between.

    None where that cannot be told: a unit that did not run, or was on its way up or down; another process, or none;
    memory that was told and is not read here, or another limit of it; cgroup 1.
    """
    firsts, memory = parse_cgroups(output), parse_memory(output)
    held = [unit for unit in units if _held(unit, firsts.get(full_name(unit.name)), memory)]
    return with_memory(units, memory) if units and len(held) == len(units) else None


def _held(unit: Unit, first: First | None, memory: Mapping[str, UnitMemory]) -> bool:
    if first is None or first.pid is None or first.pid != unit.main_pid or not first.unified:
        return False
    read = memory.get(full_name(unit.name))
    as_told = read is not None and read.current is not None and read.limit == unit.memory_limit
    untold = unit.memory_bytes is None and unit.memory_limit is None  # memory is not accounted for
    return unit.active == "active" and unit.sub == "running" and (as_told or untold)


def parse_peers(output: bytes, port: int, also: Collection[int] = ()) -> Peers:
    """Distinct addresses at the other end. `port` is the node's own; `also` are ports its peers listen on."""
    lines = _lines(output)
    if not any(tag == "@read" for tag, _ in lines):
        raise ParseError("the host's socket list could not be read")
    if any(tag == "@cut" for tag, _ in lines):
        raise ParseError("the host has too many sockets to list them without starting a process")
    remote_ports = {port, *also}
    found: dict[SafeText, None] = {}
    listening = False
    for tag, rest in lines:
        match = _TCP.fullmatch(rest) if tag == "@tcp" else None
        if match is None:
            continue
        local_port, remote_port = int(match[2], 16), int(match[4], 16)
        listening = listening or (match[5] == _LISTEN and local_port == port)
        if match[5] == _ESTABLISHED and (local_port == port or remote_port in remote_ports):
            found[_address(match[3])] = None
    return Peers(tuple(sorted(found)), listening)


def _lines(output: bytes) -> list[tuple[str, str]]:
    if len(output) > MAX_OUTPUT_BYTES:
        raise ParseError(f"the host's figures are larger than {MAX_OUTPUT_BYTES} bytes")
    pairs = [line.strip().partition(" ") for line in output.decode("ascii", "replace").splitlines()]
    lines = [(tag, rest.strip()) for tag, _, rest in pairs]
    if ("@end", "") not in lines:
        raise ParseError("the host's figures end early")
    return lines


def _first(lines: list[tuple[str, str]], tag: str) -> str:
    return next((rest for found, rest in lines if found == tag), "")


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text, re.ASCII) else None


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def _kib(text: str) -> int | None:
    amount = _whole(text.removesuffix(" kB"))
    return None if amount is None else amount * 1024


def _epoch(lines: list[tuple[str, str]], uptime: float | None) -> float | None:
    """The host's clock: the shell's own, else boot time plus uptime (to the second)."""
    own = _number(_first(lines, "@epoch"))
    boot = _number(_first(lines, "@btime"))
    if own is not None:
        return own
    return None if boot is None or uptime is None else boot + uptime


def _cpu_times(text: str) -> CpuTimes | None:
    fields = [_whole(part) for part in text.split()]
    ticks = [part for part in fields if part is not None]
    if len(ticks) != len(fields) or len(ticks) < 5:
        return None
    # user nice system idle iowait irq softirq steal; guest times are counted in user already.
    total = sum(ticks[:8])
    return CpuTimes(total - ticks[3] - ticks[4], total)


def _busy(now: CpuTimes | None, before: CpuTimes | None) -> float | None:
    if now is None or before is None or now.total <= before.total:
        return None
    return min(1.0, max(0.0, (now.busy - before.busy) / (now.total - before.total)))


def _address(text: str) -> SafeText:
    """The kernel prints each 32-bit word in the host's byte order: little-endian on every machine in the field."""
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    if len(words) == 1:
        return clean(str(IPv4Address(words[0])))
    address = IPv6Address(b"".join(words))
    return clean(str(address.ipv4_mapped or address))
