"""The August platform put together for a devnet: one mint, one hub, one coordinator, and what goes into key files."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp

from aitbc_tui.devnet.august.coordinator import AugustCoordinator
from aitbc_tui.devnet.august.limits import Limits
from aitbc_tui.devnet.august.net import AugustNet
from aitbc_tui.devnet.august.node_rpc import AugustNodeRpc
from aitbc_tui.devnet.august.store import AugustStore
from aitbc_tui.devnet.august.tokens import Mint
from aitbc_tui.devnet.chain_net import Node, Note
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.generation import Generation
from aitbc_tui.devnet.keys import Keys
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.seeded import Seeded


def make_august(
    options: DevnetOptions, seeded: Seeded, keys: Keys, note_node: Note, note_coordinator: Callable[[str], None]
) -> Generation:
    """A hub (called genesis here, as its role is), followers, and the coordinator beside the hub."""
    net = AugustNet(options, seeded, note_node)
    mint = Mint.of(options.clock, seeded)
    store = AugustStore(options.clock, seeded, keys.receipts, note_coordinator, net)
    limits: dict[str, Limits] = {}

    def node_app(node: Node) -> ASGIApp:
        rpc = AugustNodeRpc(net, node)
        limits[node.name] = rpc.limits
        return rpc.app()

    def coordinator_app(gate: Gate) -> ASGIApp:
        made = AugustCoordinator(store, mint, frozenset(keys.miners), gate)
        limits["coordinator"] = made.limits
        return made.app()

    return Generation(
        net=net,
        store=store,
        client=mint.client,
        other_client=mint.other_client,
        miners=tuple(f"miner-{number}" for number in range(len(keys.miners))),
        secrets={
            "client": mint.token("client", mint.client),
            "admin": mint.token("admin", mint.admin),
            "miner": keys.miners[0],
        },
        node_app=node_app,
        coordinator_app=coordinator_app,
        p2p=False,
        mint=mint,
        limits=limits,
    )
