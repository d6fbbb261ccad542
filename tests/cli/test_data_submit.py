"""`submit` and `cancel`: what is checked, what is sent once, which end has which exit code."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from aitbc_tui.devnet.child import Child

from .conftest import Ran, Run
from .networks import broken, local_config, stub_coordinator

MODEL = "llama3.2:latest"
JOB = "0f3c5b1a2d4e46f8a9b0c1d2e3f40516"


def submit(run: Run, config: Path, *words: object) -> Ran:
    return run("--config", config, "submit", "--model", MODEL, "--prompt", "Is the chain moving?", *words)


def test_every_mistake_is_a_line_of_its_own_and_nothing_is_asked(run: Run, devnet_child: Child) -> None:
    words = ("submit", "--model", " ", "--prompt", "", "--ttl", "1.5", "--pay", "-1", "--count", "21")
    done = run("--config", devnet_child.config_path, *words)
    assert done.code == 2 and not done.out
    named = [line.split(": ")[1] for line in done.err.splitlines()]
    assert named == ["--model", "the prompt", "--ttl", "--pay", "--count"]
    assert all("nothing was sent" in line for line in done.err.splitlines())
    assert "aitbc-tui gpus lists those that miners hold" in done.err, "a command has no list to open"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--prompt-file", "/nowhere/prompt"], "No such file"),
        (["--prompt", "a", "--prompt-file", "b"], "not allowed with argument"),
        ([], "one of the arguments --prompt --prompt-file is required"),
        (["--prompt", "a", "--type", "traning"], "is none of"),
    ],
)
def test_bad_prompts_and_types(run: Run, devnet_child: Child, words: list[str], says: str) -> None:
    done = run("--config", devnet_child.config_path, "submit", "--model", MODEL, *words)
    assert done.code == 2 and says in done.last


def test_a_prompt_that_is_no_utf8(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    (tmp_path / "prompt").write_bytes(b"good \xff bad")
    words = ("submit", "--model", MODEL, "--prompt-file", tmp_path / "prompt")
    done = run("--config", devnet_child.config_path, *words)
    assert done.code == 2 and "byte 5 is not UTF-8" in done.last


def test_access_observe_sends_nothing(run: Run, devnet_child: Child) -> None:
    config = devnet_child.config_path
    done = run("--config", config, "--read-only", "submit", "--model", MODEL, "--prompt", "p")
    assert done.code == 6 and "needs access submit" in done.last
    done = run("--config", config, "--read-only", "cancel", JOB)
    assert done.code == 6 and "needs access submit" in done.last
    done = run("--config", config, "--read-only", "submit", "--model", MODEL, "--prompt", "p", "--dry-run")
    assert done.code == 0 and "needs access submit" in done.last


def test_dry_run_shows_everything_but_the_prompt(run: Run, devnet_child: Child) -> None:
    config = devnet_child.config_path
    before = json.loads(run("--config", config, "jobs", "--mine", "--json").out)["jobs"]
    done = submit(run, config, "--dry-run", "--pay", "0.5", "--region", "localhost", "--gpu", "RTX 9")
    assert done.code == 0 and "Is the chain moving?" not in done.out + done.err
    assert "20 characters, 20 bytes, not shown" in done.out
    assert "region localhost, gpu RTX 9" in done.out and "client\u00b7" in done.out
    assert "--gpu: no shipped miner matches this" in done.err
    found = json.loads(submit(run, config, "--dry-run", "--json").out)
    assert found["order"]["prompt_bytes"] == 20 and found["dry_run"] is True and "jobs" not in found
    assert found["basis"]["receipts"] > 0 and f"({found['basis']['receipts']} receipts)" in found["estimate"]
    after = json.loads(run("--config", config, "jobs", "--mine", "--json").out)["jobs"]
    assert [row["job_id"] for row in after] == [row["job_id"] for row in before]


def test_a_job_to_its_verified_receipt(run: Run, devnet_child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt comes from standard input and arrives byte for byte."""
    config = devnet_child.config_path
    prompt = "  Zwei  Knoten,\tein Block\u2026\n\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(prompt.encode())))
    words = ("submit", "inference", "--model", MODEL, "--prompt-file", "-", "--wait", "--json")
    done = run("--config", config, *words)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    (job,) = found["jobs"]
    assert (job["submission"], job["outcome"]) == ("accepted", "completed")
    assert job["job"]["receipt"]["verdict"] == "valid" and job["job"]["ours"] is True
    assert done.err.splitlines()[1] == f"{job['job_id']} submitted", "its id comes first"
    assert prompt not in done.out + done.err
    shown = json.loads(run("--config", config, "job", job["job_id"], "--show-prompt", "--json").out)
    assert shown["job"]["prompt_length"] == len(prompt)
    receipts = json.loads(run("--config", config, "receipts", "--job", job["job_id"], "--json").out)["receipts"]
    assert [row["verdict"] for row in receipts] == ["valid"]


