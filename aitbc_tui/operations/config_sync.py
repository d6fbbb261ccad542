"""`sync --sync-type configuration`: what differs, and the few agreed keys that may be copied, each by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError, ConfigError
from aitbc_tui.operations import commands
from aitbc_tui.operations.backup import free_name
from aitbc_tui.operations.envfile import AGREED, EnvValues, holds_secret, new_salt, read_env, shown_value
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.tally import SyncError


@dataclass(slots=True)
class ConfigRun:
    """One node against the source."""

    node: str
    differing: list[str] = field(default_factory=list)  # agreed keys only
    copied: list[str] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)
    synced: bool = False


def check_keys(keys: Sequence[str]) -> None:
    """Only the agreed ones; anything else would make a second producer or spread a secret."""
    for key in keys:
        if key not in AGREED:
            raise ConfigError(f"{key} is never copied between nodes", remedy=f"one of {', '.join(AGREED)}")


async def sync_config(
    field: Field, source: NodeConfig, target: NodeConfig, run: ConfigRun, keys: Sequence[str], *, write: bool
) -> None:
    """Show every difference; copy the named keys when writing was allowed."""
    check_keys(keys)
    salt = new_salt()
    theirs, ours = await read_env(field, source, salt), await read_env(field, target, salt)
    _show(field, source, target, theirs, ours)
    run.differing = [key for key in AGREED if theirs.plain.get(key) != ours.plain.get(key)]
    for key in keys if write else ():
        if key in run.differing:
            await _copy(field, source, target, theirs, ours, key, run)
    run.differing = [key for key in run.differing if key not in run.copied]
    run.synced = not run.differing
    for key in run.differing:
        here, there = shown_value(key, ours.plain.get(key)), shown_value(key, theirs.plain.get(key))
        field.tally.issue(
            "config-drift",
            target.name,
            f"{key}: {here}; on {source.name} {there}",
            f"aitbc-tui sync --sync-type configuration --target {target.name} --key {key} --force",
        )


def _show(field: Field, source: NodeConfig, target: NodeConfig, theirs: EnvValues, ours: EnvValues) -> None:
    """Every key that differs; of what may be a secret only that it does."""
    for key in sorted(theirs.keys() | ours.keys()):
        if key in theirs.plain or key in ours.plain:
            if theirs.plain.get(key) == ours.plain.get(key):
                continue
            said = {
                target.name: shown_value(key, ours.plain.get(key)),
                source.name: shown_value(key, theirs.plain.get(key)),
            }
        elif theirs.digests.get(key) == ours.digests.get(key):
            continue
        else:
            said = {
                target.name: "set, not shown" if key in ours.digests else "not set",
                source.name: "set, not shown" if key in theirs.digests else "not set",
            }
        field.tally.note(target.host, target.name, "environment files", f"differs: {key}", said)


async def _copy(
    field: Field, source: NodeConfig, target: NodeConfig, theirs: EnvValues, ours: EnvValues, key: str, run: ConfigRun
) -> None:
    """Backup first, write, read back, and the backup again when it is not what it should be."""
    value = theirs.plain.get(key)
    if value is None or holds_secret(value):
        why = "is not set there" if value is None else "holds a password"
        field.tally.issue("validation", target.name, f"{key} was not copied: on {source.name} it {why}")
        return
    file = ours.files.get(key) or target.env_files[-1]
    backup = await free_name(field, target, file)
    await field.run(target.host, target.name, commands.copy(file, backup), root=True)
    run.backups.append(backup)
    try:
        written = ours.spelt.get(key) or theirs.spelt.get(key, key)
        change = commands.set_key(file, written, value, present=key in ours.plain)
        await field.run(target.host, target.name, change, root=True)
        now = await read_env(field, target)
        if now.plain.get(key) != value:
            raise SyncError(f"{key} was written to {file} and reads differently", host=target.host)
    except AitbcError as error:
        await field.run(target.host, target.name, commands.copy(backup, file), root=True)
        field.tally.note(target.host, target.name, "rollback", file, f"restored from {backup}")
        raise SyncError(f"{key}: {error.detail}; {file} is as it was", host=target.host, remedy=error.remedy) from error
    run.copied.append(key)
    field.tally.issue(
        "config-drift",
        target.name,
        f"{key} was copied from {source.name}; the units still run with the old value (backup: {backup})",
        f"aitbc-tui coordinate --action restart --target {target.name} when you want it to count",
    )
