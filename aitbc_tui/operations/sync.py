"""`sync`: one type or all of them, node after node, each with its own result; what could not be done is said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError, ConnectError, TunnelError
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.chain_sync import ChainRun, compare, count_hollow, sync_chain
from aitbc_tui.operations.config_sync import ConfigRun, check_keys, sync_config
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.git_sync import GitRun, check_git, sync_git
from aitbc_tui.operations.pool_sync import SHOWN, PoolRun, send_stranded, sync_pool
from aitbc_tui.operations.sync_run import SyncOrder, SyncRun
from aitbc_tui.operations.tally import SyncError


async def sync(field: Field, before: Snapshot, order: SyncOrder) -> SyncRun:
    """Everything in order. A node that SSH does not reach is left alone, and named."""
    check_keys(order.keys)
    run = SyncRun()
    reached = _reached(field, before, order)
    if order.force:
        await _checked_git(field, reached)
    for kind in order.types:
        run.results[kind] = {}
        await _KINDS[kind](field, order, run, reached)
    return run


def _reached(field: Field, before: Snapshot, order: SyncOrder) -> set[str]:
    """Nodes whose SSH answers; for the others an issue, and false for whatever was wished of them."""
    links = {str(link.host): link for link in before.links}
    found = set()
    for node in field.environment.nodes:
        link = links.get(node.host)
        if link is None or link.verdict.level is Level.GOOD:
            found.add(node.name)
    return found


async def _checked_git(field: Field, reached: set[str]) -> None:
    for node in field.environment.nodes:
        if node.name in reached:
            await _trying(field, node, check_git(field, node), only_said=True)


async def _trying(field: Field, node: NodeConfig, work: Awaitable[object], *, only_said: bool = False) -> bool:
    """Await it; a failure becomes an issue. True when it went through."""
    try:
        await work
    except AitbcError as error:
        if only_said:
            field.tally.issue("command", node.name, error.detail, error.remedy)
        else:
            field.tally.failed(error, node.name)
        return False
    return True


Step = Callable[[Field, SyncOrder, SyncRun, set[str]], Awaitable[None]]


def _followers(field: Field, order: SyncOrder, run: SyncRun, kind: str, reached: set[str]) -> list[NodeConfig]:
    """The targets that take something from the source, which itself must be reached."""
    source = field.producer
    assert source is not None
    followers = [n for n in field.environment.nodes if n.name in order.targets and n.name != source.name]
    if not followers:
        why = f"{source.name} is where {kind} is taken from: there is nothing to bring to it"
        field.tally.issue("validation", source.name, why, "--target follower, or all")
        return []
    for node in followers:
        run.results[kind][node.name] = False
    if source.name not in reached:
        field.tally.issue("sync", source.name, f"the source of {kind} is not reached: nothing was done", "")
        return []
    return [node for node in followers if node.name in reached]


async def _blockchain(field: Field, order: SyncOrder, run: SyncRun, reached: set[str]) -> None:
    source = field.producer
    assert source is not None
    for node in _followers(field, order, run, "blockchain", reached):
        chain = ChainRun(node.name)
        went = await _trying(field, node, sync_chain(field, source, node, force=order.force, run=chain))
        if not went and isinstance(field.tally.errors[-1], ConnectError | TunnelError):
            await field.back(node.host)  # what came of the last block is looked up, not guessed
        if chain.began is not None:
            await _trying(field, node, compare(field, source, node, chain))
        run.results["blockchain"][node.name] = chain.synced
        if chain.agreed_at is not None:
            run.agreed[node.name] = run.agreed[source.name] = chain.agreed_at
        if chain.imported:
            run.done.append(f"{chain.imported:,} blocks to {node.name}")
            await _trying(field, node, count_hollow(field, node, chain), only_said=True)
        _say_chain(field, node, chain)


def _say_chain(field: Field, node: NodeConfig, chain: ChainRun) -> None:
    """What it is now, and what it is not: imported blocks are not a synchronised state."""
    say = field.tally.issue
    if chain.imported:
        say(
            "hollow",
            node.name,
            f"{chain.imported:,} imported blocks bring no accounts and no transaction rows",
            "only a copy of the producer's database brings them",
        )
        seen = (
            f"{chain.hollow} of the last {chain.looked_at} before the sync are" if chain.looked_at else "none was read"
        )
        say("hollow", node.name, f"hollow blocks that were there stay hollow ({seen})", "")
        say(
            "wedge",
            node.name,
            "an unpatched follower stops again at the next block with transactions",
            "a patched importer, or sync again",
        )
    if chain.backup is not None:
        field.tally.note(node.host, node.name, "restore", chain.backup.path, chain.backup.restore)
    if chain.height is not None and chain.source_height is not None and not chain.synced:
        lag = chain.source_height - chain.height
        if lag > 1 and chain.began is not None and not any(e.host == node.host for e in field.tally.errors):
            why = f"{lag:,} blocks are still missing: the time was over after {chain.imported:,}"
            field.tally.failed(SyncError(why, host=node.host, timed_out=True, remedy="run it again: it goes on there"))


async def _mempool(field: Field, order: SyncOrder, run: SyncRun, reached: set[str]) -> None:
    source = field.producer
    assert source is not None
    for node in _followers(field, order, run, "mempool", reached):
        pool = PoolRun(node.name)
        await _trying(field, node, sync_pool(field, source, node, pool))
        run.results["mempool"][node.name] = pool.synced
        _say_pool(field, node, pool, order)
        if order.transactions and order.force:
            await _trying(field, node, send_stranded(field, source, node, pool, order.transactions))
        if pool.sent:
            run.done.append(f"{len(pool.sent)} transactions")


def _say_pool(field: Field, node: NodeConfig, pool: PoolRun, order: SyncOrder) -> None:
    found = {"lacking": len(pool.lacking), "sent": len(pool.sent), "in a block long since": pool.kept}
    field.tally.note(node.host, node.name, "mempool", "compared with the proposer's", found)
    if not pool.searched and pool.lacking:
        why = "nothing was sent: the blocks could not be searched to the end"
        field.tally.issue("timeout", node.name, why, "run it again with more time")
    for digest in pool.stranded[:SHOWN]:
        asked = digest in order.transactions and order.force
        remedy = "" if asked else f"aitbc-tui sync --sync-type mempool --target {node.name} --tx {digest} --force"
        field.tally.issue("sync", node.name, f"stranded: {digest} waits here only, and stands in no block", remedy)
    if len(pool.stranded) > SHOWN:
        field.tally.issue("sync", node.name, f"and {len(pool.stranded) - SHOWN:,} more stranded transactions", "")
    for digest in order.transactions:
        if digest not in pool.stranded:
            field.tally.issue("validation", node.name, f"{digest} is not stranded on {node.name}: not sent", "")


async def _configuration(field: Field, order: SyncOrder, run: SyncRun, reached: set[str]) -> None:
    source = field.producer
    assert source is not None
    for node in _followers(field, order, run, "configuration", reached):
        config = ConfigRun(node.name)
        work = sync_config(field, source, node, config, order.keys, write=order.write_config)
        await _trying(field, node, work)
        run.results["configuration"][node.name] = config.synced
        run.done += [f"{key} to {node.name}" for key in config.copied]


async def _git(field: Field, order: SyncOrder, run: SyncRun, reached: set[str]) -> None:
    heads: dict[str, str] = {}
    for node in field.environment.nodes:
        if node.name not in order.targets:
            continue
        run.results["git"][node.name] = False
        if node.name not in reached:
            continue
        git = GitRun(node.name)
        await _trying(field, node, sync_git(field, node, git))
        run.results["git"][node.name] = git.synced
        heads[node.name] = git.after
        if git.after != git.before:
            run.done.append(f"{node.name} to {git.after[:9]}")
            field.tally.note(node.host, node.name, "git", "moved", {"from": git.before, "to": git.after})
    if len(set(heads.values())) > 1:
        said = ", ".join(f"{name} {head[:9]}" for name, head in heads.items())
        field.tally.issue("git-conflict", "", f"the nodes run different commits: {said}", "aitbc-tui nodes")
        first = next(iter(heads.values()))
        for name, head in heads.items():
            run.results["git"][name] = run.results["git"][name] and head == first


_KINDS: dict[str, Step] = {
    "blockchain": _blockchain,
    "mempool": _mempool,
    "configuration": _configuration,
    "git": _git,
}
