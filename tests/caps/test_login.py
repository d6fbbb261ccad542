"""What a login reads on our own side, at its edge: hops of ssh_config, a key file, a proxy command's complaints."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aitbc_tui.domain.errors import AuthError, ConfigError, ConnectError
from aitbc_tui.transport import keys
from aitbc_tui.transport.connect import _MAX_HOPS, connect
from aitbc_tui.transport.proxy import _KEPT, ProxyProcess
from aitbc_tui.transport.spec import HostSpec, Limits
from tests.fixtures.sshd import free_port, write_key


@pytest.mark.parametrize("beyond", [0, 1], ids=["at the edge", "one beyond"])
async def test_jump_hosts_behind_jump_hosts(tmp_path: Path, beyond: int) -> None:
    """Each is reached through the next one. One too many is named before anything is connected to."""
    port, key = free_port(), write_key(tmp_path / "key")
    lines = [f"IdentityFile {key}", f"Port {port}", "HostName 127.0.0.1", f"UserKnownHostsFile {tmp_path}/known"]
    for hop in range(_MAX_HOPS + beyond):
        lines += [f"Host hop{hop}", f"  ProxyJump hop{hop + 1}"]
    config = tmp_path / "ssh_config"
    config.write_text("\n".join(lines) + "\n")
    spec = HostSpec("genesis", "hop0", ssh_config=str(config))
    wanted, says = (ConfigError, "ProxyJump: more hops") if beyond else (ConnectError, "nothing listens|refused")
    with pytest.raises(wanted, match=says) as caught:
        await connect(spec, Limits(connect_s=20.0), lambda step: None, {})
    assert caught.value.host == "genesis"


@pytest.mark.parametrize("beyond", [0, 1], ids=["at the edge", "one beyond"])
def test_a_key_file(tmp_path: Path, beyond: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is too large is refused where it was named, and passed over where only its name is a key's."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    path = write_key(home / ".ssh" / "id_ed25519")
    path.write_bytes(path.read_bytes().ljust(keys._MAX_KEY_BYTES + beyond, b"\n"))
    assert [key.path for key in keys.key_files(())] == ([] if beyond else [str(path)])
    if beyond:
        with pytest.raises(AuthError, match=r"id_ed25519 is larger than 64 KiB"):
            keys.key_files((str(path),))
    else:
        (named,) = keys.key_files((str(path),))
        assert named.public and not named.encrypted


def test_a_key_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AuthError, match="larger than"):
        keys.key_files(("/dev/zero",))


@pytest.mark.parametrize("beyond", [0, 1], ids=["at the edge", "one beyond"])
async def test_what_a_proxy_command_complains_of(beyond: int) -> None:
    """The last of it is kept, and of that the last line is shown."""
    first = "q" * (_KEPT + beyond - len("b" * 1000 + "\nlast words\n"))
    script = f"printf '%s%s\\nlast words\\n' {first} {'b' * 1000} >&2"
    proxy = await ProxyProcess.start(f'sh -c "{script}"', "genesis")
    try:
        await asyncio.wait_for(proxy._reader, 20)
        assert len(proxy._stderr) == _KEPT
        assert bytes(proxy._stderr).count(b"q") == len(first) - beyond
        assert proxy.said() == "last words"
    finally:
        await proxy.close()
