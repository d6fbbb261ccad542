"""One unit on one host: started, stopped or restarted, and what it is then; a failure carries its last log lines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aitbc_tui.domain.errors import AitbcError, CommandError, ConnectError, TunnelError
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.text import clean_lines
from aitbc_tui.operations import commands
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.tally import PermissionRefused, ServiceError
from aitbc_tui.protocol import systemd

LOOK_S = 0.3
LOG_LINES = 8
LINE_CHARS, LOG_CHARS = 200, 900
RESERVE_S = 2.0  # kept for the log of a failure and the last look


async def show(field: Field, host: str, node: str, units: Sequence[str]) -> dict[str, Unit]:
    """The units by the name they were asked under."""
    answer = await field.run(host, node, systemd.show_argv(units))
    found = systemd.parse_show(answer.stdout, None)
    return dict(zip(units, found, strict=False))


async def act(field: Field, host: str, node: str, action: str, unit: str) -> None:
    """Do it once. After a lost or late answer the unit's real state is looked up, never the command sent again."""
    field.told(action, node or host, unit)
    try:
        left = max(1.0, field.ends_at - field.clock() - RESERVE_S)
        await field.run(host, node, commands.systemctl(action, unit), root=True, timeout_s=left)
    except PermissionRefused:
        raise
    except CommandError as error:
        said = f"{action} of {unit}: {error.detail}{await _state(field, host, node, unit)}"
        raise await with_log(field, host, unit, said, timed_out=error.timed_out) from error
    except (ConnectError, TunnelError) as error:
        await field.back(host)
        said = f"{action} of {unit}: {error.detail}; not sent again{await _state(field, host, node, unit)}"
        raise ServiceError(said, host=host, remedy=error.remedy, timed_out=error.timed_out) from error


async def _state(field: Field, host: str, node: str, unit: str) -> str:
    """What became of it, looked up after the command itself could not say."""
    try:
        now = (await show(field, host, node, [unit]))[unit]
    except AitbcError:
        return "; its state could not be looked up"
    return f"; looked up: it is {now.active}/{now.sub}"


async def settled(field: Field, host: str, node: str, action: str, unit: str) -> Unit:
    """Wait until the unit is what the action makes of it; raises when it is not, with its log."""
    wanted = action != "stop"
    last: Unit | None = None
    while field.ends_at - field.clock() > RESERVE_S:
        last = (await show(field, host, node, [unit]))[unit]
        if last.running is wanted and last.sub not in ("auto-restart", "start-pre", "stop-sigterm"):
            return last
        if wanted and (last.active == "failed" or last.sub == "auto-restart"):
            break
        if not wanted and last.active in ("inactive", "failed"):
            return last
        await asyncio.sleep(LOOK_S)
    state = f"{last.active}/{last.sub}, result {last.result}" if last is not None else "not looked up in time"
    late = field.ends_at - field.clock() <= RESERVE_S
    raise await with_log(field, host, unit, f"{unit} is {state} after {action}", timed_out=late)


async def with_log(field: Field, host: str, unit: str, said: str, *, timed_out: bool = False) -> ServiceError:
    """The error, with the last lines of the unit's journal where they can be read."""
    lines = await last_lines(field, host, unit)
    tail = f"; its log: {lines}" if lines else ""
    return ServiceError(
        f"{said}{tail}", host=host, remedy=f"aitbc-tui logs {unit} --host {host} -n 100", timed_out=timed_out
    )


async def last_lines(field: Field, host: str, unit: str, count: int = LOG_LINES) -> str:
    """The newest lines of the unit's journal, oldest first, in one; "" where it cannot be read."""
    try:
        argv = field.as_root(host, commands.journal(unit, count))
        answer = await field.wire.host(host).run(argv, timeout_s=3.0, max_bytes=64 * 1024)
    except AitbcError:
        return ""  # the log is an addition to a failure that is told anyway
    return _newest(clean_lines(answer.stdout.strip(), LINE_CHARS, count))


def _newest(lines: Sequence[str]) -> str:
    """As many whole lines as there is room for, counted from the end: why it failed stands in the last one."""
    kept: list[str] = []
    for line in reversed(lines):
        if kept and len(" | ".join([line, *kept])) > LOG_CHARS:
            break
        kept.insert(0, line)
    return " | ".join(kept)
