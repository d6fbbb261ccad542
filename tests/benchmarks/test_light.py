"""What watching costs, in figures that do not depend on how fast this machine is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from aitbc_tui.devnet.options import DevnetOptions
from tests.fixtures.simulated import bench, simulate

ROOT = Path(__file__).resolve().parents[2]


def simulated(*words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.simulated_input", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_a_network_larger_than_any_stays_small_in_memory() -> None:
    found = simulated("large")
    assert found["jobs_shown"] == 10_000
    assert found["mib"] <= 200


def test_half_an_hour_more_adds_next_to_nothing() -> None:
    found = simulated("hours", "1")
    assert found["last_mib"] - found["first_mib"] <= 1.0  # 5 MiB in eight hours


@pytest.mark.timeout(110)
def test_a_sound_host_is_asked_with_less_than_a_process_a_minute(tmp_path: Path) -> None:
    """In an hour: 50 systemctl, 4 df, 1 git, and the connection; at most 70."""

    async def calls() -> dict[str, list[str]]:
        async with bench(tmp_path, DevnetOptions(seed=7)) as one:
            homes = sorted((one.devnet.config_path.parent / "hosts").iterdir())
            await one.wait(60)
            before = {home.name: len((home / "calls.log").read_text().splitlines()) for home in homes}
            await one.wait(216)
            found = {home.name: (home / "calls.log").read_text().splitlines() for home in homes}
            assert max(before.values()) <= 6, found
            return {name: lines[before[name] :] for name, lines in found.items()}

    later = simulate(calls)
    assert set(later) == {"follower", "genesis", "gpu-1"}
    for name, lines in later.items():
        assert Counter(line.split()[0] for line in lines) == {"systemctl": 3}, (name, lines)
