"""`config`: the file is made, shown, checked; nothing is written without being asked to."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ..config.samples import VALID, broken, write
from .conftest import Run

KEY = "hunter2-live-key"


def test_init_writes_a_private_valid_file_once(run: Run, home: Path) -> None:
    done = run("config", "init")
    path = home / "config/aitbc-tui/config.toml"
    assert done.code == 0 and done.out == f"{path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run("config", "validate").code == 0
    path.write_text("mine = 1\n")
    done = run("config", "init")
    assert done.code == 2 and "exists already" in done.last and "--force" in done.last
    assert path.read_text() == "mine = 1\n"
    assert run("config", "init", "--force").code == 0
    assert run("config", "validate").code == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["config.toml"]


def test_init_where_it_cannot_write(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("config", "init", "--config", tmp_path / "file/config.toml")
    assert done.code == 2 and "file" in done.last and "Traceback" not in done.err


def test_asking_makes_nothing(run: Run, home: Path) -> None:
    for words in (
        ["config", "path"],
        ["config", "show"],
        ["config", "validate"],
        ["config", "schema"],
        ["trust", "list"],
        ["--help"],
    ):
        run(*words)
    assert list(home.iterdir()) == []


def test_path(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("config", "path").out == f"{home}/config/aitbc-tui/config.toml\n"
    monkeypatch.setenv("AITBC_TUI_CONFIG", "/x.toml")
    told = json.loads(run("config", "path", "--json").out)
    assert told == {"path": "/x.toml", "from": "AITBC_TUI_CONFIG", "exists": False}


def test_show_names_the_origin_of_each_value(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path)
    monkeypatch.setenv("AITBC_TUI_INTERVAL_S", "4")
    done = run("config", "show", "--config", path, "--read-only", "--json")
    values = json.loads(done.out)["values"]
    assert values["env.prod.access"] == {"value": "observe", "from": "--read-only"}
    assert values["env.prod.interval_s"] == {"value": 4.0, "from": "AITBC_TUI_INTERVAL_S"}
    assert values["env.prod.hosts.genesis.port"] == {"value": 2222, "from": f"{path}:6"}
    assert values["env.prod.nodes[0].repo"] == {"value": "/opt/aitbc", "from": "default"}
    plain = run("config", "show", "--config", path).out
    row = next(line.split() for line in plain.splitlines() if line.startswith("env.prod.hosts.genesis.port "))
    assert row[1:] == ["2222", f"{path}:6"]


def test_no_command_prints_a_secret(run: Run, tmp_path: Path) -> None:
    (tmp_path / "client.key").write_text(KEY)
    (tmp_path / "client.key").chmod(0o600)
    text = VALID.replace('"pass show aitbc/admin"', f'"echo {KEY}"')
    path = write(tmp_path, text)
    misplaced = tmp_path / "misplaced.toml"
    misplaced.write_text(VALID.replace('client_file = "client.key"', f'client_key = "{KEY}"'))
    as_path = tmp_path / "path.toml"
    as_path.write_text(VALID.replace('client_file = "client.key"', f'client_file = "{KEY}"'))
    for file in (path, misplaced, as_path):
        for words in (["config", "show"], ["config", "show", "--json"], ["config", "validate"], ["trust", "list"]):
            done = run(*words, "--config", file, "-v")
            assert KEY not in done.out + done.err, (file, words)


def test_validate_tells_every_problem_on_its_own_line(run: Run, tmp_path: Path) -> None:
    text = VALID.replace("port = 2222", "prot = 2222").replace('access = "submit"', 'access = "root"')
    path = write(tmp_path, text)
    done = run("config", "validate", "--config", path)
    assert done.code == 2 and not done.out
    assert f"{path}:3: env.prod.access:" in done.err and f"{path}:6: env.prod.hosts.genesis.prot:" in done.err
    assert done.err.count("\n") == 2 and "try:" in done.last
    scripted = run("config", "validate", "--config", path, "--json")
    told = json.loads(scripted.out)
    assert told["valid"] is False and scripted.err == done.err, "also a script's log says why"
    assert {item["key"] for item in told["problems"]} == {"env.prod.access", "env.prod.hosts.genesis.prot"}


def test_validate_looks_at_the_files_it_names(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path)
    done = run("config", "validate", "--config", path)
    assert done.code == 2
    assert f"{path}:7: env.prod.hosts.genesis.identity: {tmp_path}/keys/id does not exist" in done.err
    assert f"{path}:25: env.prod.coordinator.client_file: the file named there does not exist" in done.err
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/id").write_text("x")
    (tmp_path / "client.key").write_text(KEY)
    (tmp_path / "client.key").chmod(0o644)
    done = run("config", "validate", "--config", path)
    assert done.code == 2 and "mode 0644" in done.last and "chmod 600" in done.last
    (tmp_path / "client.key").chmod(0o600)
    assert run("config", "validate", "--config", path).code == 0


def test_validate_json_of_what_is_no_toml(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, "a = ")
    done = run("config", "validate", "--config", path, "--json")
    assert done.code == 2 and json.loads(done.out)["problems"][0]["message"].startswith(f"{path}:1: not valid TOML")


@pytest.mark.parametrize("words", [["config", "show"], ["trust", "list"], ["receipts", "verify", "x"], []])
def test_a_broken_file_stops_every_command_that_needs_it(run: Run, tmp_path: Path, words: list[str]) -> None:
    text, line = broken('rpc = "http://127.0.0.1:8006"', 'rpc = "127.0.0.1:8006"')
    path = write(tmp_path, text)
    done = run("--config", path, *words)
    assert done.code == 2 and not done.out
    assert f"{path}:{line}: env.prod.nodes[0].rpc:" in done.last and "Traceback" not in done.err


def test_schema_is_json(run: Run) -> None:
    assert json.loads(run("config", "schema").out)["properties"]["env"]["type"] == "object"


def test_a_file_that_cannot_be_read(run: Run) -> None:
    done = run("config", "show", "--config", "/dev/null/config.toml")
    assert done.code == 2 and "/dev/null/config.toml: cannot be read: Not a directory" in done.last
