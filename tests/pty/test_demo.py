"""The demo on a terminal, by key presses alone: from its start to a verified receipt, and out again."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.fixtures.terminal import Terminal

DEMO = [sys.executable, "-m", "aitbc_tui", "demo", "--seed", "7"]
SOUND = re.compile(r"^ ● sound ", re.M)
VERIFIED = re.compile(r"● verified .* valid: The signature verifies under a key")
PRICE = re.compile(r"(\d+\.\d{3}) s × 0\.020000 = (\d+\.\d{6}), same as signed")


@contextmanager
def demo(home: Path, size: tuple[int, int] = (120, 40)) -> Iterator[Terminal]:
    """A demo whose every trace lands under `home`."""
    (home / "tmp").mkdir()
    places = {name: str(home / name.lower()) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    with Terminal(DEMO, size=size, env={"HOME": str(home), "TMPDIR": str(home / "tmp"), **places}) as terminal:
        terminal.until(SOUND, 60)
        yield terminal


def all_gone(processes: list[psutil.Process], seconds: float = 10) -> bool:
    return not psutil.wait_procs(processes, seconds)[1]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
def test_from_start_to_a_verified_receipt_by_keys_alone(tmp_path: Path, size: tuple[int, int]) -> None:
    with demo(tmp_path, size) as one:
        started = one.processes()
        assert len(started) > 1, "the network of the demo is a process of its own"
        assert "demo" in one.screen.display[0], "the demo says on every screen that it is one"

        one.press("n")
        one.until("Submit inference")
        one.type("llama3.2:latest")
        one.press("tab")
        one.type("Why is the sky blue?")
        one.until(r"Why is the sky blue?_")
        one.press("ctrl+g")
        preview = one.until("nothing sent yet")
        assert "► Cancel" in preview and "POST /v1/jobs" in preview
        one.press("y")
        opened = one.until(re.compile(r"^━ Job [0-9a-f]{8} ", re.M))
        short = re.search(r"━ Job ([0-9a-f]{8})", opened)
        assert short is not None
        one.until("the coordinator says COMPLETED", 60)
        one.until(VERIFIED, 30)

        one.press("enter")
        receipt = one.until(re.compile(rf"● valid · job {short[1]}"))
        price = PRICE.search(receipt)
        assert price is not None, receipt
        assert float(price[1]) * 0.02 == pytest.approx(float(price[2]))

        one.press("q")
        assert one.wait() == 0
        assert b"\x1b[?1049l" in one.raw and b"\x1b[?25h" in one.raw, "alternate screen left, cursor shown"
        assert one.modes_restored
        assert all_gone(started)
        assert list((tmp_path / "tmp").iterdir()) == [], "the network's private directory went with it"
        assert b"sky blue" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.timeout(120)
def test_the_network_dies_with_a_dashboard_that_is_killed(tmp_path: Path) -> None:
    with demo(tmp_path) as one:
        started = one.processes()
        one.child.send_signal(signal.SIGKILL)
        one.child.wait(5)
        assert all_gone(started)
        ends = time.monotonic() + 5
        while list((tmp_path / "tmp").iterdir()) and time.monotonic() < ends:
            time.sleep(0.05)
        assert list((tmp_path / "tmp").iterdir()) == []
