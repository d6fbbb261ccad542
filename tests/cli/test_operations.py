"""The Node Coordinator from a script: input, output object, guard, audit, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.cli.options import DEFAULT_TIMEOUT_S
from aitbc_tui.config import paths
from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.operation import Verb, Wish
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.operations.commands import COMMANDS
from aitbc_tui.operations.models import OperationInput, OperationOutput
from aitbc_tui.operations.slots import SLOTS
from tests.fixtures.devnet import switched
from tests.fixtures.waiting import soon

from .conftest import SEED_KEYS, Ran, Run

NODE = "aitbc-blockchain-node"


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with start_child(DevnetOptions(seed=4712)) as running:
        yield running


@pytest.fixture
def op(run: Run, child: Child) -> Run:
    def op(*words: object) -> Ran:
        return run("--config", child.config_path, *words)

    return op


def calls(child: Child, host: str) -> list[str]:
    return (child.config_path.parent / "hosts" / host / "calls.log").read_text().splitlines()


def audit() -> list[tuple[str, str, str]]:
    with Ledger.open(paths.ledger_file()) as ledger:
        return [(str(e.what), e.phase, str(e.detail)) for e in reversed(ledger.audit())]


def document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    assert [*found] == [*SEED_KEYS, "evidence"], "exactly the seed's keys, and evidence"
    OperationOutput.model_validate(found)
    return found


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("health",),
        ("sync", "--sync-type", "git"),
        ("sync", "--sync-type", "all", "--force"),
        ("message", "--message", "hello", "--target", "follower"),
        ("coordinate", "--action", "restart", "--unit", NODE, "--target", "follower", "--force"),
        ("sync", "--sync-type", "blockchain", "--dry-run"),
        ("coordinate", "--action", "stop", "--dry-run"),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_the_output_object_has_the_seeds_keys(op: Run, words: tuple[str, ...]) -> None:
    ran = op(*words, "--json")
    assert ran.code == 0, ran.err
    found = document(ran)
    assert found["operation"] == words[0]
    assert found["confidence"] == 1.0, [e for e in found["evidence"] if e["error"]]
    assert all(set(node) == set(found["nodes_status"]["follower"]) for node in found["nodes_status"].values())
    if words[0] not in ("sync",):
        assert found["sync_result"] is None and set(found["sync_details"].values()) == {None}
    if words[0] != "message":
        assert set(found["message_delivery"].values()) == {None}


def test_the_table_says_the_same(op: Run) -> None:
    ran = op("health", "--target", "follower")
    assert ran.code == 0 and "parent links" in ran.out and "confidence 1.0" in ran.out


@pytest.mark.parametrize("verb", ["status", "health", "sync", "message", "coordinate"])
def test_an_operation_has_60_seconds_unless_it_is_given_others(run: Run, verb: str) -> None:
    ran = run(verb, "--help")
    assert ran.code == 0 and "default 60;" in " ".join(ran.out.split())
    assert DEFAULT_TIMEOUT_S == 60.0 == Wish(Verb.STATUS, "all").timeout_s


def test_the_input_object(op: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"operation": "sync", "target_node": "follower", "sync_type": "git", "timeout": 30, "verify": False}
    OperationInput.model_validate(given)
    file = tmp_path / "in.json"
    file.write_text(json.dumps(given))
    found = document(op("sync", "--input", file, "--json"))
    assert found["target_node"] == "follower" and [*found["nodes_status"]] == ["follower"]
    assert found["validation_status"] is None and found["sync_details"]["git_synced"] is True
    file.write_text(json.dumps({"target_node": "follower"}))
    found = document(op("sync", "--input", file, "--json"))
    assert found["sync_details"]["blockchain_synced"] is True, "in an object the default is blockchain"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sync",), "--sync-type is missing"),
        (("sync", "--sync-type", "blockhain"), 'did you mean "blockchain"'),
        (("sync", "--sync-type", "git", "--timeout", "61"), "at most 60"),
        (("health", "--timeout", "121"), "at most 120"),
        (("status", "--target", "folower"), 'did you mean "follower"'),
        (("coordinate",), "--action is missing"),
        (("coordinate", "--action", "restart", "--unit", "aitbc-blockchain-nod", "--force"), "aitbc-blockchain-node"),
        (("message",), "--message"),
        (("sync", "--sync-type", "configuration", "--key", "proposer_id", "--force"), "never copied"),
        (("service", "restart", "sshd", "--host", "genesis", "--force"), 'no unit "sshd"'),
        (("service", "stop", NODE, "--force"), "several hosts"),
        (("logs", "nosuch"), 'no unit "nosuch"'),
        (("logs", "node", "-n", "-1"), "from 0 to"),
    ],
)
def test_what_cannot_be_meant_is_usage(op: Run, words: tuple[str, ...], said: str) -> None:
    ran = op(*words)
    assert ran.code == 2 and said in ran.last


def test_a_wrong_target_stands_in_the_object_too(op: Run) -> None:
    ran = op("status", "--target", "gensis", "--json")
    assert ran.code == 2
    issue = document(ran)["issues"][0]
    assert issue["kind"] == "validation" and "genesis" in issue["remedy"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"operation": "health"}, "but the command is sync"),
        ({"sync_typ": "git"}, "sync_type"),
        ({"sync_type": "git", "timeout": 90}, "at most 60"),
        ({"sync_type": "git", "timeout": "soon"}, "a number of seconds"),
        ({"sync_type": "git", "force": "yes"}, "true or false"),
        ([], "not a JSON object"),
    ],
)
def test_a_wrong_input_object_is_usage(op: Run, tmp_path: Path, given: object, said: str) -> None:
    file = tmp_path / "in.json"
    file.write_text(json.dumps(given))
    ran = op("sync", "--input", file)
    assert ran.code == 2 and said in ran.last


@pytest.mark.parametrize(
    "words",
    [
        ("coordinate", "--action", "restart", "--target", "follower"),
        ("coordinate", "--action", "stop", "--unit", NODE, "--yes"),
        ("sync", "--sync-type", "configuration"),
        ("sync", "--sync-type", "configuration", "--key", "chain_id"),
        ("sync", "--sync-type", "mempool", "--tx", "0xabc"),
        ("service", "restart", NODE, "--host", "follower"),
        ("service", "stop", NODE, "--host", "follower"),
    ],
    ids=lambda words: " ".join(words[:4]),
)
def test_without_force_the_guard_refuses_and_the_audit_shows_it(op: Run, child: Child, words: tuple[str, ...]) -> None:
    before = len(calls(child, "follower"))
    ran = op(*words)
    assert ran.code == 6, ran.err
    writes = [c for c in calls(child, "follower")[before:] if c.startswith("sudo") and "cat" not in c]
    assert not writes
    if words[:3] == ("sync", "--sync-type", "configuration"):
        assert [phase for _, phase, _ in audit()] == ["before", "after"], "what differs was shown, and nothing written"
    elif "--tx" not in words:
        assert [phase for _, phase, _ in audit()] == ["before", "after"] and audit()[-1][2].startswith("refused: ")


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "--sync-type", "blockchain"),
        ("sync", "--sync-type", "git"),
        ("message", "--message", "x"),
        ("coordinate", "--action", "start", "--force"),
        ("service", "start", NODE, "--host", "follower", "--force"),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_at_observe_every_write_is_refused_before_anything_connects(
    op: Run, child: Child, words: tuple[str, ...]
) -> None:
    before = len(calls(child, "follower")), len(calls(child, "genesis"))
    ran = op("--read-only", *words)
    assert ran.code == 6 and "observe" in ran.last
    assert (len(calls(child, "follower")), len(calls(child, "genesis"))) == before
    assert [phase for _, phase, _ in audit()] == ["before", "after"] and audit()[-1][2].startswith("refused: ")


def test_what_was_done_is_in_the_audit_before_and_after(op: Run) -> None:
    assert op("service", "restart", NODE, "--host", "follower", "--force").code == 0
    before, after = audit()[-2:]
    assert before == (f"service restart {NODE}", "before", "host follower")
    assert after[1:] == ("after", "active -> active")


def test_a_dry_run_writes_nothing(op: Run, child: Child) -> None:
    for words in (
        ("sync", "--sync-type", "all", "--key", "chain_id"),
        ("coordinate", "--action", "restart", "--force"),
        ("message", "--message", "x"),
        ("service", "restart", NODE, "--host", "follower"),
    ):
        before = len(calls(child, "follower"))
        ran = op(*words, "--dry-run")
        assert ran.code == 0 and ("plan" in ran.out or "plan" in ran.err), ran.err
        if words[0] != "service":
            steps = int(re.search(r"(\d+) steps?; nothing was written", ran.out)[1])  # type: ignore[index]
            assert len(re.findall(r"^ +\d+  \S", ran.out, re.MULTILINE)) == steps, "the plan itself is printed"
            assert re.search(r"\d\d:\d\d:\d\d UTC", ran.out), "last agreed is a time, not a count of seconds"
        assert not [c for c in calls(child, "follower")[before:] if c.startswith("sudo")]


def test_what_the_nodes_are_is_looked_at_after_the_operation_too(op: Run) -> None:
    words = ("coordinate", "--unit", "aitbc-blockchain-p2p", "--target", "follower", "--force", "--json", "--action")
    stopped, started = document(op(*words, "stop")), document(op(*words, "start"))
    assert stopped["nodes_status"]["follower"]["status"] == "degraded"
    assert started["nodes_status"]["follower"]["status"] == "online", started["issues"]


def test_production_must_be_named(op: Run, child: Child, run: Run, tmp_path: Path) -> None:
    config = tmp_path / "prod.toml"
    config.write_text(child.config_path.read_text().replace("production = false", "production = true"))
    words = ("service", "restart", NODE, "--host", "follower", "--force")
    assert run("--config", config, *words).code == 6
    assert run("--config", config, *words, "--yes", "other").code in (2, 6)
    assert run("--config", config, *words, "--yes", "devnet").code == 0


def test_service_status_and_logs(op: Run) -> None:
    found = json.loads(op("service", "status", "aitbc-host-gpu-miner", "--json").out)
    assert (found["host"], found["about"], found["active"]) == ("gpu-1", "miner-0", "active")
    ran = op("logs", "node", "--host", "genesis", "-n", "3")
    assert ran.code == 0 and len(ran.out.splitlines()) == 3 and "\x1b" not in ran.out
    lines = [json.loads(line) for line in op("logs", "coordinator", "-n", "2", "--json").out.splitlines()]
    assert [line["unit"] for line in lines] == ["aitbc-coordinator-api"] * 2
    assert {line.split(":")[0] for line in op("logs", "node", "-n", "2").out.splitlines()} == {"genesis", "follower"}


def test_logs_are_followed_until_stopped(child: Child, home: Path) -> None:
    words = [sys.executable, "-m", "aitbc_tui", "--config", str(child.config_path)]
    process = subprocess.Popen(
        [*words, "logs", "node", "--host", "genesis", "-n", "1", "--follow"],
        stdout=subprocess.PIPE,
        env={**os.environ, "HOME": str(home)},
    )
    try:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(5)]
        assert all(seen) and len(set(seen)) > 1
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def test_the_network_matrix(op: Run) -> None:
    ran = op("network", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    checks = {(row["host"], row["check"]): row for row in found["hosts"]}
    assert {check for _, check in checks} == {
        *("name", "tcp", "host key", "login", "ssh", "large ssh"),
        *("rpc", "latency", "large answer", "p2p port", "coordinator", "ollama"),
    }
    assert all(row["verdict"] == "pass" and row["by_hand"] for row in found["hosts"]), found["hosts"]
    typed = {name: checks["genesis", name]["by_hand"] for name in ("rpc", "large answer", "large ssh", "p2p port")}
    said = {name: subprocess.run(["sh", "-c", line], capture_output=True, timeout=20) for name, line in typed.items()}
    assert all(ran.returncode == 0 and ran.stdout.strip() for ran in said.values()), said
    assert b'"status":"ok"' in said["rpc"].stdout and int(said["large ssh"].stdout) == 65536
    assert int(said["large answer"].stdout) > 4096, "the quotes reach the shell there"
    assert "p50" in checks["genesis", "latency"]["why"] and "p95" in checks["genesis", "latency"]["why"]
    assert found["p2p"]["verdict"] == "connected" and len(found["p2p"]["nodes"]) == 2
    told = op("network").out
    assert all(row["by_hand"] in told for row in found["hosts"] if row["check"] != "latency") and "unanswered" in told


def test_the_schema_is_that_of_the_models(op: Run) -> None:
    found = json.loads(op("status", "--schema").out)
    assert [*found["output"]["properties"]] == [*SEED_KEYS, "evidence"]
    assert found["output"]["additionalProperties"] is False
    assert set(found["input"]["properties"]) >= {"operation", "target_node", "sync_type", "timeout", "force", "verify"}


def test_a_sixth_operation_is_refused(op: Run) -> None:
    import fcntl

    folder = paths.state_dir()
    folder.mkdir(parents=True, exist_ok=True)
    held = [os.open(folder / f"devnet.{number}.lock", os.O_RDWR | os.O_CREAT) for number in range(1, SLOTS + 1)]
    for handle in held:
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        ran = op("sync", "--sync-type", "git", "--json")
        assert ran.code == 6 and "5 operations are under way" in ran.last
        assert document(ran)["issues"][0]["kind"] == "permission"
    finally:
        for handle in held:
            os.close(handle)


# Networks with something broken: each its own.


def broken(*faults: str) -> Any:
    return start_child(DevnetOptions(seed=4713, faults=faults))


def test_errors_of_a_host_that_is_gone_or_not_itself(run: Run) -> None:
    with broken("ssh-drop=follower") as child:
        ran = run("--config", child.config_path, "status", "--json")
        assert ran.code == 1 and "follower" in ran.last, "one of two answered"
        found = document(ran)
        assert {i["kind"] for i in found["issues"]} == {"connection"} and found["confidence"] == 0.5
        assert found["nodes_status"]["follower"]["status"] == "offline" and found["validation_status"] == "partial"
        ran = run("--config", child.config_path, "health", "--target", "follower", "--json")
        assert ran.code == 3 and document(ran)["validation_status"] == "failed"
        ran = run("--config", child.config_path, "sync", "--sync-type", "git", "--json")
        assert ran.code in (1, 3) and document(ran)["sync_result"] == "partial"
        assert run("--config", child.config_path, "network").code == 1
        switched(child, "-ssh-drop", "+ssh-hostkey-changed=follower")
        ran = run("--config", child.config_path, "sync", "--sync-type", "blockchain", "--json")
        assert ran.code == 5 and "trust" in {i["kind"] for i in document(ran)["issues"]}


def test_one_silent_node_is_not_the_whole(run: Run) -> None:
    with broken("rpc-hang=follower") as child:
        ran = run("--config", child.config_path, "status", "--json")
        assert ran.code == 1 and "follower" in ran.last, "the other one answered"
        nodes = document(ran)["nodes_status"]
        assert nodes["genesis"]["status"] == "online" and nodes["genesis"]["block_height"] is not None
        assert nodes["follower"]["block_height"] is None and document(ran)["execution_time"] < DEFAULT_TIMEOUT_S / 2
        assert run("--config", child.config_path, "status", "--target", "follower").code == 4


def test_health_is_1_on_any_fail_and_a_wedge_is_healed_by_sync(run: Run, home: Path) -> None:
    with broken("wedge=500") as child:
        ran = run("--config", child.config_path, "health", "--json")
        assert ran.code == 1 and "500" in json.dumps(document(ran)["issues"])
        words = [sys.executable, "-m", "aitbc_tui", "--config", str(child.config_path)]
        words += ["sync", "--sync-type", "blockchain", "--target", "follower"]
        process = subprocess.Popen(words, env={**os.environ, "HOME": str(home)}, stderr=subprocess.DEVNULL)
        assert soon(lambda: [entry[1] for entry in audit()] == ["before"]), "it had begun"
        process.kill()
        process.wait()
        ran = run("--config", child.config_path, *words[5:], "--json")
        assert ran.code == 0
        found = document(ran)
        assert found["sync_result"] == "success" and found["nodes_status"]["follower"]["status"] == "online"
        cut_off = [entry for entry in audit() if entry[1] == "before"]
        assert len(cut_off) == 2 and len([e for e in audit() if e[1] == "after"]) == 1, "the killed one has no end"


def test_status_asks_anew_unless_an_age_is_allowed(op: Run, child: Child) -> None:
    first = document(op("status", "--json"))
    before = len(calls(child, "genesis"))
    kept = document(op("status", "--json", "--max-age", "30"))
    assert len(calls(child, "genesis")) == before, "nothing was asked"
    assert kept["nodes_status"] == first["nodes_status"] and "s ago" in kept["summary"]
    for old, new in zip(first["evidence"], kept["evidence"], strict=True):
        assert old["age_s"] is None or new["age_s"] > old["age_s"]
    assert op("status", "--json").code == 0 and len(calls(child, "genesis")) > before
    time.sleep(0.3)
    before = len(calls(child, "genesis"))
    assert op("status", "--json", "--max-age", "0.1").code == 0 and len(calls(child, "genesis")) > before


def test_doctor_lists_every_command(run: Run) -> None:
    ran = run("doctor", "--commands")
    assert ran.code == 0 and "VACUUM INTO" in ran.out and "permitopen" in ran.out and "NOPASSWD" in ran.out
    found = json.loads(run("doctor", "--commands", "--json").out)
    assert {form["form"] for form in found["commands"]} == {fixed.form for fixed in COMMANDS}
    assert [form["form"] for form in found["commands"] if form["writes"]] == [f.form for f in COMMANDS if f.writes]
    assert found["authorized_keys"] in ran.out and found["sudoers"] in ran.out


def test_a_configuration_is_changed_only_with_force(op: Run, child: Child) -> None:
    file = child.config_path.parent / "hosts" / "follower" / "etc" / "blockchain.env"
    good = file.read_text()
    file.write_text(good.replace("block_time_seconds=2", "block_time_seconds=9"))
    try:
        words = (
            "sync",
            "--sync-type",
            "configuration",
            "--target",
            "follower",
            "--key",
            "block_time_seconds",
            "--json",
        )
        for more in ((), ("--yes",), ("--dry-run", "--force")):
            ran = op(*words, *more)
            assert ran.code == (0 if more and more[0] == "--dry-run" else 6)
            assert "block_time_seconds=9" in file.read_text()
        assert op("sync", "--sync-type", "all", "--force", "--json").code == 1, "force alone copies no key"
        assert "block_time_seconds=9" in file.read_text()
        assert document(op(*words, "--force"))["sync_details"]["configuration_synced"] is True
        assert file.read_text() == good
    finally:
        file.write_text(good)


def test_everything_that_was_run_on_a_host_is_on_the_list(op: Run, child: Child) -> None:
    """The commands of all the tests above, as the hosts noted them."""
    from aitbc_tui.operations.commands import form_of

    assert op("health").code == 0
    strange = set()
    for host in ("genesis", "follower", "gpu-1"):
        for line in calls(child, host):
            words = line.split(" ")
            if words[:2] == ["timeout", "-k"]:
                words = words[4:]
            if words[0] == "git" and "fetch" in words:
                words = ["env", "GIT_TERMINAL_PROMPT=0", *words]  # which git itself does not see
            if words[0] in ("timeout", "ss") or form_of(words) is not None:  # a test above typed the `ss` of `network`
                continue
            strange.add(line)
    assert not strange
