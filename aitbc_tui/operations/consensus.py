"""The checks of `health` that take questions of their own: genesis, parent links, proposers, latency, disk, CPU."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.node import Block
from aitbc_tui.domain.text import SafeText
from aitbc_tui.operations import commands
from aitbc_tui.operations.checks import Check, Grade
from aitbc_tui.operations.envfile import read_env
from aitbc_tui.operations.field import PARALLEL, Field
from aitbc_tui.operations.tally import error_kind
from aitbc_tui.protocol import hostprobe, requests
from aitbc_tui.protocol.hostprobe import CpuTimes
from aitbc_tui.protocol.node import parse_head, parse_node_health
from aitbc_tui.protocol.platform import parse_signed_block

LAST_BLOCKS = 20
PROBES = 5
SLOW_MS, VERY_SLOW_MS = 500.0, 3000.0
DISK_WARN, DISK_FAIL = 90.0, 97.0
CPU_S, CPU_WARN = 0.3, 0.95  # at least this long between two readings of counters that tick a hundred times a second


async def deeper(field: Field, nodes: Sequence[NodeConfig]) -> list[Check]:
    """All of them for these nodes, the nodes side by side; a node's RPC is asked one thing at a time."""
    places = asyncio.Semaphore(PARALLEL)

    async def checks_of(node: NodeConfig) -> tuple[list[Check], dict[int, Block]]:
        async with places:
            return await _node(field, node)

    found = await asyncio.gather(*(checks_of(node) for node in nodes))
    genesis = {node.name: blocks[0] for node, (_, blocks) in zip(nodes, found, strict=True) if blocks.get(0)}
    checks = [check for more, _ in found for check in more]
    return checks + _genesis(nodes, genesis)


async def _node(field: Field, node: NodeConfig) -> tuple[list[Check], dict[int, Block]]:
    checks: list[Check] = []
    blocks: dict[int, Block] = {}
    counters, begun = await _counters(field, node), field.clock()
    try:
        checks.append(await _latency(field, node))
        blocks = await last_blocks(field, node)
        checks.append(_links(node, blocks))
        checks.append(await _proposers(field, node, blocks))
        checks += signers(node, blocks)
    except AitbcError as error:
        checks.append(_not_learnt(node, "consensus", error))
    checks.append(await _disk(field, node))
    await asyncio.sleep(max(0.0, begun + CPU_S - field.clock()))
    checks.append(await _cpu(field, node, counters))
    return checks, blocks


def _not_learnt(node: NodeConfig, name: str, error: AitbcError) -> Check:
    return Check(node.name, node.host, name, Grade.FAIL, error.detail, error_kind(error), error.remedy)


async def _counters(field: Field, node: NodeConfig) -> CpuTimes | None:
    """The processor's counters since boot; None where they could not be read."""
    try:
        answer = await field.shell(node.host, node.name, hostprobe.probe_script(), "/proc/stat")
        return hostprobe.parse_host_figures(answer.stdout)[1]
    except AitbcError:
        return None


async def _cpu(field: Field, node: NodeConfig, before: CpuTimes | None) -> Check:
    """How busy the processors were while the other checks ran."""
    try:
        answer = await field.shell(node.host, node.name, hostprobe.probe_script(), "/proc/stat")
        busy = hostprobe.parse_host_figures(answer.stdout, before)[0].cpu_busy
    except AitbcError as error:
        return _not_learnt(node, "cpu", error)
    if busy is None:
        why = "its counters did not move between two readings" if before else "one of two readings did not come"
        return Check(node.name, node.host, "cpu", Grade.SKIP, why)
    grade = Grade.WARN if busy >= CPU_WARN else Grade.PASS
    return Check(node.name, node.host, "cpu", grade, f"{busy:.0%} busy while it was checked")


