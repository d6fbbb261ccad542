"""The SSH hosts: who may log in, how many sessions, where tunnels lead, and what a real sh prints there."""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import AsyncExitStack

import asyncssh
import pytest

from aitbc_tui.devnet.network import Devnet, standins_dir


async def connect(devnet: Devnet, host: str, **more: object) -> asyncssh.SSHClientConnection:
    options: dict[str, object] = {
        "username": "ops",
        "client_keys": [str(devnet.dir / "id_ed25519")],
        "known_hosts": str(devnet.dir / "known_hosts"),
        "config": None,
        **more,
    }
    async with asyncio.timeout(10):
        return await asyncssh.connect("127.0.0.1", devnet.ports[f"ssh-{host}"], **options)  # type: ignore[arg-type]


async def sh(conn: asyncssh.SSHClientConnection, command: str) -> tuple[int | None, str]:
    async with asyncio.timeout(10):
        done = await conn.run(command, encoding=None)
    out, err = done.stdout or b"", done.stderr or b""
    assert isinstance(out, bytes) and isinstance(err, bytes)
    return done.exit_status, (out + err).decode("utf-8", "replace")


async def test_only_the_written_key_opens_the_door(devnet: Devnet) -> None:
    async with await connect(devnet, "genesis") as conn:
        assert await sh(conn, "echo $USER") == (0, "ops\n")
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(devnet, "genesis", client_keys=[stranger])
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(devnet, "genesis", username="root")
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(devnet, "genesis", client_keys=None, password="x", agent_path=None)


async def test_each_host_has_its_own_key_and_known_hosts_has_them_all(devnet: Devnet) -> None:
    shown = set()
    for host in devnet.hosts:
        async with await connect(devnet, host) as conn:
            key = conn.get_server_host_key()
            assert key is not None
            shown.add(key.get_fingerprint())
    assert len(shown) == 3


async def test_the_eleventh_session_is_refused_and_a_slot_comes_back(devnet: Devnet) -> None:
    async with await connect(devnet, "genesis") as conn, AsyncExitStack() as stack:
        shells = [await stack.enter_async_context(conn.create_process("sh")) for _ in range(10)]
        with pytest.raises(asyncssh.ChannelOpenError) as caught:
            await conn.create_process("sh")
        assert (caught.value.code, caught.value.reason) == (2, "open failed")
        tunnel = await conn.open_connection("127.0.0.1", devnet.ports["genesis"])
        tunnel[1].close()
        shells[0].stdin.write_eof()
        await shells[0].wait()
        assert await sh(conn, "echo free") == (0, "free\n")


async def test_a_session_without_a_command_gives_its_slot_back(devnet: Devnet) -> None:
    async with await connect(devnet, "genesis") as conn:
        for _ in range(12):
            chan, _session = await conn.create_session(asyncssh.SSHClientSession, "true")
            chan.close()
            await chan.wait_closed()
        async with asyncio.timeout(5):
            while devnet.machine("genesis").ssh.sessions:  # noqa: ASYNC110 - a count has no event
                await asyncio.sleep(0.02)


async def test_tunnels_lead_only_to_that_hosts_own_ports(devnet: Devnet) -> None:
    ports = devnet.ports
    async with await connect(devnet, "genesis") as conn:
        for own in (ports["genesis"], ports["coordinator"]):
            reader, writer = await conn.open_connection("127.0.0.1", own)
            writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 404")
        for other in (22, ports["follower"], ports["ssh-genesis"]):
            with pytest.raises(asyncssh.ChannelOpenError) as caught:
                await conn.open_connection("127.0.0.1", other)
            assert caught.value.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.open_connection("192.0.2.1", ports["genesis"])


async def test_a_closed_port_behind_a_healthy_ssh_is_refused(devnet: Devnet) -> None:
    await devnet.fault_on("follower-down")
    async with await connect(devnet, "follower") as conn:
        with pytest.raises(asyncssh.ChannelOpenError) as caught:
            await conn.open_connection("127.0.0.1", devnet.ports["follower"])
        assert caught.value.code == asyncssh.OPEN_CONNECT_FAILED


