"""A host's checkout as the git stand-in shows it: how it stands now, after a fetch, and after a fast-forward."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.devnet.host_files import HEAD_COMMIT, HostFiles

OLDER_COMMIT = "6bfd78743d52bab18b1ab0a3bee19c5271570791"
AUGUST_COMMIT = "c27c6545be2900eea19a6f2bae241d14fbff6d92"
OTHER_LINEAGE = "8e2694e2a87177fc1dd1b08b3bef57112e356a99"


@dataclass(frozen=True, slots=True)
class Repo:
    """`behind` and `ahead` are what a fetch will find out; until then the checkout believes to be level."""

    head: str = HEAD_COMMIT
    origin: str = HEAD_COMMIT
    ahead: int = 0
    behind: int = 0
    dirty: int = 0
    reachable: bool = True


def behind_by(commits: int) -> Repo:
    return Repo(head=OLDER_COMMIT, behind=commits)


def diverged() -> Repo:
    """Upstream really rewrote its history: neither commit is an ancestor of the other."""
    return Repo(origin=OTHER_LINEAGE, ahead=723, behind=728)


def write_repo(files: HostFiles, repo: Repo) -> None:
    put = files.put
    put("git/head", f"{repo.head}\n")
    put("git/tracking", f"{repo.head}\n")
    put("git/status", _status(repo.head, 0, 0, repo.dirty))
    put("git/ls-remote", f"{repo.origin}\trefs/heads/main\n")
    put("git/fetched-tracking", f"{repo.origin}\n")
    put("git/fetched-status", _status(repo.head, repo.ahead, repo.behind, repo.dirty))
    put("git/merged-status", _status(repo.origin, 0, 0, repo.dirty))
    put("git/diverged", "1\n" if repo.ahead and repo.behind else "0\n")
    put("git/unreachable", "0\n" if repo.reachable else "1\n")


def _status(head: str, ahead: int, behind: int, dirty: int) -> str:
    lines = [f"# branch.oid {head}", "# branch.head main", "# branch.upstream origin/main"]
    lines.append(f"# branch.ab +{ahead} -{behind}")
    lines += [f"? junk-{number}.txt" for number in range(dirty)]
    return "\n".join(lines) + "\n"
