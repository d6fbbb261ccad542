"""`sync --sync-type git`: fetch, and fast-forward only. A dirty tree or a divergence is a conflict with both heads."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.node import GitState
from aitbc_tui.operations import commands
from aitbc_tui.operations.field import Field, first_line, refuse_failure
from aitbc_tui.operations.tally import ConflictError
from aitbc_tui.protocol import git

TIMEOUT_S = 15.0


@dataclass(slots=True)
class GitRun:
    """One checkout."""

    node: str
    before: str = ""
    after: str = ""
    upstream: str = ""
    synced: bool = False


async def state_of(field: Field, node: NodeConfig) -> GitState:
    """How the checkout stands, by its last fetch."""
    argv = git.status_argv(commands.path(node.repo))
    answer = await field.run(node.host, node.name, argv, timeout_s=TIMEOUT_S)
    return git.parse_status(answer.stdout)


async def check_git(field: Field, node: NodeConfig) -> GitState:
    """For force operations: looked at before, and said when the checkout is not what everybody runs."""
    state = await state_of(field, node)
    if state.changed or (state.ahead and state.behind):
        field.tally.issue(
            "git-conflict", node.name, f"its checkout is {_words(state)}", "aitbc-tui sync --sync-type git"
        )
    return state


def _words(state: GitState) -> str:
    parts = [f"at {state.oid[:9]}"]
    if state.ahead or state.behind:
        parts.append(f"{state.ahead or 0} commits ahead and {state.behind or 0} behind")
    if state.changed:
        parts.append(f"{state.changed} files changed")
    return ", ".join(parts)


async def sync_git(field: Field, node: NodeConfig, run: GitRun) -> None:
    """Fetch; when that shows only newer commits and nothing of its own, move forward to them."""
    before = await state_of(field, node)
    run.before = run.after = str(before.oid)
    field.told("git", node.name, "fetch")
    await field.run(node.host, node.name, commands.git_fetch(node.repo), root=True, timeout_s=TIMEOUT_S)
    state = await state_of(field, node)
    heads = await field.run(node.host, node.name, commands.git_heads(node.repo))
    refuse_failure(heads, ("git",), node.host)
    run.upstream = str(first_line(heads.stdout.partition(b"\n")[2]))
    if state.changed or state.ahead:
        kind = "diverged" if state.ahead and state.behind else "ahead" if state.ahead else "not clean"
        raise ConflictError(
            f"{node.repo} is {kind}: {_words(state)}; HEAD {run.before}, upstream {run.upstream}",
            host=node.host,
            remedy=f"by hand on {node.host}: git -C {node.repo} status; keep or drop what is there, then again",
        )
    if state.behind:
        await field.run(node.host, node.name, commands.git_forward(node.repo), root=True, timeout_s=TIMEOUT_S)
        state = await state_of(field, node)
    run.after = str(state.oid)
    run.synced = state.ahead == 0 and state.behind == 0 and state.changed == 0 and run.after == run.upstream
