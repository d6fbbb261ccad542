"""A disk that fills while everything else is well is seen in seconds, and costs no process on the node."""

from __future__ import annotations

from pathlib import Path

from aitbc_tui.devnet.options import DevnetOptions
from tests.faults.test_table import SEED, begin
from tests.fixtures.simulated import bench, simulate


def test_a_disk_that_fills_alone(tmp_path: Path) -> None:
    async def watch() -> None:
        async with bench(tmp_path, DevnetOptions(seed=SEED)) as live:
            await begin(live)
            files = live.devnet.machine("follower").files
            files.write_disk(97)
            took = await live.until(lambda s: live.rules() == {"disk-full"}, 30.0)
            assert took is not None, live.rules()
            alarm = next(a for a in live.snapshot.alarms if a.open)
            assert alarm.about == "follower" and "97 % full" in alarm.evidence
            files.write_disk(42)
            assert await live.until(lambda s: not live.rules(), 30.0) is not None, "gone within 30 s of its end"
            assert "df" not in (files.home / "calls.log").read_text()

    simulate(watch)
