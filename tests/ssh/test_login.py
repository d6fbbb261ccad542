"""Logging in to a real sshd: keys, passphrases, the agent, ssh_config, jump hosts and proxies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from asyncssh.encryption import get_default_encryption_algs

from aitbc_tui.domain.errors import AuthError, ConfigError, ConnectError, HostKeyError
from aitbc_tui.transport import sshconfig
from aitbc_tui.transport.connect import scan
from aitbc_tui.transport.host import Host, LinkState
from aitbc_tui.transport.keys import PASSPHRASES, needs_passphrase
from aitbc_tui.transport.login import CIPHERS
from aitbc_tui.transport.spec import HostSpec, Limits
from aitbc_tui.transport.ssh import SshHost
from tests.fixtures.sshd import RealSshd, free_port, public, write_key
from tests.fixtures.waiting import until
from tests.ssh.conftest import UP_S

Make = Callable[..., RealSshd]
Open = Callable[..., Host]


async def test_wrong_user_key(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    stranger = write_key(tmp_path / "stranger")
    host = opened(server.spec(identity=str(stranger)))
    with pytest.raises(AuthError) as caught:
        await host.ensure(UP_S)
    assert str(stranger) in caught.value.detail
    assert "authorized_keys" in caught.value.remedy
    assert host.report().state is LinkState.REFUSED
    assert host.report().step == 3
    with pytest.raises(AuthError):
        await host.shell("true", timeout_s=1, max_bytes=10)


async def test_missing_key_is_said_before_anything_is_sent(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    with pytest.raises(AuthError, match="no private key to offer"):
        await opened(server.spec(identity=str(tmp_path / "nothing"))).ensure(UP_S)


async def test_the_machines_policy_applies_and_may_name_what_we_do_not_know(
    real_sshd: Make, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shape of a distribution's /etc/ssh/ssh_config: a wildcard, `Match final all`, algorithms from a policy."""
    server = real_sshd()
    system = tmp_path / "ssh_config"
    policy = (
        f"Host machine\n  HostName 127.0.0.1\n  Port {server.port}\n"
        "Host *\n  SendEnv LANG LC_*\n  GSSAPIAuthentication yes\n  HashKnownHosts yes\n"
        "Match final all\n  RequiredRSASize 2048\n  Ciphers aes256-gcm@openssh.com,none-such@example\n"
        "  KexAlgorithms curve25519-sha256,none-such@example\n"
        "  HostKeyAlgorithms ssh-ed25519,ecdsa-sha2-nistp256,sk-none-such@example\n"
    )
    system.write_text(policy)
    monkeypatch.setattr(sshconfig, "SYSTEM_CONFIG", str(system))
    spec = server.spec()
    by_name = replace(spec, address="machine", port=None, ssh_config=None)
    await opened(by_name).ensure(UP_S)
    with pytest.raises(ConnectError):
        await opened(replace(by_name, ssh_config="")).ensure(UP_S)


@pytest.mark.parametrize(
    ("config", "cipher"),
    [("", "aes128-gcm@openssh.com"), ("Ciphers chacha20-poly1305@openssh.com\n", "chacha20-poly1305@openssh.com")],
)
async def test_the_cheapest_cipher_unless_ssh_config_names_others(
    real_sshd: Make, opened: Open, tmp_path: Path, config: str, cipher: str
) -> None:
    server = real_sshd()
    (tmp_path / "ssh_config").write_text(f"Host *\n  {config}")
    host = opened(server.spec(ssh_config=str(tmp_path / "ssh_config")))
    await host.ensure(UP_S)
    assert isinstance(host, SshHost)
    assert [host._conn().get_extra_info(f"{way}_cipher") for way in ("send", "recv")] == [cipher] * 2


def test_no_cipher_of_asyncssh_is_left_out() -> None:
    assert {name.encode() for name in CIPHERS} == set(get_default_encryption_algs())


