"""`nodes`: what the pane of that name shows, of every configured node."""

from __future__ import annotations

import argparse
from typing import Any

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import (
    NONE,
    UNKNOWN,
    Json,
    Seen,
    age,
    document,
    finish,
    judged,
    number,
    observe,
    or_null,
    print_pane,
    rounded,
    source,
)
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.errors import AitbcError, ConfigError
from aitbc_tui.domain.figures import duration, short_hash
from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import Chain, NodeRow, Pane

_FIGURES = ("head", "health", "mempool", "units", "figures", "peers", "git")


def add(parser: Parser, verb: str) -> None:
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    if not ctx.environment.nodes:
        raise ConfigError(f"environment {ctx.environment.name} has no node", remedy="add [[env.NAME.nodes]]")
    from aitbc_tui.collect.once import MEMPOOL_GLANCE, Wanted

    wanted = Wanted(heads=True, mempool_limit=MEMPOOL_GLANCE, host_facts=True, git=True)
    seen = observe(ctx, lambda _: wanted)
    snapshot = seen.snapshot
    heads = [seen.unheard(row.head, row.host) for row in snapshot.nodes]
    beside = [error for row in snapshot.nodes for error in _others(seen, row)]
    if args.json:
        rows = [node_json(row, snapshot.now) for row in snapshot.nodes]
        print_json(ctx.out, document(seen, [*heads, *beside], nodes=rows, chain=chain_json(snapshot.chain)))
    else:
        height = snapshot.chain.display_height
        at = "hash" if height is None else f"hash at {height:,}"
        headers = ("state", "node", "head", "block age", "lag", at, "pending", "peers", "units", "uptime", "git", "why")
        table = [_cells(row, snapshot.now) for row in snapshot.nodes]
        print_pane(ctx, snapshot, Pane.NODES, headers, table, right=(2, 3, 4, 6, 7))
    return finish(ctx, heads, beside)


def _others(seen: Seen, row: NodeRow) -> list[AitbcError | None]:
    """Figures beside the head; one that does not exist here is no failure."""
    asked: list[Observed[Any]] = [row.health, row.mempool, row.peers, row.git]
    if row.units.source and seen.world.topology.node(row.name).units:  # type: ignore[union-attr]
        asked.append(row.units)
    now = seen.snapshot.now
    return [seen.unheard(figure, row.host) for figure in asked if figure.freshness(now) is not Freshness.ABSENT]


def _cells(row: NodeRow, now: float) -> tuple[str, ...]:
    head, pool, peers = row.head.value, row.mempool.value, row.peers.value
    units = None if row.units.value is None else [unit for unit in row.units.value if unit.found]
    return (
        row.verdict.word,
        row.name,
        number(head.height if head else None),
        age(head.block_age_s if head else None),
        number(row.lag),
        UNKNOWN if row.hash_at_common is None else short_hash(row.hash_at_common),
        UNKNOWN if pool is None else f"{pool.count:,}{'+' if pool.capped else ''}",
        number(peers.count if peers else None),
        _no_units(row, now) if units is None else f"{sum(u.running for u in units)}/{len(units)}",
        _no_units(row, now) if row.uptime_s is None else duration(row.uptime_s),
        _absent(row.git, now) if row.git.value is None else row.git.value.words,
        row.verdict.text or NONE,
    )


def _no_units(row: NodeRow, now: float) -> str:
    return _absent(row.units, now) if row.has_units else NONE


def _absent(figure: Observed[Any], now: float) -> str:
    return NONE if figure.freshness(now) is Freshness.ABSENT else UNKNOWN


def node_json(row: NodeRow, now: float) -> Json:
    head, pool, peers, git, health = row.head.value, row.mempool.value, row.peers.value, row.git.value, row.health.value
    return {
        "name": row.name,
        "role": row.role,
        "host": row.host,
        "chain_id": or_null(row.chain_id),
        **judged(row.verdict),
        "height": head.height if head else None,
        "hash": head.hash if head else None,
        "block_age_s": rounded(head.block_age_s) if head else None,
        "lag": row.lag,
        "hash_at_common": row.hash_at_common,
        "agrees": row.hash_agrees,
        "health": health.status if health else None,
        "mempool": {"count": pool.count, "capped": pool.capped} if pool else None,
        "peers": [str(address) for address in peers.addresses] if peers else None,
        "units": _units(row),
        "uptime_s": rounded(row.uptime_s),
        "figures": _figures(row),
        "git": {"oid": git.oid, "branch": git.branch, "ahead": git.ahead, "behind": git.behind, "changed": git.changed}
        if git
        else None,
        "rtt_ms": rounded(row.head.rtt_ms),
        "sources": {name: source(getattr(row, name), now) for name in _FIGURES},
    }


def _units(row: NodeRow) -> list[Json] | None:
    if row.units.value is None:
        return None
    return [
        {"name": unit.name, "found": unit.found, "active": unit.active, "sub": unit.sub, "restarts": unit.restarts}
        for unit in row.units.value
    ]


def _figures(row: NodeRow) -> Json | None:
    figures = row.figures.value
    if figures is None:
        return None
    return {
        "uptime_s": rounded(figures.uptime_s),
        "load1": figures.load1,
        "cpus": figures.cpus,
        "memory_total": figures.memory_total,
        "memory_available": figures.memory_available,
        "disk_total": figures.disk_total,
        "disk_free": figures.disk_free,
    }


def chain_json(chain: Chain) -> Json:
    """How far the nodes agree; a fork with what each says where they part."""
    fork = chain.fork
    return {
        "source": chain.source,
        "common_height": chain.common_height,
        "compared": chain.compared,
        "agreeing": chain.agreeing,
        "fork": None
        if fork is None
        else {
            "height": fork.height,
            "last_common": fork.last_common,
            "hashes": dict(fork.hashes),
            "nodes": list(fork.nodes),
        },
    }
