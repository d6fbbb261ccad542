"""Every recorded answer of Ollama and of the August platform, and that no capture folder is overlooked."""

from __future__ import annotations

import pytest

from aitbc_tui.protocol.jsondoc import parse_json

from . import checks
from .captures import CAPTURES, Capture, load, others

OLLAMA = {
    "/api/tags": checks.check_tags,
    "/api/ps": checks.check_ps,
    "/api/version": checks.check_version,
}
# Asked by miners, not by this program; the root page is a greeting.
OLLAMA_UNREAD = {"001-root.json", "004-generate-nostream.json", "005-generate-stream.json"}

# The routes that August kept in February's and April's shape.
PLATFORM = {
    "/rpc/head": checks.check_head,
    "/v1/admin/jobs": checks.check_jobs,
    "/v1/admin/miners": checks.check_miners,
    "/v1/explorer/receipts": checks.check_explorer,
}

PLATFORM_NO_EXCHANGE = {
    "181-ws-rpc-blocks.json": "websocket",
    "182-ws-rpc-transactions.json": "websocket",
    "183-ws-subscribe-nolease.json": "websocket",
    "184-ws-subscribe.json": "websocket",
    "185-ws-subscribe-badjson.json": "websocket",
    "186-ws-legacy-feb.json": "websocket",
    "230-coordinator-blocks-when-rpc-down.json": "measured times",
    "INDEX.md": "the list of the others",
    "routes-coordinator-auth.txt": "the list of routes",
    "routes-node.txt": "the list of routes",
}

FOLDERS = {
    "cli-2026-02": "what the shipped tools print; never parsed (invented data with exit 0)",
    "cli-2026-04": "the same",
    "sync-2026-04": "what the shipped sync tools print",
    "coordinator-2026-02": "test_captures_coordinator",
    "node-2026-04": "test_captures_node",
    "node-2026-04b": "test_captures_node",
    "host-2026-04": "test_captures_host",
    "ollama": "here",
    "platform-2026-08": "here",
}


@pytest.mark.parametrize("capture", load("ollama"), ids=lambda c: c.id)
def test_ollama(capture: Capture) -> None:
    if capture.status >= 400:
        checks.check_failure(capture)
        error = checks.failure(capture.status, capture.headers, capture.body, capture.path, "")
        assert error.body_detail == capture.json["error"]
    elif capture.path in OLLAMA:
        OLLAMA[capture.path](capture)
    else:
        assert capture.name in OLLAMA_UNREAD


@pytest.mark.parametrize("capture", load("platform-2026-08"), ids=lambda c: c.id)
def test_platform(capture: Capture) -> None:
    if not 200 <= capture.status < 300:
        checks.check_failure(capture)
        return
    if capture.headers.get("content-type", "").startswith("application/json") and capture.body:
        assert parse_json(capture.body, max_bytes=4_000_000) == capture.json
    if capture.path in PLATFORM and not capture.truncated:
        PLATFORM[capture.path](capture)


def test_the_newer_envelopes_are_read() -> None:
    by_number = {capture.name[:3]: capture for capture in load("platform-2026-08")}

    def said(number: str) -> str:
        capture = by_number[number]
        return checks.failure(capture.status, capture.headers, capture.body, "GET /x", "").body_detail

    assert said("045") == "An internal server error occurred"
    assert said("167") == "payload: Field required"
    assert said("104").endswith("unable to open database file"), "one line of the raw exception, no more"


def test_every_file_is_accounted_for() -> None:
    assert set(others("platform-2026-08")) == set(PLATFORM_NO_EXCHANGE)
    assert others("ollama") == ("INDEX.md",)


def test_no_folder_is_overlooked() -> None:
    assert {path.name for path in CAPTURES.iterdir() if path.is_dir()} == set(FOLDERS)
