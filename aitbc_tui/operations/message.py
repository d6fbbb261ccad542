"""`message`: the P2P layer carries no messages; a node's own board does, in one process's memory, for that node only.

Delivered is what was read back from the node it was addressed to. A message is sent once; after a lost answer the
board is read, and nothing is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aitbc_tui.config.model import NodeConfig
from aitbc_tui.domain.errors import AitbcError, ConfigError, HttpError, ParseError
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.report import frame, look_into
from aitbc_tui.operations.tally import Json
from aitbc_tui.protocol.ask import SMALL, Ask
from aitbc_tui.protocol.jsondoc import parse_json

MAX_LENGTH = 4000
TOPIC = "Operator messages"
AGENT = "aitbc-tui"
_TOPIC_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


@dataclass(slots=True)
class Delivery:
    """The seed's three counts."""

    sent: int = 0
    delivered: int = 0
    failed: int = 0

    @property
    def outcome(self) -> str:
        return "failed" if not self.delivered else "partial" if self.failed else "success"


def check_text(text: str) -> None:
    """ConfigError where it is empty or longer than `MAX_LENGTH`."""
    if not text.strip():
        raise ConfigError("--message is missing or empty")
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"a message of {len(text):,} characters: at most {MAX_LENGTH:,}")


async def deliver(field: Field, before: Snapshot, targets: tuple[str, ...], text: str) -> Delivery:
    """To each node by itself: no node passes a message on to another."""
    count = Delivery()
    links = {str(link.host): link for link in before.links}
    for name in targets:
        node = field.node(name)
        link = links.get(node.host)
        if link is not None and link.verdict.level is not Level.GOOD:
            count.failed += 1
            continue  # why it is not reached stands among the issues already
        try:
            await _post(field, node, text, count)
        except AitbcError as error:
            count.failed += 1
            field.tally.failed(_words(error, node), name)
    if count.delivered:
        field.tally.issue(
            "p2p",
            "",
            "each message lies in the memory of one node's RPC process: no other node gets it, a restart loses it",
            "the P2P layer of this version carries transactions only",
        )
    return count


def _words(error: AitbcError, node: NodeConfig) -> AitbcError:
    if isinstance(error, HttpError) and error.status in (404, 405) and error.body_detail in ("", "Not Found"):
        return HttpError("this version has no message board", status=error.status, host=node.host)
    return error


async def _post(field: Field, node: NodeConfig, text: str, count: Delivery) -> None:
    topic = await _topic(field, node)
    known = await _contents(field, node, topic)
    body = {"agent_id": AGENT, "agent_address": AGENT, "topic_id": topic, "content": text}
    count.sent += 1
    try:
        await field.ask(node, _write("/rpc/messaging/messages/post", body), _done, lambda _: "posted")
    except AitbcError as error:
        if not (error.timed_out or error.maybe_sent):
            raise
        field.tally.issue("timeout", node.name, "no sure answer to the post: the board is read, nothing is sent again")
    now = await _contents(field, node, topic)
    if now.count(text) <= known.count(text):
        raise ParseError("the message was accepted and cannot be read back", host=node.host)
    field.tally.note(node.host, node.name, f"messages of {topic}", "read back", f"{len(text)} characters")
    count.delivered += 1


async def _topic(field: Field, node: NodeConfig) -> str:
    """Ours if there is one, else made; every node has its own."""
    topics = await field.ask(node, Ask("GET", "/rpc/messaging/topics"), _topics)
    if TOPIC in topics:
        return topics[TOPIC]
    body = {"agent_id": AGENT, "agent_address": AGENT, "title": TOPIC, "description": "from operators", "tags": []}
    made = await field.ask(node, _write("/rpc/messaging/topics/create", body), _done, lambda _: "topic made")
    return _safe_id(made.get("topic_id"))


async def _contents(field: Field, node: NodeConfig, topic: str) -> list[str]:
    return await field.ask(node, Ask("GET", f"/rpc/messaging/topics/{topic}/messages"), _messages)


def _write(path: str, body: Mapping[str, object]) -> Ask:
    return Ask("POST", path, (), None, json.dumps(dict(body)).encode("ascii"), 10.0, SMALL, reads=False)


def _done(body: bytes) -> dict[str, object]:
    value = parse_json(body)
    if not isinstance(value, dict):
        raise ParseError("the message board: not an object")
    if value.get("success") is not True:
        raise ParseError(f"the message board answered 200 with an error: {clean(str(value.get('error')), 120)}")
    return value


def _topics(body: bytes) -> dict[str, str]:
    items = _done(body).get("topics")
    rows = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {str(row.get("title")): _safe_id(row.get("topic_id")) for row in rows}


def _messages(body: bytes) -> list[str]:
    items = _done(body).get("messages")
    return [str(item.get("content")) for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _safe_id(value: object) -> str:
    """It goes into a path."""
    if not isinstance(value, str) or not value or len(value) > 80 or any(c not in _TOPIC_CHARS for c in value):
        raise ParseError("the message board: a topic id that cannot be used")
    return value


def document(
    field: Field, after: Snapshot, targets: tuple[str, ...], word: str, count: Delivery, took_s: float, verify: bool
) -> Json:
    """The output object of `message`."""
    nodes = look_into(field.tally, after, targets)
    return frame(
        "message",
        word,
        nodes,
        field.tally,
        took_s,
        summary=f"message {count.outcome}: sent {count.sent}, read back {count.delivered}, failed {count.failed}",
        validation=count.outcome if verify else None,
        delivery={"sent": count.sent, "delivered": count.delivered, "failed": count.failed},
    )