async def _latency(field: Field, node: NodeConfig) -> Check:
    times: list[float] = []
    for _ in range(PROBES):
        answer = await field.wire.send(node.host, node.rpc, requests.node_health())
        times.append(answer.elapsed_ms)
    middle, worst = median(times), max(times)
    field.tally.note(node.host, node.name, f"GET /health, {PROBES} times", "latency", round(middle, 1), age_s=0.0)
    grade = Grade.FAIL if middle > VERY_SLOW_MS else Grade.WARN if middle > SLOW_MS else Grade.PASS
    return Check(node.name, node.host, "latency", grade, f"{middle:.0f} ms, at worst {worst:.0f} ms", "timeout")


async def last_blocks(field: Field, node: NodeConfig, count: int = LAST_BLOCKS) -> dict[int, Block]:
    """Block 0 and the newest `count`, with parents and proposers (a range gives neither)."""
    head = await field.ask(node, requests.head(node.chain_id or ""), lambda body: parse_head(body, None))
    heights = [0, *range(max(1, head.height - count + 1), head.height + 1)]
    found: dict[int, Block] = {}
    for height in heights:
        found[height] = await field.ask(node, requests.block(height), parse_signed_block)
    field.tally.note(
        node.host,
        node.name,
        f"GET /rpc/blocks/0, {heights[-1] - len(heights) + 2}..{heights[-1]}",
        "blocks",
        len(found),
    )
    return found


def broken_links(blocks: dict[int, Block]) -> tuple[list[int], list[int]]:
    """Heights whose parent is not the block below, and hollow heights, which have no parent to check."""
    hollow = [height for height, block in blocks.items() if block.hollow]
    broken = [
        height
        for height, block in blocks.items()
        if height > 0 and not block.hollow and height - 1 in blocks and block.parent_hash != blocks[height - 1].hash
    ]
    return broken, hollow


def _links(node: NodeConfig, blocks: dict[int, Block]) -> Check:
    broken, hollow = broken_links(blocks)
    if broken:
        why = f"block {broken[0]:,} does not follow from the block below it"
        return Check(node.name, node.host, "parent links", Grade.FAIL, why, "fork", "compare with the other nodes")
    if hollow:
        why = f"{len(hollow)} of the last {len(blocks) - 1} blocks are hollow: no proposer, no parent"
        remedy = "only a copy of the producer's database fills hollow blocks"
        return Check(node.name, node.host, "parent links", Grade.FAIL, why, "hollow", remedy)
    return Check(node.name, node.host, "parent links", Grade.PASS, f"the last {len(blocks) - 1} blocks are linked")


async def _proposers(field: Field, node: NodeConfig, blocks: dict[int, Block]) -> Check:
    made_by = {str(b.proposer) for h, b in blocks.items() if h > 0 and b.proposer}
    trusted = await _trusted(field, node)
    said = ", ".join(sorted(made_by))
    if not made_by:
        return Check(node.name, node.host, "proposer", Grade.SKIP, "no block of the last 20 names one")
    if trusted is None:
        return await _unlisted(field, node, blocks, made_by)
    strangers = sorted(made_by - trusted)
    if strangers:
        why = f"blocks by {', '.join(strangers)}, who is not trusted"
        return Check(node.name, node.host, "proposer", Grade.FAIL, why, "fork", "who is that? compare both chains")
    return Check(node.name, node.host, "proposer", Grade.PASS, f"{said} is trusted")


async def _unlisted(field: Field, node: NodeConfig, blocks: dict[int, Block], made_by: set[str]) -> Check:
    """Nobody is listed as trusted: what remains is whom the producer's own configuration names.

    2026-08 has no such list: one hub proposes, and `/health` names it ([100]); its blocks are signed besides.
    """
    said = ", ".join(sorted(made_by))
    signed = any(block.signer is not None for block in blocks.values())
    named = await _named_proposer(field)
    if named and made_by != {named}:
        strangers = ", ".join(sorted(made_by - {named}))
        why = f"blocks by {strangers}, and the producer is configured as {named}"
        return Check(node.name, node.host, "proposer", Grade.FAIL, why, "fork", "who is that? compare both chains")
    if named and signed:
        return Check(node.name, node.host, "proposer", Grade.PASS, f"{said} is the hub's own, and signs")
    own = ", and the producer's own" if named else ""
    why = f"{said}{own}; trusted_proposers could not be read"
    return Check(node.name, node.host, "proposer", Grade.WARN, why, "validation", "env_files of the node")


