"""The rows of the table: each figure, what it is to reach, and the same of the programs beside it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.figures import SIZE, Command, Figures, figures, run_command, starts
from tests.benchmarks.forks import can_count
from tests.benchmarks.measure import first_answer, idle, median, wall
from tests.benchmarks.peers import BARE, Peer
from tests.fixtures.sshd import SSHD
from tests.fixtures.terminal import Terminal

OURS = (sys.executable, "-m", "aitbc_tui")
STILL = (sys.executable, "-m", "tests.ui.pty_child")
SOUND = " ● sound "
HTOP_AT_LEAST = 600.0
PER_TICK = 150  # bytes; 132 when this was set, and the same on every machine
HEAVY = ("textual", "asyncssh", "httpx", "httpcore", "pydantic", "ollama", "pynvml", "cryptography")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `sure`: it does not depend on how fast the machine is, so missing it is a regression."""

    what: str
    ours: str
    reach: str = ""
    met: bool | None = None
    sure: bool = False
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look."""

    starts: int
    runs: int
    idle_s: float
    presses: int
    whole: bool  # the rows that take minutes: large inputs, hours, processes, operations


FULL = Effort(starts=7, runs=5, idle_s=20.0, presses=60, whole=True)
QUICK = Effort(starts=1, runs=1, idle_s=4.0, presses=8, whole=False)


def at_most(
    what: str, value: float, unit: str, limit: float, digits: int = 0, sure: bool = False, **beside: str
) -> Row:
    return Row(what, f"{value:.{digits}f} {unit}", f"at most {limit:g} {unit}", value <= limit, sure, beside)


def sure_rows() -> Iterator[Row]:
    """What a change of ours makes worse, and nothing else can."""
    with Terminal(STILL, size=SIZE) as one:
        one.until("5 open")
        one.read(2.0)
        still = idle(one, 4.0)
        one.press("q")
        one.wait()
    yield at_most("written, data unchanged", still.bytes_per_s, "B/s", 0, sure=True)
    yield at_most("written for one tick of a sound network", bytes_a_tick(), "B", PER_TICK, sure=True)
    early = imported_first()
    yield Row(
        "of the large packages, imported before the first frame", ", ".join(early) or "none", "none", not early, True
    )


def bytes_a_tick() -> float:
    with Terminal([sys.executable, "-m", "tests.benchmarks.ticking"], size=SIZE) as one:
        assert one.wait(60) == 0
        told = bytes(one.raw).rpartition(b"\x1b[?1049l")[2]
    return float(json.loads(told[told.index(b"{") : told.index(b"}") + 1])["bytes_a_tick"])


_IMPORTED = """
import json, os, sys
from aitbc_tui.ui import opening
def show(self, painted):
    sys.stdout.write("IMPORTED " + " ".join(name for name in {heavy!r} if name in sys.modules) + " END")
    sys.stdout.flush()
    os._exit(0)
opening.Opening.show = show
from aitbc_tui.cli.main import main
main(["demo"])
"""


def imported_first() -> list[str]:
    """Which of the large packages are there when the first frame is."""
    with Terminal([sys.executable, "-c", _IMPORTED.format(heavy=HEAVY)], size=SIZE) as one:
        one.wait(60)
        told = bytes(one.raw).partition(b"IMPORTED ")[2].partition(b" END")
    assert told[1], one.text
    return told[0].decode().split()


def dashboard_rows(ours: Figures, beside: Mapping[str, Figures]) -> Iterator[Row]:
    """Ours on the demo's network behind real sshd, and the others at their own rhythm."""

    def others(show: str, value: str = "") -> dict[str, str]:
        return {
            name: show.format(f=found, p50=found.key_ms(0.5), p95=found.key_ms(0.95)) for name, found in beside.items()
        }

    limit = max(HTOP_AT_LEAST, beside["htop"].bytes_per_s if "htop" in beside else 0.0)
    what = "written, the demo's network at its rhythm"
    yield Row(
        what,
        f"{ours.bytes_per_s:.0f} B/s",
        f"at most {limit:.0f} B/s",
        ours.bytes_per_s <= limit,
        False,
        others("{f.bytes_per_s:,.0f} B/s"),
    )
    p50, p95 = ours.key_ms(0.5), ours.key_ms(0.95)
    met = p50 <= 10 and p95 <= 25
    yield Row(
        "key to repaint while polling, p50 / p95",
        f"{p50:.0f} / {p95:.0f} ms",
        "at most 10 / 25 ms",
        met,
        False,
        others("{p50:.0f} / {p95:.0f} ms"),
    )
    cpu = f"{ours.cpu_pct:.1f} %"
    yield Row("processor, of one core", cpu, "at most 2 %", ours.cpu_pct <= 2, False, others("{f.cpu_pct:.1f} %"))
    yield Row(
        "private memory",
        f"{ours.private_mib:.0f} MiB",
        "at most 70 MiB",
        ours.private_mib <= 70,
        False,
        others("{f.private_mib:.0f} MiB"),
    )


def start_row(dashboard: Sequence[str], peers: Sequence[Peer], env: Mapping[str, str], effort: Effort) -> Row:
    commands = {"": dashboard, **{peer.name: peer.command for peer in peers}}
    took = dict(starts(commands, env, effort.starts))
    mine = took.pop("")
    bare = took.get("bare Textual", float("nan"))
    shown = f"{mine / bare:.2f} × bare Textual ({mine * 1000:.0f} ms)"
    beside = {name: f"{seconds * 1000:,.0f} ms" for name, seconds in took.items()}
    return Row("exec to first frame", shown, "at most 1.3 ×", mine / bare <= 1.3, beside=beside)


