"""The probe run for real by /bin/sh without any program on PATH, and its output parsed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.text import SafeText
from aitbc_tui.protocol.hostprobe import (
    CpuTimes,
    First,
    parse_cgroups,
    parse_host_figures,
    parse_peers,
    probe_script,
    still,
)

needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc/net/tcp here")
SHELLS = [shell for shell in ("/bin/sh", "/bin/bash", "/bin/dash") if shutil.which(shell)]

OUTPUT = b"""@uptime 2459.01
@load 0.16
@mem MemTotal: 24684092 kB
@mem MemAvailable: 24277864 kB
@cpu 600 0 300 9000 100 0 0 0 50 0
@btime 1795318295
@cpus 4
@read tcp
@tcp 00000000:1B9E 00000000:0000 0A
@tcp 5DDF010A:1B9E 28DF010A:9C40 01
@tcp 5DDF010A:9C44 28DF010A:1B9E 01
@tcp 5DDF010A:1B9E 2ADF010A:9C40 06
@read tcp6
@tcp 0000000000000000FFFF00002ADF010A:1B9E 0000000000000000FFFF00002BDF010A:8000 01
@tcp B80D0120000000000000000001000000:1B9E B80D0120000000000000000002000000:8000 01
@end
"""


def run(script: str, shell: str = "/bin/sh") -> bytes:
    done = subprocess.run(
        [shell], input=script.encode(), capture_output=True, timeout=20, env={"PATH": "/nonexistent"}, check=True
    )
    assert done.stderr == b""
    return done.stdout


@needs_proc
@pytest.mark.parametrize("shell", SHELLS)
def test_for_real_without_any_program(shell: str) -> None:
    figures, times = parse_host_figures(run(probe_script(), shell))
    assert figures.cpus == os.cpu_count()
    assert figures.uptime_s == pytest.approx(float(Path("/proc/uptime").read_text().split()[0]), abs=30)
    assert figures.memory_total and figures.memory_available
    assert figures.memory_available <= figures.memory_total
    assert figures.load1 is not None and figures.epoch_s is not None and times is not None
    assert figures.cpu_busy is None, "the first reading has nothing to compare with"
    again, _ = parse_host_figures(run(probe_script(), shell), times)
    assert again.cpu_busy is None or 0 <= again.cpu_busy <= 1


@needs_proc
def test_peers_for_real() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            peers = parse_peers(run(probe_script([port])), port)
            assert (peers.addresses, peers.listening) == (("127.0.0.1",), True)
        idle = parse_peers(run(probe_script([port])), port)
        assert (idle.count, idle.listening) == (0, True)
    gone = parse_peers(run(probe_script([port])), port)
    assert (gone.count, gone.listening) == (0, False)


def test_figures() -> None:
    figures, times = parse_host_figures(OUTPUT)
    assert (figures.uptime_s, figures.load1, figures.cpus) == (2459.01, 0.16, 4)
    assert (figures.memory_total, figures.memory_available) == (24684092 * 1024, 24277864 * 1024)
    assert figures.epoch_s == pytest.approx(1795320754.01)
    assert times == CpuTimes(900, 10000)
    busy, _ = parse_host_figures(OUTPUT, CpuTimes(800, 9800))
    assert busy.cpu_busy == 0.5


def test_after_a_reboot_the_share_is_unknown() -> None:
    figures, _ = parse_host_figures(OUTPUT, CpuTimes(10**6, 10**7))
    assert figures.cpu_busy is None


def test_the_shells_own_clock_is_preferred() -> None:
    assert parse_host_figures(b"@epoch 1795320754\n" + OUTPUT)[0].epoch_s == 1795320754


def test_peers_are_distinct_addresses_of_established_connections() -> None:
    peers = parse_peers(OUTPUT, 7070)
    assert peers.addresses == ("10.1.223.40", "10.1.223.43", "2001:db8::2")
    assert peers.listening


def test_a_peers_own_port_can_be_named() -> None:
    assert parse_peers(OUTPUT, 5, also=[7070]).addresses == ("10.1.223.40",)
    assert parse_peers(OUTPUT, 5).addresses == ()


def test_what_could_not_be_read_is_unknown_and_not_zero() -> None:
    with pytest.raises(ParseError, match="could not be read"):
        parse_peers(b"@uptime 1.0\n@end\n", 7070)
    with pytest.raises(ParseError, match="too many sockets"):
        parse_peers(OUTPUT.replace(b"@end", b"@cut tcp\n@end"), 7070)
    with pytest.raises(ParseError, match="end early"):
        parse_peers(OUTPUT[:-5], 7070)
    figures, _ = parse_host_figures(b"@end\n")
    assert (figures.uptime_s, figures.memory_total, figures.cpus) == (None, None, None)


def test_output_is_bounded() -> None:
    padding = b"x" * (256 * 1024 - len(OUTPUT) - 1) + b"\n"
    assert parse_peers(padding + OUTPUT, 7070).count == 3
    with pytest.raises(ParseError, match="larger than"):
        parse_peers(b"x" + padding + OUTPUT, 7070)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_no_impossible_port(port: int) -> None:
    with pytest.raises(ConfigError):
        probe_script([port])


@given(
    st.binary() | st.lists(st.sampled_from(OUTPUT.splitlines()) | st.binary()).map(lambda x: b"\n".join(x) + b"\n@end")
)
def test_arbitrary_output(output: bytes) -> None:
    for parse in (parse_host_figures, lambda o: parse_peers(o, 7070)):
        with contextlib.suppress(ParseError):
            parse(output)


def cgroup(root: Path, unit: str, pids: str, memory: str = "", limit: str = "max") -> None:
    folder = root / "system.slice" / unit
    folder.mkdir(parents=True)
    (folder / "cgroup.procs").write_text(pids)
    if memory:
        for name, text in (("current", memory), ("max", limit), ("stat", "anon 1\ninactive_file 30\n")):
            (folder / f"memory.{name}").write_text(f"{text}\n")


@needs_proc
@pytest.mark.parametrize("shell", SHELLS)
def test_cgroups_of_units_are_read_by_built_ins(shell: str, tmp_path: Path) -> None:
    cgroup(tmp_path, "a.service", "412\n413\n", "900", "1000")
    cgroup(tmp_path, "empty.service", "")
    cgroup(tmp_path / "systemd", "old.service", "7\n")
    output = run(probe_script((), ("a", "empty.service", "old", "gone"), str(tmp_path)), shell)
    assert parse_cgroups(output) == {
        "a.service": First(412, True),
        "empty.service": First(None, False),
        "old.service": First(7, False),
        "gone.service": First(None, False),
    }
    (held,) = still([told(412, memory=800, limit=1000)], output) or ()
    assert (held.memory_bytes, held.memory_limit, held.memory_cache) == (900, 1000, 30)


def told(pid: int | None, memory: int | None = None, limit: int | None = None, name: str = "a.service") -> Unit:
    """As `systemctl show` has it while it runs."""
    words = (SafeText(name), SafeText("loaded"), SafeText("active"), SafeText("running"), SafeText("success"))
    return Unit(*words, restarts=3, memory_bytes=memory, uptime_s=60.0, main_pid=pid, memory_limit=limit)


def test_garbage_names_no_process() -> None:
    assert parse_cgroups(b"@unit x $(id) 2\n@unit y\n@unit z -1 2\n@end\n") == {}


SAME = b"@memory a.service 900 max -\n@unit a.service 412 2\n@end\n"


def test_the_same_process_says_that_nothing_was_restarted() -> None:
    assert still([told(412)], SAME) == (replace(told(412), memory_bytes=900),)
    assert still([told(412, 800), told(412, 800, name="a")], SAME) is not None, "some print names without the suffix"


@pytest.mark.parametrize(
    ("units", "output"),
    [
        ([told(413)], SAME),  # restarted
        ([told(None)], SAME),
        ([told(None)], SAME.replace(b"412", b"-")),
        ([told(412)], SAME.replace(b"412", b"-")),  # stopped
        ([told(412), told(9, name="other.service")], SAME),  # another one is not seen: nothing is said of either
        ([told(412)], SAME.replace(b"412 2", b"412 1")),  # cgroup 1
        ([told(412, 800)], SAME.replace(b"@memory", b"@other")),  # its memory would be an old one
        ([told(412, 800, 1000)], SAME),  # another limit than it was told
        ([replace(told(412), sub=SafeText("stop-sigterm"))], SAME),
        ([replace(told(412), active=SafeText("activating"))], SAME),
        ([], SAME),
    ],
)
def test_anything_else_says_nothing(units: list[Unit], output: bytes) -> None:
    assert still(units, output) is None


@pytest.mark.parametrize("unit", ["a b", "$(id)", "../../etc/passwd/x", "a;b", "", "x" * 256])
def test_a_name_that_is_no_unit_never_reaches_a_shell(unit: str) -> None:
    with pytest.raises(ConfigError):
        probe_script((), (unit,))
