"""Each operation by keys, on a living devnet, to its result: what was confirmed is what happened there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import urlopen

from textual.pilot import Pilot

from aitbc_tui.collect.backend import CollectorBackend
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.chain import tx_hash
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.repo import behind_by, write_repo
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.options import DashboardOptions
from aitbc_tui.ui.screens.confirm import ConfirmScreen
from aitbc_tui.ui.screens.operations_lines import OFFERS
from aitbc_tui.ui.screens.plan import PlanScreen
from aitbc_tui.ui.screens.progress import ProgressScreen
from tests.fixtures.pending import keep_waiting
from tests.ui.screens.promises import text_of, until

NAMES = [offer.name for offer in OFFERS]
TARGETS = ("genesis", "follower", "all")
HOSTS = ("genesis", "follower", "gpu-1")
MINERS = ("aitbc-host-gpu-miner", "aitbc-host-gpu-miner-1")
UNITS = ("aitbc-blockchain-node", "aitbc-blockchain-rpc", "aitbc-blockchain-p2p")


@dataclass
class Desk:
    """A dashboard in production, an operator's hands, and the network that both are about."""

    devnet: Devnet
    app: AitbcApp
    pilot: Pilot[None]
    ledger: Path
    rpcs: list[str]

    async def run(self, offer: str, target: str, unit: str = "", text: str = "") -> str:
        """Choose, plan, confirm with the name typed, wait for the end; what the screen then says."""
        await self.pilot.press("o", *["down"] * NAMES.index(offer), "tab", *["up"] * 3)
        service = offer.startswith("service")
        targets, units = (HOSTS, MINERS) if service else (TARGETS, UNITS)
        targets = ("all",) if offer == "network" else targets
        await self.pilot.press(*["down"] * targets.index(target))
        if unit:
            await self.pilot.press("tab", *["down"] * units.index(unit))
        if text:
            await self.pilot.press("tab", *text)
        await self.pilot.press("enter")
        await self.shows("The same from a shell", PlanScreen)
        await self.pilot.press("enter")
        if isinstance(self.app.screen, ConfirmScreen):
            await self.pilot.press("ctrl+y")
            assert isinstance(self.app.screen, ConfirmScreen), "the name must be typed first"
            await self.pilot.press(*target, "ctrl+y")
        await self.shows("─ Result", ProgressScreen)
        said = text_of(self.app)
        await self.pilot.press("escape", "escape")
        return said

    async def shows(self, words: str, screen: type) -> None:
        try:
            await until(lambda: isinstance(self.app.screen, screen) and words in text_of(self.app), 30.0)
        except AssertionError:
            raise AssertionError(f"{words!r} did not come:\n{text_of(self.app)}") from None

    def audit(self) -> list[tuple[str, str]]:
        with Ledger.open(self.ledger) as ledger:
            return [(entry.phase, entry.what) for entry in reversed(ledger.audit())]

    def mined(self) -> set[str]:
        blocks = self.devnet.net.genesis.state.blocks.values()
        return {str(tx["tx_hash"]) for block in blocks for tx in block.transactions}


@asynccontextmanager
async def desk(folder: Path, **options: object) -> AsyncIterator[Desk]:
    given = DevnetOptions(seed=4711, history_jobs=2, **{"block_time_s": 1.0, "tx_every_s": 60.0, **options})  # type: ignore[arg-type]
    async with Devnet.start(given) as devnet:
        settings = load(Flags(config=str(devnet.config_path)), {})
        environment = replace(settings.environment, production=True)
        setup = Setup(environment, settings.trust.store(), folder / "l.sqlite3", demo=True, ssh_config="", lent=True)
        backend = CollectorBackend(setup)
        app = AitbcApp(backend, DashboardOptions(theme="dark"))
        try:
            async with app.run_test(size=(120, 50)) as pilot:
                heard: Callable[[], bool] = lambda: all(  # noqa: E731
                    row.head.value is not None and row.units.value for row in app.current.nodes
                )
                await until(heard, 30.0)
                yield Desk(devnet, app, pilot, setup.ledger, [node.rpc for node in environment.nodes])
        finally:  # in a thread: the devnet that it takes leave of lives in this one
            await asyncio.to_thread(backend.stop)


def board_of(rpc: str) -> list[str]:
    """Every message on a node's board, asked of the node itself."""

    def ask(path: str) -> dict[str, list[dict[str, str]]]:
        with urlopen(f"{rpc}/rpc/messaging/{path}", timeout=10) as answer:
            found: dict[str, list[dict[str, str]]] = json.load(answer)
            return found

    topics = [topic["topic_id"] for topic in ask("topics")["topics"]]
    return [message["content"] for topic in topics for message in ask(f"topics/{topic}/messages")["messages"]]


