"""The tests against a real sshd see no key, agent or ssh_config of whoever runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from aitbc_tui.transport.host import Host, open_host
from aitbc_tui.transport.spec import HostSpec, Limits
from tests.fixtures.devnet import devnet_child
from tests.fixtures.home import nobodys_home
from tests.fixtures.sshd import real_sshd

__all__ = ["nobodys_home", "devnet_child", "real_sshd"]

QUICK = Limits(connect_s=3.0, login_s=8.0, keepalive_s=0.4, keepalive_max=1, backoff_first_s=0.3, backoff_max_s=2.0)
UP_S = 15.0


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Callable[..., Host]]:
    """Makes hosts that are closed with the test, and checks that closing leaves no task behind."""
    before = asyncio.all_tasks()
    hosts: list[Host] = []

    def make(spec: HostSpec, limits: Limits = QUICK) -> Host:
        host = open_host(spec, limits)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        await host.close()
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if not task.done()} - {asyncio.current_task()}
    assert not left
