"""`message`: delivered is what was read back from the node addressed, and no node passes anything on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aitbc_tui.cli.exits import code_of
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.operations.message import Delivery, check_text, deliver, document
from aitbc_tui.operations.models import OperationOutput
from tests.fixtures.rawhttp import RawHttp, answer, raw_http
from tests.operations.conftest import OpenScene, Scene

TEXT = "maintenance at 14:00 \x1b]0;x\x07 [/bold]"


async def run(it: Scene, *targets: str) -> tuple[Delivery, dict[str, Any]]:
    field = it.field()
    before = await it.look()
    count = await deliver(field, before, targets, TEXT)
    made = document(field, before, targets, "all", count, 1.0, True)
    OperationOutput.model_validate(made)
    return count, made


async def test_each_node_has_its_own_board_and_is_read_back(scene: OpenScene) -> None:
    async with scene() as it:
        count, made = await run(it, "follower")
        assert (count.sent, count.delivered, count.failed) == (1, 1, 0)
        count, made = await run(it, "genesis", "follower")
        again, _ = await run(it, "genesis")
    assert made["message_delivery"] == {"sent": 2, "delivered": 2, "failed": 0} and again.delivered == 1
    assert made["validation_status"] == "success"
    assert any("no other node gets it" in i["detail"] for i in made["issues"] if i["kind"] == "p2p")
    topics = [e for e in made["evidence"] if e["answer"] == "topic made"]
    assert [e["node"] for e in topics] == ["genesis"], "the follower's topic of before is used again"


async def test_a_version_without_a_board_says_so_and_is_no_wrong_usage(scene: OpenScene) -> None:
    async with scene(generation="2026-08", history_jobs=2) as it:
        field = it.field()
        count = await deliver(field, await it.look(), ("genesis",), TEXT)
    assert (count.sent, count.failed) == (0, 1)
    (error,) = field.tally.errors
    assert error.detail == "this version has no message board" and code_of(error) == 1


def board(accepts: bool, keeps: bool) -> Any:
    async def respond(server: RawHttp, head: bytes, writer: Any) -> bool:
        path = head.split(b" ")[1]
        body = b'{"success":false,"error":"Topic not found","error_code":"TOPIC_NOT_FOUND"}'
        if path == b"/rpc/messaging/topics":
            body = b'{"success":true,"topics":[{"title":"Operator messages","topic_id":"topic_1"}]}'
        elif path.endswith(b"/messages"):
            body = b'{"success":true,"messages":[]}' if not keeps else b'{"success":true,"messages":[{"content":"x"}]}'
        elif accepts:
            body = b'{"success":true,"message_id":"m"}'
        writer.write(answer(200, body))
        await writer.drain()
        return True

    return respond


async def not_found(server: RawHttp, head: bytes, writer: Any) -> bool:
    writer.write(answer(404, b'{"detail":"Not Found"}', "Content-Type: application/json"))
    await writer.drain()
    return True


@pytest.mark.parametrize(
    ("respond", "sent", "words"),
    [
        (board(accepts=True, keeps=False), 1, "cannot be read back"),
        (board(accepts=False, keeps=True), 1, "Topic not found"),
        (not_found, 0, "no message board"),
    ],
    ids=["lost", "refused inside a 200", "version without"],
)
async def test_what_is_not_read_back_is_not_delivered(scene: OpenScene, respond: Any, sent: int, words: str) -> None:
    async with scene() as it, raw_http(respond) as server:
        it.devnet.machine("follower").ssh.may_reach = lambda port: True
        nodes = tuple(replace(n, rpc=server.url) if n.name == "follower" else n for n in it.environment.nodes)
        it.environment = replace(it.environment, nodes=nodes)
        count, made = await run(it, "genesis", "follower")
        posts = [head for head in server.heads if head.startswith(b"POST")]
        assert len(posts) == sent, "sent once, never again"
    assert (count.delivered, count.failed) == (1, 1) and count.outcome == "partial"
    assert any(words in i["detail"] for i in made["issues"] if i["node"] == "follower")


def test_an_empty_or_endless_message() -> None:
    for text in ("", "  \n", "x" * 5000):
        with pytest.raises(ConfigError):
            check_text(text)
