"""What was acknowledged survives SIGKILL, and several processes write one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from aitbc_tui.ledger import Ledger, SubmitState

WRITER = """
import sys
from pathlib import Path
from aitbc_tui.ledger import Intent, Ledger

ledger = Ledger.open(Path(sys.argv[1]))
for n in range(int(sys.argv[3])):
    number = ledger.intend("lab", Intent.of(model="m", prompt="p"))
    ledger.accepted(number, f"{sys.argv[2]}-{n}")
    print(f"{sys.argv[2]}-{n}", flush=True)
"""


def _writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_nothing_acknowledged_is_lost_to_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    acknowledged: list[str] = []
    for round_ in range(5):
        child = _writer(path, f"r{round_}", 1000)
        assert child.stdout is not None
        try:
            acknowledged += [child.stdout.readline().strip() for _ in range(6)]
        finally:
            child.kill()
            rest, _ = child.communicate(timeout=20)
        acknowledged += rest.split("\n")[:-1]
        with Ledger.open(path) as ledger:
            jobs = ledger.own_jobs("lab", 100_000)
        written = {job.job_id for job in jobs if job.state is SubmitState.ACCEPTED}
        assert "" not in acknowledged and len(acknowledged) >= 6 * (round_ + 1)
        assert set(acknowledged) <= written
        # At most the one that was under way is on disk without having been acknowledged.
        assert len(written - set(acknowledged)) <= round_ + 1


def test_processes_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    children = [_writer(path, f"p{n}", 10) for n in range(3)]
    outputs = []
    for child in children:
        try:
            outputs.append(child.communicate(timeout=60)[0])
        finally:
            child.kill()
    assert [child.returncode for child in children] == [0, 0, 0]
    with Ledger.open(path) as ledger:
        ids = {job.job_id for job in ledger.own_jobs("lab", 1000)}
    assert ids == {line for output in outputs for line in output.split()} and len(ids) == 30
