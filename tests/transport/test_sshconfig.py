"""What ssh_config says: names, jumps, files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.transport import sshconfig
from aitbc_tui.transport.spec import HostSpec
from aitbc_tui.transport.sshconfig import Resolved, resolve


def resolved(tmp_path: Path, text: str, address: str = "aitbc", **changes: object) -> Resolved:
    config = tmp_path / "config"
    config.write_text(text)
    return resolve(HostSpec("genesis", address, ssh_config=str(config), **changes))  # type: ignore[arg-type]


def test_without_config_everything_has_its_default(nobodys_home: Path) -> None:
    found = resolve(HostSpec("genesis", "aitbc", ssh_config=""))
    assert (found.hostname, found.port, found.key_name, found.jumps) == ("aitbc", 22, "aitbc", ())
    assert found.user_known_hosts[0] == str(nobodys_home / ".ssh/known_hosts")
    assert "/etc/ssh/ssh_known_hosts" in found.known_hosts
    assert (found.identity_files, found.agent_path, found.proxy_command) == ((), "", None)


def test_config_is_heeded_and_the_spec_wins(tmp_path: Path, nobodys_home: Path) -> None:
    text = (
        "Host aitbc\n HostName 10.1.2.3\n Port 2222\n User ops\n IdentityFile ~/.ssh/k1\n IdentityFile %d/k2\n"
        " UserKnownHostsFile ~/a ~/b\n GlobalKnownHostsFile /g\n IdentitiesOnly yes\n CertificateFile ~/c\n"
        "Host other\n Port 99\n"
    )
    found = resolved(tmp_path, text)
    assert (found.hostname, found.port, found.user) == ("10.1.2.3", 2222, "ops")
    assert found.key_name == "[10.1.2.3]:2222"
    assert found.identity_files == (f"{nobodys_home}/.ssh/k1", f"{nobodys_home}/k2")
    assert found.known_hosts == (f"{nobodys_home}/a", f"{nobodys_home}/b", "/g")
    assert found.identities_only and found.certificate_files == (f"{nobodys_home}/c",)
    spec = resolved(tmp_path, text, port=22, user="me", identity="~/mine", known_hosts="~/kh")
    assert (spec.port, spec.user, spec.key_name) == (22, "me", "10.1.2.3")
    assert spec.identity_files == (f"{nobodys_home}/mine",)
    assert spec.user_known_hosts == (f"{nobodys_home}/kh",)


def test_the_default_file_is_used_if_there_is_one(nobodys_home: Path) -> None:
    (nobodys_home / ".ssh/config").write_text("Host aitbc\n Port 2022\n")
    assert resolve(HostSpec("genesis", "aitbc")).port == 2022
    assert resolve(HostSpec("genesis", "aitbc", ssh_config="")).port == 22


# What Debian ships, and the shape of a distribution's policy: algorithms unknown here, and a second pass for them.
SYSTEM = """
Host *
    SendEnv LANG LC_*
    HashKnownHosts yes
    GSSAPIAuthentication yes
    Port 2201
    ProxyJump bastion.example
Match final all
    Ciphers aes256-gcm@openssh.com,no-such-cipher@example
    KexAlgorithms curve25519-sha256,no-such-kex@example
    RequiredRSASize 2048
    User everybody
"""


def test_the_machines_file_is_read_after_the_users(
    tmp_path: Path, nobodys_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "ssh_config"
    system.write_text(SYSTEM)
    monkeypatch.setattr(sshconfig, "SYSTEM_CONFIG", str(system))
    alone = resolve(HostSpec("genesis", "aitbc"))
    assert (alone.port, alone.user, [hop.address for hop in alone.jumps]) == (2201, "everybody", ["bastion.example"])
    (nobodys_home / ".ssh/config").write_text("Host aitbc\n Port 2022\n User ops\n ProxyJump none\n")
    both = resolve(HostSpec("genesis", "aitbc"))
    assert (both.port, both.user, both.jumps) == (2022, "ops", ())
    assert both.config_files == (str(nobodys_home / ".ssh/config"), str(system))
    named = resolved(tmp_path, "Host aitbc\n User named\n")
    assert (named.port, named.user, named.jumps) == (22, "named", ())


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such ssh_config"):
        resolve(HostSpec("genesis", "aitbc", ssh_config=str(tmp_path / "nothing")))


def test_include_and_match_final(tmp_path: Path) -> None:
    (tmp_path / "inc").write_text("Host aitbc\n HostName node.example\n")
    text = f"Include {tmp_path}/inc\nMatch final host node.example\n Port 2200\n"
    found = resolved(tmp_path, text)
    assert (found.hostname, found.port) == ("node.example", 2200)


@pytest.mark.parametrize("value", ["none", "/dev/null", "NONE"])
def test_no_known_hosts_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="UserKnownHostsFile in ssh_config .* refused"):
        resolved(tmp_path, f"UserKnownHostsFile {value}\n")
    with pytest.raises(ConfigError, match="known_hosts of this host .* refused"):
        resolved(tmp_path, "", known_hosts=value)


@pytest.mark.parametrize(
    ("value", "hops"),
    [
        ("b", [("b", None, None)]),
        ("ops@b:2222", [("b", 2222, "ops")]),
        ("ssh://ops@b:2222", [("b", 2222, "ops")]),
        ("a,u@[::1]:23", [("a", None, None), ("::1", 23, "u")]),
        ("none", []),
        ("aitbc", []),
    ],
)
def test_proxy_jump(tmp_path: Path, value: str, hops: list[tuple[str, int | None, str | None]]) -> None:
    found = resolved(tmp_path, f"ProxyJump {value}\n")
    assert [(hop.address, hop.port, hop.user) for hop in found.jumps] == hops


def test_proxy_jump_that_makes_no_sense(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ProxyJump"):
        resolved(tmp_path, "ProxyJump b:port\n")


def test_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    assert resolved(tmp_path, "").agent_path == "/run/agent"
    assert resolved(tmp_path, "IdentityAgent SSH_AUTH_SOCK\n").agent_path == "/run/agent"
    assert resolved(tmp_path, "IdentityAgent /other\n").agent_path == "/other"
    assert resolved(tmp_path, "IdentityAgent none\n").agent_path == ""
