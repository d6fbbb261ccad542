"""The plan of a sync, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aitbc_tui.collect.plan_chain import chain_steps
from aitbc_tui.collect.plan_draft import ALL, Draft, Maker, rows_of, ssh_steps, step
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.config_sync import ConfigRun, check_keys, sync_config
from aitbc_tui.operations.field import Field

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector


async def sync_plan(collector: Collector, field: Field, draft: Draft) -> None:
    """Fill in what a sync of these types would find and do; ConfigError where no node is configured."""
    source = field.producer
    if source is None:
        raise ConfigError("no node is configured")
    draft.source = f"from {source.name}"
    kinds = ("blockchain", "mempool", "configuration", "git") if draft.wish.sync_type == ALL else ()
    for kind in kinds or (draft.wish.sync_type,):
        await _SYNCS[kind](collector, field, draft)
    if kinds:
        draft.question, draft.button = "Run all four kinds of sync on", "Sync all"
        draft.summary = "Blockchain, mempool, configuration, git, in this order; what a check forbids is left out."
        draft.offered = True
    draft.notes.append("it does not restart anything; at most 60 s, and it can be stopped")


def _followers(draft: Draft, source: str) -> tuple[str, ...]:
    followers = tuple(name for name in draft.targets if name != source)
    if not followers:
        draft.offered = False
        draft.summary = f"{source} is where it is taken from: there is nothing to bring to it."
        draft.steps.append(step(Level.BAD, "none", "a target that takes", source, "choose a follower, or all"))
    return followers


async def _blockchain(collector: Collector, field: Field, draft: Draft) -> None:
    source = field.producer
    assert source is not None
    total = 0
    for name in _followers(draft, source.name):
        found = await chain_steps(collector.hub.newest, field, source, field.node(name))
        draft.steps += found.steps
        total += found.missing
        draft.offered = draft.offered and not found.forbidden
        if found.missing and found.first is not None:
            heights = f"heights {found.first:,} to {found.first + found.missing - 1:,}"
            draft.details.append(f"POST /rpc/importBlock, {found.missing:,} times, {heights}, source {source.name}.")
    if not draft.offered:
        draft.summary = draft.summary or "A check forbids it: nothing is written."
        return
    draft.offered = draft.offered and total > 0
    blocks = f"{total:,} missing block{'s' if total != 1 else ''}"
    draft.summary = f"Copies {blocks}; a backup of the data comes first." if total else "No block is missing."
    draft.question, draft.button = f"Write {total:,} blocks to", f"Import {total:,} blocks"
    draft.notes += [
        "about 60 to 80 blocks a second",
        "imported blocks hold no transaction rows and no accounts; hollow ones stay hollow",
        "importBlock cannot be undone, and cannot repair a fork",
    ]


async def _mempool(collector: Collector, field: Field, draft: Draft) -> None:
    source = field.producer
    assert source is not None
    pools = {str(row.name): row.mempool.value for row in collector.hub.newest.nodes}
    followers = _followers(draft, source.name)
    ssh_steps(collector, draft, (source.name, *followers))
    for name in followers:
        here, there = pools.get(source.name), pools.get(name)
        text = f"{'?' if here is None else here.count} wait there, {'?' if there is None else there.count} here"
        draft.steps += [
            step(Level.WAITS, "compare", "compare both mempools", name, text),
            step(Level.WAITS, "search", "search each in every block", name, "none that is in a block is sent"),
            step(Level.WARN, "send", "send what it lacks", name, "writes: POST /rpc/transaction", writes=True),
        ]
    draft.summary = f"Sends what waits at {source.name} and is lacking; never to {source.name}."
    draft.question, draft.button = "Send lacking transactions to", "Send"
    draft.notes += [
        "transactions that wait at a follower only are listed, never sent on by this",
        f"{source.name} checks neither nonce nor signature: that is why",
    ]


async def _configuration(collector: Collector, field: Field, draft: Draft) -> None:
    source = field.producer
    assert source is not None
    check_keys(draft.wish.keys)
    followers = _followers(draft, source.name)
    ssh_steps(collector, draft, (source.name, *followers))
    for name in followers:
        run = ConfigRun(name)
        await sync_config(field, source, field.node(name), run, (), write=False)
        text = "the agreed keys are the same" if not run.differing else f"differ: {', '.join(run.differing)}"
        draft.steps.append(step(Level.WARN if run.differing else Level.GOOD, "compare", "agreed keys", name, text))
        for key in draft.wish.keys:
            differs = key in run.differing
            text = "writes: backup, change, read back" if differs else "is the same: nothing to copy"
            level = Level.WARN if differs else Level.NONE
            draft.steps.append(step(level, f"copy {key}", f"copy {key}", name, text, writes=differs))
    keys = ", ".join(draft.wish.keys)
    draft.summary = f"Copies {keys} from {source.name}." if keys else "Only compares: no key to copy was named."
    draft.question, draft.button = f"Copy {keys or 'nothing'} to", "Copy"
    draft.notes += [
        "units go on with their old values until somebody restarts them",
        "proposer_id, enable_block_production, p2p keys and secrets are never copied",
    ]


async def _git(collector: Collector, field: Field, draft: Draft) -> None:
    ssh_steps(collector, draft, draft.targets)
    for row in rows_of(collector.hub.newest, draft.targets):
        git = row.git.value
        text = "? not read yet" if git is None else git.words
        clean_tree = git is None or (not git.changed and not git.ahead)
        level = Level.UNKNOWN if git is None else Level.GOOD if clean_tree else Level.BAD
        draft.steps.append(step(level, "checkout", "checkout clean, nothing of its own", str(row.name), text))
        draft.steps += [
            step(Level.WARN, "fetch", "fetch", str(row.name), "writes: git fetch", writes=True),
            step(Level.WARN, "forward", "fast-forward only", str(row.name), "writes: merge --ff-only", writes=True),
        ]
    draft.source = ""
    draft.summary = "Moves checkouts forward to their upstream; a divergence is a conflict, and stays."
    draft.question, draft.button = "Fetch and fast-forward", "Fast-forward"
    draft.notes.append("running services go on with their old code until they are restarted")


_SYNCS: Mapping[str, Maker] = {
    "blockchain": _blockchain,
    "mempool": _mempool,
    "configuration": _configuration,
    "git": _git,
}
