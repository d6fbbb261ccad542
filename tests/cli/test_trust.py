"""`trust`: pins are made only when asked for, keep their role, and host keys are compared before they are believed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from aitbc_tui.cli.context import Context

from ..config.samples import VALID, write
from .conftest import Run

SIGNING = "u9CYEA2i30cVKmpZe11PWw8PHJ1CQnk1nTEaRZ0VDjQ"
SIGNING_HEX = "bbd098100da2df47152a6a597b5d4f5b0f0f1c9d424279359d311a459d150e34"
OTHER = "4cXJk31CXgVlzuNNzc0tgABF_bEVajvyA6k7gofcnWw"


class TestReceiptKeys:
    def test_add_list_remove(self, run: Run, home: Path) -> None:
        file = home / "config/aitbc-tui/trust.json"
        assert "no receipt key is pinned" in run("trust", "list").out
        assert not file.exists()
        done = run("trust", "add", "signing", SIGNING_HEX, "--note", "by phone\x1b[2J")
        assert done.code == 0 and SIGNING in done.out and str(file) in done.out
        assert file.stat().st_mode & 0o777 == 0o600
        assert "pinned already" in run("trust", "add", "signing", SIGNING).out
        told = json.loads(run("trust", "list", "--json").out)
        assert told["attestation_policy"] == "optional"
        (row,) = told["receipt_keys"]
        assert (row["role"], row["key"], row["pinned_in"]) == ("signing", SIGNING, str(file))
        assert "\x1b" not in row["note"] and row["added"]
        assert SIGNING in run("trust", "list").out
        assert run("trust", "remove", "signing", SIGNING).code == 0
        assert json.loads(run("trust", "list", "--json").out)["receipt_keys"] == []

    def test_roles_are_never_mixed(self, run: Run) -> None:
        assert run("trust", "add", "signing", SIGNING).code == 0
        done = run("trust", "add", "attestation", SIGNING_HEX)
        assert done.code == 2 and "pinned for signing" in done.last
        assert run("trust", "remove", "attestation", SIGNING).code == 2
        assert len(json.loads(run("trust", "list", "--json").out)["receipt_keys"]) == 1

    def test_keys_of_the_configuration(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path)
        done = run("--config", path, "trust", "add", "signing", SIGNING)
        assert "pinned already" in done.out and not (tmp_path / "trust.json").exists()
        done = run("--config", path, "trust", "remove", "signing", SIGNING)
        assert done.code == 2 and f"{path}:" in done.last
        assert run("--config", path, "trust", "add", "attestation", OTHER).code == 0
        told = json.loads(run("--config", path, "trust", "list", "--json").out)
        places = {row["role"]: row["pinned_in"] for row in told["receipt_keys"]}
        assert places == {"signing": str(path), "attestation": str(tmp_path / "trust.json")}
        assert told["attestation_policy"] == "required"

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["add", "signing", "hunter2-private"], "64 hex digits"),
            (["add", "signing", SIGNING, "SHA256:x"], "trust add host"),
            (["add", "sign", SIGNING], 'did you mean "signing"'),
            (["remove", "signing", SIGNING], "not pinned"),
            (["add", "signing"], "required"),
        ],
    )
    def test_mistakes(self, run: Run, words: list[str], says: str) -> None:
        done = run("trust", *words)
        assert done.code == 2 and says in done.last and "hunter2" not in done.err

    def test_a_damaged_trust_file_is_not_an_empty_one(self, run: Run, home: Path) -> None:
        folder = home / "config/aitbc-tui"
        folder.mkdir(parents=True)
        (folder / "trust.json").write_text("{}")
        for words in (["list"], ["add", "signing", SIGNING], ["remove", "signing", SIGNING]):
            done = run("trust", *words)
            assert done.code == 2 and "trust.json" in done.last


@dataclass
class SshHost:
    port: int
    key: asyncssh.SSHKey

    @property
    def fingerprint(self) -> str:
        return self.key.get_fingerprint()

    def line(self, key: asyncssh.SSHKey | None = None) -> str:
        return f"[127.0.0.1]:{self.port} {(key or self.key).export_public_key().decode().strip()}\n"


@pytest.fixture(scope="module")
def ssh_host() -> Iterator[SshHost]:
    """A real SSH server on loopback that lets nobody in; it is only asked for its key."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncssh.create_server(asyncssh.SSHServer, "127.0.0.1", 0, server_host_keys=[key]))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield SshHost(server.get_port(), key)
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture
def config(tmp_path: Path, ssh_host: SshHost) -> Path:
    text = VALID.replace(
        'address = "aitbc"\nport = 2222\nidentity = "keys/id"',
        f'address = "127.0.0.1"\nport = {ssh_host.port}\nknown_hosts = "known_hosts"',
    )
    return write(tmp_path, text)


