"""What the stand-in commands of one host print: files in the private directory, replaced atomically."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from aitbc_tui.devnet.clock import Clock
from aitbc_tui.devnet.gpu import Card
from aitbc_tui.devnet.units import NOT_FOUND, Unit, UnitState, machine_uptime_us

_STANDINS = Path(__file__).parent / "standins"
_JOURNAL_MAX = 512 * 1024
HEAD_COMMIT = "084dcdef3171f06c32145baf9e914be4a83ca2bd"
_HEAD_SUBJECT = "docs: update refactoring summary and mastery plan to reflect completion of all 11 atomic skills"


def standins_dir(devnet_dir: Path, host: str) -> Path:
    """The folder to put first on PATH of this host's sessions."""
    return devnet_dir / "hosts" / host / "bin"


class HostFiles:
    """One host's home: bin/ with the stand-ins, data/ that they print, calls.log that they write."""

    def __init__(self, devnet_dir: Path, host: str, clock: Clock) -> None:
        self.host = host
        self.home = devnet_dir / "hosts" / host
        self.data = self.home / "data"
        self.units: dict[str, Unit] = {}
        self._bare = False
        self.broken: set[str] = set()  # units that do not come up when they are started
        self._clock = clock
        self._written: dict[str, str] = {}
        for folder in ("units", "journal", "sqlite", "git"):
            (self.data / folder).mkdir(parents=True, exist_ok=True)
        (self.home / "etc").mkdir(exist_ok=True)
        self._copy_standins(standins_dir(devnet_dir, host))
        (self.home / "calls.log").touch()
        self.put("unit-not-found", NOT_FOUND)
        self.put("ss-estab", "")
        self.put("ss-listen", "")
        self.write_disk(42)
        self.pace: int | None = None

    @staticmethod
    def _copy_standins(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for source in sorted(_STANDINS.iterdir()):
            if source.is_file() and not source.name.startswith((".", "_")):
                target = folder / source.name
                shutil.copyfile(source, target)
                target.chmod(0o755)

    def put(self, name: str, text: str) -> None:
        """Write data/`name`, if it says something new."""
        if self._written.get(name) == text:
            return
        target = self.data / name
        fresh = target.parent / f".{target.name}.new"
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, target)
        self._written[name] = text

    def add_unit(self, unit: Unit) -> None:
        self.units[unit.name] = unit
        self.write_unit(unit)

    def write_unit(self, unit: Unit) -> None:
        text = unit.text()
        if self._bare:
            text = text.replace(f"Id={unit.name}.service\n", f"Id={unit.name}\n")
        self.put(f"units/{unit.name}.service", text)
        self.put(f"units/{unit.name}.service.unix", unit.unix())
        self._write_cgroup(unit)

    def _write_cgroup(self, unit: Unit) -> None:
        """As /sys/fs/cgroup has it: a folder while the unit runs, and none otherwise."""
        name = f"cgroup/system.slice/{unit.name}.service"
        files = unit.cgroup()
        if not files:
            shutil.rmtree(self.data / name, ignore_errors=True)
            self._written = {key: text for key, text in self._written.items() if not key.startswith(f"{name}/")}
        for file, text in files.items():
            (self.data / name).mkdir(parents=True, exist_ok=True)
            self.put(f"{name}/{file}", text)

    def age_units(self) -> None:
        """On a simulated clock units grow old by that clock, although they are read beside the machine's own uptime."""
        if not self._clock.simulated:
            return
        now, uptime_us = self._clock.now(), machine_uptime_us()
        for unit in self.units.values():
            unit.entered_us = max(1, uptime_us - int((now - unit.entered).total_seconds() * 1e6))
            self.write_unit(unit)

    def bare_unit_names(self, bare: bool) -> None:
        """Print unit ids without .service, or with it."""
        self._bare = bare
        for unit in self.units.values():
            self.write_unit(unit)

    def set_unit(self, name: str, state: UnitState) -> None:
        unit = self.units[name]
        unit.state = state
        self.write_unit(unit)

    def restart_unit(self, name: str) -> None:
        """Running again, since now."""
        unit = self.units[name]
        unit.state, unit.entered, unit.entered_us = UnitState.RUNNING, self._clock.now(), machine_uptime_us()
        unit.pid += 1000
        self.write_unit(unit)

    def write_disk(self, used_percent: int) -> None:
        """What `df -Pk` prints of the one disk of this host."""
        size = 102_400_000
        used = size * used_percent // 100
        head = "Filesystem     1024-blocks      Used Available Capacity Mounted on\n"
        self.put("df", f"{head}/dev/sda1        {size}  {used}  {size - used}      {used_percent}% /\n")

    def open_pace(self) -> None:
        """On a simulated clock, `nvidia-smi --loop` prints when it is told to, not by the machine's own time."""
        path = self.data / "pace"
        os.mkfifo(path, 0o600)
        self.pace = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def beat(self) -> None:
        """One more round of the loops that wait for it."""
        if self.pace is not None:
            with contextlib.suppress(BlockingIOError):
                while os.read(self.pace, 64):
                    pass
            os.write(self.pace, b"\n")

    def close(self) -> None:
        if self.pace is not None:
            os.close(self.pace)
            self.pace = None

    def write_git(self) -> None:
        """A clean checkout of the April tree."""
        status = f"# branch.oid {HEAD_COMMIT}\n# branch.head main\n# branch.upstream origin/main\n# branch.ab +0 -0\n"
        self.put("git/status", status)
        self.put("git/head", f"{HEAD_COMMIT}\n")
        self.put("git/log", f"{HEAD_COMMIT[:9]} {_HEAD_SUBJECT}\n")
        self.put("git/remote", "/srv/aitbc/git/origin.git\n")
        self.put("git/ls-remote", f"{HEAD_COMMIT}\trefs/heads/main\n")

    def write_gpus(self, cards: Iterable[Card]) -> None:
        (self.data / "gpu").mkdir(exist_ok=True)
        cards = list(cards)
        for card in cards:
            fields = {**card.fields(), "count": str(len(cards))}
            if card.lost:
                fields["lost"] = "1"
            self.put(f"gpu/{card.index}", "".join(f"{key}={value}\n" for key, value in fields.items()))

    def power_limit(self, index: int) -> float | None:
        """What `nvidia-smi -pl` was told last; None where it never was."""
        try:
            return float((self.data / "limits" / str(index)).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def write_sockets(self, listening: Iterable[int], established: Iterable[tuple[str, str]]) -> None:
        self.put("ss-listen", "".join(f"127.0.0.1:{port} 0.0.0.0:*\n" for port in listening))
        self.put("ss-estab", "".join(f"{local} {peer}\n" for local, peer in established))

    def log(self, unit: str, message: str) -> None:
        """One line into the unit's journal: time, host, identifier, message."""
        file = self.data / "journal" / f"{unit}.service"
        pid = self.units[unit].pid if unit in self.units else 1
        line = f"{self._clock.now():%Y-%m-%dT%H:%M:%S+0000} {self.host} python[{pid}]: {message}\n"
        if file.exists() and file.stat().st_size > _JOURNAL_MAX:
            os.replace(file, file.with_suffix(".1"))
        with file.open("a", encoding="utf-8") as handle:
            handle.write(line)

    def calls(self) -> list[str]:
        """Every stand-in that was started, with its arguments, in order."""
        return (self.home / "calls.log").read_text(encoding="utf-8", errors="replace").splitlines()
