"""Memory of units from cgroup files: read by a real shell, cache told apart, no limit and no cgroup told apart."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.text import SafeText
from aitbc_tui.protocol.unitmemory import UnitMemory, memory_script, parse_memory, with_memory

STAT = "anon 100\nfile 900\nkernel 7\ninactive_anon 1\nactive_anon 2\ninactive_file 800\nactive_file 100\n"


def unit(name: str, memory: int | None = 1000, limit: int | None = None) -> Unit:
    words = (SafeText(name), SafeText("loaded"), SafeText("active"), SafeText("running"), SafeText("success"))
    return Unit(*words, restarts=0, memory_bytes=memory, uptime_s=1.0, memory_limit=limit)


def run(script: str) -> bytes:
    return subprocess.run(["sh"], input=script.encode(), capture_output=True, timeout=10, check=True).stdout


def cgroup(root: Path, name: str, current: str, limit: str, stat: str = STAT) -> None:
    folder = root / "system.slice" / name
    folder.mkdir(parents=True)
    for file, text in (("memory.current", current), ("memory.max", limit), ("memory.stat", stat)):
        (folder / file).write_text(text)


def test_a_real_shell_reads_each_units_cgroup(tmp_path: Path) -> None:
    cgroup(tmp_path, "a.service", "1010\n", "2000\n")
    cgroup(tmp_path, "b.service", "500\n", "max\n", "anon 1\n")
    found = parse_memory(run(memory_script(("a", "b.service", "gone"), str(tmp_path))))
    assert found == {"a.service": UnitMemory(1010, 2000, 800), "b.service": UnitMemory(500, None, None)}


def test_cache_is_not_what_a_unit_holds() -> None:
    found = {"a.service": UnitMemory(1010, 2000, 800)}
    one, other = with_memory((unit("a.service", 990, 1999), unit("b.service", 950, 1000)), found)
    assert (one.memory_bytes, one.memory_limit, one.memory_held, one.memory_share) == (1010, 2000, 210, 0.105)
    assert "cache counted" not in one.memory_words
    assert (other.memory_held, other.memory_share) == (950, 0.95), "nothing was read of it: all of it counts"
    assert "95 %, cache counted" in other.memory_words


def test_without_a_limit_or_a_reading_there_is_no_share() -> None:
    assert unit("a").memory_share is None and replace(unit("a", None, 10)).memory_share is None


@pytest.mark.parametrize("output", [b"", b"@memory a.service 1 2 3\n", b"x" * 70_000])
def test_what_ends_early_is_not_believed(output: bytes) -> None:
    with pytest.raises(ParseError):
        parse_memory(output)


def test_garbage_in_a_line_is_no_figure() -> None:
    assert parse_memory(b"@memory a.service - max 1x\n@memory b\n@end\n") == {"a.service": UnitMemory(None, None, None)}


def test_a_units_name_goes_into_a_shell() -> None:
    with pytest.raises(ConfigError):
        memory_script(("a; reboot",))
