"""The space of a disk by SFTP against real servers: one session a connection, and silence where it is not offered."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from aitbc_tui.transport import space
from aitbc_tui.transport.host import Host, open_host
from aitbc_tui.transport.spec import HostSpec
from tests.fixtures.sshd import RealSshd
from tests.fixtures.waiting import until

MakeSshd = Callable[..., RealSshd]


async def connected(server: RealSshd) -> Host:
    host = open_host(server.spec())
    await host.ensure(10)
    return host


async def test_one_session_tells_it_as_often_as_asked(real_sshd: MakeSshd) -> None:
    server = real_sshd("Subsystem sftp internal-sftp")
    host = await connected(server)
    for _ in range(3):
        found = await host.space("/", timeout_s=5)
    known = os.statvfs("/")
    assert found is not None and found[0] == known.f_blocks * known.f_frsize
    assert abs(found[1] - known.f_bavail * known.f_frsize) < 2 << 30, "the same disk, a moment later"
    assert server.log.count("Starting session: subsystem 'sftp'") == 1
    assert await host.space("/no/such/path", timeout_s=5) is None
    assert await host.space("/", timeout_s=5) is not None, "one path that is not there spoils nothing"
    assert (await host.run(["true"], timeout_s=5, max_bytes=100)).exit_status == 0
    await host.close()
    await until(lambda: not [child for child in server.sessions() if child.status() != "terminated"], 5)


async def test_a_server_without_it_is_asked_once_a_connection(real_sshd: MakeSshd) -> None:
    server = real_sshd()
    host = await connected(server)
    for _ in range(3):
        assert await host.space("/", timeout_s=5) is None
    assert server.log.count("subsystem request for sftp") == 1
    assert (await host.run(["true"], timeout_s=5, max_bytes=100)).exit_status == 0
    await host.close()


async def test_a_forced_command_is_no_sftp(real_sshd: MakeSshd, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for input for ever, and speaks no SFTP: given up, and not tried again."""
    monkeypatch.setattr(space, "OPEN_S", 0.5)
    server = real_sshd("Subsystem sftp internal-sftp", "ForceCommand cat >/dev/null")
    host = await connected(server)
    assert await host.space("/", timeout_s=5) is None
    begun = server.log.count("Starting session: forced-command")
    assert await host.space("/", timeout_s=5) is None
    assert server.log.count("Starting session: forced-command") == begun > 0
    await host.close()


async def test_it_gives_way_to_a_command_that_needs_the_last_session(real_sshd: MakeSshd) -> None:
    server = real_sshd("Subsystem sftp internal-sftp", "MaxSessions 2")
    host = await connected(server)
    assert (await host.shell("echo shell", timeout_s=5, max_bytes=100)).stdout == b"shell\n"
    assert await host.space("/", timeout_s=5) is not None
    assert (await host.run(["echo", "more"], timeout_s=5, max_bytes=100)).stdout == b"more\n"
    assert await host.space("/", timeout_s=5) is None, "not taken again on this connection"
    await host.close()


async def test_this_machine_says_it_itself() -> None:
    host = open_host(HostSpec("here", "local"))
    host.start()
    found = await host.space("/", timeout_s=5)
    assert found is not None and found[0] == os.statvfs("/").f_blocks * os.statvfs("/").f_frsize
    assert await host.space("/no/such/path", timeout_s=5) is None
    await host.close()
