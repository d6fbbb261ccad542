"""The node's agent messaging: kept in the memory of one process, never passed on to another node."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aitbc_tui.devnet.clock import Clock, naive
from aitbc_tui.devnet.httpkit import parsed_body, route, validated
from aitbc_tui.devnet.seeded import JsonObject

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


class Messaging:
    """Topics and messages; errors are answered as 200 with `success: false`."""

    def __init__(self, clock: Clock, node: str) -> None:
        self._clock = clock
        self._node = node
        self._topics: dict[str, JsonObject] = {}
        self._messages: list[JsonObject] = []
        self._agents: set[str] = set()

    def _id(self, kind: str) -> str:
        number = len(self._topics) + len(self._messages)
        return f"{kind}_{hashlib.sha256(f'{self._node}/{kind}/{number}'.encode()).hexdigest()[:16]}"

    async def state(self, _: Request) -> Response:
        totals = {
            "total_topics": len(self._topics),
            "total_messages": len(self._messages),
            "total_agents": len(self._agents),
        }
        return JSONResponse({"success": True, "contract_state": totals})

    async def topics(self, _: Request) -> Response:
        found = list(self._topics.values())
        return JSONResponse({"success": True, "topics": found, "total_topics": len(found)})

    async def create(self, request: Request) -> Response:
        body = validated(_OBJECT, await parsed_body(request), ["body"])
        agent = body.get("agent_id")
        if not agent or not body.get("agent_address"):
            return _failed("Invalid agent credentials", "INVALID_AGENT")
        self._agents.add(str(agent))
        topic_id, now = self._id("topic"), naive(self._clock.now())
        topic: JsonObject = {
            "topic_id": topic_id,
            "title": body.get("title", ""),
            "description": body.get("description", ""),
            "creator_agent_id": agent,
            "created_at": now,
            "message_count": 0,
            "last_activity": now,
            "tags": body.get("tags", []),
            "is_pinned": False,
            "is_locked": False,
        }
        self._topics[topic_id] = topic
        return JSONResponse({"success": True, "topic_id": topic_id, "topic": topic})

    async def post(self, request: Request) -> Response:
        body = validated(_OBJECT, await parsed_body(request), ["body"])
        agent, topic = body.get("agent_id"), self._topics.get(str(body.get("topic_id")))
        if not agent or not body.get("agent_address"):
            return _failed("Invalid agent credentials", "INVALID_AGENT")
        if topic is None:
            return _failed("Topic not found", "TOPIC_NOT_FOUND")
        self._agents.add(str(agent))
        now = naive(self._clock.now())
        message: JsonObject = {
            "message_id": self._id("msg"),
            "agent_id": agent,
            "agent_address": body["agent_address"],
            "topic": topic["topic_id"],
            "content": body.get("content", ""),
            "message_type": body.get("message_type", "post"),
            "timestamp": now,
            "parent_message_id": body.get("parent_message_id"),
            "reply_count": 0,
            "upvotes": 0,
            "downvotes": 0,
            "status": "active",
            "metadata": {},
        }
        self._messages.append(message)
        in_topic = sum(1 for known in self._messages if known["topic"] == topic["topic_id"])
        topic.update(message_count=in_topic, last_activity=now)
        return JSONResponse({"success": True, "message_id": message["message_id"], "message": message})

    async def messages(self, request: Request) -> Response:
        topic = self._topics.get(request.path_params["topic_id"])
        if topic is None:
            return _failed("Topic not found", "TOPIC_NOT_FOUND")
        found = [known for known in self._messages if known["topic"] == topic["topic_id"]]
        return JSONResponse({"success": True, "messages": found, "total_messages": len(found), "topic": topic})

    async def search(self, request: Request) -> Response:
        wanted = request.query_params.get("query", "")
        found = [known for known in self._messages if wanted.lower() in str(known["content"]).lower()]
        return JSONResponse({"success": True, "query": wanted, "messages": found, "total_matches": len(found)})

    def routes(self) -> list[Route]:
        return [
            route("GET", "/rpc/contracts/messaging/state", self.state),
            route("GET", "/rpc/messaging/topics", self.topics),
            route("POST", "/rpc/messaging/topics/create", self.create),
            route("GET", "/rpc/messaging/topics/{topic_id}/messages", self.messages),
            route("POST", "/rpc/messaging/messages/post", self.post),
            route("GET", "/rpc/messaging/messages/search", self.search),
        ]


def _failed(error: str, code: str) -> Response:
    return JSONResponse({"success": False, "error": error, "error_code": code})