class TestHostKeys:
    def test_scan_tells_and_pins_nothing(self, run: Run, config: Path, ssh_host: SshHost) -> None:
        done = run("--config", config, "trust", "scan", "--json")
        (row,) = json.loads(done.out)["keys"]
        assert done.code == 0 and row["fingerprint"] == ssh_host.fingerprint and row["state"] == "unknown"
        assert row["known_hosts_line"].strip() == ssh_host.line().strip()
        assert ssh_host.fingerprint in run("--config", config, "trust", "scan", "genesis").out
        assert not (config.parent / "known_hosts").exists()

    def test_add_with_the_fingerprint(self, run: Run, config: Path, ssh_host: SshHost) -> None:
        known = config.parent / "known_hosts"
        known.write_text("# a last line without its end")
        done = run("--config", config, "trust", "add", "host", "genesis", ssh_host.fingerprint)
        assert done.code == 0
        assert known.read_text() == "# a last line without its end\n" + ssh_host.line()
        done = run("--config", config, "trust", "add", "host", "genesis", ssh_host.fingerprint)
        assert "pinned already" in done.out and known.read_text().count(str(ssh_host.port)) == 1
        assert json.loads(run("--config", config, "trust", "scan", "--json").out)["keys"][0]["state"] == "pinned"
        told = json.loads(run("--config", config, "trust", "list", "--json").out)["host_keys"]
        assert [(row["host"], row["pinned_in"]) for row in told] == [("genesis", f"{known}:2")]

    def test_another_fingerprint_is_a_trust_failure(self, run: Run, config: Path, ssh_host: SshHost) -> None:
        done = run("--config", config, "trust", "add", "host", "genesis", "SHA256:" + "A" * 43)
        assert done.code == 5 and "genesis" in done.last and ssh_host.fingerprint in done.last
        assert not (config.parent / "known_hosts").exists()

    @pytest.mark.parametrize("words", [[], ["--yes"], ["--yes", "prod"]])
    def test_nothing_is_pinned_unseen(
        self, run: Run, config: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Context, "interactive", False)
        done = run("--config", config, *words, "trust", "add", "host", "genesis")
        assert done.code == 6 and "SHA256:" in done.last
        assert not (config.parent / "known_hosts").exists()

    @pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("y\n", 6), ("", 6)])
    def test_on_a_terminal_it_is_asked(
        self, run: Run, config: Path, answer: str, code: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import io

        monkeypatch.setattr(Context, "interactive", True)
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        done = run("--config", config, "trust", "add", "host", "genesis")
        assert done.code == code
        assert (config.parent / "known_hosts").exists() == (code == 0)

    @pytest.mark.parametrize("marker", ["", "@revoked "])
    def test_changed_and_revoked_keys_are_never_pinned(
        self, run: Run, config: Path, ssh_host: SshHost, marker: str
    ) -> None:
        key = ssh_host.key if marker else asyncssh.generate_private_key("ssh-ed25519")
        known = config.parent / "known_hosts"
        known.write_text(marker + ssh_host.line(key))
        word = "REVOKED" if marker else "CHANGED"
        for words in (["scan"], ["add", "host", "genesis", ssh_host.fingerprint]):
            done = run("--config", config, "trust", *words)
            assert done.code == 5 and word in done.last and f"{known}:1" in done.last
        assert known.read_text() == marker + ssh_host.line(key)

    def test_hosts_that_do_not_answer_or_are_not_there(self, run: Run, tmp_path: Path, ssh_host: SshHost) -> None:
        text = VALID.replace('address = "aitbc"\nport = 2222', 'address = "127.0.0.1"\nport = 1')
        path = write(tmp_path, text)
        done = run("--config", path, "trust", "scan")
        assert done.code == 3 and "genesis" in done.last and not done.out
        done = run("--config", path, "trust", "scan", "genesi")
        assert done.code == 2 and 'did you mean "genesis"' in done.last
        done = run("--config", path, "trust", "scan", "here")
        assert done.code == 2 and "local" in done.last