async def _named_proposer(field: Field) -> str:
    """Who proposes by the producer's own configuration; empty where it does not say."""
    producer = field.producer
    if producer is None:
        return ""
    try:
        health = await field.ask(producer, requests.node_health(), parse_node_health)
    except AitbcError:
        return ""  # that the producer does not answer is a check of its own
    return str(health.proposer_id)


def signers(node: NodeConfig, blocks: dict[int, Block]) -> list[Check]:
    """2026-08 signs its blocks: who is recovered from the signature must be the proposer. April blocks carry none."""
    signed = {height: block for height, block in blocks.items() if block.signer is not None}
    if not signed:
        return []
    wrong = sorted(height for height, block in signed.items() if block.signer != block.proposer)
    if not wrong:
        return [Check(node.name, node.host, "signer", Grade.PASS, f"{len(signed)} blocks signed by their proposer")]
    block = signed[wrong[0]]
    who = block.signer or "nobody: the signature is impossible"
    why = f"block {wrong[0]:,} names {block.proposer} and is signed by {who}"
    return [Check(node.name, node.host, "signer", Grade.FAIL, why, "fork", "compare with the other nodes")]


async def _trusted(field: Field, node: NodeConfig) -> set[str] | None:
    if not node.env_files:
        return None
    try:
        values = await read_env(field, node)
    except AitbcError:
        return None  # the reason stands in evidence; the check warns that it could not compare
    found = values.plain.get("trusted_proposers")
    return None if not found else {part.strip() for part in found.split(",") if part.strip()}


async def _disk(field: Field, node: NodeConfig) -> Check:
    folder = node.data or "/"
    try:
        answer = await field.run(node.host, node.name, commands.disk(folder))
        used, free, total = parse_df(answer.stdout)
    except AitbcError as error:
        return _not_learnt(node, "disk", error)
    grade = Grade.FAIL if used >= DISK_FAIL else Grade.WARN if used >= DISK_WARN else Grade.PASS
    why = f"{used:.0f}% of {total / 2**30:.0f} GiB used under {folder}, {free / 2**30:.1f} GiB free"
    return Check(node.name, node.host, "disk", grade, why, remedy="remove what is not needed" if used >= 90 else "")


def parse_df(output: bytes) -> tuple[float, int, int]:
    """(percent used, bytes free, bytes in all) of `df -Pk` for one path."""
    from aitbc_tui.domain.errors import ParseError

    lines = output.decode("utf-8", "replace").splitlines()
    fields = lines[-1].split() if lines else []
    if len(fields) < 6 or not all(word.isdigit() for word in fields[1:4]):
        raise ParseError("df printed something else than a file system")
    total, used, free = (int(word) * 1024 for word in fields[1:4])
    return (100.0 * used / (used + free) if used + free else 0.0), free, total


def _genesis(nodes: Sequence[NodeConfig], genesis: dict[str, Block]) -> list[Check]:
    """Block 0 of every node; the hash depends on the chain id alone, so it proves no more than that."""
    if len(genesis) < 2:
        return []
    hashes: dict[str, SafeText] = {name: block.hash for name, block in genesis.items()}
    if len(set(hashes.values())) == 1:
        same = "the same on every node"
        return [Check(n.name, n.host, "genesis hash", Grade.PASS, same) for n in nodes if n.name in hashes]
    why = "; ".join(f"{name} {value[:18]}" for name, value in hashes.items())
    remedy = "another chain id, or a genesis that was imported: start that node anew from the producer's data"
    return [
        Check(n.name, n.host, "genesis hash", Grade.FAIL, f"not the same: {why}", "fork", remedy)
        for n in nodes
        if n.name in hashes
    ]
