"""systemd units as the stand-in shows them: states, and the property order of the real systemctl."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UnitState(StrEnum):
    """The conditions a unit was recorded in."""

    RUNNING = "running"
    DEAD = "dead"  # never started
    FAILED = "failed"
    CRASH_LOOP = "crash-loop"
    KILLED = "killed"


_STATES = {  # state -> (ActiveState, SubState, Result, ExecMainCode, ExecMainStatus)
    UnitState.RUNNING: ("active", "running", "success", 0, 0),
    UnitState.DEAD: ("inactive", "dead", "success", 0, 0),
    UnitState.FAILED: ("failed", "failed", "exit-code", 1, 1),
    UnitState.CRASH_LOOP: ("activating", "auto-restart", "exit-code", 1, 1),
    UnitState.KILLED: ("activating", "auto-restart", "signal", 2, 9),
}

NOT_FOUND = (
    "MainPID=0\nResult=success\nNRestarts=0\nExecMainStartTimestampMonotonic=0\nExecMainCode=0\nExecMainStatus=0\n"
    "MemoryCurrent=[not set]\nTasksCurrent=[not set]\nId=\nLoadState=not-found\nActiveState=inactive\n"
    "SubState=dead\nUnitFileState=\nStateChangeTimestampMonotonic=0\nActiveEnterTimestamp=\n"
    "ActiveEnterTimestampMonotonic=0\n"
)


@dataclass(slots=True)
class Unit:
    """One unit of one host; `entered_us` is on the machine's own monotonic clock, like /proc/uptime."""

    name: str
    pid: int
    entered: datetime
    entered_us: int
    memory: int = 89_812_992
    memory_max: int | None = None
    restarts: int = 0
    state: UnitState = UnitState.RUNNING

    def text(self) -> str:
        active, sub, result, code, status = _STATES[self.state]
        up = self.state is UnitState.RUNNING
        ever = self.state is not UnitState.DEAD
        stamp = f"{self.entered:%a %Y-%m-%d %H:%M:%S} UTC" if ever else ""
        entered = self.entered_us if ever else 0
        lines = (
            f"MainPID={self.pid if up else 0}",
            f"Result={result}",
            f"NRestarts={self.restarts}",
            f"ExecMainStartTimestampMonotonic={max(0, entered - 254)}",
            f"ExecMainCode={code}",
            f"ExecMainStatus={status}",
            f"MemoryCurrent={self.memory if up else '[not set]'}",
            f"MemoryMax={self.memory_max or 'infinity'}",
            f"TasksCurrent={5 if up else '[not set]'}",
            f"Id={self.name}.service",
            "LoadState=loaded",
            f"ActiveState={active}",
            f"SubState={sub}",
            "UnitFileState=disabled",
            f"StateChangeTimestampMonotonic={entered}",
            f"ActiveEnterTimestamp={stamp}",
            f"ActiveEnterTimestampMonotonic={entered}",
        )
        return "\n".join(lines) + "\n"

    def cgroup(self) -> dict[str, str]:
        """Files of its cgroup; none while it does not run.."""
        if self.state is not UnitState.RUNNING:
            return {}
        return {
            "cgroup.procs": f"{self.pid}\n{self.pid + 1}\n",
            "memory.current": f"{self.memory}\n",
            "memory.max": f"{self.memory_max or 'max'}\n",
            "memory.stat": f"anon {self.memory}\nfile 0\ninactive_file 0\nactive_file 0\n",
        }

    def unix(self) -> str:
        """For `systemctl show --timestamp=unix`."""
        return f"@{int(self.entered.timestamp())}\n" if self.state is not UnitState.DEAD else "\n"


def machine_uptime_us() -> int:
    """What systemd's monotonic stamps and /proc/uptime are both counted from."""
    with open("/proc/uptime", encoding="ascii") as handle:
        return int(float(handle.read().split()[0]) * 1_000_000)
