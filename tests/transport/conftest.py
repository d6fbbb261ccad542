"""Every HTTP and command test runs over both kinds of host: behind SSH and local."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from aitbc_tui.transport.host import Host, open_host
from aitbc_tui.transport.spec import HostSpec
from tests.fixtures.fakessh import FakeSsh, fake_ssh
from tests.fixtures.home import nobodys_home

__all__ = ["nobodys_home"]


@pytest_asyncio.fixture
async def fake(tmp_path: Path) -> AsyncIterator[FakeSsh]:
    async with fake_ssh(tmp_path) as server:
        yield server


@pytest_asyncio.fixture(params=["ssh", "local"])
async def host(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Host]:
    """A connected host; closing it must leave no task behind."""
    async with fake_ssh(tmp_path) as server:
        before = asyncio.all_tasks()
        spec = HostSpec("genesis", "local") if request.param == "local" else server.spec()
        host = open_host(spec)
        await host.ensure(10)
        yield host
        await host.close()
        left = {t for t in asyncio.all_tasks() - before if not t.done()} - {asyncio.current_task()}
        assert not [task for task in left if "aitbc_tui" in repr(task)]  # the server's tasks share this loop
