"""What differs between the recorded sets: chain, coordinator, RPC, credentials. Mixed pairs were never observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp

from aitbc_tui.devnet.august.limits import Limits
from aitbc_tui.devnet.august.tokens import Mint
from aitbc_tui.devnet.chain_net import ChainNet, Node, Note
from aitbc_tui.devnet.coordinator import Coordinator
from aitbc_tui.devnet.gate import Gate
from aitbc_tui.devnet.keys import Keys
from aitbc_tui.devnet.node_rpc import NodeRpc
from aitbc_tui.devnet.options import AUGUST, DevnetOptions
from aitbc_tui.devnet.seeded import Seeded
from aitbc_tui.devnet.store import Store


@dataclass(frozen=True, slots=True)
class Generation:
    """One recorded set, made. `secrets` go into the key files; `client` owns the operator's jobs."""

    net: ChainNet
    store: Store
    client: str = field(repr=False)
    other_client: str = field(repr=False)
    miners: tuple[str, ...] = field(repr=False)
    secrets: dict[str, str] = field(repr=False)
    node_app: Callable[[Node], ASGIApp]
    coordinator_app: Callable[[Gate], ASGIApp]
    p2p: bool = True  # whether the nodes' P2P service runs
    mint: Mint | None = None  # of the tokens, where the coordinator wants them
    limits: dict[str, Limits] = field(default_factory=dict)  # of each server that counts requests, by its name


def make_generation(
    options: DevnetOptions, seeded: Seeded, keys: Keys, note_node: Note, note_coordinator: Callable[[str], None]
) -> Generation:
    """The set that was asked for."""
    if options.generation == AUGUST:
        from aitbc_tui.devnet.august.kit import make_august

        return make_august(options, seeded, keys, note_node, note_coordinator)
    net = ChainNet(options, seeded, note_node)
    store = Store(options.clock, seeded, keys.receipts, note_coordinator)
    return Generation(
        net=net,
        store=store,
        client=keys.client,
        other_client=keys.other_client,
        miners=keys.miners,
        secrets={"client": keys.client, "admin": keys.admin, "miner": keys.miners[0]},
        node_app=lambda node: NodeRpc(net, node).app(),
        coordinator_app=lambda gate: Coordinator(store, keys.roles(), gate).app(),
    )
