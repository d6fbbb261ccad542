"""`watch` on a living network: lines for pipes and screen readers, nothing else."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

from aitbc_tui.devnet.child import Child

from .conftest import Run

AGREES = re.compile(r"node follower: agrees, was (connecting|\d of 5)")


def test_one_sentence_per_change(devnet_child: Child) -> None:
    command = [sys.executable, "-m", "aitbc_tui", "--config", str(devnet_child.config_path), "watch", "--plain"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            lines: list[str] = []
            for line in child.stdout:
                lines.append(line.removesuffix("\n"))
                if AGREES.search(line):
                    break
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=30)
        finally:
            child.kill()
    assert AGREES.search(lines[-1]) and "network" in lines[0] and "connecting" in lines[0]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d UTC [a-z]+ .+: .+", line) for line in lines), lines
    assert "\x1b" not in "".join(lines) and len(lines) == len(set(lines))
    assert child.returncode == 130 and err.strip() == "aitbc-tui: interrupted"


def test_it_ends_when_its_time_is_over(run: Run, devnet_child: Child) -> None:
    done = run("--config", devnet_child.config_path, "watch", "--plain", "--timeout", "0.5")
    assert done.code == 0 and done.err == "" and "connecting" in done.out


def test_objects_for_programs_and_interrupt(devnet_child: Child) -> None:
    command = [sys.executable, "-m", "aitbc_tui", "--config", str(devnet_child.config_path), "watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            seen = []
            for line in child.stdout:
                seen.append(json.loads(line))
                if seen[-1]["kind"] == "node" and seen[-1]["word"] == "produces":
                    break
            child.send_signal(signal.SIGTERM)
            _, err = child.communicate(timeout=30)
        finally:
            child.kill()
    assert set(seen[0]) == {"at", "kind", "subject", "level", "word", "was", "text"}
    assert seen[-1]["subject"] == "genesis" and seen[-1]["level"] == "good"
    assert child.returncode == 143 and "Traceback" not in err


def test_the_shapes_exclude_one_another(run: Run) -> None:
    assert run("watch", "--plain", "--json").code == 2
