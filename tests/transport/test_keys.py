"""Private key files: encrypted or not, in every format; when a passphrase is asked for."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from aitbc_tui.domain.errors import AuthError
from aitbc_tui.transport.keys import Passphrases, agent_keys, key_files, needs_passphrase, opens
from aitbc_tui.transport.spec import HostSpec
from tests.fixtures.sshd import write_key


@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem", "pkcs1-pem"])
@pytest.mark.parametrize("passphrase", [None, "open sesame"])
def test_formats(tmp_path: Path, form: str, passphrase: str | None) -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    path = tmp_path / "key"
    key.write_private_key(str(path), form, passphrase)
    [found] = key_files((str(path), str(tmp_path / "missing")))
    assert found.encrypted is (passphrase is not None)
    if form == "openssh":
        assert found.public == key.public_data
    assert opens(str(path), passphrase or "")
    assert not passphrase or not opens(str(path), "open barley")


def test_needs_passphrase(tmp_path: Path, nobodys_home: Path) -> None:
    locked = write_key(tmp_path / "locked", passphrase="x")
    spec = HostSpec("genesis", "aitbc", identity=str(locked), ssh_config="")
    assert needs_passphrase(spec) == str(locked)
    known = Passphrases()
    known[str(locked)] = "x"
    assert needs_passphrase(spec, known) is None
    assert needs_passphrase(HostSpec("here", "local")) is None
    anyhow = HostSpec("genesis", "aitbc", ssh_config="")
    assert needs_passphrase(anyhow) is None
    default = write_key(nobodys_home / ".ssh/id_rsa", passphrase="x")
    assert needs_passphrase(anyhow) == str(default)
    write_key(nobodys_home / ".ssh/id_ed25519")
    assert needs_passphrase(anyhow) is None  # another key needs none


def test_passphrases_are_not_shown() -> None:
    kept = Passphrases()
    kept["/k"] = "secret"
    assert "secret" not in repr(kept) and kept["/k"] == "secret" and list(kept) == ["/k"]


def test_a_named_key_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    with pytest.raises(AuthError, match="cannot read the key"):
        key_files((str(tmp_path / "dir"),))


def test_no_agent_holds_no_keys(tmp_path: Path) -> None:
    assert agent_keys("") == frozenset()
    assert agent_keys(str(tmp_path / "gone")) == frozenset()