def look(dashboard: Sequence[str], env: Mapping[str, str], effort: Effort) -> Figures:
    return figures(dashboard, ("down", "up"), env, idle_s=effort.idle_s, presses=effort.presses, shows=SOUND)


def look_at(peer: Peer, env: Mapping[str, str], effort: Effort) -> Figures:
    return figures(peer.command, peer.keys, env, idle_s=effort.idle_s, presses=effort.presses)


def answer_row(dashboard: Sequence[str], env: Mapping[str, str], effort: Effort) -> Row:
    """The first frame may stand before the keys are read: this says when they are."""
    ours, theirs = [], []
    for _ in range(effort.starts):
        ours.append(first_answer(dashboard, SIZE, "?", "Everywhere", env))
        theirs.append(first_answer(BARE, SIZE, "?", "answered"))
    mine, bare = median(ours), median(theirs)
    return Row("exec to first key answered", f"{mine:.2f} s", beside={"bare Textual": f"{bare:.2f} s"})


def slow_row(dashboard: Sequence[str], env: Mapping[str, str], effort: Effort) -> Row:
    with Terminal([*dashboard, "--slow-link"], size=SIZE, env=env) as one:
        one.until(SOUND, 40)
        one.read(10.0)
        slow = idle(one, max(15.0, 2 * effort.idle_s))
        one.press("q")
        one.wait()
    return at_most("written, --slow-link", slow.bytes_per_s, "B/s", 150)


def ending_row(dashboard: Sequence[str], env: Mapping[str, str]) -> Row:
    took = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        with Terminal(dashboard, size=SIZE, env=env) as one:
            one.until(SOUND, 40)
            began = time.perf_counter()
            one.child.send_signal(number)
            assert one.wait() == 128 + number
            took[number.name] = time.perf_counter() - began
    shown = " / ".join(f"{seconds:.1f}" for seconds in took.values())
    return Row(f"{' / '.join(took)} to the end", f"{shown} s", "at most 3 s", max(took.values()) <= 3)


def status_rows(config: Path, ssh: str, env: Mapping[str, str], effort: Effort) -> Iterator[Row]:
    command = (*OURS, "--config", str(config), "status", "--target", "all", "--json")
    took = median(wall(command, effort.runs, env))
    yield at_most(f"`status`, two nodes over {ssh}, start to exit", took, "s", 4, digits=2)
    yield at_most("private memory of `status`", run_command(command, env).private_mib, "MiB", 50)


OPERATIONS: tuple[tuple[str, tuple[str, ...], float | None, float | None], ...] = (
    ("health", ("health", "--target", "all"), 5, None),
    ("message", ("message", "--target", "all", "--message", "measured"), 5, None),
    ("sync", ("sync", "--target", "follower", "--sync-type", "blockchain"), None, 100),
    ("coordinate", ("coordinate", "--target", "follower", "--action", "restart", "--force"), None, 150),
)


def operation_rows(config: Path, env: Mapping[str, str]) -> Iterator[Row]:
    """What each takes from start to exit, and the most private memory it has."""
    for name, words, seconds, mib in OPERATIONS:
        took: Command = run_command((*OURS, "--config", str(config), *words), env)
        assert took.code in (0, 1), f"{name} ended with {took.code}"
        if seconds is not None:
            yield at_most(f"`{name}`, two nodes, start to exit", took.seconds, "s", seconds, digits=1)
        if mib is not None:
            yield at_most(f"private memory of `{name}`", took.private_mib, "MiB", mib)


def simulated_rows() -> Iterator[Row]:
    large = _json("simulated_input", "large")
    what = "10,000 jobs, 100,000 waiting, 200 nodes: "
    yield at_most(f"{what}key, p95", large["key_p95_ms"], "ms", 30)
    yield Row(f"{what}one picture of it, in the collector", f"{large['picture_ms']:,.0f} ms", "")
    yield at_most(f"{what}memory", large["mib"], "MiB", 200)
    hours = _json("simulated_input", "hours", "8")
    yield at_most(
        "growth of memory in eight simulated hours", hours["last_mib"] - hours["first_mib"], "MiB", 5, digits=1
    )


def process_rows() -> Iterator[Row]:
    """A whole simulated hour each."""
    by_name = _json("processes")
    counts = {host: sum(names.values()) for host, names in by_name.items()}  # type: ignore[attr-defined]
    yield _hour("commands started on a host by an hour of watching, by the stand-ins", counts)
    what = "processes started on a host by the same, sshd's own included, by the kernel"
    if SSHD is None or not can_count():
        yield Row(what, "not counted: needs sshd and PID namespaces", "at most 70")
    else:
        yield _hour(what, {host: int(number) for host, number in _json("processes", "--sshd").items()})


def _hour(what: str, counts: Mapping[str, int]) -> Row:
    shown = ", ".join(f"{host} {number}" for host, number in counts.items())
    return Row(what, shown, "at most 70", max(counts.values()) <= 70, True)


def _json(module: str, *words: str) -> dict[str, float]:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *words]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=900, check=True).stdout)
    assert isinstance(found, dict)
    return found
