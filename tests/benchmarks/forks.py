"""How many processes a program and all under it have started, exactly: it runs in a PID namespace of its own, whose
numbers the kernel gives out one after the other, so that the last one given out is a count. No tracing, no polling.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

LAST = Path("/proc/sys/kernel/ns_last_pid")  # of the namespace of whoever reads it
TOLD_S = 0.1


def prefix(told: Path) -> tuple[str, ...]:
    """Words before a command that make it countable: the count then stands in `told`, at most 0.1 s old."""
    return (*_unshare(), sys.executable, "-m", "tests.benchmarks.forks", str(told))


def can_count() -> bool:
    """Whether this machine lets us: root may, others where user namespaces are allowed."""
    if shutil.which("unshare") is None or not LAST.exists():
        return False
    return subprocess.run([*_unshare(), "true"], capture_output=True, timeout=10, check=False).returncode == 0


def count(told: Path) -> int:
    """Processes (and threads) started until now; waits for a count that was made after the question."""
    asked = time.time()
    while True:
        if told.exists() and told.stat().st_mtime > asked:
            return int(told.read_text())
        assert time.time() - asked < 10, "nobody counts"
        time.sleep(0.02)


def _unshare() -> list[str]:
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
    return ["unshare", *own_user, "--pid", "--fork", "--kill-child"]


def main(told: Path, command: list[str]) -> int:
    """The first process of the namespace: starts the command, and says how many have been since."""
    before, fresh = int(LAST.read_text()), told.with_suffix(".new")
    with subprocess.Popen(command) as child:
        while child.poll() is None:
            fresh.write_text(str(int(LAST.read_text()) - before))
            os.replace(fresh, told)
            time.sleep(TOLD_S)
        return child.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
