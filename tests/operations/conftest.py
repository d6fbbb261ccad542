"""A devnet in the test's own loop, a collector on it, and the field that an operation works in."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.once import EXACT_MEMPOOL, Wanted, look
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.config.model import EnvironmentConfig, NodeConfig
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.operations.field import Field

SEED = 4711
WRITES = ("POST", "PUT", "DELETE", "PATCH")


@dataclass
class Scene:
    """A running network and what an operator holds of it."""

    devnet: Devnet
    collector: Collector
    environment: EnvironmentConfig

    def field(self, seconds: float = 30.0) -> Field:
        return Field(self.environment, self.collector.asker, time.monotonic() + seconds)

    def node(self, name: str) -> NodeConfig:
        return next(node for node in self.environment.nodes if node.name == name)

    async def look(self, **changes: Any) -> Snapshot:
        values: dict[str, Any] = {"heads": True, "mempool_limit": EXACT_MEMPOOL, "host_facts": True, "git": True}
        return await look(self.collector, Wanted(**{**values, **changes}), 20.0)

    def calls(self, host: str) -> list[str]:
        """The commands that were started there, apart from the looks of every status."""
        return [c for c in self.devnet.machine(host).files.calls() if not c.startswith(("timeout", "systemctl show"))]


OpenScene = Callable[..., Any]


@pytest.fixture
def scene(tmp_path: Path) -> OpenScene:
    """`async with scene(access=..., faults=..., block_time_s=...) as it`."""

    @asynccontextmanager
    async def open_scene(
        access: Access = Access.OPERATE, block_time_s: float = 0.5, tx_every_s: float = 60.0, **options: Any
    ) -> AsyncIterator[Scene]:
        given = DevnetOptions(seed=SEED, block_time_s=block_time_s, tx_every_s=tx_every_s, **options)
        async with Devnet.start(given) as devnet:
            settings = load(Flags(config=str(devnet.config_path)), {})
            environment = replace(settings.environment, access=access)
            setup = Setup(environment, settings.trust.store(), tmp_path / "ledger.sqlite3", ssh_config="")
            async with Collector(setup) as collector:
                yield Scene(devnet, collector, environment)

    return open_scene