async def test_it_is_a_real_shell(devnet: Devnet) -> None:
    async with await connect(devnet, "follower") as conn:
        assert await sh(conn, "exit 7") == (7, "")
        assert (await sh(conn, "nosuchcommand"))[0] == 127
        assert (await sh(conn, "printf '\\377\\376'"))[0] == 0
        killed = await conn.run("kill -9 $$")
        assert killed.exit_signal is not None and killed.exit_signal[0] == "KILL"
        shell = await conn.create_process("exec sh", encoding=None)
        for number in range(3):
            shell.stdin.write(b"echo answer %d; cat /proc/uptime\n" % number)
            assert await shell.stdout.readline() == b"answer %d\n" % number
            assert float((await shell.stdout.readline()).split()[0]) > 0
        shell.stdin.write_eof()
        assert (await shell.wait()).exit_status == 0


async def test_cut_and_opened_again(devnet: Devnet) -> None:
    conn = await connect(devnet, "follower")
    await devnet.fault_on("ssh-drop")
    async with asyncio.timeout(5):
        await conn.wait_closed()
    with pytest.raises(OSError, match="Connect"):
        await connect(devnet, "follower")
    async with await connect(devnet, "genesis") as other:
        assert await sh(other, "echo ok") == (0, "ok\n")
    await devnet.fault_off("ssh-drop")
    async with await connect(devnet, "follower") as again:
        assert await sh(again, "echo back") == (0, "back\n")


async def test_frozen_and_thawed(devnet: Devnet) -> None:
    async with await connect(devnet, "follower") as conn:
        await devnet.fault_on("ssh-freeze")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await conn.run("echo frozen")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await connect(devnet, "follower")
        await devnet.fault_off("ssh-freeze")
        assert await sh(conn, "echo thawed") == (0, "thawed\n")


async def test_a_changed_host_key_is_refused_by_a_careful_client(devnet: Devnet) -> None:
    conn = await connect(devnet, "follower")
    await devnet.fault_on("ssh-hostkey-changed")
    async with asyncio.timeout(5):
        await conn.wait_closed()
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await connect(devnet, "follower")
    await devnet.fault_off("ssh-hostkey-changed")
    async with await connect(devnet, "follower") as again:
        assert (await sh(again, "true"))[0] == 0


async def test_p2p_is_real_tcp_on_both_ports(devnet: Devnet) -> None:
    ports = (devnet.ports["p2p-genesis"], devnet.ports["p2p-follower"])
    async with await connect(devnet, "genesis") as conn:
        _, tcp = await sh(conn, "cat /proc/net/tcp")
    ends = {
        tuple(int(part.split(":")[1], 16) for part in line.split()[1:3])
        for line in tcp.splitlines()[1:]
        if line.split()[3] == "01"
    }
    assert {ports, ports[::-1]} <= ends


async def test_a_p2p_handshake_is_answered_as_recorded(devnet: Devnet) -> None:
    async with asyncio.timeout(8):
        reader, writer = await asyncio.open_connection("127.0.0.1", devnet.ports["p2p-genesis"])
        writer.write(b'{"type": "handshake", "node_id": "dashboard-probe", "listen_port": 0}\n')
        answer = json.loads(await reader.readline())
        assert list(answer) == ["type", "node_id", "listen_port"]
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", devnet.ports["p2p-genesis"])
        writer.write(b'{"type": "ping"}\n')
        with contextlib.suppress(ConnectionResetError):  # closed as well, only harder
            assert await reader.read() == b""
        writer.close()


async def test_the_standins_folder_is_first_on_path(devnet: Devnet) -> None:
    folder = standins_dir(devnet.dir, "genesis")
    async with await connect(devnet, "genesis") as conn:
        for name in ("systemctl", "ss", "journalctl", "git", "nvidia-smi", "sqlite3", "timeout"):
            assert await sh(conn, f"command -v {name}") == (0, f"{folder / name}\n")