async def test_a_message_is_posted_and_read_back_at_every_node(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        said = await it.run("message", "all", text="hello night shift")
        assert "● done" in said and "sent 2, read back 2, failed 0" in said and " OPERATE 9 m " in said
        for rpc in it.rpcs:
            assert await asyncio.to_thread(board_of, rpc) == ["hello night shift"], rpc
        assert it.audit() == [("before", "message"), ("after", "message")]


async def test_checkouts_are_moved_forward(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        for host in ("genesis", "follower"):
            write_repo(it.devnet.machine(host).files, behind_by(3))
        said = await it.run("sync git", "all")
        assert "● done" in said and "git synced" in said
        for host in ("genesis", "follower"):
            calls = [call for call in it.devnet.machine(host).files.calls() if call.startswith("git")]
            assert sum("fetch" in call for call in calls) == 1 and sum("merge --ff-only" in call for call in calls) == 1


async def test_one_key_is_copied_by_name_and_the_file_kept(tmp_path: Path) -> None:
    async with desk(tmp_path, faults=("config-drift",)) as it:
        file = it.devnet.machine("follower").files.home / "etc" / "blockchain.env"
        drifted = file.read_text()
        said = await it.run("sync configuration", "follower")
        assert "configuration not synced" in said and file.read_text() == drifted, "no key was named: only compared"
        said = await it.run("sync configuration", "follower", text="block_time_seconds")
        assert "● done" in said and "configuration synced" in said
        good = drifted.replace("block_time_seconds=5", "block_time_seconds=1")
        assert good != drifted and file.read_text() == good
        assert [kept.read_text() for kept in file.parent.iterdir() if kept != file] == [drifted]


async def test_what_waits_is_sent_to_the_follower_only(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        genesis, follower = it.devnet.net.genesis, it.devnet.net.followers[0]
        poor = {**it.devnet.net.new_tx(), "from": "ait1nobody"}
        keep_waiting(genesis.state, poor)
        before = it.mined()
        said = await it.run("sync mempool", "follower")
        assert tx_hash(poor) in follower.state.mempool, said
        assert "mempool synced" in said and not before & {tx_hash(poor)}


async def test_units_are_restarted_one_node_after_the_other(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        hosts = ("genesis", "follower")
        pids = {host: it.devnet.machine(host).files.units[UNITS[1]].pid for host in hosts}
        others = {host: it.devnet.machine(host).files.units[UNITS[0]].pid for host in hosts}
        said = await it.run("coordinate restart", "all", unit=UNITS[1])
        assert "● done" in said
        for host in hosts:
            files = it.devnet.machine(host).files
            assert files.units[UNITS[1]].pid != pids[host] and files.units[UNITS[0]].pid == others[host]
            assert sum(call.startswith(f"systemctl restart {UNITS[1]}") for call in files.calls()) == 1
        assert it.audit() == [("before", "coordinate restart"), ("after", "coordinate restart")]


async def test_status_and_health_run_without_a_question(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        assert "genesis: online" in await it.run("status", "all")
        said = await it.run("health", "all")
        assert "● done" in said and "follower: online" in said
        said = await it.run("network", "all")
        assert "● done" in said and "genesis: name ok · tcp ok · host key ok" in said and "20 unanswered" in said
        assert "P2P connected" in said
        await it.devnet.machine("follower").p2p.close()
        said = await it.run("network", "all")
        assert "p2p port: nothing listens" in said.partition("─ Result")[0], "the step of a host is as its worst check"
        assert it.audit() == []


async def test_a_miner_is_stopped_and_started_as_a_service(tmp_path: Path) -> None:
    async with desk(tmp_path, job_every_s=600.0) as it:
        files = it.devnet.machine("gpu-1").files
        said = await it.run("service stop", "gpu-1", unit="aitbc-host-gpu-miner")
        assert "● done" in said and "inactive/dead" in said and "wait until no job runs" in said
        assert not it.devnet.miners[0].alive and it.devnet.miners[1].alive
        said = await it.run("service start", "gpu-1", unit="aitbc-host-gpu-miner")
        assert "● done" in said and it.devnet.miners[0].alive
        assert [c for c in files.calls() if c.startswith(("systemctl stop", "systemctl start"))] == [
            "systemctl stop aitbc-host-gpu-miner",
            "systemctl start aitbc-host-gpu-miner",
        ]
        assert it.audit()[:2] == [("before", "service stop"), ("after", "service stop")]
