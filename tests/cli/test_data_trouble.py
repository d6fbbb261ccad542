"""The data commands on a network with something wrong: which exit code, and a last line that names host and remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aitbc_tui.config import paths
from aitbc_tui.devnet.child import Child
from aitbc_tui.ledger import space
from aitbc_tui.ledger.book import Ledger

from .conftest import Run
from .networks import broken

DEAD = ("port = .*", "port = 1")
LISTING = ("nodes", "mempool", "miners", "gpus", "jobs", "receipts", "browser", "doctor")


def half_dead(config: Path, folder: Path) -> Path:
    """The follower's SSH port leads nowhere."""
    return broken(config, folder, (r"(hosts\.follower\]\naddress = .*\n)port = \d+", r"\g<1>port = 1"))


@pytest.mark.parametrize("verb", LISTING)
def test_nobody_answers(run: Run, devnet_child: Child, tmp_path: Path, verb: str) -> None:
    config = broken(devnet_child.config_path, tmp_path, DEAD)
    done = run("--config", config, verb, "--json")
    assert done.code == 3, done.err
    json.loads(done.out)
    host = "gpu-1" if verb == "gpus" else "genesis" if verb in ("miners", "jobs", "receipts", "doctor") else ""
    assert done.last.startswith(f"aitbc-tui: {host}") and "connection refused" in done.last and "; try: " in done.last


@pytest.mark.parametrize("verb", ["status", "nodes", "mempool", "browser", "doctor"])
def test_one_of_two_answers(run: Run, devnet_child: Child, tmp_path: Path, verb: str) -> None:
    config = half_dead(devnet_child.config_path, tmp_path)
    done = run("--config", config, verb)
    assert done.code == 1 and "genesis" in done.out
    assert done.last.startswith("aitbc-tui: follower: connection refused")


@pytest.mark.parametrize("verb", ["status", "nodes", "jobs", "gpus", "doctor", "cancel"])
def test_an_unknown_host_key_is_5_whatever_else_is_wrong(
    run: Run, devnet_child: Child, tmp_path: Path, verb: str
) -> None:
    (tmp_path / "known").write_text("")
    config = broken(devnet_child.config_path, tmp_path, ("known_hosts = .*", f'known_hosts = "{tmp_path}/known"'))
    done = run("--config", config, verb, *(["0" * 32] if verb == "cancel" else []))
    assert done.code == 5 and "unknown host key" in done.last and "SHA256:" in done.last


def test_a_refused_user_key_is_3(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "id").write_bytes(key)
    (tmp_path / "id").chmod(0o600)
    config = broken(devnet_child.config_path, tmp_path, ("identity = .*", f'identity = "{tmp_path}/id"'))
    for verb in ("nodes", "jobs"):
        done = run("--config", config, verb)
        assert done.code == 3 and "refused" in done.last and str(tmp_path / "id") in done.last


def test_a_wrong_credential_is_an_answer(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-key\n")
    (tmp_path / "wrong").chmod(0o600)
    config = broken(devnet_child.config_path, tmp_path, ("admin_file = .*", f'admin_file = "{tmp_path}/wrong"'))
    done = run("--config", config, "miners")
    assert done.code == 1 and "admin key is not accepted" in done.last and "not-the-key" not in done.out + done.err
    done = run("--config", config, "doctor")
    assert done.code == 1 and "the admin key is refused (401)" in done.last
    assert "client" in next(line for line in done.out.splitlines() if line.startswith("ok") and "works" in line)


def test_doctor_knows_a_node_where_a_coordinator_should_be(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    text = devnet_child.config_path.read_text()
    rpc = text.partition('rpc = "')[2].partition('"')[0]
    config = broken(devnet_child.config_path, tmp_path, (r'\nurl = ".*"', f'\nurl = "{rpc}"'))
    done = run("--config", config, "doctor")
    assert done.code == 1 and "this is a node's RPC, not a coordinator" in done.last
    done = run("--config", config, "job", "0" * 32)
    assert done.code == 1 and "this version has no" in done.last, "not an unknown job: no such route"


def test_doctor_on_a_sound_network(run: Run, devnet_child: Child) -> None:
    done = run("--config", devnet_child.config_path, "doctor", "--json")
    found = json.loads(done.out)
    assert done.code == 0 and not done.err and found["wrong"] == 0
    checks = {(check["area"], check["subject"]): check for check in found["checks"]}
    areas = {area for area, _ in checks}
    assert areas == {
        "configuration",
        "receipt keys",
        "keys",
        "host keys",
        "SSH",
        "tunnel",
        "endpoint",
        "credential",
        "capability",
        "Ollama",
        "GPU",
        "unit",
        "clock",
    }
    assert "2026-02" in checks["endpoint", "coordinator"]["detail"]
    assert "2026-04" in checks["endpoint", "follower"]["detail"]
    assert checks["credential", "client"]["detail"] == checks["credential", "admin"]["detail"] == "works"
    assert {check["state"] for check in found["checks"]} == {"ok"}


def test_a_ledger_that_has_grown_large_is_said_and_fails_nothing(
    run: Run, devnet_child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(paths.ledger_file()):
        pass
    quiet = run("--config", devnet_child.config_path, "status", "--json")
    monkeypatch.setattr(space, "LARGE", 1)
    loud = run("--config", devnet_child.config_path, "status", "--json")
    assert "ledger" not in quiet.err and loud.code == quiet.code
    assert "the ledger: " in loud.err and "try: aitbc-tui receipts export --exact -o FILE" in loud.err
    done = run("--config", devnet_child.config_path, "doctor", "--json")
    (check,) = (check for check in json.loads(done.out)["checks"] if check["area"] == "ledger")
    assert (done.code, check["state"], check["subject"]) == (0, "warn", str(paths.ledger_file()))
    assert check["remedy"].endswith(f"move {paths.ledger_file()} away: a new one is made")


def test_doctor_finds_a_unit_that_is_not_there(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    config = broken(devnet_child.config_path, tmp_path, ('"aitbc-blockchain-p2p"', '"aitbc-blockchain-ptp"'))
    done = run("--config", config, "doctor")
    assert done.code == 1 and "aitbc-blockchain-ptp is not found" in done.last
    assert "has aitbc-blockchain-p2p" in done.last, "the name that is there is found"


def test_a_network_without_a_coordinator_or_with_one_node(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    text = devnet_child.config_path.read_text()
    cut = text.index("[env.devnet.coordinator]")
    end = text.index("[env.devnet.miners.miner-0]")
    second = text.rindex("[[env.devnet.nodes]]")
    path = tmp_path / "config.toml"
    path.write_text(text[:second] + text[end:])
    assert cut > second
    assert run("--config", path, "nodes").code == 0
    assert run("--config", path, "mempool").code == 0
    assert run("--config", path, "status", "--json").code == 0
    assert run("--config", path, "doctor").code == 0
    for words in (["jobs"], ["miners"], ["receipts"], ["submit", "--model", "m", "--prompt", "p"]):
        done = run("--config", path, *words)
        assert done.code == 2 and "has no coordinator" in done.last, words
