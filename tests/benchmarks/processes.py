"""How many processes watching starts on each host: a whole simulated hour, counted by the stand-in commands and, behind
real OpenSSH servers, by the kernel. `python -m tests.benchmarks.processes [--sshd] [--minutes 60]` prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from aitbc_tui.devnet.options import DevnetOptions
from tests.benchmarks.forks import count
from tests.benchmarks.network import behind_sshd
from tests.fixtures.simulated import bench, simulate

HOUR_MIN = 60.0


def by_the_standins(minutes: float, folder: Path) -> Mapping[str, Mapping[str, int]]:
    """Commands of each host by name: what each stand-in wrote down when it was started."""

    async def watch() -> dict[str, dict[str, int]]:
        async with bench(folder, DevnetOptions(seed=7)) as one:
            await one.wait(minutes * 60)
            homes = sorted((one.devnet.config_path.parent / "hosts").iterdir())
            return {home.name: _names((home / "calls.log").read_text()) for home in homes}

    return simulate(watch)


def _names(log: str) -> dict[str, int]:
    return dict(Counter(line.split()[0] for line in log.splitlines()))


def on_real_sshd(minutes: float, folder: Path) -> Mapping[str, int]:
    """Everything that each host's sshd has started since it listens: its own processes, shells, commands."""
    with ExitStack() as stack:
        counts: dict[str, Path] = {}

        def lead(config: Path) -> Path:
            return behind_sshd(config, folder, stack, counts)

        async def watch() -> dict[str, int]:
            async with bench(folder, DevnetOptions(seed=7), lead=lead) as one:
                begun = {name: count(told) for name, told in counts.items()}
                await one.wait(minutes * 60)
                return {name: count(told) - begun[name] for name, told in counts.items()}

        return simulate(watch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sshd", action="store_true", help="behind real OpenSSH servers")
    parser.add_argument("--minutes", type=float, default=HOUR_MIN)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aitbc-tui-bench-") as folder:
        found = on_real_sshd if args.sshd else by_the_standins
        json.dump(found(args.minutes, Path(folder)), sys.stdout)


if __name__ == "__main__":
    main()
