"""Whether a large answer stalls while small ones pass, and where: on the way to the host, or at the node behind it."""

from __future__ import annotations

import asyncio

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError, TunnelError
from aitbc_tui.operations.checks import Check, Grade
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.tally import error_kind
from aitbc_tui.protocol import requests

LARGE_S, SMALL_S = 5.0, 2.0
SLOW_S = 2.0
ENOUGH_BYTES = 4096  # several packets of any path: a smaller answer says nothing about large ones
SSH_BYTES = 65536
SSH_SCRIPT = f"printf '%{SSH_BYTES - 1}s\\n' ."  # by the shell itself: no process, no service
MTU = "the path's MTU: ping -M do -s 1400, then smaller; a tunnel or VPN on the way?"


async def over_ssh(field: Field, host: str) -> Check:
    """64 KiB through the SSH connection alone: what stalls here stalls for every service of the host."""
    begun = field.clock()
    try:
        answer = await field.shell(host, "", SSH_SCRIPT, f"printf of {SSH_BYTES:,} bytes", LARGE_S)
    except AitbcError as error:
        if not error.timed_out:
            return Check("", host, "large ssh", Grade.FAIL, error.detail, error_kind(error), error.remedy)
        why = (
            f"{SSH_BYTES:,} bytes did not come in {LARGE_S:g} s, and the connection stands: the way drops large packets"
        )
        return Check("", host, "large ssh", Grade.FAIL, why, "timeout", MTU)
    return _came(Check("", host, "large ssh", Grade.PASS, ""), len(answer.stdout), field.clock() - begun)


async def of_node(field: Field, node: NodeConfig, small_ms: float, way: Check | None) -> Check:
    """A hundred blocks at once. `small_ms`: what small answers take; `way`: what `over_ssh` found of its host."""
    check = Check(node.name, node.host, "large answer", Grade.FAIL, "", "timeout")
    begun = field.clock()
    try:
        async with asyncio.timeout(LARGE_S):
            answer = await field.wire.send(node.host, node.rpc, requests.blocks_range(0, requests.MAX_RANGE - 1))
    except (TimeoutError, AitbcError) as error:
        if isinstance(error, AitbcError) and not error.timed_out and not isinstance(error, TunnelError):
            return _with(check, Grade.FAIL, f"no stall: {error.detail}", error_kind(error), error.remedy)
        return await _stalled(field, node, small_ms, way, check)
    if len(answer.body) < ENOUGH_BYTES:
        return _with(check, Grade.SKIP, f"its largest answer has {len(answer.body):,} bytes: too small to tell")
    return _came(check, len(answer.body), field.clock() - begun)


async def _stalled(field: Field, node: NodeConfig, small_ms: float, way: Check | None, check: Check) -> Check:
    """It did not come whole: do small ones still, and does the way carry as much without the node?"""
    small = await _small_passes(field, node)
    said = f"small answers pass in {small_ms:.0f} ms, a large one is not whole in {LARGE_S:g} s"
    if not small:
        why = f"{said}, and small ones wait behind it: its RPC works at one request at a time"
        return _with(check, Grade.FAIL, why, "timeout", f"aitbc-tui logs {node.name}; fewer blocks at once")
    if way is not None and way.grade is Grade.PASS:
        why = f"{said}; {SSH_BYTES:,} bytes of the host itself do come: it is the node, not the way"
        return _with(check, Grade.FAIL, why, "timeout", f"aitbc-tui logs {node.name}; what stands between it and SSH?")
    return _with(check, Grade.FAIL, f"{said}: large packets are lost on the way", "timeout", MTU)


async def _small_passes(field: Field, node: NodeConfig) -> bool:
    try:
        async with asyncio.timeout(SMALL_S):
            await field.wire.send(node.host, node.rpc, requests.node_health())
    except (TimeoutError, AitbcError):
        return False
    return True


def _came(check: Check, size: int, took_s: float) -> Check:
    """Whole; slow is worth a look, by the rate and not by the size."""
    rate = size / 1000 / max(took_s, 0.001)
    grade = Grade.WARN if took_s > SLOW_S else Grade.PASS
    return _with(check, grade, f"{size:,} bytes in {took_s * 1000:.0f} ms, {rate:,.0f} kB/s", "timeout")


def _with(check: Check, grade: Grade, why: str, kind: str = "timeout", remedy: str = "") -> Check:
    return Check(check.node, check.host, check.name, grade, why, kind, remedy)