async def test_encrypted_key_needs_and_uses_a_passphrase(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    locked = write_key(tmp_path / "locked", passphrase="correct horse")
    server.authorize(locked)
    spec = server.spec(identity=str(locked))
    assert needs_passphrase(spec) == str(locked)
    with pytest.raises(AuthError, match="encrypted") as caught:
        await opened(spec).ensure(UP_S)
    assert caught.value.remedy == f"ssh-add {locked}", "what to type, without the reason a second time"
    PASSPHRASES[str(locked)] = "wrong battery"
    with pytest.raises(AuthError, match="does not open") as caught:
        await opened(spec).ensure(UP_S)
    assert "wrong battery" not in str(caught.value)
    PASSPHRASES[str(locked)] = "correct horse"
    assert needs_passphrase(spec) is None
    await opened(spec).ensure(UP_S)
    assert "correct horse" not in repr(PASSPHRASES)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    if shutil.which("ssh-agent") is None or shutil.which("ssh-add") is None:
        pytest.skip("needs ssh-agent: install openssh-client")
    sock = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(sock)], stdout=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 5
        while not sock.exists() and time.monotonic() < ends:
            time.sleep(0.02)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(sock))
        yield sock
    finally:
        process.terminate()
        process.wait(5)


def add(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(key)], check=True, stdin=subprocess.DEVNULL, timeout=10)


async def test_agent_opens_an_encrypted_key(real_sshd: Make, opened: Open, tmp_path: Path, agent: Path) -> None:
    server = real_sshd()
    plain = write_key(tmp_path / "key")
    server.authorize(plain)
    add(plain)
    asyncssh.read_private_key(str(plain)).write_private_key(str(plain), passphrase="secret")
    spec = server.spec(identity=str(plain))
    assert needs_passphrase(spec) is None
    await opened(spec).ensure(UP_S)


async def test_agent_with_many_keys_does_not_use_up_the_tries(
    real_sshd: Make, opened: Open, tmp_path: Path, agent: Path
) -> None:
    server = real_sshd("MaxAuthTries 3")
    for number in range(6):
        key = write_key(tmp_path / f"k{number}")
        add(key)
    await opened(server.spec()).ensure(UP_S)


