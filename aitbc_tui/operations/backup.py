"""A backup of a node's chain.db, on the node, beside the data: `VACUUM INTO`, read back, three kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError, CommandError, ParseError
from aitbc_tui.operations import commands
from aitbc_tui.operations.consensus import parse_df
from aitbc_tui.operations.field import Field, first_line
from aitbc_tui.transport.host import ShellAnswer

KEPT = 3
SPARE_BYTES = 16 * 1024 * 1024
STATEMENT_S = 40.0


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was opened and found sound. `restore` are the steps to bring it back, by hand."""

    path: str
    size: int
    removed: tuple[str, ...]

    @property
    def restore(self) -> str:
        original = self.path.split(commands.BACKUP_MARK)[0]
        return f"stop the node's units, cp -p {self.path} {original}, remove {original}-wal and -shm, start the units"


def backup_name(original: str, utc: float) -> str:
    """The file beside the original, with the moment in its name."""
    return original + commands.BACKUP_MARK + time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(utc))


async def back_up(field: Field, node: NodeConfig) -> Backup:
    """Make one. Raises when there is no room, or when what was written cannot be read back."""
    if node.data is None:
        raise CommandError(
            f"no data folder is configured for {node.name}: no backup can be made",
            host=node.host,
            remedy="data of the node, or --force to go on without a backup",
        )
    database = f"{node.data.rstrip('/')}/chain.db"
    size = await _size(field, node, database)
    _, free, _ = parse_df((await field.run(node.host, node.name, commands.disk(node.data))).stdout)
    if free < size + SPARE_BYTES:
        raise CommandError(
            f"a backup of {database} needs {size:,} bytes, {free:,} are free",
            host=node.host,
            remedy="make room, or --force to go on without a backup",
        )
    target = await free_name(field, node, database)
    field.told("backup", node.name, f"{size:,} bytes to {target}")
    await _statement(field, node, commands.vacuum(database, target))
    await _proved(field, node, target)
    removed = await _trim(field, node, database)
    made = Backup(target, await _size(field, node, target), removed)
    field.tally.note(node.host, node.name, "backup", "path and bytes", {"path": made.path, "bytes": made.size})
    return made


async def _statement(field: Field, node: NodeConfig, argv: tuple[str, ...]) -> ShellAnswer:
    """By sqlite3, or by python3 where that program is missing."""
    try:
        return await field.run(node.host, node.name, argv, root=True, timeout_s=STATEMENT_S)
    except CommandError as error:
        missing = error.exit_status == 127 or "command not found" in error.detail
        if not missing:
            raise
    return await field.run(node.host, node.name, commands.without_sqlite3(argv), root=True, timeout_s=STATEMENT_S)


async def _size(field: Field, node: NodeConfig, file: str) -> int:
    answer = await field.run(node.host, node.name, commands.size(file))
    said = first_line(answer.stdout)
    if not said.isdigit():
        raise ParseError(f"stat printed no size of {file}", host=node.host)
    return int(said)


async def _proved(field: Field, node: NodeConfig, file: str) -> None:
    """Open the copy and check it; one that is not sound is removed."""
    try:
        said = first_line((await _statement(field, node, commands.integrity(file))).stdout)
        if said != "ok":
            raise CommandError(f"the backup {file} is not sound: {said}", host=node.host, remedy="check the disk")
    except AitbcError:
        await field.run(node.host, node.name, commands.remove_backup(file), root=True)
        raise


async def ours_in(field: Field, node: NodeConfig, original: str) -> list[str]:
    """The names of our backups of a file, oldest first: they sort by time."""
    folder, _, name = original.rpartition("/")
    answer = await field.run(node.host, node.name, commands.files(folder))
    mark = f"{name}{commands.BACKUP_MARK}"
    return sorted(line for line in answer.stdout.decode("utf-8", "replace").split("\n") if line.startswith(mark))


async def free_name(field: Field, node: NodeConfig, original: str) -> str:
    """A name that no backup has yet, also when two are made in one second: nothing is ever written over."""
    taken = set(await ours_in(field, node, original))
    utc = field.utc()
    while (name := backup_name(original, utc)).rpartition("/")[2] in taken:
        utc += 1
    return name


async def _trim(field: Field, node: NodeConfig, original: str) -> tuple[str, ...]:
    """Remove the oldest of ours beyond three."""
    folder = original.rpartition("/")[0]
    surplus = tuple(f"{folder}/{name}" for name in (await ours_in(field, node, original))[:-KEPT])
    for file in surplus:
        await field.run(node.host, node.name, commands.remove_backup(file), root=True)
    return surplus