def test_a_payment_that_failed_is_said_of_the_job_that_ran_all_the_same(run: Run, devnet_child: Child) -> None:
    """What was asked for came, and its receipt is valid: exit 0, as documented; that it pays for nothing is said."""
    done = submit(run, devnet_child.config_path, "--pay", "0.5", "--wait")
    assert done.code == 0, done.err
    said = done.out.splitlines()[-1]
    assert "completed, receipt valid" in said
    assert said.endswith("; payment failed: nothing was held, and the job ran all the same")
    done = submit(run, devnet_child.config_path, "--wait")
    assert done.code == 0 and "payment" not in done.out, "none was ordered"


def test_who_trusts_another_key_does_not_trust_this_receipt(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    """And a model nobody holds is warned of, then silently replaced by the miner."""
    other = "A" * 42 + "E"
    config = broken(devnet_child.config_path, tmp_path, (r"signing = \[.*\]", f'signing = ["{other}"]'))
    done = run("--config", config, "submit", "--model", "llama3.3", "--prompt", "p", "--wait")
    assert done.code == 5 and "untrusted-key" in done.last
    assert "will silently substitute" in done.err and "Did you mean llama3.2:latest?" in done.err
    assert "no basis" in done.out


def test_the_time_is_over_and_the_job_lives_on(run: Run, devnet_child: Child) -> None:
    done = submit(run, devnet_child.config_path, "--region", "nowhere", "--wait", "--timeout", "4")
    assert done.code == 4 and "not finished in the time given; it lives on" in done.last
    job_id = done.out.splitlines()[1].split()[0]
    assert len(job_id) == 32 and f"aitbc-tui job {job_id}" in done.last


def test_cancel_names_its_targets_and_tells_404_from_409(run: Run, devnet_child: Child) -> None:
    config = devnet_child.config_path
    out = submit(run, config, "--region", "nowhere", "--count", "2").out
    first, second = [line.split()[0] for line in out.splitlines() if line.endswith("submitted")]
    done = run("--config", config, "cancel", first, "--dry-run")
    assert done.code == 0 and not done.out and f"{first}  queued" in done.err
    done = run("--config", config, "cancel", first, second)
    assert done.code == 0 and done.out == f"{first} CANCELED\n{second} CANCELED\n"
    done = run("--config", config, "cancel", first, "0" * 32, "--json")
    assert done.code == 1
    again, unknown = json.loads(done.out)["jobs"]
    assert again["state"] is None and "it is over already" in again["error"]
    assert "no such job under our client key" in unknown["error"]
    assert done.err.splitlines()[0] == "cancel 2 jobs in environment devnet:"


@pytest.mark.parametrize(
    ("post", "code", "says"),
    [
        (None, 4, "unknown whether it was submitted"),
        ((500, {"detail": "Internal Server Error"}), 4, "unknown whether it was submitted"),
        ((422, {"detail": "no"}), 1, "not submitted"),
        ((401, {"detail": "invalid api key"}), 1, "not submitted"),
    ],
)
def test_no_sure_answer_is_never_sent_again(
    run: Run, tmp_path: Path, post: tuple[int, object] | None, code: int, says: str
) -> None:
    with stub_coordinator() as stub:
        stub.post = post
        config = local_config(tmp_path, stub.url)
        done = submit(run, config, "--count", "3", "--wait", "--json")
        assert stub.posts == ["POST /v1/jobs"]
    assert done.code == code and says in done.last and done.last.startswith("aitbc-tui: box: ")
    found = json.loads(done.out)
    assert found["not_sent"] == 2 and found["jobs"][0]["job_id"] is None
    assert "key-of-the-client" not in done.out + done.err


def test_an_unsure_cancel_is_said_to_be_unsure(run: Run, tmp_path: Path) -> None:
    with stub_coordinator() as stub:
        done = run("--config", local_config(tmp_path, stub.url), "cancel", JOB)
        assert stub.posts == [f"POST /v1/jobs/{JOB}/cancel"]
    assert done.code == 4 and "unknown whether it was cancelled" in done.last


def test_a_coordinator_that_is_not_there_gets_nothing(run: Run, tmp_path: Path) -> None:
    config = local_config(tmp_path, "http://127.0.0.1:1")
    done = submit(run, config)
    assert done.code == 3 and done.last.startswith("aitbc-tui: box: ")