async def test_user_certificate(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    authority = write_key(tmp_path / "ca")
    server = real_sshd(f"TrustedUserCAKeys {authority}.pub")
    key = write_key(tmp_path / "certified")
    server.authorize()
    certificate = asyncssh.read_private_key(str(authority)).generate_user_certificate(
        asyncssh.read_public_key(f"{key}.pub"), "ops", principals=[server.spec().user or ""]
    )
    certificate.write_certificate(f"{key}-cert.pub")
    await opened(server.spec(identity=str(key))).ensure(UP_S)


async def test_ssh_config_with_include(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    spec = server.spec()
    (tmp_path / "more").write_text(
        f"Host aitbc\n  HostName 127.0.0.1\n  Port {server.port}\n  User {spec.user}\n"
        f"  IdentityFile {server.user_key}\n  UserKnownHostsFile {server.known_hosts}\n"
    )
    config = tmp_path / "ssh_config"
    config.write_text(f"Include {tmp_path / 'more'}\n")
    await opened(HostSpec("genesis", "aitbc", ssh_config=str(config))).ensure(UP_S)


async def test_bad_ssh_config_names_file_and_line(opened: Open, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("\nPort many\n")
    with pytest.raises(ConfigError, match="ssh_config line 2"):
        await opened(HostSpec("genesis", "aitbc", ssh_config=str(config))).ensure(UP_S)


def jump_config(tmp_path: Path, bastion: RealSshd, target: RealSshd) -> Path:
    config = tmp_path / "ssh_config"
    user = bastion.spec().user
    config.write_text(
        f"Host bastion\n  HostName 127.0.0.1\n  Port {bastion.port}\n  User {user}\n"
        f"  IdentityFile {bastion.user_key}\n  UserKnownHostsFile {bastion.known_hosts}\n"
        f"Host inner\n  HostName 127.0.0.1\n  Port {target.port}\n  User {user}\n  ProxyJump bastion\n"
        f"  IdentityFile {target.user_key}\n  UserKnownHostsFile {target.known_hosts}\n"
    )
    return config


async def test_proxy_jump(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    bastion, target = real_sshd(), real_sshd()
    spec = HostSpec("genesis", "inner", ssh_config=str(jump_config(tmp_path, bastion, target)))
    host = opened(spec)
    await host.ensure(UP_S)
    assert (await host.shell("echo through", timeout_s=5, max_bytes=100)).stdout == b"through\n"
    assert "Accepted publickey" in bastion.log and "Accepted publickey" in target.log
    bastion.cut()
    await until(lambda: host.report().lost == 1, 10)


async def test_jump_host_is_verified_too(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    bastion, target = real_sshd(), real_sshd()
    spec = HostSpec("genesis", "inner", ssh_config=str(jump_config(tmp_path, bastion, target)))
    bastion.known_hosts.write_text("")
    with pytest.raises(HostKeyError, match="jump host bastion: unknown host key") as caught:
        await opened(spec).ensure(UP_S)
    assert caught.value.host == "genesis"
    assert "Accepted publickey" not in bastion.log
    [key] = await scan(spec)  # nothing beyond a jump host that is not verified
    assert key.line == f"[127.0.0.1]:{bastion.port} {public(bastion.host_key)}"
    bastion.known_hosts.write_text(key.line + "\n")
    assert [key.name for key in await scan(spec)] == [f"[127.0.0.1]:{bastion.port}", f"[127.0.0.1]:{target.port}"]


async def test_jump_rule_for_every_host_does_not_loop(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    bastion, target = real_sshd(), real_sshd()
    config = jump_config(tmp_path, bastion, target)
    config.write_text(config.read_text() + "Host *\n  ProxyJump bastion\n")
    await opened(HostSpec("genesis", "inner", ssh_config=str(config))).ensure(UP_S)


async def test_proxy_command(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    relay = tmp_path / "relay.py"
    relay.write_text(
        "import os, socket, sys, threading\n"
        "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "print('relay says hello', file=sys.stderr, flush=True)\n"
        "def up():\n"
        "    while d := os.read(0, 65536): s.sendall(d)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "while d := s.recv(65536): os.write(1, d)\n"
    )
    config = tmp_path / "ssh_config"
    config.write_text(f"Host *\n  ProxyCommand {sys.executable} {relay} %h %p\n")
    host = opened(server.spec(ssh_config=str(config)))
    await host.ensure(UP_S)
    assert (await host.shell("echo via", timeout_s=5, max_bytes=100)).stdout == b"via\n"


async def test_failing_proxy_command_is_quoted(real_sshd: Make, opened: Open, tmp_path: Path) -> None:
    server = real_sshd()
    config = tmp_path / "ssh_config"
    config.write_text("Host *\n  ProxyCommand echo no way there >&2; exit 1\n")
    with pytest.raises(ConnectError, match="ProxyCommand failed: no way there"):
        await opened(server.spec(ssh_config=str(config))).ensure(UP_S)


async def test_port_closed_and_name_not_found(opened: Open, real_sshd: Make) -> None:
    server = real_sshd()
    host = opened(server.spec(port=free_port()))
    with pytest.raises(ConnectError, match="connection refused: nothing listens on 127.0.0.1"):
        await host.ensure(UP_S)
    assert host.report().state is LinkState.WAITING and host.report().next_try_at is not None
    with pytest.raises(ConnectError, match="name not found: no-such-host.invalid"):
        await opened(server.spec(address="no-such-host.invalid")).ensure(UP_S)


async def test_peer_that_says_nothing(opened: Open, real_sshd: Make) -> None:
    server = real_sshd()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        host = opened(server.spec(), Limits(connect_s=1, login_s=1))
        with pytest.raises(ConnectError, match="no login within 1 s") as caught:
            await host.ensure(UP_S)
        assert caught.value.timed_out
        assert host.report().step == 2
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
