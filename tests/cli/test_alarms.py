"""`alarms` and `trace`: what is printed, and the exit codes, against a devnet."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.cli.alarms import alarm_json
from aitbc_tui.cli.main import main
from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level

KEYS = {"name", "kind", "severity", "subject", "since", "evidence", "remedy", "check"}


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


def test_a_sound_network(capsys: pytest.CaptureFixture[str]) -> None:
    """A network of its own: jobs that other tests sent to a shared one may rightly be findings."""
    with start_child(DevnetOptions(seed=3)) as child:
        code = main(["--config", str(child.config_path), "alarms", "--observe", "4", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == 0
    assert said["alarms"] == [] and 4.0 <= said["observed_s"] < 8.0 and set(said) == {"alarms", "observed_s"}


@pytest.mark.skipif(shutil.which("ssh") is None, reason="the check is typed by hand with ssh, which is not here")
def test_a_broken_one(capsys: pytest.CaptureFixture[str]) -> None:
    with start_child(DevnetOptions(seed=3, faults=("disk-full",))) as child:
        code = main(["--config", str(child.config_path), "alarms", "--observe", "4", "--json"])
        said = json.loads(capsys.readouterr().out)
        assert code == 1
        (alarm,) = said["alarms"]
        assert set(alarm) == KEYS
        assert (alarm["name"], alarm["kind"], alarm["severity"]) == ("disk-full", "condition", "bad")
        assert alarm["subject"] == "follower" and "ops@127.0.0.1 df -h /" in alarm["check"]
        typed = subprocess.run(alarm["check"], shell=True, capture_output=True, text=True, timeout=20)
        assert typed.returncode == 0 and "99%" in typed.stdout, typed.stderr
        assert "99 % full" in alarm["evidence"] and alarm["since"].endswith("Z")
        assert main(["--config", str(child.config_path), "alarms", "--observe", "3"]) == 1
        lines = capsys.readouterr().out.splitlines()
        begins = next(n for n, line in enumerate(lines) if line.startswith("DISK  follower  since "))
        assert lines[begins].endswith(" UTC  (disk-full, a condition)")
        assert [line[:12].strip() for line in lines[begins + 1 : begins + 4]] == ["evidence", "do", "check"]
        assert lines[begins + 3][12:].startswith("ssh -p ")


def test_a_source_that_never_answers_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    with start_child(DevnetOptions(seed=3, faults=("ssh-drop",))) as child:
        code = main(["--config", str(child.config_path), "alarms", "--observe", "3", "--json"])
        out = capsys.readouterr()
        assert code == 3
        assert "no answer from RPC of follower" in out.err.splitlines()[-1]
        assert json.loads(out.out)["observed_s"] >= 3.0


def test_trace_tells_every_step(devnet_child: Child, capsys: pytest.CaptureFixture[str]) -> None:
    config = ["--config", str(devnet_child.config_path)]
    assert main([*config, "jobs", "--json"]) == 0
    jobs = json.loads(capsys.readouterr().out)["jobs"]
    done = next(job["job_id"] for job in jobs if job["wire_state"] == "COMPLETED")
    assert main([*config, "trace", done, "--json"]) == 0
    trace = json.loads(capsys.readouterr().out)["trace"]
    steps = [step["step"] for step in trace["steps"]]
    assert steps == ["submitted", "queued", "acquired", "processing", "result", "receipt", "verified", "on chain"]
    assert trace["missing"] is None and trace["gpus"]
    assert main([*config, "trace", done]) == 0
    assert "verified" in capsys.readouterr().out


def test_trace_names_the_missing_step(devnet_child: Child, capsys: pytest.CaptureFixture[str]) -> None:
    config = ["--config", str(devnet_child.config_path)]
    main([*config, "jobs", "--json"])
    jobs = json.loads(capsys.readouterr().out)["jobs"]
    dead = next(job["job_id"] for job in jobs if job["wire_state"] in ("CANCELED", "EXPIRED"))
    assert main([*config, "trace", dead, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["trace"]["missing"] == "acquired"


def test_a_finding_says_when_it_was_last_true() -> None:
    words = SafeText("words")
    finding = Alarm("fork", AlarmKind.FINDING, Level.BAD, words, words, words, words, 1_795_000_000.0)
    assert "last_true" not in alarm_json(finding), "nothing that is not known"
    again = alarm_json(replace(finding, last_true=1_795_000_060.0))
    assert (again["since"], again["last_true"]) == ("2026-11-18T11:06:40Z", "2026-11-18T11:07:40Z")
    assert "last_true" not in alarm_json(replace(finding, kind=AlarmKind.CONDITION, last_true=1.0))
