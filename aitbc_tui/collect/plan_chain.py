"""The checks before blocks are copied to one follower: asked of both nodes, nothing written."""

from __future__ import annotations

from dataclasses import dataclass, field

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.figures import short_hash, thousands
from aitbc_tui.domain.node import Head
from aitbc_tui.domain.operation import PlanStep
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.chain_sync import hash_at, head_of, is_august, last_common
from aitbc_tui.operations.field import Field

BOTH = "both"


@dataclass(slots=True)
class ChainChecks:
    """What was found; `forbidden` where a check rules the import out."""

    steps: list[PlanStep] = field(default_factory=list)
    missing: int = 0
    first: int | None = None
    forbidden: bool = False

    def add(self, level: Level, key: str, name: str, where: str, text: str, writes: bool = False) -> None:
        self.steps.append(PlanStep(level, clean(name, 60), clean(where, 40), clean(text, 200), writes, key))
        self.forbidden = self.forbidden or level is Level.BAD


async def chain_steps(snapshot: Snapshot, work: Field, source: NodeConfig, target: NodeConfig) -> ChainChecks:
    """The steps for one follower, the checks among them done."""
    found = ChainChecks()
    try:
        heads = await _answers(found, work, source, target)
        if heads is None:
            return found
        theirs, ours = heads
        await _same_genesis(found, work, source, target, ours)
        await _no_fork(found, work, source, target, theirs, ours)
    except AitbcError as error:
        found.add(Level.BAD, "ssh", "SSH and RPC answer", error.host or BOTH, error.detail)
        return found
    _machine(found, snapshot, target)
    height = -1 if ours is None else ours.height
    found.missing = 0 if found.forbidden else max(0, theirs.height - height)
    found.first = height + 1
    if found.forbidden:
        found.add(Level.NONE, "import", "import", target.name, "– not offered")
        return found
    backup = "writes: VACUUM INTO, checked, three kept"
    count = f"writes: {found.missing:,} × importBlock"
    level = Level.WARN if found.missing else Level.NONE
    found.add(level, "backup", "back up its data", target.name, backup if found.missing else "nothing to do", True)
    found.add(level, "import", f"import {found.missing:,} blocks", target.name, count, True)
    found.add(Level.WAITS, "compare", "compare the returned hashes", BOTH, "stops at a difference")
    return found


async def _answers(
    found: ChainChecks, work: Field, source: NodeConfig, target: NodeConfig
) -> tuple[Head, Head | None] | None:
    begun = work.clock()
    theirs = await head_of(work, source)
    middle = work.clock()
    ours = await head_of(work, target)
    times = f"{(middle - begun) * 1000:.0f} ms, {(work.clock() - middle) * 1000:.0f} ms"
    if theirs is None:
        found.add(Level.BAD, "ssh", "SSH and RPC answer", source.name, "it has no block to copy")
        return None
    found.add(Level.GOOD, "ssh", "SSH and RPC answer", BOTH, times)
    if await is_august(work, target):
        found.add(Level.BAD, "version", "importBlock is to be used", target.name, "this version has a sync of its own")
        return None
    return theirs, ours


async def _same_genesis(
    found: ChainChecks, work: Field, source: NodeConfig, target: NodeConfig, ours: Head | None
) -> None:
    if ours is None:
        found.add(Level.UNKNOWN, "genesis", "same genesis block", BOTH, f"{target.name} has no block yet")
        return
    theirs, here = await hash_at(work, source, 0), await hash_at(work, target, 0)
    same = theirs == here
    text = str(short_hash(theirs)) if same else f"{theirs[2:10]}… and {here[2:10]}…: other chains"
    found.add(Level.GOOD if same else Level.BAD, "genesis", "same genesis block", BOTH, text)


async def _no_fork(
    found: ChainChecks, work: Field, source: NodeConfig, target: NodeConfig, theirs: Head, ours: Head | None
) -> None:
    if ours is None or found.forbidden:
        return
    low = min(theirs.height, ours.height)
    if await hash_at(work, source, low) == await hash_at(work, target, low):
        ahead = ours.height > theirs.height + 1
        text = f"{target.name} is ahead" if ahead else f"same hash at {thousands(low)}"
        found.add(Level.BAD if ahead else Level.GOOD, "fork", "no fork at min(head)", BOTH, text)
        return
    common = await last_common(work, source, target, low)
    last = "no common block" if common is None else f"last common {thousands(common)}"
    found.add(Level.BAD, "fork", "NO FORK AT MIN(HEAD)", BOTH, f"other hash at {thousands(low)}, {last}")


def _machine(found: ChainChecks, snapshot: Snapshot, target: NodeConfig) -> None:
    """Units, disk and git as they were seen last; they do not forbid anything."""
    row: NodeRow | None = next((row for row in snapshot.nodes if row.name == target.name), None)
    if row is None:
        return
    units = row.units.value or ()
    running = sum(1 for unit in units if unit.running)
    git = row.git.value
    disk = row.figures.value.disk_free if row.figures.value is not None else None
    parts = [f"{running}/{len(units)}" if units else "? units"]
    parts += [f"{disk / 2**30:.0f} GB free"] if disk is not None else []
    parts.append("? git" if git is None else "clean" if not git.changed else f"{git.changed} changed")
    good = bool(units) and running == len(units) and git is not None and not git.changed
    found.add(Level.GOOD if good else Level.WARN, "units", "units active, git clean", target.name, ", ".join(parts))
