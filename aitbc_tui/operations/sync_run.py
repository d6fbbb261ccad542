"""What a sync is to do, and how each type ended on each node."""

from __future__ import annotations

from dataclasses import dataclass, field

from aitbc_tui.operations.report import SYNC_TYPES


@dataclass(frozen=True, slots=True)
class SyncOrder:
    """What is wished. `write_config`: copying the named keys was allowed by force or by a yes."""

    sync_type: str
    targets: tuple[str, ...]
    force: bool = False
    keys: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()
    write_config: bool = False

    @property
    def types(self) -> tuple[str, ...]:
        return SYNC_TYPES if self.sync_type == "all" else (self.sync_type,)


@dataclass(slots=True)
class SyncRun:
    """How each type ended on each node it concerns."""

    results: dict[str, dict[str, bool]] = field(default_factory=dict)
    agreed: dict[str, float] = field(default_factory=dict)  # node -> UTC when it was seen to agree with the source
    done: list[str] = field(default_factory=list)

    def synced(self) -> dict[str, bool | None]:
        """Each type: whether it is level on every node it concerns; None where it concerns none."""
        return {kind: all(nodes.values()) if nodes else None for kind, nodes in self.results.items()}

    @property
    def outcome(self) -> str:
        """`success`, `partial` or `failed`."""
        ended = [well for nodes in self.results.values() for well in nodes.values()]
        if ended and all(ended):
            return "success"
        return "partial" if any(ended) or self.done else "failed"
