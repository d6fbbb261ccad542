"""Host keys against a real sshd: pinned, unknown, changed, revoked, hashed, signed, and never switched off."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from aitbc_tui.domain.errors import ConfigError, HostKeyError, HostKeyProblem
from aitbc_tui.transport.connect import scan
from aitbc_tui.transport.host import Host, LinkState
from tests.fixtures.sshd import RealSshd, public, write_key
from tests.ssh.conftest import UP_S

Make = Callable[..., RealSshd]
Open = Callable[..., Host]


def shown(server: RealSshd) -> str:
    return asyncssh.read_public_key(f"{server.host_key}.pub").get_fingerprint()


async def test_pinned_key_is_accepted_and_reported(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    host = opened(server.spec())
    await host.ensure(UP_S)
    assert host.report().state is LinkState.UP
    assert host.report().step == 5
    assert host.report().fingerprint == shown(server)


async def test_unknown_key_is_refused_with_fingerprint_and_remedy(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    server.known_hosts.write_text("")
    host = opened(server.spec())
    with pytest.raises(HostKeyError) as caught:
        await host.ensure(UP_S)
    error = caught.value
    assert error.problem is HostKeyProblem.UNKNOWN
    assert error.fingerprint == shown(server)
    assert error.detail.startswith("unknown host key") and shown(server) in error.detail
    assert str(server.known_hosts) in error.detail
    assert "aitbc-tui trust add host genesis SHA256:…" in error.remedy
    assert host.report().state is LinkState.REFUSED
    assert "Accepted publickey" not in server.log


@pytest.mark.parametrize("pinned", ["ecdsa-sha2-nistp256", "ssh-ed25519"])
async def test_of_several_keys_of_a_host_the_pinned_one_is_asked_for(
    real_sshd: Make, opened: Open, tmp_path: Path, pinned: str
) -> None:
    """A host shows the first key that both sides know: it has to be the one that can be compared."""
    other = write_key(tmp_path / "other", "ecdsa-sha2-nistp256")
    server = real_sshd(f"HostKey {other}")
    key = server.host_key if pinned == "ssh-ed25519" else other
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {public(key)}\n")
    host = opened(server.spec())
    await host.ensure(UP_S)
    assert host.report().fingerprint == asyncssh.read_public_key(f"{key}.pub").get_fingerprint()


async def test_changed_key_names_both_fingerprints_and_the_line(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    other = write_key(tmp_path / "other")
    server.known_hosts.write_text(f"# a comment\n[127.0.0.1]:{server.port} {public(other)}\n")
    host = opened(server.spec())
    with pytest.raises(HostKeyError) as caught:
        await host.ensure(UP_S)
    error = caught.value
    assert error.problem is HostKeyProblem.CHANGED
    assert error.detail.startswith("CHANGED host key")
    assert shown(server) in error.detail
    assert asyncssh.read_public_key(f"{other}.pub").get_fingerprint() in error.detail
    assert f"{server.known_hosts}:2" in error.detail
    assert "Accepted publickey" not in server.log


async def test_another_type_of_key_than_the_pinned_one_is_a_change(
    real_sshd: Make, opened: Open, tmp_path: Path
) -> None:
    server = real_sshd()
    other = write_key(tmp_path / "other", "ecdsa-sha2-nistp256")
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {public(other)}\n")
    with pytest.raises(HostKeyError) as caught:
        await opened(server.spec()).ensure(UP_S)
    assert caught.value.problem is HostKeyProblem.CHANGED


async def test_revoked_key_is_refused_even_when_pinned_too(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    pinned = server.known_hosts.read_text()
    server.known_hosts.write_text(f"{pinned}@revoked * {public(server.host_key)}\n")
    with pytest.raises(HostKeyError) as caught:
        await opened(server.spec()).ensure(UP_S)
    error = caught.value
    assert error.problem is HostKeyProblem.REVOKED
    assert error.detail.startswith("REVOKED host key")
    assert error.fingerprint == shown(server)
    assert f"{server.known_hosts}:2" in error.detail


async def test_hashed_entry_is_found(real_sshd: Make, opened: Open) -> None:
    server = real_sshd()
    salt = b"0123456789abcdefghij"
    digest = hmac.new(salt, f"[127.0.0.1]:{server.port}".encode(), hashlib.sha1).digest()
    name = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    server.known_hosts.write_text(f"{name} {public(server.host_key)}\n")
    await opened(server.spec()).ensure(UP_S)


async def test_host_key_alias_is_looked_up_without_a_port(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    server.known_hosts.write_text(f"the-genesis {public(server.host_key)}\n")
    config = tmp_path / "ssh_config"
    config.write_text("Host 127.0.0.1\n  HostKeyAlias the-genesis\n")
    await opened(server.spec(ssh_config=str(config))).ensure(UP_S)


@pytest.mark.parametrize("line", ["UserKnownHostsFile none", "UserKnownHostsFile /dev/null"])
async def test_switching_verification_off_is_refused(real_sshd: Make, opened: Open, tmp_path: Path, line: str) -> None:
    server = real_sshd()
    config = tmp_path / "ssh_config"
    config.write_text(f"Host *\n  {line}\n  StrictHostKeyChecking no\n")
    host = opened(server.spec(ssh_config=str(config), known_hosts=None))
    with pytest.raises(ConfigError, match="refused") as caught:
        await host.ensure(UP_S)
    assert "UserKnownHostsFile" in caught.value.detail
    assert host.report().state is LinkState.REFUSED
    assert "Accepted publickey" not in server.log


async def test_strict_host_key_checking_no_has_no_effect(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    server.known_hosts.write_text("")
    config = tmp_path / "ssh_config"
    config.write_text("StrictHostKeyChecking no\n")
    with pytest.raises(HostKeyError) as caught:
        await opened(server.spec(ssh_config=str(config))).ensure(UP_S)
    assert caught.value.problem is HostKeyProblem.UNKNOWN


async def test_host_certificate_of_a_pinned_authority(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    authority = write_key(tmp_path / "ca")
    server = real_sshd()
    signer = asyncssh.read_private_key(str(authority))
    certificate = signer.generate_host_certificate(
        asyncssh.read_public_key(f"{server.host_key}.pub"), "genesis", principals=["127.0.0.1"]
    )
    certificate.write_certificate(f"{server.host_key}-cert.pub")
    server.stop()
    server.options = (f"HostCertificate {server.host_key}-cert.pub",)
    server.start()
    server.known_hosts.write_text(f"@cert-authority * {public(authority)}\n")
    await opened(server.spec()).ensure(UP_S)
    server.known_hosts.write_text(f"@cert-authority * {public(server.user_key)}\n")
    with pytest.raises(HostKeyError):
        await opened(server.spec()).ensure(UP_S)


async def test_scan_shows_keys_without_logging_in(real_sshd: Make, tmp_path: Path) -> None:
    server = real_sshd()
    server.known_hosts.write_text("")
    [key] = await scan(server.spec())
    assert (key.fingerprint, key.problem) == (shown(server), HostKeyProblem.UNKNOWN)
    assert key.line == f"[127.0.0.1]:{server.port} {public(server.host_key)}"
    server.known_hosts.write_text(key.line + "\n")
    [key] = await scan(server.spec())
    assert key.problem is None and key.pinned_at == f"{server.known_hosts}:1"
    assert "Accepted publickey" not in server.log
