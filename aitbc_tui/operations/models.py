"""The Node Coordinator's input and output as models: the JSON Schema is made from them, tests hold answers to it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Operation = Literal["sync", "status", "message", "coordinate", "health"]
SyncType = Literal["blockchain", "mempool", "configuration", "git", "all"]
Action = Literal["restart", "start", "stop"]
Outcome = Literal["success", "partial", "failed"]
IssueKind = Literal[
    "connection",
    "authentication",
    "service-offline",
    "sync",
    "timeout",
    "git-conflict",
    "p2p",
    "service-restart",
    "unreachable",
    "validation",
    "permission",
    "command",
    "partial",
    "fork",
    "wedge",
    "stall",
    "hollow",
    "config-drift",
    "trust",
]
Count = Annotated[int, Field(ge=0)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OperationInput(_Closed):
    """What is asked for. `target_node` is a configured name, a role, or all."""

    operation: Operation | None = None
    target_node: str | None = None
    message: str | None = None
    sync_type: SyncType | None = None
    timeout: Annotated[float, Field(gt=0, le=120)] | None = None
    force: bool = False
    verify: bool = True
    action: Action | None = None
    unit: str | None = None


class NodeStatus(_Closed):
    """One node; what could not be learnt is null."""

    status: Literal["online", "offline", "degraded"] | None
    block_height: int | None
    mempool_size: Count | None
    p2p_connections: Count | None
    service_uptime: str | None
    last_sync: int | None


class SyncDetails(_Closed):
    """null where the operation did not touch it."""

    blockchain_synced: bool | None
    mempool_synced: bool | None
    configuration_synced: bool | None
    git_synced: bool | None


class MessageDelivery(_Closed):
    """How many messages went out and arrived; null where that cannot be known."""

    sent: Count | None
    delivered: Count | None
    failed: Count | None


class Issue(_Closed):
    """`node` is empty where it is about the network as a whole."""

    kind: IssueKind
    node: str
    detail: str
    remedy: str


class Evidence(_Closed):
    """What was asked of which host, what it answered, how long it took, how old it is."""

    host: str
    node: str
    asked: str
    figure: str
    answer: object
    error: str | None
    took_ms: float | None
    age_s: float | None


class OperationOutput(_Closed):
    """Exactly the seed's keys, and evidence."""

    summary: str
    operation: Operation
    target_node: str
    nodes_status: dict[str, NodeStatus]
    sync_result: Outcome | None
    sync_details: SyncDetails
    message_delivery: MessageDelivery
    issues: list[Issue]
    recommendations: list[str]
    confidence: Annotated[float, Field(ge=0, le=1)]
    execution_time: Annotated[float, Field(ge=0)]
    validation_status: Outcome | None
    evidence: list[Evidence]


def schemas() -> dict[str, object]:
    """Both, as JSON Schema 2020-12."""
    return {"input": OperationInput.model_json_schema(), "output": OperationOutput.model_json_schema()}
