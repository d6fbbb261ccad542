"""The listing commands on a living network: tables, one JSON document each, the screens' words, no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.devnet.child import Child

from .conftest import SEED_KEYS, Run
from .networks import broken, secrets_of

NODE_KEYS = {"status", "block_height", "mempool_size", "p2p_connections", "service_uptime", "last_sync"}
VERBS = ("nodes", "mempool", "miners", "gpus", "jobs", "receipts", "browser", "doctor", "status")


def document(run: Run, config: Path, *words: object, code: int = 0) -> dict[str, Any]:
    done = run("--config", config, *words, "--json")
    assert done.code == code, done.err
    found = json.loads(done.out)
    assert isinstance(found, dict)
    return found


def test_status_has_exactly_the_keys_of_the_seed_and_evidence(run: Run, devnet_child: Child) -> None:
    found = document(run, devnet_child.config_path, "status", "--target", "all")
    assert list(found) == [*SEED_KEYS, "evidence"]
    assert (found["operation"], found["target_node"]) == ("status", "all")
    assert list(found["nodes_status"]) == ["genesis", "follower"]
    for node in found["nodes_status"].values():
        assert set(node) == NODE_KEYS and node["status"] == "online"
        assert isinstance(node["block_height"], int) and node["block_height"] >= 60
    assert found["sync_result"] is None and set(found["sync_details"].values()) == {None}
    assert found["confidence"] == 1.0 and found["issues"] == []
    assert len(found["evidence"]) == 8 and all(item["age_s"] is not None for item in found["evidence"])


@pytest.mark.parametrize("verb", VERBS)
def test_no_command_prints_a_key_or_an_id_that_is_one(run: Run, devnet_child: Child, verb: str) -> None:
    config = devnet_child.config_path
    for words in ([verb], [verb, "--json"]):
        done = run("--config", config, "-v", *words)
        assert done.code == 0, done.err
        for secret in secrets_of(config):
            assert secret not in done.out + done.err
    assert "miner\u00b7" not in done.out or verb in ("miners", "jobs", "receipts", "browser")


def test_a_tree_that_nobody_named_and_that_is_not_there_is_no_trouble(
    run: Run, devnet_child: Child, tmp_path: Path
) -> None:
    """The usual place is a guess: a host that has its code elsewhere is not warned of at every look."""
    config = broken(devnet_child.config_path, tmp_path, (r'repo = "/opt/aitbc"\n', ""))
    done = run("--config", config, "nodes")
    assert done.code == 0 and "warning" not in done.err, done.err
    rows = [line.split() for line in done.out.splitlines() if " genesis " in line or " follower " in line]
    assert [row[-2] for row in rows] == ["–", "–"]
    found = document(run, config, "nodes")
    git = found["nodes"][0]["sources"]["git"]
    assert found["nodes"][0]["git"] is None
    assert (git["freshness"], git["error"]) == ("absent", "genesis: no git tree at /opt/aitbc")


def test_nodes(run: Run, devnet_child: Child) -> None:
    found = document(run, devnet_child.config_path, "nodes")
    genesis, follower = found["nodes"]
    assert (genesis["state"], follower["state"]) == ("produces", "agrees")
    assert follower["agrees"] is True and abs(follower["lag"]) <= 1
    assert [unit["active"] for unit in genesis["units"]] == ["active"] * 3
    assert len(genesis["peers"]) == 1 and genesis["git"]["oid"] and genesis["uptime_s"] is not None
    assert genesis["sources"] and {item["freshness"] for item in genesis["sources"].values()} == {"fresh"}
    assert found["chain"]["agreeing"] == found["chain"]["compared"] == 2 and found["failures"] == []
    table = run("--config", devnet_child.config_path, "nodes").out
    row = next(line for line in table.splitlines() if " follower " in line)
    assert row.split()[:2] == ["agrees", "follower"] and row.split()[2].replace(",", "").isdigit()
    assert "3/3" in row and "084dcde clean" in row


def test_a_count_that_the_api_cut_off_is_a_lower_bound(run: Run, devnet_child: Child) -> None:
    config = devnet_child.config_path
    found = document(run, config, "mempool", "--limit", "3")
    follower = found["mempools"][1]
    assert follower["pending"] == {"count": 3, "capped": True} and len(follower["transactions"]) == 3
    assert follower["drains"] is False and follower["fees"]["max"] >= follower["fees"]["min"] > 0
    whole = document(run, config, "mempool", "--limit", "10001")["mempools"][1]["pending"]
    assert whole["capped"] is False and whole["count"] > 3
    table = run("--config", config, "mempool", "--limit", "3").out
    assert "3+" in next(line for line in table.splitlines() if "follower" in line).split()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mempool", "--limit", "0"], "--limit: a whole number, 1 to 10,001"),
        (["mempool", "--limit", "10002"], "1 to 10,001"),
        (["jobs", "--limit", "many"], "1 to 100"),
        (["jobs", "--state", "queud"], 'did you mean "QUEUED"?'),
        (["receipts", "--limit", "201"], "1 to 200"),
        (["receipts", "--job", "../x"], "is no job id"),
        (["job", "a b"], "is no job id"),
        (["browser", "--receipt-limit", "-1"], "--receipt-limit"),
        (["status", "--target", "folower"], 'did you mean "follower"?'),
        (["snapshot", "--size", "9x9", "-o", "x.svg"], "--size"),
        (["snapshot", "-o", "/nowhere/x.svg"], "no such folder"),
        (["snapshot", "--observe", "70", "-o", "x.svg"], "does not fit into --timeout"),
    ],
)
def test_usage_mistakes_ask_nobody(run: Run, devnet_child: Child, words: list[str], says: str) -> None:
    done = run("--config", devnet_child.config_path, *words)
    assert done.code == 2 and not done.out and done.err.count("\n") == 1
    assert says in done.last and "; try: " in done.last


def test_miners_and_their_alias(run: Run, devnet_child: Child) -> None:
    found = document(run, devnet_child.config_path, "admin-miners")["miners"]
    assert len(found) == 2 and {row["state"] for row in found} <= {"free", "busy"}
    assert all(row["miner"].startswith("miner\u00b7") and row["beat_age_s"] < 90 for row in found)
    assert all(row["runs"] is not None for row in found)


def test_gpus(run: Run, devnet_child: Child) -> None:
    found = document(run, devnet_child.config_path, "gpus")["gpus"]
    assert [row["gpu"] for row in found] == ["gpu-1:0", "gpu-1:1"]
    assert all(0 <= row["utilisation_percent"] <= 100 and row["memory_total"] > 2**30 for row in found)


def test_jobs_by_state_and_ours(run: Run, devnet_child: Child) -> None:
    config = devnet_child.config_path
    done = document(run, config, "jobs", "--state", "completed", "--limit", "4")["jobs"]
    assert len(done) == 4 and {row["wire_state"] for row in done} == {"COMPLETED"}
    assert [row["age_s"] for row in done] == sorted(row["age_s"] for row in done), "newest first"
    mine = document(run, config, "admin-jobs", "--mine")["jobs"]
    assert mine and all(row["ours"] for row in mine), "jobs of our client key, though this machine sent none"
    assert len({row["client"] for row in mine}) == 1
    assert document(run, config, "jobs", "--mine")["jobs"][0]["client"].startswith("client\u00b7")


def test_jobs_without_an_admin_key_are_only_ours(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    config = broken(devnet_child.config_path, tmp_path, ("admin_file = .*\n", ""))
    done = run("--config", config, "jobs")
    assert done.code == 2 and "needs an admin key" in done.last and "admin_file" in done.last
    assert document(run, config, "jobs", "--mine")["jobs"] == [], "this machine sent none"


def test_one_job_with_its_receipt(run: Run, devnet_child: Child) -> None:
    config = devnet_child.config_path
    listed = document(run, config, "receipts", "--limit", "10")["receipts"]
    job_id = next(row["job_id"] for row in listed if row["result_status"] == "completed")
    job = document(run, config, "status", job_id)["job"]
    assert job["wire_state"] == "COMPLETED" and job["receipt"]["verdict"] == "valid" and "prompt" not in job
    assert [step["step"] for step in job["steps"]][:3] == ["submitted", "queued", "acquired"]
    assert next(step for step in job["steps"] if step["step"] == "verified")["level"] == "good"
    shown = document(run, config, "job", job_id, "--show-prompt")["job"]
    assert len(shown["prompt"]) == shown["prompt_length"] > 0
    plain, unfolded = (run("--config", config, "job", job_id, *more).out for more in ([], ["--show-prompt"]))
    assert shown["prompt"] not in plain and shown["prompt"] in unfolded
    assert "receipt: valid" in plain
    begun = run("--config", config, "job", job_id[:8])
    assert begun.code == 0 and begun.out.startswith(f"Job {job_id}"), "eight digits are what the screens show"
    assert run("--config", config, "trace", job_id[:8]).out.startswith(f"Job {job_id}")


def test_an_unknown_job_is_one_clear_line(run: Run, devnet_child: Child) -> None:
    done = run("--config", devnet_child.config_path, "job", "0" * 32)
    assert done.code == 1 and not done.out and done.err.count("\n") == 1
    assert done.last.startswith("aitbc-tui: genesis: no job 0000") and "; try: " in done.last


def test_receipts_of_one_job_and_their_sums(run: Run, devnet_child: Child) -> None:
    config = devnet_child.config_path
    rows = document(run, config, "receipts", "--limit", "5")["receipts"]
    assert len(rows) == 5
    for row in rows:
        assert row["verdict"] == "valid" and row["sum"] == "="
        assert round(float(row["units"]) * float(row["unit_price"]), 6) == float(row["price"])
    one = document(run, config, "receipts", "--job-id", rows[0]["job_id"])["receipts"]
    assert {row["job_id"] for row in one} == {rows[0]["job_id"]}
    assert "no receipt of 0000" in run("--config", config, "receipts", "--job", "0" * 32).out
    table = run("--config", config, "receipts", "--limit", "1").out
    assert " \u00d7 " in table and table.startswith("1 of 1 valid")


def test_the_runbooks_browser(run: Run, devnet_child: Child) -> None:
    found = document(run, devnet_child.config_path, "browser", "--receipt-limit", "3")
    assert [row["node"] for row in found["heads"]] == ["genesis", "follower"]
    heights = [block["height"] for block in found["blocks"]]
    assert len(heights) == 5 and heights == list(range(heights[0], heights[0] - 5, -1))
    assert len(found["receipts"]) == 3


@pytest.mark.parametrize("screen", ["dashboard", "receipt"])
def test_a_picture_of_a_screen(run: Run, devnet_child: Child, tmp_path: Path, screen: str) -> None:
    target = tmp_path / "now.svg"
    words = ("snapshot", "--screen", screen, "--size", "100x30", "--observe", "1", "-o", target)
    done = run("--config", devnet_child.config_path, *words)
    assert done.code == 0 and done.out == f"{target}\n", done.err
    text = target.read_text().replace("&#160;", " ")
    assert text.startswith("<svg") and ("genesis" in text if screen == "dashboard" else "canonical bytes" in text)
